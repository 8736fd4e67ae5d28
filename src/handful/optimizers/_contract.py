"""What an optimizer is: it maximises an objective under a ledger, and asks nothing else of either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from handful.budget import Ledger
from handful.objectives._contract import Objective, View
from handful.rng import Draws
from handful.selection import Picks

NOT_APART = "a budget without --max-similarity"
"""Why an optimizer refuses that takes rows together."""


@dataclass(frozen=True)
class OptimizerFacts:
    """What an optimizer claims of itself; each claim is tested by `handful.testing.laws`.

    Args:
        paper: Authors, year, title.
        share: The share of the best value it surely reaches, for a monotone submodular objective with
            f(∅) = 0 under a row count alone; 0 where nothing is promised.
        expected: The share holds for the mean over seeds.
        as_greedy: Its picks are those of `greedy`, one by one.
        nested: Each prefix of its picks is what it would pick under that row count.
    """

    paper: str
    share: float
    expected: bool = False
    as_greedy: bool = False
    nested: bool = False


class Optimizer(Protocol):
    """A frozen dataclass; its fields are its parameters."""

    @property
    def facts(self) -> OptimizerFacts:
        """What is claimed."""
        ...

    def refuses(self, objective: Objective, ledger: Ledger) -> str | None:
        """What it needs that this objective or budget does not give, or None. Asked before any work."""
        ...

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Take rows through `ledger` until none is feasible.

        Rows already in `ledger.taken` (must-includes) are the start of the subset. Returns all rows taken,
        those first, with their gains and the value. A gain of zero, or below, does not end the run.
        """
        ...
