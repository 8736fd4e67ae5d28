"""Stochastic greedy: the best row of a random few, again and again."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from handful.budget import Ledger
from handful.objectives._contract import Floats, Indices, Objective, View
from handful.optimizers._contract import OptimizerFacts
from handful.optimizers._run import Climb, most_rows
from handful.optimizers.close_call import decide, ranks
from handful.parameters import parameter
from handful.rng import Draws
from handful.selection import Picks

EXACT_ROWS = 20_000
"""Rows of a pool up to which no gain is estimated where nothing is said."""
LEAST_ROWS, ROWS_A_PICK = 1000, 2
"""Rows over which gains are estimated: the first at least, and the second for each pick."""
ALIKE = 0.1
"""Share of the rows to read that is drawn with equal chances."""
SECOND = 8
"""Times as many rows are read in the second round."""
WORTH = 3
"""Where nothing is said, gains are estimated if that reads at most one of so many pairs of rows."""


@dataclass(frozen=True)
class Stochastic:
    """Take the best of (n/k)·ln(1/ε) rows drawn afresh for each pick.

    All in all n·ln(1/ε) gains, however many rows are picked. Within 1 − 1/e − ε of the best in expectation,
    for a monotone submodular objective under a row count. Rows are drawn in the order of ids, so the picks
    depend on the seed and the ids alone.

    Where a gain is a sum over all rows of the pool (facility location and its kin), those of the s rows drawn are
    estimated over m rows of the pool, others for each pick, and those of the √s that look best over 8·m rows
    more; of the one taken the gain is exact, and so is the value. A row i is read with a chance in proportion to
    R_i, the most that it can still give to a gain, and what it gives is divided by that chance, so that the mean
    is right; one in ten is drawn with equal chances, lest R be wrong. What a candidate gives itself is known. An
    estimate over m rows is off by more than ΣR_i/0.9·√(ln(2/δ)/2m) with a chance of at most δ (Hoeffding); the
    promise is then lower by at most four times that for each pick. In pools of more than 20,000 rows m is 1,000
    or 2·k, the larger, if all this reads at most a third of n² pairs; else no gain is estimated.

    Args:
        epsilon: ε in (0, 1): smaller looks at more rows. Some libraries default to 0.9, which voids the
            promise.
        sample: m as a share of the pool, in [0, 1]: 1 estimates nothing. None: by the rule above.

    Source: Mirzasoleiman, Badanidiyuru, Karbasi, Vondrák & Krause 2015, Lazier than lazy greedy,
    algorithm 1; Mirzasoleiman, Karbasi, Sarkar & Krause 2016, Distributed submodular maximization, on
    decomposable functions, for sums read in part; Hansen & Hurwitz 1943, On the theory of sampling from finite
    populations, for unequal chances; Hoeffding 1963, Probability inequalities for sums of bounded random
    variables, theorem 2, for terms that are independent but not alike.
    """

    epsilon: float = parameter(
        0.01, "What may be lost of the share promised, in expectation.", low=1e-6, high=0.99
    )
    sample: float | None = parameter(
        None,
        "Share of the rows over which gains are estimated; 1: none is; none: by the size.",
        low=1e-6,
        high=1,
    )

    @property
    def facts(self) -> OptimizerFacts:
        """1 − 1/e − ε in expectation; nothing where gains are to be estimated."""
        promised = self.sample is None or self.sample == 1
        return OptimizerFacts(
            paper="Mirzasoleiman et al. 2015, Lazier than lazy greedy",
            share=max(0.0, 1 - 1 / math.e - self.epsilon) if promised else 0.0,
            expected=True,
        )

    def refuses(self, objective: Objective, ledger: Ledger) -> str | None:
        """It serves every objective and every budget; but not every gain can be estimated."""
        if self.sample is None or self.sample == 1 or objective.facts.estimable:
            return None
        return "an objective that gives `estimates`, as facility location over all pairs does"

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Draw, take the best, repeat."""
        climb = Climb(objective, view, ledger)
        draw = rng.generator("stochastic greedy")
        rest = climb.feasible()
        rest = rest[np.argsort(ranks(view, rest), kind="stable")]
        wanted = most_rows(ledger, rest)
        size = math.ceil(len(rest) / max(1, wanted) * math.log(1 / self.epsilon))
        sample = Sample(climb, rng, self._rows(objective, view.n, wanted, min(size, len(rest))))
        while len(rest):
            some = climb.feasible(rest[_draw(draw, len(rest), size)])
            if not len(some):  # those drawn no longer fit
                rest = climb.feasible(rest)
                continue
            row, gain = sample.best(some)
            climb.take(row, gain)
            rest = _without(rest, row) if ledger.rows_left else rest[:0]
        notes = {} if sample.rows is None else {"gains_estimated_over_rows": sample.rows}
        return replace(climb.picks(), notes=notes)

    def _rows(self, objective: Objective, n: int, wanted: int, size: int) -> int | None:
        """How many rows the first estimate of a gain reads; None where there is none."""
        if self.sample is not None:
            return math.ceil(self.sample * n) if self.sample < 1 else None
        rows = max(LEAST_ROWS, ROWS_A_PICK * wanted)
        read = wanted * rows * (size + SECOND * few(size))
        worth = n > EXACT_ROWS and WORTH * read <= n**2
        return rows if objective.facts.estimable and worth else None


class Sample:
    """The best of some candidates, as far as some rows of the pool tell.

    A row is read the more often the more it can still give; see `Stochastic`.

    Args:
        climb: The run.
        rng: The draws.
        rows: Rows that the first estimate reads; None: nothing is estimated.
    """

    def __init__(self, climb: Climb, rng: Draws, rows: int | None) -> None:
        self.climb, self.rows, self._draw = climb, rows, rng.generator("rows read")
        self._order = np.argsort(ranks(climb.view, np.arange(climb.view.n)), kind="stable")

    def best(self, some: Indices) -> tuple[int, float]:
        """The row that adds most, and its exact gain."""
        climb = self.climb
        if self.rows is None:
            gains = climb.objective.gains(climb.state, some)
            place, gain = decide(climb.objective, climb.view, climb.state, some, gains)
            return int(some[place]), gain
        upto, chances = self._chances()
        for rows, kept in ((self.rows, few(len(some))), (SECOND * self.rows, 1)):
            read = self._read(rows, upto)
            expected = None if read is None else rows * chances[read]
            gains, _ = climb.objective.estimates(climb.state, some, read, expected)
            some = some[np.sort(np.argsort(-gains, kind="stable")[:kept])]
        row = int(some[0])
        return row, climb.exact_gain(row)

    def _chances(self) -> tuple[Floats, Floats]:
        """(n,) the chance of each row to be the one read, summed up in the order of ids; and as it is."""
        n = len(self._order)
        chances, rooms = np.full(n, 1.0 / n), self.climb.objective.rooms(self.climb.state)
        if rooms is not None and (total := float(rooms[self._order].sum())) > 0.0:
            chances = ALIKE / n + (1.0 - ALIKE) * rooms / total
        return np.cumsum(chances[self._order]), chances

    def _read(self, rows: int, upto: Floats) -> Indices | None:
        """Rows to read, one drawn from each of as many equal parts of all chances; None: all."""
        n = len(self._order)
        if rows >= n:
            return None
        at = (np.arange(rows) + self._draw.random(rows)) / rows
        return self._order[np.minimum(np.searchsorted(upto, at, side="right"), n - 1)]


def few(drawn: int) -> int:
    """√s, rounded up: how many of s rows drawn are looked at twice."""
    return math.ceil(math.sqrt(drawn))


def _draw(draw: np.random.Generator, n: int, size: int) -> Indices:
    """Places of `size` distinct rows of n, in ascending order."""
    places = draw.choice(n, min(size, n), replace=False, shuffle=False)
    return np.asarray(np.sort(places), np.int64)


def _without(rows: Indices, row: int) -> Indices:
    return np.asarray(rows[rows != row], np.int64)
