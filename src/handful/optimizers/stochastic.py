"""Stochastic greedy: the best row of a random few, again and again."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from handful.budget import Ledger
from handful.objectives._contract import Indices, Objective, View
from handful.optimizers._contract import OptimizerFacts
from handful.optimizers._run import Climb, most_rows
from handful.optimizers.close_call import decide, ranks
from handful.parameters import parameter
from handful.rng import Draws
from handful.selection import Picks


@dataclass(frozen=True)
class Stochastic:
    """Take the best of (n/k)·ln(1/ε) rows drawn afresh for each pick.

    All in all n·ln(1/ε) gains, however many rows are picked. Within 1 − 1/e − ε of the best in expectation,
    for a monotone submodular objective under a row count. Rows are drawn in the order of ids, so the picks
    depend on the seed and the ids alone.

    Args:
        epsilon: ε in (0, 1): smaller looks at more rows. Some libraries default to 0.9, which voids the
            promise.

    Source: Mirzasoleiman, Badanidiyuru, Karbasi, Vondrák & Krause 2015, Lazier than lazy greedy,
    algorithm 1.
    """

    epsilon: float = parameter(
        0.01, "What may be lost of the share promised, in expectation.", low=1e-6, high=0.99
    )

    @property
    def facts(self) -> OptimizerFacts:
        """1 − 1/e − ε in expectation."""
        return OptimizerFacts(
            paper="Mirzasoleiman et al. 2015, Lazier than lazy greedy",
            share=max(0.0, 1 - 1 / math.e - self.epsilon),
            expected=True,
        )

    def refuses(self, objective: Objective, ledger: Ledger) -> str | None:
        """It serves every objective and every budget."""
        return None

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Draw, take the best, repeat."""
        climb = Climb(objective, view, ledger)
        draw = rng.generator("stochastic greedy")
        rest = climb.feasible()
        rest = rest[np.argsort(ranks(view, rest), kind="stable")]
        wanted = most_rows(ledger, rest)
        size = math.ceil(len(rest) / max(1, wanted) * math.log(1 / self.epsilon))
        while len(rest):
            some = climb.feasible(rest[_draw(draw, len(rest), size)])
            if not len(some):  # those drawn no longer fit
                rest = climb.feasible(rest)
                continue
            gains = objective.gains(climb.state, some)
            place, gain = decide(objective, view, climb.state, some, gains)
            climb.take(int(some[place]), gain)
            rest = _without(rest, int(some[place])) if ledger.rows_left else rest[:0]
        return climb.picks()


def _draw(draw: np.random.Generator, n: int, size: int) -> Indices:
    """Places of `size` distinct rows of n, in ascending order."""
    places = draw.choice(n, min(size, n), replace=False, shuffle=False)
    return np.asarray(np.sort(places), np.int64)


def _without(rows: Indices, row: int) -> Indices:
    return np.asarray(rows[rows != row], np.int64)
