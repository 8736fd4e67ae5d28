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
        self.apart, self.ledger, self.fixed, self.rank = apart, ledger, fixed, rank
        self.rows = np.array(ledger.taken, np.int64)
        self.columns = np.stack([apart.column(int(j)) for j in self.rows])  # (k, n)
        self.eligible = ledger.open.copy()
        self.eligible[self.rows[fixed:]] = True
        self.measure()

    def measure(self) -> None:
        """For each row its nearest pick, and the next nearest distance."""
        k, n = self.columns.shape
        self.who = self.columns.argmin(axis=0)
        self.near = self.columns[self.who, np.arange(n)]
        self.next = np.full(n, np.inf)
        self.second = np.zeros(n, np.int64)
        for place in range(k):
            self._offer(place, np.flatnonzero(self.who != place))

    def _offer(self, place: int, rows: Indices) -> None:
        """A pick that may be the next nearest."""
        better = rows[self.columns[place, rows] < self.next[rows]]
        self.next[better], self.second[better] = self.columns[place, better], place

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
        between, other = self._between()
        a = int(between.argmin())
        best, move = -np.inf, None
        for place in (a, int(other[a])):
            if place < self.fixed or until[self.rows[place]] > now:
                continue
            far = np.where(self.who == place, self.next, self.near)
            far[self.rows] = -np.inf
            far[~self.allowed(place)] = -np.inf
            far[(until > now) & (far <= highest)] = -np.inf
            row = int(far.argmax())
            if far[row] == -np.inf:
                continue
            tied = np.flatnonzero(far == far[row])
            row = int(tied[np.argmin(self.rank[tied])])
            rest = np.delete(np.where(other == place, np.inf, between), place)
            worth = min(float(far[row]), float(rest.min(initial=np.inf)))
            if worth > best:
                best, move = worth, (place, row)
        return move

    def allowed(self, place: int) -> NDArray[np.bool_]:
        """(n,) rows that may come for a pick by the budget and the quotas."""
        fine, ledger, row = self.eligible.copy(), self.ledger, self.rows[place]
        if ledger.costs is not None:
            others = exact_sum(ledger.costs[np.delete(self.rows, place)])
            left = (ledger.amount or 0) - others
            fine &= ledger.costs <= below(left, ledger.costs.dtype)
        if ledger.ahead is not None:
            signature, d = ledger.ahead.signature, ledger.ahead.system.d
            counts = np.bincount(signature[self.rows], minlength=d.shape[1])
            slack = ledger.ahead.system.slack(counts) - d[:, signature[row]]
            room = np.asarray((slack[:, None] + d >= 0).all(axis=0))
            fine &= room[signature]
        return fine

    def exchange(self, place: int, row: int) -> None:
        """Put a row in the place of a pick."""
        self.columns[place] = self.apart.column(row)
        column = self.columns[place]
        # Rows whose nearest or next nearest pick went are measured anew; the others see the new one.
        lost = np.flatnonzero((self.who == place) | (self.second == place))
        kept = np.flatnonzero((self.who != place) & (self.second != place))
        nearer = kept[column[kept] < self.near[kept]]
        self.next[nearer], self.second[nearer] = self.near[nearer], self.who[nearer]
        self.near[nearer], self.who[nearer] = column[nearer], place
        between = kept[(column[kept] < self.next[kept]) & (self.who[kept] != place)]
        self.next[between], self.second[between] = column[between], place
        some = self.columns[:, lost]
        at = np.arange(len(lost))
        first = some.argmin(axis=0)
        self.who[lost], self.near[lost] = first, some[first, at]
        some[first, at] = np.inf
        again = some.argmin(axis=0)
        self.second[lost], self.next[lost] = again, some[again, at]
        self.rows[place] = row
