"""Greedy: the best row, again and again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from handful.budget import Ledger
from handful.objectives._contract import Floats, Objective, View
from handful.optimizers._contract import OptimizerFacts
from handful.optimizers._run import Climb
from handful.optimizers.close_call import decide
from handful.rng import Draws
from handful.selection import Picks


@dataclass(frozen=True)
class Greedy:
    """Take the feasible row with the largest gain until none is feasible. The definition of greedy.

    Within 1 − 1/e of the best for a monotone submodular objective under a row count; rows that no longer
    fit a cost are passed over. Ties go to the earlier id. Cost: one sweep of gains a pick, n·k gains.

    Example:
        >>> import numpy as np
        >>> from handful.objectives import Arrays, FacilityLocation
        >>> from handful.optimizers import maximize
        >>> line = [[1.0, 0.9, 0.0], [0.9, 1.0, 0.9], [0.0, 0.9, 1.0]]
        >>> picks = maximize(FacilityLocation(similarity=line), Arrays(rows=3), rows=2, optimizer=Greedy())
        >>> picks.indices.tolist(), picks.gains.round(2).tolist()
        ([1, 0], [2.8, 0.1])

    Source: Nemhauser, Wolsey & Fisher 1978, An analysis of approximations for maximizing submodular set
    functions I, section 4.
    """

    facts: ClassVar[OptimizerFacts] = OptimizerFacts(
        paper="Nemhauser, Wolsey & Fisher 1978, Maximizing submodular set functions I",
        share=1 - 1 / math.e,
        as_greedy=True,
        nested=True,
    )

    def refuses(self, objective: Objective, ledger: Ledger) -> str | None:
        """It serves every objective and every budget."""
        return None

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Sweep, take the best, repeat."""
        climb = Climb(objective, view, ledger)
        plainly(climb)
        return climb.picks()


def plainly(climb: Climb, prices: Floats | None = None) -> None:
    """Take the row with the largest gain, or the largest gain per price, until none is feasible."""
    candidates = climb.feasible()
    while len(candidates):
        gains = climb.objective.gains(climb.state, candidates)
        asked = None if prices is None else prices[candidates]
        place, gain = decide(
            climb.objective, climb.view, climb.state, candidates, gains, costs=asked
        )
        if climb.settled(gain):
            climb.fill(candidates)
            return
        climb.take(int(candidates[place]), gain)
        candidates = climb.feasible(candidates)
