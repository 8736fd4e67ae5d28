"""Laws of methods, on a prepared request: every constraint that a method declares is kept."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from handful.budget import audit, exact
from handful.flow.prepared import Prepared
from handful.rng import Draws
from handful.testing.laws._law import require


def every_declared_constraint_is_kept(method: Any, prepared: Prepared) -> None:
    """Rows, amount, must-includes and quotas, counted anew from the picks alone."""
    if not _asked(prepared) <= set(method.facts.honours):
        return
    rows = method.run(prepared.view, prepared.ledger(), Draws(0)).indices
    most = prepared.budget.rows_of(prepared.view.n)
    require(len(np.unique(rows)) == len(rows), f"a row is picked twice: {rows}")
    require(len(rows) <= most, f"{len(rows)} rows are picked, and {most} are allowed")
    missing = np.setdiff1d(prepared.included, rows)
    require(not len(missing), f"rows {missing} are to be included, and are not")
    costs = None if prepared.costs is None else list(map(exact, prepared.costs[rows]))
    if costs is not None and prepared.budget.amount is not None:
        spent = sum(costs, Fraction(0))
        require(spent <= prepared.budget.amount, f"{spent} is spent of {prepared.budget.amount}")
    for kept in [] if prepared.quotas is None else audit(prepared.quotas, rows, costs):
        require(kept.slack >= 0, f"{kept.name}: {kept.got}, and the limit is {kept.limit}")


def no_row_that_fits_is_left(method: Any, prepared: Prepared) -> None:
    """Once the picks are taken through a fresh ledger, nothing is feasible."""
    if not _asked(prepared) <= set(method.facts.honours):
        return
    rows = method.run(prepared.view, prepared.ledger(), Draws(0)).indices
    ledger = prepared.ledger()
    before = set(ledger.taken)
    for row in rows.tolist():
        if row not in before:
            ledger.take(row)
    still = np.flatnonzero(ledger.feasible(np.arange(ledger.n)))
    require(not len(still), f"{len(rows)} rows are picked, and rows {still[:5]} would still fit")


def _asked(prepared: Prepared) -> set[str]:
    asked = {
        "rows": True,
        "amount": prepared.budget.amount is not None,
        "include": len(prepared.included) > 0,
        "quotas": prepared.quotas is not None,
    }
    return {name for name, there in asked.items() if there}
