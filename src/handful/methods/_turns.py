"""Several rankings served in turn under one budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from handful.budget import Ledger
from handful.selection import Indices


def take_in_turns(
    ledger: Ledger, rankings: Sequence[Indices | Iterable[int]], shares: Sequence[float]
) -> Indices:
    """Let each ranking pick its best row left, the one furthest behind its share first.

    A ranking is behind by what it has received, rows or cost, over its share; ties go to the earlier.
    Equal shares of rows make it round-robin. Rows are never picked twice, and each prefix is what a
    smaller row budget would give.

    Args:
        ledger: Keeps the budget.
        rankings: Candidates, best first, without repeats within one; an array, or rows as they are asked for.
        shares: > 0, one a ranking.

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
    while waiting:
        turn = min(waiting, key=lambda place: (received[place] / shares[place], place))
        row = _next_feasible(ledger, queues[turn])
        if row is None:
            waiting.remove(turn)
            continue
        ledger.take(row)
        received[turn] += 1.0 if ledger.costs is None else float(ledger.costs[row])
        served.append(turn)
    return np.array(served, np.int64)


def _next_feasible(ledger: Ledger, queue: Iterator[int]) -> int | None:
    if ledger.rows_left <= 0:
        return None
    for row in queue:
        if ledger.feasible(np.array([row]))[0]:
            return row
    return None
