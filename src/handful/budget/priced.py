"""Looks ahead under an amount: the witness is of the cheapest open rows, and a row may cost what it leaves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful.budget.amounts import below
from handful.budget.ceilings import Ceilings
from handful.budget.completions import ask, cheapest, mended
from handful.budget.feasibility import Counts, System
from handful.budget.lookahead import Lookahead
from handful.budget.prices import roomy
from handful.budget.quotas import Quotas
from handful.budget.shelves import Number, Shelves

EFFORT = 10_000
"""Questions put to the programme, times the signatures squared; where they are used up the witness and prices
alone decide. No limit is broken by that, and a row or two that would have fitted may be passed over."""
SMALL = 8
"""Signatures up to which the programme is asked early in a run, too; of more, with few rows still to come."""
ROOMY = 8
"""Rows of room sought on each limit at first; eight times that while the witness is a 200th of what is left."""


class Priced(Lookahead):
    """The look-ahead where an amount binds, too.

    Args:
        quotas: Limits on rows; those in % of the cost are not looked at here.
        rows: Rows at most.
        taken: Rows taken beforehand.
        free: (n,) bool, shared with the ledger: which rows are open.
        costs: (n,) of each row.
        left: What of the amount is left after `taken`.
        amount_said: The amount, for messages.

    Attributes:
        allowed: (S,) what a row of each signature may cost, as far as the witness has shown in this state.
        ceilings: What it may cost at most, proven or given up.

    Raises:
        InfeasibleError: The limits cannot be met; the message names which.
    """

    def __init__(
        self,
        quotas: Quotas,
        rows: int,
        taken: NDArray[np.int64],
        free: NDArray[np.bool_],
        costs: NDArray[Any],
        left: Number,
        amount_said: str,
    ) -> None:
        super().__init__(quotas, rows, taken, free)
        count, self.costs = quotas.count, costs
        self.shelves = Shelves(self.signature, count, costs, free, left)
        self.system = System.of(quotas, rows)
        y = cheapest(
            quotas, self.system, self.taken, self.taken + self.available, self.shelves,
            rows=rows, left=left, amount_said=amount_said,
        )  # fmt: skip
        self.slack, self.more = self.system.slack(y), self.shelves.held
        self.ceilings = Ceilings(count, costs)
        self.allowed = np.full(count, -1, self.ceilings.most.dtype)
        self.questions = min(2000, max(20, EFFORT // count**2))
        self._surely: Number | None = None
        self._plain_at: tuple[Counts, NDArray[np.bool_]] = self.slack[:0], self.known
        self._steepest = self.system.d.min(axis=1, initial=0)
        self._again, self._left, self._dear = 0, 4 * left, math.inf
        self.settle(left)

    def copy(self, free: NDArray[np.bool_]) -> Priced:
        """One that stands as this one does; `free` is the other ledger's."""
        twin = super().copy(free)
        assert isinstance(twin, Priced)
        twin.shelves, twin.ceilings = self.shelves.copy(free), self.ceilings.copy()
        twin.more, twin.allowed = twin.shelves.held, self.allowed.copy()
        return twin

    # Which rows are feasible ---------------------------------------------------------------------

    def feasible(
        self, candidates: NDArray[np.intp], free: NDArray[np.bool_], left: Number
    ) -> NDArray[np.bool_]:
        """(m,) bool: by what the witness leaves, then by prices, then by asking the programme."""
        signatures, costs = self.signature[candidates], self.costs[candidates]
        mask = free & ~self.dead[signatures] if self.dead.any() else free
        if self._surely is None:
            self._surely = self._by_the_witness(left)
        if len(costs) and costs.max() <= self._surely:
            return mask
        mask = mask & (costs <= np.minimum(self.ceilings.most, self._rounded(left))[signatures])
        fits = mask & (costs <= self.allowed[signatures])
        unsure = np.flatnonzero(mask & ~fits)
        if not len(unsure):
            return np.asarray(fits)
        for s in np.unique(signatures[unsure]).tolist():
            if not self.known[s]:
                self.allowed[s], self.known[s] = self._rounded(self._room(s, left)), True
        unsure = unsure[costs[unsure] > self.allowed[signatures[unsure]]]
        for learn in (self._lower_by_prices, self._price_anew):
            if len(unsure) and self.questions > 0:
                learn(left)
                unsure = unsure[costs[unsure] <= self.ceilings.most[signatures[unsure]]]
        if len(unsure) and self._cheapen(left):
            return self.feasible(candidates, free, left)
        while len(unsure):
            s = int(signatures[unsure[0]])
            here = unsure[signatures[unsure] == s]
            place = costs[here].argmax() if self._late() else costs[here].argmin()
            self._ask(s, int(candidates[here[place]]), left)
            unsure = unsure[
                (costs[unsure] > self.allowed[signatures[unsure]])
                & (costs[unsure] <= self.ceilings.most[signatures[unsure]])
            ]
        return np.asarray(mask & (costs <= self.allowed[signatures]))

    def surely_feasible(self, row: int) -> bool:
        """Whether the witness has shown so."""
        s = int(self.signature[row])
        most = min(self.allowed[s], self.ceilings.most[s])
        return bool(not self.dead[s] and self.costs[row] <= most)

    def _by_the_witness(self, left: Number) -> Number:
        """Note what the witness plainly allows of each signature, and return what it allows of all.

        What it leaves may be spent on a row beside it, or on one in the place of its own; and a row may come
        for a dearer one of the witness.
        """
        self.allowed[self._plain() | (self.more > 0)] = self._rounded(left - self.shelves.total)
        self.allowed = np.maximum(self.allowed, self.shelves.tops())
        alive = np.minimum(self.allowed, self.ceilings.most)[~self.dead]
        return alive.min() if len(alive) else -1

    def _plain(self) -> NDArray[np.bool_]:
        """(S,) of which signatures a row could come besides the witness."""
        if self._plain_at[0] is not self.slack:
            if (self.slack + self._steepest >= 0).all():
                plain = np.ones(len(self.dead), bool)
            else:
                plain = np.asarray((self.slack[:, None] + self.system.d >= 0).all(axis=0))
            self._plain_at = self.slack, plain
        return self._plain_at[1]

    def _rounded(self, cost: Number) -> Any:
        """The largest cost of the rows' own kind that is no more."""
        return below(cost, self.allowed.dtype)

    def _room(self, s: int, left: Number) -> Number:
        """The most that a row of s may cost by the witness, or −1."""
        spare = left - self.shelves.total
        if self.more[s]:
            return spare + self.shelves.cost(self.shelves.dearest(s))
        if (u := self._exchange(s)) is not None:
            return spare + self.shelves.cost(self.shelves.dearest(u))
        if (more := self._mended(s)) is not None:
            return spare - more[1]
        return -1

    def _exchange(self, s: int) -> int | None:
        """Of the signatures that could give one for s, that with the dearest row."""
        others = self.exchangeable(s)
        if not len(others):
            return None
        dearest = [self.costs[self.shelves.dearest(u)] for u in others.tolist()]
        return int(others[int(np.argmax(dearest))])

    def _mended(self, s: int) -> tuple[Counts, Number] | None:
        return mended(self.slack, self.system.d, s, self.shelves, self.dead)

    # Where the witness does not say --------------------------------------------------------------

    def _lower_by_prices(self, left: Number) -> None:
        self.ceilings.lower_by_prices(self.system, self.taken, left)

    def _price_anew(self, left: Number) -> None:
        """Prices for this state, where those there are stem from one that had twice as much left."""
        if not self.ceilings.priced or self._late() or 2 * left <= self.ceilings.priced:
            rows = self.rows - self.picked
            self.ceilings.price(self.system, self.taken, left, self.shelves, rows)

    def _late(self) -> bool:
        """Whether questions are worth their while: of few signatures, or with few rows still to come."""
        few = max(8, len(self.dead) // 2)
        return self.questions > 0 and (len(self.dead) <= SMALL or int(self.more.sum()) <= few)

    def _ask(self, s: int, row: int, left: Number) -> None:
        """Decide on one row: raise what is allowed of s to its cost, or lower the ceiling below it."""
        if not self._late():
            self.unproven += 1
            self.ceilings.lower(s, self.shelves.cost(row))
            return
        self.questions -= 1
        high, rows = self.taken + self.available, self.rows - self.picked
        answer = ask(
            self.system, self.taken, high, self.shelves, s, row,
            rows=rows, left=left, kind=self.allowed.dtype,
        )  # fmt: skip
        if answer.less_than is not None:
            self.ceilings.lower(s, answer.less_than)
        if answer.y is not None:
            self.allowed[s] = max(self.allowed[s], self.costs[row])
            self.others[s] = answer.y

    # Taking --------------------------------------------------------------------------------------

    def replace(self, s: int, row: int, left: Number) -> None:
        """One of the witness's own, one for another, one besides, or another witness."""
        shelves, cost = self.shelves, self.shelves.cost(row)
        spare = left - shelves.total
        held = shelves.holds(s, row)
        if not held and self.more[s] and cost <= spare + shelves.cost(shelves.dearest(s)):
            shelves.free[row] = False
            shelves.drop(s)
        elif not held:
            self._replace_other(s, row, spare, cost)
        else:
            shelves.free[row] = False
            shelves.give(s, row)
        assert shelves.total <= left - cost, "the witness costs more than is left"

    def _replace_other(self, s: int, row: int, spare: Number, cost: Number) -> None:
        """The same for a row that the witness holds none for."""
        shelves, d = self.shelves, self.system.d
        if cost <= spare and (self.slack + d[:, s] >= 0).all():
            shelves.free[row] = False
            self.slack = self.slack + d[:, s]
        elif (u := self._exchange(s)) is not None and cost <= spare + shelves.cost(
            shelves.dearest(u)
        ):
            shelves.free[row] = False
            shelves.drop(u)
            self.slack = self.slack + d[:, s] - d[:, u]
        elif (more := self._mended(s)) is not None and cost <= spare - more[1]:
            shelves.free[row] = False
            shelves.hold_anew(self.more + more[0])
            self.slack = self.slack + d[:, s] + d @ more[0]
        else:
            shelves.free[row] = False
            y = self.others[s]
            held = y - self.taken
            held[s] -= 1
            shelves.hold_anew(held)
            self.slack = self.system.slack(y)

    def fitting(self, rows: NDArray[np.intp], left: Number) -> int:
        """As many as fit by counts, and as the amount pays for beside the whole witness."""
        run = super().fitting(rows, left)
        spare = float(left - self.shelves.total) * (1 - 4e-16 * (len(rows) + 4))
        with np.errstate(over="ignore"):
            total = np.cumsum(self.costs[rows[:run]], dtype=np.float64)
        return int(np.searchsorted(total, spare, side="right"))

    def replace_all(self, rows: NDArray[np.intp], signatures: Counts, counts: Counts) -> Counts:
        """Row by row, those of the witness's own for themselves."""
        extra = np.zeros(len(counts), np.int64)
        for row, s in zip(rows.tolist(), signatures.tolist(), strict=True):
            held = self.shelves.holds(s, row)
            self.shelves.free[row] = False
            if held:
                self.shelves.give(s, row)
            elif self.more[s]:
                self.shelves.drop(s)
            else:
                extra[s] += 1
        return extra

    # Better witnesses ----------------------------------------------------------------------------

    def settle(self, left: Number) -> None:
        """Give the witness room on every limit, once rows of some signature need thought.

        Shares of the pick are coarse while it is small: a witness of many cheap rows lets most rows through.
        It may cost half of what is left; the number of times grows with the logarithm of the pick.
        """
        if not self.quotas.of_rows:
            return
        due = self.picked >= self._again and not self._plain().all()
        if not due and not (4 * self.shelves.total > 3 * left and 2 * left < self._left):
            return
        self._left, least = left, self.ceilings.least(self.system, self.taken)
        if least is not None and 2 * least > left:
            return
        count, cheap = len(self.dead), 200 * self.shelves.total < left
        room = max(ROOMY, self.picked // (2 * count)) * (8 if cheap else 1)
        prefixes = self.shelves.prefixes(self.picked + 64 * count)
        y = roomy(self.system, self.taken, prefixes, float(left) / 2, room)
        self._again = self.picked + max(4, room if y is not None else self.picked // 4)
        if y is not None:
            self._adopt(y, left)

    def _cheapen(self, left: Number) -> bool:
        """Turn to a cheaper witness, where prices say that there may be one that leaves much more room."""
        least, dear = self.ceilings.least(self.system, self.taken), float(self.shelves.total)
        if least is None or dear - least < max(float(left) - dear, dear / 50):
            return False
        if dear >= (1.0 if self._late() else 0.9) * self._dear:
            return False
        self._dear = dear
        prefixes = self.shelves.prefixes(self.rows - self.picked)
        y = roomy(self.system, self.taken, prefixes, float(left), 1)
        return y is not None and self._adopt(y, left, below_cost=True)

    def _adopt(self, y: Counts, left: Number, *, below_cost: bool = False) -> bool:
        """Let the witness be other counts, where they cost no more than is left, or than it does now."""
        before, bar = self.more.copy(), self.shelves.total if below_cost else left
        self.shelves.hold_anew(y - self.taken)
        better = self.shelves.total < bar if below_cost else self.shelves.total <= bar
        if better:
            self.slack = self.system.slack(y)
            self.forget()
        else:
            self.shelves.hold_anew(before)
        return better

    def forget(self) -> None:
        """What was found out holds for one state."""
        super().forget()
        self.allowed.fill(-1)
        self._surely = None
