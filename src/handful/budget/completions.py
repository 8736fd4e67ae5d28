"""Completions of a pick under an amount: the first one, one mended by hand, one the programme is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.budget.amounts import below, exact
from handful.budget.conflict import refusal
from handful.budget.feasibility import Counts, System, find
from handful.budget.quotas import Quotas
from handful.budget.search import STEPS, search
from handful.budget.shelves import Number, Shelves

MENDS = 24
"""Rows that a witness may be given to make room for one more."""
FEW = 500
"""Nodes that one question may take."""
TINY = Fraction(1, 10**9)
"""Rounding allowed in a bound that was computed in float64, as a share of it."""


def cheapest(
    quotas: Quotas,
    system: System,
    low: Counts,
    high: Counts,
    shelves: Shelves,
    *,
    rows: int,
    left: Number,
    amount_said: str,
) -> Counts:
    """Counts that meet all limits and that what is left pays for, exactly; the shelves hold their rows.

    Raises:
        InfeasibleError: There are none; the message names which limits stand against each other.
    """

    def pays(y: Counts) -> bool:
        shelves.hold(y - low)
        return shelves.total <= left

    some = system.with_row(np.ones(len(low), np.int64), -1, "a row") if rows else system
    prefixes, amount = shelves.prefixes(rows), float(left)
    found = find(some, low, high, aim="cheapest", prefixes=prefixes, amount=amount)
    if found.y is not None and not pays(found.y):
        found = search(some, low, high, shelves.sums(), left)
        if found.y is None and not found.decided:
            raise errors.quotas_undecided(STEPS)
    if found.y is None or not pays(found.y):
        raise refusal(quotas, system, low, high, prefixes, amount, amount_said)
    return found.y


def mended(
    slack: Counts, d: NDArray[np.int64], s: int, shelves: Shelves, dead: NDArray[np.bool_]
) -> tuple[Counts, Number] | None:
    """What the shelves could hold besides, so that one more of s keeps every limit; and its cost.

    Limit by limit, the cheapest row that lifts the first one broken.
    """
    slack = slack + d[:, s]
    more, cost = np.zeros(len(dead), np.int64), Fraction(0)
    for _ in range(MENDS):
        broken = np.flatnonzero(slack < 0)
        if not len(broken):
            return more, cost
        ways = np.flatnonzero((d[broken[0]] > 0) & ~dead)
        ahead = [(shelves.following(u, int(more[u]) + (u == s)), u) for u in ways.tolist()]
        known = [(shelves.cost(row), u) for row, u in ahead if row is not None]
        if not known:
            return None
        dear, u = min(known)
        more[u] += 1
        slack, cost = slack + d[:, u], cost + dear
    return None


@dataclass(frozen=True)
class Answer:
    """What the programme says of one row.

    Args:
        y: Counts of a completion with the row, or None.
        less_than: What a row of its signature must cost less than, where that was found.
    """

    y: Counts | None
    less_than: Number | None = None


def ask(
    system: System, taken: Counts, high: Counts, shelves: Shelves, s: int, row: int, *,
    rows: int, left: Number, kind: Any,
) -> Answer:  # fmt: skip
    """Whether one row of s can be taken.

    Args:
        system: The limits.
        taken: (S,) rows taken.
        high: (S,) rows taken or open.
        shelves: The open rows.
        s: The signature of the row.
        row: The row.
        rows: Rows that may still be taken.
        left: What is left of the amount, the cost of the row included.
        kind: The type of costs.
    """
    cost, low = shelves.cost(row), taken.copy()
    low[s] += 1
    # As if the row were not one of the cheapest itself: then what it may cost at most.
    prefixes = shelves.prefixes(rows)
    found = find(system, low, high, aim="cheapest", prefixes=prefixes, nodes=FEW)
    if found.y is None:
        return Answer(None, 0)
    most, less_than = left - exact(found.at_least), None
    if most < cost:
        less_than = most + 1 if shelves.whole else most * (1 + TINY)
        if cost > below(most, kind):
            return Answer(None, min(cost, less_than))
    if not _completes(found.y - low, s, row, shelves, left - cost):
        prefixes, amount = shelves.prefixes(rows, without=row), float(left - cost)
        found = find(system, low, high, aim="cheapest", prefixes=prefixes, amount=amount, nodes=FEW)
        if found.y is not None and not _completes(found.y - low, s, row, shelves, left - cost):
            found = search(system, low, high, shelves.sums(without=row), left - cost)
    return Answer(found.y, less_than if found.y is not None else cost)


def _completes(more: Counts, s: int, row: int, shelves: Shelves, left: Number) -> bool:
    """Whether so many of the cheapest open rows but one cost no more than `left`, exactly."""
    trial = shelves.copy(shelves.free)
    if not trial.could_hold(more):
        return False
    trial.hold(more)
    total = trial.total
    if more[s] and trial.holds(s, row):
        following = trial.following(s)
        if following is None:
            return False
        total = total - trial.cost(row) + trial.cost(following)
    return total <= left
