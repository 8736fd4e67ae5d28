"""Filling a budget farthest-first."""

from __future__ import annotations

import numpy as np

from handful.budget import Ledger
from handful.graphs.farthest import Farthest
from handful.selection import Indices


def take_farthest(far: Farthest, ledger: Ledger, rows: Indices | None = None) -> None:
    """Take the feasible row farthest from all picks, until none is left.

    Args:
        far: Knows the picks so far, one at least.
        ledger: Keeps the budget.
        rows: The ledger's number of each of its rows; None: the same.
    """
    while ledger.rows_left > 0 and (found := far.farthest()) is not None:
        row = found[0] if rows is None else int(rows[found[0]])
        if ledger.feasible(np.array([row]))[0]:
            ledger.take(row)
            far.add(found[0])
        else:
            far.drop(found[0])  # what does not fit now never will
