"""A request that has been checked, and the ledger that keeps its budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.budget import Budget, Ledger, Quotas, exact_sum
from handful.flow.copies import Codes
from handful.flow.ids import Ids
from handful.flow.request import Request
from handful.flow.update import Update
from handful.graphs.apart import Apart
from handful.methods._contract import View
from handful.pool import BadRow, Pool
from handful.runtime.meter import Meter
from handful.runtime.run import Run
from handful.selection import Duplicates, Indices


@dataclass(frozen=True, eq=False)
class Prepared:
    """A request whose every part has been checked, ready to run.

    Args:
        candidates: Source rows a method may see, ascending; None for all.
        included: Candidates (numbered as in the view) that must be picked.
        reason: Why `auto` chose the method, or None where the user did.
        at_hand: What the request offers a method, in the words of `Need`.
        copies: Tells which candidates are copies of target rows; None without a target to compare with.
        dropped: The same of the rows before copies were left out; None where they were not.
    """

    request: Request
    run: Run
    pool: Pool
    targets: tuple[tuple[str, Pool], ...]
    ids: Ids
    budget: Budget
    candidates: Indices | None
    included: Indices
    key: str
    method: Any
    reason: str | None
    at_hand: set[str]
    view: View
    costs: NDArray[Any] | None
    skipped: list[BadRow]
    meter: Meter
    owned: Pool | None
    duplicates: Duplicates | None = None
    apart: Apart | None = None
    update: Update | None = None
    quotas: Quotas | None = None
    copies: Callable[[], Codes] | None = None
    dropped: Codes | None = None
    warnings: list[str] = field(default_factory=list)

    def ledger(self) -> Ledger:
        """A fresh ledger with the must-includes taken, and what stays of an earlier selection."""
        amount = self.budget.amount
        if amount is None and self.costs is not None:  # shares of a cost of which all may be spent
            amount = exact_sum(self.costs)
        ledger = Ledger(
            self.view.n,
            rows=self.budget.rows_of(self.view.n),
            costs=self.costs,
            amount=amount,
            apart=None if self.apart is None else self.apart.copy(),
        )
        for row in self.included.tolist():
            self._check_apart(ledger, row)
            if not ledger.feasible(np.array([row]))[0]:
                raise errors.includes_over_budget(len(self.included), self.budget.said)
            ledger.take(row)
        if self.update is not None and self.update.kept is not None:
            for row in self.update.kept.tolist():
                ledger.take(row)
        return ledger if self.quotas is None else ledger.under(self.quotas)

    def _check_apart(self, ledger: Ledger, row: int) -> None:
        """Refuse a must-include that is too close to one before it."""
        if ledger.apart is None or ledger.apart.far(np.array([row]), ledger.taken)[0]:
            return
        taken = np.array(ledger.taken, np.int64)
        other = taken[ledger.apart.too_close(np.array([row]), taken)[0]][0]
        first, second = self.ids.of(self.source_rows(np.array([other, row]))).tolist()
        raise errors.includes_too_close(str(first), str(second), ledger.apart.limit)

    def source_rows(self, rows: Indices) -> Indices:
        """Row numbers of the source for rows numbered as in the view."""
        return rows if self.candidates is None else self.candidates[rows]
