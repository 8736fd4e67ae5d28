"""Several rankings served in turn under one budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from handful import errors
from handful.budget import Ledger
from handful.methods._contract import View
from handful.selection import Indices


def take_in_turns(
    ledger: Ledger,
    rankings: Sequence[Indices | Iterable[int]],
    shares: Sequence[float],
    *,
    floor: float = 0.0,
) -> Indices:
    """Let each ranking pick its best row left, the one furthest behind its share first.

    A ranking is behind by what it has received, rows or cost, over its share; ties go to the earlier.
    Equal shares of rows make it round-robin. Rows are never picked twice, and each prefix is what a
    smaller row budget would give.

    Args:
        ledger: Keeps the budget.
        rankings: Candidates, best first, without repeats within one; an array, or rows as they are asked for.
        shares: > 0, one a ranking.
        floor: Least part of the rows that each ranking gets, at most 1/rankings; where rows left are just
            enough for those behind it, only they pick. Not for a budget of cost.

    Returns:
        For each row taken here, the place of its ranking; in the order of `ledger.taken`.

    Example:
        >>> ledger = Ledger(5, rows=3)
        >>> take_in_turns(ledger, [np.array([4, 3, 2]), np.array([4, 0, 1])], [0.5, 0.5]).tolist()
        [0, 1, 0]
        >>> ledger.taken
        [4, 0, 3]
    """
    if len(rankings) == 1 and isinstance(rankings[0], np.ndarray):
        taken = ledger.take_ranked(rankings[0])
        return np.zeros(len(taken), np.int64)
    queues = [iter(r.tolist() if isinstance(r, np.ndarray) else r) for r in rankings]
    received = [0.0] * len(rankings)
    waiting = set(range(len(rankings)))
    served: list[int] = []
    needed = [int(floor * ledger.rows_left + 1e-9)] * len(rankings)
    while waiting:
        behind = {t for t in waiting if needed[t] > 0}
        owed = sum(needed[t] for t in behind)
        turns = behind if behind and owed >= ledger.rows_left else waiting
        turn = min(turns, key=lambda place: (received[place] / shares[place], place))
        row = _next_feasible(ledger, queues[turn])
        if row is None:
            waiting.remove(turn)
            continue
        ledger.take(row)
        received[turn] += 1.0 if ledger.costs is None else float(ledger.costs[row])
        needed[turn] -= 1
        served.append(turn)
    return np.array(served, np.int64)


def _next_feasible(ledger: Ledger, queue: Iterator[int]) -> int | None:
    if ledger.rows_left <= 0:
        return None
    for row in queue:
        if ledger.feasible(np.array([row]))[0]:
            return row
    return None


def serve_targets(
    view: View,
    ledger: Ledger,
    rankings: Sequence[Indices | Iterable[int]],
    sizes: Sequence[float] | None = None,
) -> Indices:
    """`take_in_turns` with one ranking a target, equal shares or by size, and none below --floor.

        share_t = floor + (1 − targets · floor) · size_t / Σ sizes

    Args:
        view: The targets and the floor.
        ledger: Keeps the budget.
        rankings: One a target.
        sizes: > 0; None: equal.
    """
    floor, count = view.floor or 0.0, len(rankings)
    sizes = [1.0] * count if sizes is None else sizes
    rest = max(0.0, 1 - count * floor) / sum(sizes)
    shares = [floor + rest * size for size in sizes]
    wanted_rows = ledger.rows_left
    least = 0.0 if ledger.costs is not None else floor
    served = take_in_turns(ledger, rankings, shares, floor=least)
    if view.floor is not None:
        _hold_to_the_floor(view, ledger, served, floor, wanted_rows)
    return served


def _hold_to_the_floor(
    view: View, ledger: Ledger, served: Indices, floor: float, wanted_rows: int
) -> None:
    """Refuse a selection in which a target has less than promised; of a cost, by more than one row's."""
    costs = np.ones(ledger.n) if ledger.costs is None else ledger.costs
    spent = costs[np.array(ledger.taken[len(ledger.taken) - len(served) :], np.int64)]
    least = int(floor * wanted_rows + 1e-9) if ledger.costs is None else floor * spent.sum()
    slack = 0.0 if ledger.costs is None else float(spent.max(initial=0))
    for place, target in enumerate(view.targets):
        received = float(spent[served == place].sum())
        if received < least - slack:
            raise errors.floor_not_met(target.name, f"{received:g}", f"{least:g}")
