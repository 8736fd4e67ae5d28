"""Lazy greedy: the picks of greedy, with most gains never computed again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from handful.budget import Ledger
from handful.objectives._contract import Floats, Indices, Objective, View
from handful.optimizers._contract import OptimizerFacts
from handful.optimizers._run import Climb
from handful.optimizers.close_call import decide, margins
from handful.optimizers.greedy import plainly
from handful.rng import Draws
from handful.selection import Picks

SWEEP = 16
"""A heap is swept once a sixteenth as many rows of it as still wait were found that cannot be picked."""


@dataclass(frozen=True)
class Lazy:
    """Greedy that computes a gain again only while its row could still be the best.

    Gains of a submodular objective only fall, so an old gain is an upper bound. Rows wait in a heap under
    their last gain plus its error; the top ones are refreshed, a few at a time, until no row left could
    beat the best fresh one. The picks are those of `greedy`, bit for bit. Cost: n gains, then a few a pick.

    Source: Minoux 1978, Accelerated greedy algorithms for maximizing submodular set functions, section 3.
    """

    facts: ClassVar[OptimizerFacts] = OptimizerFacts(
        paper="Minoux 1978, Accelerated greedy algorithms for maximizing submodular set functions",
        share=1 - 1 / math.e,
        as_greedy=True,
        nested=True,
    )

    def refuses(self, objective: Objective, ledger: Ledger) -> str | None:
        """An objective not submodular: there, an old gain bounds nothing."""
        if objective.facts.submodular:
            return None
        return "a submodular objective, whose gains only fall"

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Keep a heap of upper bounds; refresh from its top."""
        climb = Climb(objective, view, ledger)
        lazily(climb)
        return climb.picks()


def lazily(climb: Climb, prices: Floats | None = None) -> None:
    """What `greedy.plainly` takes, with fewer gains computed."""
    heap = Waiting(climb.feasible())
    while True:
        rows, gains, above = _refresh(climb, heap, prices)
        if not len(rows):
            return
        costs = None if prices is None else prices[rows]
        place, gain = decide(climb.objective, climb.view, climb.state, rows, gains, costs=costs)
        if climb.settled(gain):
            climb.fill(climb.feasible(np.concatenate([rows, heap.rows()])))
            return
        climb.take(int(rows[place]), gain)
        rows[place], above[place] = rows[-1], above[-1]
        heap.push(rows[:-1], above[:-1])


def greedily(climb: Climb, prices: Floats | None = None) -> None:
    """Greedy in the cheaper of its two ways: lazily where gains only fall and are not kept up to date."""
    facts = climb.objective.facts
    (lazily if facts.submodular and not facts.kept_gains else plainly)(climb, prices)


def _refresh(climb: Climb, heap: Waiting, prices: Floats | None) -> tuple[Indices, Floats, Floats]:
    """Rows of which one is surely the best, their fresh gains, and the most that each is worth by its price."""
    rows: list[Indices] = [np.zeros(0, np.int64)]
    gains: list[Floats] = [np.zeros(0)]
    above: list[Floats] = [np.zeros(0)]
    least, batch = -np.inf, min(max(8, heap.asked // 4), 64)
    while len(heap) and heap.top() >= least:
        popped = heap.pop(batch, least)
        some = climb.feasible(popped)
        heap.shut += len(popped) - len(some)
        if len(some):
            fresh = climb.objective.gains(climb.state, some)
            error = margins(climb.objective, climb.state, some, fresh)
            low, high = fresh - error, fresh + error
            if prices is not None:
                low, high = low / prices[some], high / prices[some]
            least = max(least, float(low.max()))
            rows.append(some)
            gains.append(fresh)
            above.append(high)
        batch *= 2
    heap.asked = sum(map(len, rows))
    if SWEEP * heap.shut > len(heap):
        open_rows = np.zeros(climb.ledger.n, bool)
        open_rows[climb.feasible(heap.rows())] = True
        heap.keep(open_rows)
    return np.concatenate(rows), np.concatenate(gains), np.concatenate(above)


class Waiting:
    """Rows in a heap, the largest upper bound on top; at first every bound is infinite. 16 bytes a row.

    Attributes:
        asked: Rows that the last pick took off it, about what the next will take.
        shut: Rows taken off it that could not be picked, since it was last swept.
    """

    def __init__(self, rows: Indices) -> None:
        self.asked, self.shut = 0, 0
        self._new, self._size = rows, 0
        self._bounds, self._rows = np.empty(len(rows)), np.empty(len(rows), np.int64)

    def __len__(self) -> int:
        return len(self._new) + self._size

    def top(self) -> float:
        """The largest bound."""
        return np.inf if len(self._new) else float(self._bounds[0])

    def pop(self, most: int, least: float) -> Indices:
        """Up to `most` rows with the largest bounds, none of them below `least`; all new rows at once."""
        from handful.kernels.heap import pop

        if len(self._new):
            new, self._new = self._new, self._new[:0]
            return new
        out = np.empty(min(most, self._size), np.int64)
        taken = pop(self._bounds, self._rows, self._size, least, out)
        self._size -= taken
        return out[:taken]

    def push(self, rows: Indices, bounds: Floats) -> None:
        """Put rows (back) under a finite bound."""
        from handful.kernels.heap import push

        self._size = push(self._bounds, self._rows, self._size, bounds, rows)

    def keep(self, open_rows: NDArray[np.bool_]) -> None:
        """Take all other rows off it. O(n): a row that cannot be picked now never can, and only is in the way."""
        kept = open_rows[self._rows[: self._size]]
        bounds, rows = self._bounds[: self._size][kept], self._rows[: self._size][kept]
        self._size, self.shut, self._new = 0, 0, self._new[open_rows[self._new]]
        self.push(rows, bounds)

    def rows(self) -> Indices:
        """All rows that wait, in no order."""
        return np.concatenate([self._new, self._rows[: self._size]])
