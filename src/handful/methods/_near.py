"""Rankings for targets out of lists of the rows most like each target row, made longer as needed."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful.budget import Ledger
from handful.graphs.closest import Lists
from handful.methods._contract import View
from handful.methods._turns import serve_targets
from handful.selection import Indices, Picks

FIRST_LISTS_BYTES = 1 << 25
"""The first lists are as long as the budget where they fit this; they then never need a second pass."""

Search = Callable[[int, NDArray[np.bool_]], Lists]
"""Lists of at most so many rows, among those that are open."""


class Near:
    """The feasible row most like each target row, whatever has been taken.

    Lists hold a limited number of rows. When one is used up, all are made anew, twice as long and
    without the rows that can no longer be taken: as if they had been complete from the start.

    Args:
        search: Makes the lists.
        ledger: Keeps the budget; rows it refuses are passed over.
        rank: (n,) each row's place in the order of ids; None: row order.
        rows: Rows of all targets, m.
    """

    def __init__(self, search: Search, ledger: Ledger, rank: Indices | None, rows: int) -> None:
        self._search, self._ledger = search, ledger
        self._row_of = None if rank is None else np.argsort(rank, kind="stable")
        room = FIRST_LISTS_BYTES // (16 * max(1, rows))
        spread = 8 * -(-ledger.rows // max(1, rows)) + 32
        self._count = min(ledger.n, max(spread, min(room, ledger.rows)))
        self.passes = 0
        self._fill()

    def _fill(self) -> None:
        is_open = self._ledger.feasible(np.arange(self._ledger.n))
        self._lists = self._search(self._count, is_open)
        self._whole = self._count >= int(is_open.sum())
        self._heads = [0] * len(self._lists.lengths)
        self.passes += 1

    def head(self, j: int) -> tuple[float, int, int] | None:
        """(−cosine, place in the order of ids, row) of the best row left for target row j; None at the end."""
        while True:
            names = self._lists.names[j]
            while self._heads[j] < self._lists.lengths[j]:
                place = int(names[self._heads[j]])
                row = place if self._row_of is None else int(self._row_of[place])
                if self._ledger.open[row] and self._ledger.feasible(np.array([row]))[0]:
                    return -float(self._lists.values[j, self._heads[j]]), place, row
                self._heads[j] += 1
            if self._whole or self._ledger.rows_left <= 0:
                return None
            self._count = min(self._ledger.n, 2 * self._count)
            self._fill()

    def in_turn(self, rows: range) -> Iterator[int]:
        """Each target row of some gives its best row left, one after the other, round and round."""
        waiting = deque(rows)
        while waiting:
            j = waiting.popleft()
            head = self.head(j)
            if head is not None:
                yield head[2]
                waiting.append(j)

    def by_best(self, rows: range) -> Iterator[int]:
        """Rows by their largest cosine to any of some target rows."""
        heap: list[tuple[tuple[float, int, int], int]] = []
        for j in rows:
            self._push(heap, j)
        while heap:
            told, j = heapq.heappop(heap)
            if self.head(j) == told:
                yield told[2]
            self._push(heap, j)

    def _push(self, heap: list[tuple[tuple[float, int, int], int]], j: int) -> None:
        head = self.head(j)
        if head is not None:
            heapq.heappush(heap, (head, j))


def pick_near(view: View, ledger: Ledger, search: Search, merge: str) -> Picks:
    """Fill a ledger from lists: targets take turns, and within one its rows do, or the best comes first.

    Args:
        view: The targets, and the order of ties.
        ledger: Keeps the budget.
        search: Makes lists for the rows of all targets, one under the other.
        merge: "turns" or "best", within each target.
    """
    view.run_with.progress.stage("choosing", None)
    ends = np.cumsum([0, *(target.n for target in view.targets)]).tolist()
    near = Near(search, ledger, view.rank, ends[-1])
    parts = [range(a, b) for a, b in pairwise(ends)]
    rankings = [near.in_turn(part) if merge == "turns" else near.by_best(part) for part in parts]
    included = len(ledger.taken)
    served = serve_targets(view, ledger, rankings)
    notes: dict[str, Any] = {"passes_over_pool": near.passes}
    if len(parts) > 1:
        received = np.bincount(served, minlength=len(parts)).tolist()
        notes["rows_per_target"] = dict(
            zip((target.name for target in view.targets), received, strict=True)
        )
    if included:
        notes["rows_included"] = included
    return Picks(np.array(ledger.taken, np.int64), notes=notes)
