"""Drop-add search: spread picks by taking one of the closest two out and putting a far row in."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from handful.budget import Ledger, exact_sum
from handful.budget.amounts import below
from handful.graphs.distance import Distances
from handful.objectives._contract import Floats, Indices, Objective, View
from handful.optimizers._contract import OptimizerFacts
from handful.optimizers._run import Climb
from handful.optimizers.close_call import ranks
from handful.optimizers.greedy import plainly
from handful.parameters import parameter
from handful.rng import Draws
from handful.selection import Picks

CELLS = 5 * 10**7
"""Distances kept at most, picks times rows, 8 bytes each."""


@dataclass(frozen=True)
class DropAdd:
    """Start from greedy's picks; again and again drop one of the closest two and add the farthest row that fits.

    A row dropped stays out, and a row added stays in, for a number of moves, so that the search leaves sets
    that no exchange improves; the best set seen is kept. Never below greedy. Under quotas a row may come for
    one of its own groups, or of others where every limit has room. For objectives that are the smallest distance
    between two picks. A move costs O(n·d); memory O(n·k).

    Args:
        patience: Moves without a better set after which it ends.
        tabu: Moves for which a row dropped stays out, from half of it to half as many again; one added stays in
            for a third of that.

    Source: Porumbel, Hao & Glover 2011, A simple and effective algorithm for the MaxMin diversity problem,
    section 2. Here the row that comes is chosen for each of the closest two, and the better exchange is made.
    """

    patience: int = parameter(2000, "Moves without a better set after which it ends.", low=0)
    tabu: int = parameter(12, "Moves for which a row dropped stays out.", low=0)

    facts: ClassVar[OptimizerFacts] = OptimizerFacts(
        paper="Porumbel, Hao & Glover 2011, A simple and effective algorithm for the MaxMin diversity problem",
        share=0.0,
    )

    def refuses(self, objective: Objective, ledger: Ledger) -> str | None:
        """Anything but the smallest distance, and what exchanges of one row cannot keep."""
        if not objective.facts.smallest_distance:
            return "an objective that is the smallest distance between two picks"
        if ledger.apart is not None:
            return "picks that nothing else keeps apart"
        if ledger.quotas is not None and ledger.costs is not None:
            return "quotas or a cost, not both"
        if ledger.n * min(ledger.n, ledger.rows) > CELLS:
            return f"at most {CELLS:,} rows times picks"
        return None

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Greedy, then moves, then the gains of the best set, in the order kept."""
        start = Climb(objective, view, copy.deepcopy(ledger))
        plainly(start)
        greedy = list(start.ledger.taken)
        kept, moves = greedy, 0
        if len(greedy) > 1:
            search = Search(
                start.state.apart, start.ledger, len(ledger.taken), ranks(view, np.arange(ledger.n))
            )
            kept, moves = search.best(self.patience, self.tabu)
        final = Climb(objective, view, ledger)
        for row in kept[len(ledger.taken) :]:
            final.take(row, final.exact_gain(row))
        plainly(final)  # exchanges for cheaper rows may have left room
        notes = {"moves": moves, "greedy_value": float(sum(start.gains))}
        return replace(final.picks(), notes=notes)


class Search:
    """A set of picks that changes by one row at a time.

    Args:
        apart: Distances.
        ledger: With the first set taken.
        fixed: Picks at its start that stay.
        rank: (n,) by which ties break.
    """

    def __init__(self, apart: Distances, ledger: Ledger, fixed: int, rank: Indices) -> None:
        self.apart, self.ledger, self.fixed = apart, ledger, fixed
        self.rank = np.ascontiguousarray(rank, np.int64)
        self.rows = np.array(ledger.taken, np.int64)
        self.distances = np.stack([apart.column(int(j)) for j in self.rows], axis=1)  # (n, k)
        self.open = ledger.open.copy()
        self.open[self.rows] = False
        ahead = ledger.ahead
        self.signature = np.zeros(ledger.n, np.int64) if ahead is None else ahead.signature
        self.measure()

    def measure(self) -> None:
        """For each row its nearest pick, and the next nearest."""
        from handful.kernels.nearest_picks import measure_anew

        n = len(self.distances)
        self.near, self.next = np.empty(n), np.empty(n)
        self.who, self.second = np.zeros(n, np.int64), np.zeros(n, np.int64)
        for row in range(n):
            measure_anew(self.distances, row, self.near, self.who, self.next, self.second)

    def best(self, patience: int, tabu: int) -> tuple[list[int], int]:
        """The best set seen, and how many moves were made."""
        found, highest, idle, moves = self.rows.copy(), self.value(), 0, 0
        until = np.zeros(len(self.near), np.int64)  # the move up to which a row is left as it is
        while idle < patience:
            move = self._move(until, moves, highest) or self._move(until * 0, moves, highest)
            if move is None:
                break
            place, row = move
            term = tabu // 2 + 7 * moves % (
                tabu + 1
            )  # terms that vary keep it from going in circles
            until[self.rows[place]], until[row] = moves + term, moves + term // 3
            self.exchange(place, row)
            moves, idle = moves + 1, idle + 1
            if (value := self.value()) > highest:
                found, highest, idle = self.rows.copy(), value, 0
        return found.tolist(), moves

    def _between(self) -> tuple[Floats, Indices]:
        """(k,) each pick's distance to the nearest other pick, and which that is."""
        return self.next[self.rows], self.second[self.rows]

    def value(self) -> float:
        """The smallest distance between two picks."""
        return float(self._between()[0].min())

    def _move(self, until: Indices, now: int, highest: float) -> tuple[int, int] | None:
        """Which pick goes, one of the closest two, and which row comes for it."""
        from handful.kernels.nearest_picks import farthest_without

        between, other = self._between()
        a = int(between.argmin())
        best, move = -np.inf, None
        for place in (a, int(other[a])):
            if place < self.fixed or until[self.rows[place]] > now:
                continue
            fits, room = self.allowed(place)
            row = farthest_without(
                self.near, self.who, self.next, place, fits, self.signature, room,
                until, now, highest, self.rank,
            )  # fmt: skip
            if row < 0:
                continue
            far = self.next[row] if self.who[row] == place else self.near[row]
            rest = np.where(other == place, np.inf, between)
            rest[place] = np.inf
            worth = min(float(far), float(rest.min()))
            if worth > best:
                best, move = worth, (place, row)
        return move

    def allowed(self, place: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Rows that may come for a pick: (n,) by the budget, and (S,) by the quotas on their signatures."""
        ledger, row = self.ledger, self.rows[place]
        fits = self.open
        if ledger.costs is not None:
            others = exact_sum(ledger.costs[np.delete(self.rows, place)])
            left = (ledger.amount or 0) - others
            fits = fits & (ledger.costs <= below(left, ledger.costs.dtype))
        if ledger.ahead is None:
            return fits, np.ones(1, bool)
        system, d = ledger.ahead.system, ledger.ahead.system.d
        counts = np.bincount(self.signature[self.rows], minlength=d.shape[1])
        slack = system.slack(counts) - d[:, self.signature[row]]
        return fits, np.asarray((slack[:, None] + d >= 0).all(axis=0))

    def exchange(self, place: int, row: int) -> None:
        """Put a row in the place of a pick."""
        from handful.kernels.nearest_picks import exchange

        column = self.apart.column(row)
        exchange(self.distances, place, column, self.near, self.who, self.next, self.second)
        self.open[self.rows[place]], self.open[row] = True, False
        self.rows[place] = row
