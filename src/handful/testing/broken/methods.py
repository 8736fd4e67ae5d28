"""Methods that break one law each: they declare every constraint, and keep none but the number of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from handful.budget import Ledger
from handful.methods._contract import MethodFacts, View
from handful.rng import Draws
from handful.selection import Picks

_FACTS = MethodFacts(
    paper="none",
    needs=(),
    honours=("rows", "amount", "include", "quotas"),
    nested=False,
    cost="none",
)


@dataclass(frozen=True)
class Sound:
    """Takes rows in their order."""

    facts: ClassVar[MethodFacts] = _FACTS

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Through the ledger."""
        ledger.take_ranked(np.arange(view.n))
        return Picks(np.array(ledger.taken, np.int64))


class PassesTheLedgerBy(Sound):
    """Takes the first rows, whatever they cost and whichever group they are of."""

    breaks: ClassVar = "every_declared_constraint_is_kept"

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """As many as there may be."""
        return Picks(np.arange(ledger.rows))


class LeavesAPlaceEmpty(Sound):
    """Stops one row early."""

    breaks: ClassVar = "no_row_that_fits_is_left"

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """All but the last."""
        return Picks(super().run(view, ledger, rng).indices[:-1])
