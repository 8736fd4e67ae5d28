"""One run of an optimizer: the objective's state, the ledger and the gains, kept in step."""

from __future__ import annotations

import numpy as np

from handful.budget import Ledger
from handful.objectives._contract import Indices, Objective, View
from handful.optimizers.close_call import ranks
from handful.selection import Picks


class Climb:
    """A subset that grows row by row. Rows the ledger has taken already come first.

    Args:
        objective: What is maximised.
        view: What it sees.
        ledger: What may be taken.
    """

    def __init__(self, objective: Objective, view: View, ledger: Ledger) -> None:
        self.objective, self.view, self.ledger = objective, view, ledger
        self.state = objective.start(view)
        self.gains: list[float] = []
        for row in ledger.taken:
            self._add(row, self.exact_gain(row))

    def feasible(self, candidates: Indices | None = None) -> Indices:
        """The candidates that may be taken now; all rows where none are named."""
        rows = np.arange(self.ledger.n) if candidates is None else candidates
        return rows[self.ledger.feasible(rows)]

    def exact_gain(self, row: int) -> float:
        """The gain of one row, by the exact sums where there are two kinds."""
        alone = np.array([row])
        if self.objective.facts.exact_gains:
            return float(self.objective.gains(self.state, alone)[0])
        return float(self.objective.exact(self.state, alone)[0])

    def take(self, row: int, gain: float) -> None:
        """Take a row through the ledger."""
        self.ledger.take(row)
        self._add(row, gain)

    def fill(self, candidates: Indices) -> None:
        """Take rows that add nothing, in the order of ids, while they fit."""
        by_rank = candidates[np.argsort(ranks(self.view, candidates), kind="stable")]
        self.gains += [0.0] * len(self.ledger.take_ranked(by_rank))

    def settled(self, gain: float) -> bool:
        """Whether nothing can add anything any more, the best gain being `gain`."""
        facts = self.objective.facts
        return gain == 0.0 and facts.monotone and facts.submodular

    def picks(self) -> Picks:
        """What was picked, with its gains and its value."""
        return Picks(
            np.array(self.ledger.taken, np.int64),
            np.array(self.gains, np.float64),
            value=float(np.sum(self.gains)),
        )

    def _add(self, row: int, gain: float) -> None:
        self.gains.append(gain)
        self.state = self.objective.add(self.state, row)
