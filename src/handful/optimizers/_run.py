"""One run of an optimizer: the objective's state, the ledger and the gains, kept in step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handful.budget import Ledger
from handful.objectives._contract import Indices, Objective, State, View
from handful.optimizers.close_call import ranks
from handful.selection import Picks


@dataclass(frozen=True, eq=False)
class Reached(Picks):
    """Picks, and the objective's state at those of them that add anything.

    Args:
        state: The state; None where the optimizer keeps none.
    """

    state: State = None


class Climb:
    """A subset that grows row by row. Rows the ledger has taken already come first.

    Args:
        objective: What is maximised.
        view: What it sees.
        ledger: What may be taken.

    Attributes:
        also: A further condition on rows, where an optimizer keeps one of its own.
    """

    def __init__(self, objective: Objective, view: View, ledger: Ledger) -> None:
        self.objective, self.view, self.ledger = objective, view, ledger
        self.state = objective.start(view)
        self.gains: list[float] = []
        self.also: Callable[[Indices], NDArray[np.bool_]] | None = None
        for row in ledger.taken:
            self._add(row, self.exact_gain(row))

    def feasible(self, candidates: Indices | None = None) -> Indices:
        """The candidates that may be taken now; all rows where none are named."""
        rows = np.arange(self.ledger.n) if candidates is None else candidates
        rows = rows[self.ledger.feasible(rows)]
        return rows if self.also is None else rows[self.also(rows)]

    def exact_gain(self, row: int) -> float:
        """The gain of one row, by the exact sums where there are two kinds."""
        return exact_gain(self.objective, self.state, row)

    def take(self, row: int, gain: float) -> None:
        """Take a row through the ledger."""
        self.ledger.take(row)
        self._add(row, gain)

    def fill(self, candidates: Indices) -> None:
        """Take rows that add nothing, in the order of ids, while they fit."""
        by_rank = candidates[np.argsort(ranks(self.view, candidates), kind="stable")]
        if self.also is None:
            self.gains += [0.0] * len(self.ledger.take_ranked(by_rank))
            return
        while len(by_rank := self.feasible(by_rank)):
            self.ledger.take(int(by_rank[0]))
            self.gains.append(0.0)

    def settled(self, gain: float) -> bool:
        """Whether nothing can add anything any more, the best gain being `gain`."""
        facts = self.objective.facts
        return gain == 0.0 and facts.monotone and facts.submodular

    def picks(self) -> Reached:
        """What was picked, with its gains and its value."""
        return Reached(
            np.array(self.ledger.taken, np.int64),
            np.array(self.gains, np.float64),
            value=float(np.sum(self.gains)),
            state=self.state,
        )

    def _add(self, row: int, gain: float) -> None:
        self.gains.append(gain)
        self.state = self.objective.add(self.state, row)


def exact_gain(objective: Objective, state: State, row: int) -> float:
    """The gain of one row, by the exact sums where there are two kinds."""
    exact = objective.gains if objective.facts.exact_gains else objective.exact
    return float(exact(state, np.array([row]))[0])


def most_rows(ledger: Ledger, candidates: Indices) -> int:
    """How many candidates a ledger could take at most: as many of the cheapest as fit."""
    most = min(ledger.rows_left, len(candidates))
    if ledger.costs is None or ledger.amount_left is None:
        return most
    cheapest = np.cumsum(np.sort(ledger.costs[candidates].astype(np.float64)))
    return min(most, int(np.searchsorted(cheapest, float(ledger.amount_left), side="right")))
