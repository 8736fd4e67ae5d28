"""Threshold greedy: a falling bar, and every row that clears it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from handful.budget import Ledger
from handful.objectives._contract import Floats, Indices, Objective, View
from handful.optimizers._contract import NOT_APART, OptimizerFacts
from handful.optimizers._run import Climb
from handful.optimizers.close_call import clears, decide, margins, ranks
from handful.parameters import parameter
from handful.rng import Draws
from handful.selection import Picks

BATCH = 256
"""Gains computed together; those that a pick has made stale are computed again."""


@dataclass(frozen=True)
class Threshold:
    """Go through the rows in the order of ids and take each that gains at least τ; lower τ; repeat.

    τ starts at the largest gain and falls by 1 − ε until it is ε/n of that. Within 1 − 1/e − ε of the best
    for a monotone submodular objective under a row count, with (n/ε)·ln(n/ε) gains at most. Rows are read
    in sequence, and a row whose last gain is below τ is passed over unread.

    Args:
        epsilon: ε in (0, 1): smaller lowers the bar more slowly.

    Source: Badanidiyuru & Vondrák 2014, Fast algorithms for maximizing submodular functions, algorithm 1.
    """

    epsilon: float = parameter(0.05, "How much the bar falls at a time.", low=1e-4, high=0.99)

    @property
    def facts(self) -> OptimizerFacts:
        """1 − 1/e − ε."""
        return OptimizerFacts(
            paper="Badanidiyuru & Vondrák 2014, Fast algorithms for maximizing submodular functions",
            share=max(0.0, 1 - 1 / math.e - self.epsilon),
        )

    def refuses(self, objective: Objective, ledger: Ledger) -> str | None:
        """What has no bar to clear: gains that may rise, and budgets by cost."""
        if not (objective.facts.submodular and objective.facts.monotone):
            return "a monotone submodular objective, whose gains only fall"
        if ledger.apart is not None:
            return NOT_APART
        return None if ledger.costs is None else "a budget in rows"

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Sweep under each bar; then take what is left, which adds next to nothing."""
        climb = Climb(objective, view, ledger)
        rows = climb.feasible()
        rows = rows[np.argsort(ranks(view, rows), kind="stable")]
        if not len(rows):
            return climb.picks()
        gains = objective.gains(climb.state, rows)
        upper = gains + margins(objective, climb.state, rows, gains)
        _, top = decide(objective, view, climb.state, rows, gains)
        bar, least = top, self.epsilon / len(rows) * top
        while bar > least and ledger.rows_left:
            _sweep(climb, rows, upper, bar)
            bar *= 1.0 - self.epsilon
        for row in climb.feasible(rows).tolist():
            if len(climb.feasible(np.array([row]))):
                climb.take(row, climb.exact_gain(row))
        return climb.picks()


def _sweep(climb: Climb, rows: Indices, upper: Floats, bar: float) -> None:
    """Take every row whose gain clears the bar, in order; `upper` learns what was computed."""
    waiting = np.flatnonzero((upper >= bar) & climb.ledger.feasible(rows))
    objective = climb.objective
    while len(waiting) and climb.ledger.rows_left:
        some, waiting = waiting[:BATCH], waiting[BATCH:]
        while len(some) and climb.ledger.rows_left:
            gains = objective.gains(climb.state, rows[some])
            upper[some] = gains + margins(objective, climb.state, rows[some], gains)
            some = some[clears(objective, climb.state, rows[some], gains, bar)]
            some = some[climb.ledger.feasible(rows[some])]
            if len(some):  # those that do not clear it now do not clear it after this pick
                row = int(rows[some[0]])
                climb.take(row, climb.exact_gain(row))
                some = some[1:]
