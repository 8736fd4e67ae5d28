"""Gains of facility location and its kin from feature rows: few tiles, no n × n, and the picks exact.

A gain is a sum over all rows, and a pick changes only the rows it serves better than they were served. So:

1. One sweep of tiles, each pair once, gives the gains of all candidates. It looks ahead: a sample of rows
   says which picks are likely to come first, and the sweep gives the gains after each of those too.
2. If the pairs above each row's best after those picks fit in the memory allowed, the same sweep lists them.
   No other pair can matter any more, so from there on a gain costs its list.
3. Else, or where other picks were made, a gain asked for is brought up to date over the rows that changed,
   until that has cost as much as another sweep.

What is summed in float32 is off by a stated bound; the close-call rule sees to the rest, so guesses, memory
and threads change the time alone.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful.graphs.feature_pairs import FeaturePairs
from handful.graphs.lists import ENTRY_BYTES, PairLists
from handful.graphs.tiles import TILE, each_pair_once, tile_blocks
from handful.objectives._contract import Floats, Indices
from handful.runtime.blas import one_blas_thread
from handful.runtime.run import Run

Singles = NDArray[np.float32]

ROUNDING = 2.0**-17
"""Relative error allowed in float32 sums over tiles, twice what it may be."""

SAMPLE = 1024
"""Rows by which the next picks are guessed, and the number of pairs above the bests."""

SHARE = 16
"""Of all pairs, at most one in so many is listed: a longer guess costs less than longer lists."""

AHEAD = 16
"""Picks guessed at most."""


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
class Moment:
    """Gains of all candidates at certain bests.

    Args:
        best: (n,) float32.
        gain: (n,) float64.
        margin: (n,) how far each may be off.
    """

    best: Singles
    gain: Floats
    margin: Floats


class TiledGains:
    """Σ_i w_i · (min(s_ij, high_i) − best_i)⁺ for candidates j, as the bests rise.

    Args:
        pairs: Similarity of each row to each.
        best: (n,) float64, what each row has; the caller raises it and then calls `raised`.
        high: (n,) or None: no limit.
        weights: (n,) or None: ones.
        threads: Worker threads.
        memory_bytes: What may be used, lists included.

    Cost: n²·d/2 products for a sweep, one where the guesses hold and the lists fit. Memory: tiles, 40 bytes
    a row and guess, and 6 bytes a listed pair.
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
        self._high, self._weights = self.high.astype(np.float32), self.weights.astype(np.float32)
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
        self._best: Singles | None = None  # of this step, once looked at
        self._lists: PairLists | None = None
        self._moment: Moment | None = None

    def raised(self) -> None:
        """The bests have risen: gains asked for from now on are those of the new ones."""
        self._step += 1
        self._best = None

    def gains(self, candidates: Indices) -> Floats:
        """(m,) the gains, each within its `errors`."""
        stale = np.unique(candidates[self._known[candidates] != self._step])
        if len(stale):
            with one_blas_thread():
                self._refresh(stale)
        return self._gain[candidates]

    def errors(self, candidates: Indices) -> Floats:
        """(m,) how far the gains just asked for may be off."""
        return self._margin[candidates]

    def above(self, j: int) -> tuple[Indices, Floats]:
        """Rows that candidate j serves better than they are served, and their exact similarities to it."""
        self._look()
        if self._lists is None:
            rows, similar = self.pairs.column(j)
        else:
            rows = self._lists.rows(j, self.best, 2.0 * self.error)
            similar = self.pairs.at(rows, np.full(len(rows), j))
        better = similar > self.best[rows]
        return rows[better], similar[better]

    # Which way ---------------------------------------------------------------------------------

    def _look(self) -> Singles:
        """The present bests; sees, once a step, what of the sweeps holds for them."""
        if self._best is not None:
            return self._best
        best, lists = self.best.astype(np.float32), self.swept.lists
        whole = lists is not None and bool((self._bar(best) >= lists.bound).all())
        later = (m for m in reversed(self.swept.moments) if (best >= m.best).all())
        self._best, self._lists = best, lists if whole else None
        self._moment = None if whole else next(later, None)
        return best

    def _refresh(self, stale: Indices) -> None:
        """Bring some gains up to date, in whichever way computes the fewest pairs."""
        best = self._look()
        if self._lists is None:
            self._consider_sweep(best, len(stale))
        if self._lists is not None:
            sums = self._lists.sums(stale, self.best, self.high, self.weights, self.error)
            self._set(stale, sums[0], self.error * sums[1] + 2.0**-40 * sums[0])
        elif self._moment is not None:
            self._from_moment(stale, self._moment, best)
        else:
            gain, reach = self._clipped(None, stale, best, self._high)
            self._set(stale, gain, self.error * reach + ROUNDING * gain)

    def _consider_sweep(self, best: Singles, candidates: int) -> None:
        """A sweep costs half of all pairs: it pays once nearly as many have been computed one by one."""
        moment = self._moment
        changed = len(best) if moment is None else int((best > moment.best).sum())
        self.swept.work += changed * candidates
        if changed and self.swept.work > self.swept.limit:
            self._sweep(best)
            self._best = None
            self._look()

    def _from_moment(self, stale: Indices, moment: Moment, best: Singles) -> None:
        """What the gains were, less what the rows that changed no longer give."""
        rows = np.flatnonzero(best > moment.best)
        gain, margin = moment.gain[stale], moment.margin[stale]
        if len(rows):
            lost, reach = self._clipped(rows, stale, moment.best, best)
            gain = gain - lost
            margin = margin + self.error * reach + ROUNDING * lost
        self._set(stale, np.maximum(gain, 0.0), margin)

    def _set(self, candidates: Indices, gain: Floats, margin: Floats) -> None:
        self._gain[candidates], self._margin[candidates] = gain, margin
        self._known[candidates] = self._step

    # Sweeps ------------------------------------------------------------------------------------

    def _sweep(self, best: Singles) -> None:
        """Gains of all candidates, now and after the picks guessed; and lists, where they fit."""
        self.swept.moments, self.swept.lists = [], None  # their memory is wanted
        bests, fits = self._guess(best)
        lists = PairLists(self._bar(bests[-1]), self._room) if fits else None
        blocks = tile_blocks(len(best))
        steps = [(best, self._high), *itertools.pairwise(bests)]

        def work(at: tuple[int, int]) -> list[tuple[slice, Floats]]:
            tile, down, across = self.pairs.singles(blocks[at[0]], blocks[at[1]]), *at
            sums = [(blocks[across], self._step_sums(tile, blocks[down], steps))]
            if lists is not None:
                lists.keep(tile, blocks[down], blocks[across])
            if down != across:
                tile = np.ascontiguousarray(tile.T)
                sums.append((blocks[down], self._step_sums(tile, blocks[across], steps)))
                if lists is not None:
                    lists.keep(tile, blocks[across], blocks[down])
            return sums

        totals = np.zeros((len(steps), 3, len(best)))
        for sums in self.run.map_blocks(work, each_pair_once(len(blocks))):
            for block, some in sums:
                totals[:, :, block] += some
        moments = list(self._moments(bests, totals))
        kept = lists if lists is not None and lists.whole else None
        self.swept.moments, self.swept.lists = moments, kept
        self.swept.work, self.swept.limit = 0, len(best) ** 2 // 2

    def _step_sums(
        self, tile: Singles, rows: slice | Indices, steps: list[tuple[Singles, Singles]]
    ) -> Floats:
        """(steps, 3, b) what a tile gives its candidates in each step; see `column_sums`."""
        from handful.kernels.served import column_sums

        out = np.zeros((len(steps), 3, tile.shape[1]))
        error, weights = float(self.error), self._weights[rows]
        for (low, high), sums in zip(steps, out, strict=True):
            column_sums(tile, low[rows], high[rows], weights, error, *sums)
        return out

    def _moments(self, bests: list[Singles], totals: Floats) -> Iterator[Moment]:
        """Gains at the first bests, less what each guess takes away.

        All of them are of one tile's similarities, so the error of a gain is that of the rows left in it.
        """
        gain, reach, rounding = (np.zeros(len(bests[0])) for _ in range(3))
        for t, best in enumerate(bests):
            total, touched, left = totals[t]
            gain = total if t == 0 else gain - total
            reach = touched if t == 0 else reach - (touched - left)
            rounding = rounding + ROUNDING * total
            yield Moment(best, np.maximum(gain, 0.0), self.error * reach + rounding)

    def _guess(self, best: Singles) -> tuple[list[Singles], bool]:
        """Bests after the picks that are likely to come next, until the pairs above them fit in memory.

        Gains over a sample of rows name a few candidates; their gains over all rows, the best of these. A
        wrong guess costs time only.
        """
        n, exact = len(best), self.best
        m = min(n, SAMPLE, max(64, self.memory_bytes // (16 * n)))
        rows, blocks = np.unique(np.linspace(0, n - 1, m).astype(np.int64)), tile_blocks(n)
        tiles = list(self.run.map_blocks(lambda block: self.pairs.singles(rows, block), blocks))
        bests = [best]
        while True:
            bar = self._bar(bests[-1])[rows, None]
            above = sum(int((tile > bar).sum()) for tile in tiles) * n / len(rows)
            if 1.1 * above <= self._room:
                return bests, True
            if len(bests) > AHEAD:
                return bests, False
            step = [(bests[-1], self._high)]
            sums = [self._step_sums(tile, rows, step)[0, 0] for tile in tiles]
            likely = np.argpartition(-np.concatenate(sums), min(n - 1, 64 + n // 128))
            likely = np.sort(likely[: 64 + n // 128])
            gains, _ = self._clipped(None, likely, bests[-1], self._high)
            served, similar = self.pairs.column(int(likely[gains.argmax()]))
            exact = exact.copy()
            exact[served] = np.maximum(exact[served], np.minimum(similar, self.high[served]))
            bests.append(exact.astype(np.float32))

    def _bar(self, best: Singles) -> Singles:
        """(n,) what a similarity must exceed to matter at these bests or later ones, less rounding."""
        bar = best - np.float32(3.0 * self.error)
        bar[(best >= self._high) | (self._weights == 0.0)] = np.inf
        return bar

    @property
    def _room(self) -> int:
        """Entries that lists may have: what memory allows beside tiles and guesses, and no more than pay."""
        n = len(self.best)
        beside = 32 * self.run.threads * TILE**2 + n * (44 * (AHEAD + 1) + 4 * (n // TILE + 1))
        return min(max(0, self.memory_bytes - beside) // ENTRY_BYTES, 1024 + n**2 // SHARE)

    def _clipped(
        self, rows: Indices | None, candidates: Indices, low: Singles, high: Singles
    ) -> tuple[Floats, Floats]:
        """Σ_i w_i · (clip(s_ij, low_i, high_i) − low_i) over some rows (None: all), and its reach."""
        runs = tile_blocks(len(low)) if rows is None else _split(rows)
        out = np.zeros((2, len(candidates)))
        for places in _split(np.arange(len(candidates))):
            some = candidates[places]

            def work(run: Any, some: Indices = some) -> Floats:
                return self._step_sums(self.pairs.singles(run, some), run, [(low, high)])[0, :2]

            for sums in self.run.map_blocks(work, runs):
                out[:, places] += sums
        return out[0], out[1]


def _split(places: Indices) -> list[Indices]:
    return [places[start : start + TILE] for start in range(0, len(places), TILE)]
