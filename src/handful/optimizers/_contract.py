"""What an optimizer is: it maximises an objective under a ledger, and asks nothing else of either."""

from __future__ import annotations

from typing import Protocol

from handful.budget import Ledger
from handful.objectives._contract import Objective, View
from handful.rng import Draws
from handful.selection import Picks


class Optimizer(Protocol):
    """A frozen dataclass; its fields are its parameters."""

    def refuses(self, objective: Objective, ledger: Ledger) -> str | None:
        """What it needs that this objective or budget does not give, or None. Asked before any work."""
        ...

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Take rows through `ledger` until nothing feasible is left or worth taking.

        Rows already in `ledger.taken` (must-includes) are the start of the subset. Returns all rows taken,
        those first, with their gains; the value; and a bound where one is valid.
        """
        ...
