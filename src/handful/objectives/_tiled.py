"""Gains of facility location and its kin from feature rows: few tiles, no n × n, and the picks exact.

A gain is a sum over all rows, and a pick changes only the rows it serves better than they were served. So:

1. One sweep of tiles, each pair once, gives the gains of all candidates. It looks ahead: a sample of rows
   says which picks are likely to come first, and the sweep gives the gains after each of those too.
2. If the pairs above each row's best after those picks fit in the memory allowed, the same sweep lists them.
   No other pair can matter once a row has that best, so from there on a gain costs its list.
3. Where other picks were made than guessed, some rows have changed since the last gains that hold, or have
   not come to the bests of the lists yet: these are summed by tiles, whichever are fewer, until that has
   cost as much as another sweep.

What is summed in float32 is off by a stated bound; the close-call rule sees to the rest, so guesses, memory
and threads change the time alone.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace

import numpy as np

from handful.graphs._contract import Floats, Indices, Singles
from handful.graphs.feature_pairs import FeaturePairs
from handful.graphs.lists import PairLists
from handful.objectives._sweep import Moment, sweep
from handful.objectives._tile_sums import TileSums
from handful.runtime.blas import one_blas_thread
from handful.runtime.run import Run


@dataclass(eq=False)
class Swept:
    """What sweeps have found, shared by all states of one run: each checks what holds for its own bests.

    Args:
        limit: Pairs to compute one by one before the next sweep.
        work: How many were, since the last.
        moments: In order: each has bests at least those before.
        lists: The pairs that matter at the last moment or later.
    """

    limit: int
    work: int = 0
    moments: list[Moment] = field(default_factory=list)
    lists: PairLists | None = None


@dataclass(frozen=True, eq=False)
class Now:
    """What of the sweeps serves at some bests.

    Args:
        best: (n,) float32.
        moment: The latest whose gains only fell since, if any.
        changed: Rows whose best has risen since the moment.
        lists: Those that were there to be used, if any; another state may since have made others.
        short: Rows that have not come to the bests of the lists; None where there are no lists.
    """

    best: Singles
    moment: Moment | None
    changed: Indices
    lists: PairLists | None
    short: Indices | None

    @property
    def listed(self) -> bool:
        """Whether lists leave fewer rows to sum by tiles than the moment does."""
        return self.short is not None and len(self.short) <= len(self.changed)

    @property
    def rows(self) -> Indices:
        """The rows to sum by tiles."""
        return self.short if self.short is not None and self.listed else self.changed


class TiledGains:
    """Σ_i w_i · (min(s_ij, high_i) − best_i)⁺ for candidates j, as the bests rise.

    Args:
        pairs: Similarity of each row to each.
        best: (n,) float64, what each row has; the caller raises it and then calls `raised`.
        high: (n,) or None: no limit.
        weights: (n,) or None: ones.
        threads: Worker threads.
        memory_bytes: What may be used, lists included.

    Cost: n²·d/2 products for a sweep, one where the lists fit. Memory: tiles, 40 bytes a row and guess, and
    6 bytes a listed pair.
    """

    def __init__(
        self,
        pairs: FeaturePairs,
        best: Floats,
        high: Floats | None,
        weights: Floats | None,
        *,
        threads: int,
        memory_bytes: int,
    ) -> None:
        n = pairs.shape[0]
        self.pairs, self.best = pairs, best
        self.high = np.full(n, np.inf) if high is None else high
        self.weights = np.ones(n) if weights is None else weights
        self.run, self.memory_bytes = Run(threads=threads), memory_bytes
        self.error = pairs.error + 2.0**-22 * pairs.largest
        self.swept = Swept(limit=n * n // 16)
        singles = self.high.astype(np.float32), high, self.weights.astype(np.float32)
        self.sums = TileSums(pairs, *singles, self.run, self.error)
        self._forget()

    def of(self, best: Floats) -> TiledGains:
        """The same for another state's bests; what sweeps find is shared."""
        other = copy.copy(self)
        other.best = best
        other._forget()
        return other

    def _forget(self) -> None:
        """No gain is known."""
        n = len(self.best)
        self._step, self._known = 0, np.full(n, -1)  # the step that a gain is of
        self._gain, self._margin = np.zeros(n), np.zeros(n)
        self._now: Now | None = None  # of this step, once looked at

    def raised(self) -> None:
        """The bests have risen: gains asked for from now on are those of the new ones."""
        self._step += 1
        self._now = None

    def gains(self, candidates: Indices) -> Floats:
        """(m,) the gains, each within its `errors`."""
        stale = np.unique(candidates[self._known[candidates] != self._step])
        if len(stale):
            with one_blas_thread():
                self._gain[stale], self._margin[stale] = self._fresh(stale)
            self._known[stale] = self._step
        return self._gain[candidates]

    def errors(self, candidates: Indices) -> Floats:
        """(m,) how far the gains just asked for may be off."""
        return self._margin[candidates]

    def together(self, others: list[TiledGains], candidates: Indices) -> None:
        """Find the gains of some candidates for several states of one run: each similarity once for all."""
        with one_blas_thread():
            steps = [(self.sums.low(other.best), self.sums.high) for other in others]
            found = self.sums.over_each(None, candidates, steps)
        for other, (gain, margin) in zip(others, found, strict=True):
            other._gain[candidates], other._margin[candidates] = gain, margin
            other._known[candidates] = other._step

    def over(
        self, rows: Indices | None, candidates: Indices, weights: Floats
    ) -> tuple[Floats, Floats]:
        """(m,) what some rows (None: all) give to the gains, by tiles alone, and how far it may be off."""
        sums = replace(self.sums, weights=weights.astype(np.float32))
        with one_blas_thread():
            return sums.over(rows, candidates, sums.low(self.best), sums.high)

    def above(self, j: int) -> tuple[Indices, Floats]:
        """Rows that candidate j serves better than they are served, and their exact similarities to it."""
        now = self._look()
        if not now.listed:
            rows, similar = self.pairs.column(j)
        else:
            assert self.swept.lists is not None
            rows = self.swept.lists.rows(j, self.best, 2.0 * self.error)
            rows = np.union1d(rows, now.rows)
            similar = self.pairs.at(rows, np.full(len(rows), j))
        better = similar > self.best[rows]
        return rows[better], similar[better]

    def _look(self) -> Now:
        """What holds at the present bests; found once a step."""
        if self._now is None or self._now.lists is not self.swept.lists:
            best, lists = self.sums.low(self.best), self.swept.lists
            later = (m for m in reversed(self.swept.moments) if (best >= m.best).all())
            moment = next(later, None)
            changed = best > moment.best if moment is not None else np.ones(len(best), bool)
            short = None if lists is None else np.flatnonzero(self.sums.bar(best) < lists.bound)
            self._now = Now(best, moment, np.flatnonzero(changed), lists, short)
        return self._now

    def _fresh(self, stale: Indices) -> tuple[Floats, Floats]:
        """Gains of some candidates and their margins, in whichever way computes the fewest pairs."""
        now = self._look()
        self.swept.work += len(now.rows) * len(stale)
        if len(now.rows) and self.swept.work > self.swept.limit:
            now = self._sweep()
        if now.listed:
            return self._from_lists(stale, now)
        if now.moment is None:
            return self.sums.over(None, stale, now.best, self.sums.high)
        return self._from_moment(stale, now, now.moment)

    def give_up(self) -> None:
        """Free what sweeps have found: its memory is wanted. Gains asked for later are found anew."""
        self.swept.moments, self.swept.lists, self._now = [], None, None

    def _sweep(self) -> Now:
        self.give_up()
        self.swept.moments, self.swept.lists = sweep(self.sums, self.best, self.memory_bytes)
        self.swept.work, self.swept.limit = 0, len(self.best) ** 2 // 2
        self._now = None
        return self._look()

    def _from_lists(self, stale: Indices, now: Now) -> tuple[Floats, Floats]:
        """What the lists hold, and the rows they do not serve yet."""
        assert self.swept.lists is not None
        weights = self.weights
        if len(now.rows):
            weights = weights.copy()
            weights[now.rows] = 0.0
        gain, reach = self.swept.lists.sums(stale, self.best, self.high, weights, self.error)
        margin = self.error * reach + 2.0**-40 * gain
        if len(now.rows):
            more, off = self.sums.over(now.rows, stale, now.best, self.sums.high)
            gain, margin = gain + more, margin + off
        return gain, margin

    def _from_moment(self, stale: Indices, now: Now, moment: Moment) -> tuple[Floats, Floats]:
        """What the gains were, less what the rows that changed no longer give."""
        gain, margin = moment.gain[stale], moment.margin[stale]
        if len(now.rows):
            lost, off = self.sums.over(now.rows, stale, moment.best, now.best)
            gain, margin = gain - lost, margin + off
        return np.maximum(gain, 0.0), margin
