"""Rows of each signature by cost, and how many of the cheapest are set aside for what must still be met."""

from __future__ import annotations

import copy
from fractions import Fraction
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful.budget.amounts import exact, exact_sum

Number = int | Fraction


class Shelves:
    """For each signature its rows from the cheapest up; the first few open ones are held for later.

    Args:
        signature: (n,) of each row.
        count: S, the number of signatures.
        costs: (n,) of each row.
        free: (n,) bool, shared with the ledger: which rows are open.
        left: What may be spent: rows that even the cheapest of a signature leave no money for are not kept.

    Attributes:
        held: (S,) how many of the cheapest open rows are set aside.
        total: What they cost together, exactly.
    """

    def __init__(
        self,
        signature: NDArray[np.int64],
        count: int,
        costs: NDArray[Any],
        free: NDArray[np.bool_],
        left: Number,
    ) -> None:
        self.costs, self.free = costs, free
        self.whole = costs.dtype.kind != "f"
        order = np.flatnonzero(free)
        order = order[np.argsort(costs[order], kind="stable")]
        small = signature.astype(np.uint16) if count < 2**16 else signature  # quicker to sort
        self.order = order[np.argsort(small[order], kind="stable")]
        self.by_order = costs[self.order]
        self.starts = np.searchsorted(signature[self.order], np.arange(count + 1)).tolist()
        self.stops = [self._stop(s, float(left)) for s in range(count)]
        self.place = np.full(len(costs), -1, np.int64)
        self.place[self.order] = np.arange(len(self.order))
        self.held = np.zeros(count, np.int64)
        self.ends = list(self.starts[:-1])
        self.total: Number = 0

    def _stop(self, s: int, left: float) -> int:
        """Past the last row of a signature that can be among those paid for, whatever is taken first."""
        start, stop = self.starts[s], self.starts[s + 1]
        total = np.cumsum(self.costs[self.order[start:stop]], dtype=np.float64)
        affordable = int(np.searchsorted(total, left * (1 + 1e-9), side="right"))
        return int(min(stop, start + affordable + 1))

    def copy(self, free: NDArray[np.bool_]) -> Shelves:
        """Shelves that stand as these do; `free` is the other ledger's."""
        twin = copy.copy(self)
        twin.free, twin.held, twin.ends = free, self.held.copy(), list(self.ends)
        return twin

    def cost(self, row: int) -> Number:
        """The exact cost of a row."""
        return int(self.costs[row]) if self.whole else exact(self.costs[row])

    def could_hold(self, held: NDArray[np.int64]) -> bool:
        """Whether so many of each signature are open."""
        return all(len(self._open(s, many)) == many for s, many in enumerate(held.tolist()))

    def hold(self, held: NDArray[np.int64]) -> None:
        """Set aside so many of the cheapest open rows of each signature."""
        for s in np.flatnonzero(held != self.held).tolist():
            self.total -= self._sum(s)
            places = self._open(s, int(held[s]))
            assert len(places) == held[s], "more rows are to be held than are open"
            self.held[s] = held[s]
            self.ends[s] = int(places[-1]) + 1 if len(places) else self.starts[s]
            self.total += self._sum(s)

    def hold_anew(self, held: NDArray[np.int64]) -> None:
        """As `hold`, where a row held before has been closed since."""
        self.held[:], self.ends, self.total = 0, list(self.starts[:-1]), 0
        self.hold(held)

    def dearest(self, s: int) -> int:
        """The dearest row held of a signature that has one."""
        return int(self.order[self.ends[s] - 1])

    def tops(self) -> NDArray[Any]:
        """(S,) what the dearest row held of each signature costs; −1 where none is."""
        tops = np.full(len(self.held), -1, np.int64 if self.whole else np.float64)
        some = np.flatnonzero(self.held)
        tops[some] = self.costs[self.order[np.array(self.ends)[some] - 1]]
        return tops

    def drop(self, s: int) -> None:
        """Hold one row less of a signature: the dearest."""
        self.total -= self.cost(self.dearest(s))
        self.held[s] -= 1
        self.ends[s] -= 1
        self._settle(s)

    def holds(self, s: int, row: int) -> bool:
        """Whether a row is one of those held."""
        return bool(0 <= self.place[row] < self.ends[s])

    def give(self, s: int, row: int) -> None:
        """A row that was held is taken; it is closed already."""
        self.total -= self.cost(row)
        self.held[s] -= 1
        self._settle(s)

    def following(self, s: int, nth: int = 0) -> int | None:
        """The nth cheapest of the open rows that are not held, from 0; None where there are too few."""
        for at in range(self.ends[s], self.stops[s]):
            row = int(self.order[at])
            if self.free[row]:
                if nth == 0:
                    return row
                nth -= 1
        return None

    def prefixes(self, most: int, *, without: int | None = None) -> list[NDArray[np.float64]]:
        """For each signature what 0, 1, 2, … of its cheapest open rows cost, `most` at most."""
        made = []
        for s in range(len(self.held)):
            kept = self._open(s, most if without is None else most + 1)
            kept = kept if without is None else kept[self.order[kept] != without][:most]
            made.append(np.concatenate([[0.0], np.cumsum(self.by_order[kept], dtype=np.float64)]))
        return made

    def sums(self, *, without: int | None = None) -> list[list[Number]]:
        """As `prefixes`, exactly, of all rows kept."""
        made: list[list[Number]] = []
        for s in range(len(self.held)):
            rows = [row for row in self.order[self._open(s)].tolist() if row != without]
            made.append(list(accumulate(map(self.cost, rows), initial=0)))
        return made

    def _open(self, s: int, most: int | None = None) -> NDArray[np.int64]:
        """Places of the cheapest open rows of a signature, `most` at most; looks no further than it must."""
        start, stop = self.starts[s], self.stops[s]
        end = stop if most is None else start + most
        while True:
            places = np.flatnonzero(self.free[self.order[start : min(end, stop)]])
            if most is None or end >= stop or len(places) >= most:
                return np.asarray(start + places[:most], np.int64)
            end += max(64, end - start)

    def _sum(self, s: int) -> Number:
        rows = self.order[self.starts[s] : self.ends[s]]
        total = exact_sum(self.costs[rows[self.free[rows]]])
        return int(total) if self.whole else total

    def _settle(self, s: int) -> None:
        """Let the end follow an open row, or be the start."""
        end, start = self.ends[s], self.starts[s]
        if self.held[s] == 0:
            end = start
        while end > start and not self.free[self.order[end - 1]]:
            end -= 1
        self.ends[s] = end
