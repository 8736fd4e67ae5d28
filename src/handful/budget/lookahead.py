"""Looks ahead: which rows may be taken so that every limit can still be met.

A *witness* is a completion: how many rows of each signature the pick will have in the end, with the cheapest
open rows for those that are still to come. A row is feasible where the witness holds one more of its
signature, or can be given one, alone or for a row of another signature, and the amount covers it. Where the
witness does not say so, the integer programme is asked for another one, or proves that there is none. What
is infeasible once stays so: a completion of more rows taken is one of fewer.
"""

from __future__ import annotations

import copy
import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.budget.amounts import below, exact
from handful.budget.conflict import refusal
from handful.budget.feasibility import Counts, System, find
from handful.budget.prices import limit_prices, roomy
from handful.budget.quotas import Quotas
from handful.budget.search import STEPS, search
from handful.budget.shelves import Number, Shelves

MENDS = 24
"""Rows that the witness may be given to make room for one more."""
EFFORT = 10_000
"""Questions put to the programme, times the signatures squared; where they are used up the witness and prices
alone decide. No limit is broken by that, and a row or two that would have fitted may be passed over."""
SMALL = 8
"""Signatures up to which the programme is asked early in a run, too; of more, with few rows still to come."""
FEW = 500
"""Nodes that one question may take."""
TINY = Fraction(1, 10**9)
"""Rounding allowed in a bound that was computed in float64, as a share of it."""
CELLS = 2 * 10**6
"""Numbers that the bulk filler may look at together."""


class Lookahead:
    """The witness of a ledger, kept in step with what is taken.

    Args:
        quotas: Limits on rows; those in % of the cost are not looked at here.
        rows: Rows at most.
        taken: Rows taken beforehand.
        free: (n,) bool, shared with the ledger: which rows are open.
        costs: (n,) or None where no amount binds.
        left: What of the amount is left after `taken`.
        amount_said: The amount, for messages.

    Attributes:
        unproven: How often a row was passed over on the word of the witness alone.

    Raises:
        InfeasibleError: The limits cannot be met; the message names which.
    """

    def __init__(
        self,
        quotas: Quotas,
        rows: int,
        taken: NDArray[np.int64],
        free: NDArray[np.bool_],
        costs: NDArray[Any] | None,
        left: Number,
        amount_said: str = "",
    ) -> None:
        self.quotas, self.signature, self.costs = quotas, quotas.signature, costs
        count = quotas.count
        self.taken, self.picked = np.bincount(self.signature[taken], minlength=count), len(taken)
        self.available = np.bincount(self.signature[free], minlength=count)
        high = self.taken + self.available
        system = System.of(quotas, rows)
        nonempty = system if rows == 0 else system.with_row(np.ones(count, np.int64), -1, "a row")
        self.shelves = None if costs is None else Shelves(self.signature, count, costs, free, left)
        self.rows, prefixes = rows, None
        if self.shelves is None:
            found = find(nonempty, self.taken, high, aim="most")
            if found.y is not None:
                self.rows = int(found.y.sum())
                system = System.of(quotas, rows, exactly=self.rows)
        else:
            prefixes = self.shelves.prefixes(rows)
            found = find(
                nonempty, self.taken, high, aim="cheapest", prefixes=prefixes, amount=float(left)
            )
        if found.y is not None and self.shelves is not None and not self._fits(found.y, left):
            found = search(nonempty, self.taken, high, self.shelves.sums(), left)
            if found.y is None and not found.decided:
                raise errors.quotas_undecided(STEPS)
        if found.y is None or not self._fits(found.y, left):
            raise refusal(quotas, system, self.taken, high, prefixes, float(left), amount_said)
        self.system = system
        self.slack = system.slack(found.y)
        self.more: Counts = found.y - self.taken if self.shelves is None else self.shelves.held
        self.dead = self.available == 0
        self.questions = min(2000, max(20, EFFORT // count**2))
        self.prices: NDArray[np.float64] | None = None
        self.gained = 0.0
        self.ceiling = None
        if costs is not None:
            whole = costs.dtype.kind != "f"
            top = np.iinfo(np.int64).max if whole else np.inf
            self.ceiling = np.full(count, top, np.int64 if whole else np.float64)
        self.others: dict[int, Counts] = {}
        self.surely: Number | None = None
        self.allowed = np.zeros(count, np.int64 if self.ceiling is None else self.ceiling.dtype)
        self.known = np.zeros(count, bool)
        self._plain_at: tuple[Counts, NDArray[np.bool_]] = self.slack[:0], self.known
        self.steepest = system.d.min(axis=1, initial=0)
        self.again, self.left = 0, 4 * left
        self.cheapest, self.unproven = math.inf, 0
        self.priced: Number = 0
        self._forget()
        self.settle(left)

    def copy(self, free: NDArray[np.bool_]) -> Lookahead:
        """One that stands as this one does; `free` is the other ledger's."""
        twin = copy.copy(self)
        twin.taken, twin.available = self.taken.copy(), self.available.copy()
        twin.more, twin.slack, twin.dead = self.more.copy(), self.slack.copy(), self.dead.copy()
        twin.others = dict(self.others)
        twin.known = self.known.copy()
        if self.shelves is not None and self.ceiling is not None:
            twin.shelves, twin.ceiling = self.shelves.copy(free), self.ceiling.copy()
            twin.more = twin.shelves.held
            twin.allowed = self.allowed.copy()
        return twin

    # Which rows are feasible ---------------------------------------------------------------------

    def feasible(
        self, candidates: NDArray[np.intp], free: NDArray[np.bool_], left: Number
    ) -> NDArray[np.bool_]:
        """(m,) bool, of candidates that are open where `free` says so."""
        signatures = self.signature[candidates]
        mask = free & ~self.dead[signatures] if self.dead.any() else free
        if self.shelves is None:
            present = np.flatnonzero(np.bincount(signatures[mask], minlength=len(self.dead)))
            for s in present[~self.known[present]].tolist():
                if not self.more[s] and self._exchange(s) is None:
                    self._ask(s)
                self.known[s] = True
            return np.asarray(mask & ~self.dead[signatures])
        return self._affordable(candidates, signatures, mask, left)

    def _affordable(
        self,
        candidates: NDArray[np.intp],
        signatures: Counts,
        mask: NDArray[np.bool_],
        left: Number,
    ) -> NDArray[np.bool_]:
        assert self.costs is not None
        assert self.ceiling is not None
        assert self.shelves is not None
        if self.surely is None:
            # What the witness leaves may be spent on a row beside it, or on one in the place of its own;
            # and a row may come for a dearer one of the witness.
            spare = below(left - self.shelves.total, self.allowed.dtype)
            self.allowed[self._plain() | (self.more > 0)] = spare
            self.allowed = np.maximum(self.allowed, self.shelves.tops())
            some = np.minimum(self.allowed, self.ceiling)[~self.dead]
            self.surely = some.min() if len(some) else -1
        costs = self.costs[candidates]
        if len(costs) and costs.max() <= self.surely:
            return mask
        most = np.minimum(self.ceiling, below(left, self.allowed.dtype))
        mask &= costs <= most[signatures]
        fits = mask & (costs <= self.allowed[signatures])
        unsure = np.flatnonzero(mask & ~fits)
        if not len(unsure):
            return fits
        for s in np.unique(signatures[unsure]).tolist():
            if not self.known[s]:
                self.allowed[s] = below(self._room(s, left), self.allowed.dtype)
                self.known[s] = True
        fits = mask & (costs <= self.allowed[signatures])
        unsure = np.flatnonzero(mask & ~fits & (costs <= self.ceiling[signatures]))
        for learn in (self._lower_by_prices, self._price_anew):
            if len(unsure) and self.questions > 0:
                learn(left)
                unsure = unsure[costs[unsure] <= self.ceiling[signatures[unsure]]]
        if len(unsure) and self._cheapen(left):
            return self._affordable(candidates, signatures, mask, left)
        while len(unsure):
            s = int(signatures[unsure[0]])
            here = unsure[signatures[unsure] == s]
            dearest = here[np.argmax(costs[here])]
            cheapest = dearest if self._late() else here[np.argmin(costs[here])]
            self._ask_priced(s, int(candidates[cheapest]), left)
            fits[here] = costs[here] <= self.allowed[s]
            unsure = unsure[~fits[unsure] & (costs[unsure] <= self.ceiling[signatures[unsure]])]
        return np.asarray(fits)

    def _lower_by_prices(self, left: Number) -> None:
        """Lower the ceilings by prices found earlier: any prices bound the cost of every completion.

        With λ ≥ 0 for the limits, what must be paid beside a row of s is at least
        −λ·(D·taken + h) − λ·D_s − Σ_u Σ_j (λ·D_u − c_uj)⁺, c_uj the costs of open rows.
        """
        assert self.ceiling is not None
        if self.prices is None:
            return
        owed = -float(self.prices @ self.system.slack(self.taken)) - self.gained
        beside = np.maximum(0.0, owed - self.prices @ self.system.d) * (1 - 1e-9)
        most = (float(left) - beside) * (1 + 1e-12)
        if self.ceiling.dtype.kind == "i":
            most = np.minimum(np.floor(most + 1e-9 * abs(most)), 2.0**62).astype(np.int64)
        self.ceiling = np.minimum(self.ceiling, np.maximum(most, -1))

    def _price_anew(self, left: Number) -> None:
        """The prices of the linear programme for the cheapest completion of what is taken."""
        assert self.shelves is not None
        if self.priced and not self._late() and 2 * left > self.priced:
            return
        self.priced = left
        prefixes = self.shelves.prefixes(self.rows - self.picked)
        prices = limit_prices(self.system, self.taken, prefixes)
        if prices is not None:
            self.prices, worth = prices, prices @ self.system.d
            self.gained = sum(
                float(np.sum(np.maximum(0.0, w - np.diff(p))))
                for w, p in zip(worth.tolist(), prefixes, strict=True)
                if w > 0
            )
            self._lower_by_prices(left)

    def _cheapen(self, left: Number) -> bool:
        """Turn to a cheaper witness, where prices say that there may be one that leaves much more room."""
        assert self.shelves is not None
        if self.prices is None:
            return False
        dear, least = float(self.shelves.total), self._least()
        if dear - least < max(float(left) - dear, dear / 50) or self.cheapest <= dear:
            return False
        if not self._late() and 10 * dear > 9 * self.cheapest:
            return False
        self.cheapest = dear
        prefixes = self.shelves.prefixes(self.rows - self.picked)
        y = roomy(self.system, self.taken, prefixes, float(left), 1)
        return y is not None and self._adopt(y, left, below_cost=True)

    def _least(self) -> float:
        """What any completion costs at least, by the prices there are."""
        if self.prices is None:
            return 0.0
        return -float(self.prices @ self.system.slack(self.taken)) - self.gained

    def _late(self) -> bool:
        """Whether questions are worth their while: of few signatures, or with few rows still to come."""
        few = max(8, len(self.dead) // 2)
        return self.questions > 0 and (len(self.dead) <= SMALL or int(self.more.sum()) <= few)

    def _adopt(self, y: Counts, left: Number, *, below_cost: bool = False) -> bool:
        """Let the witness be other counts, where they cost no more than is left, or than it does now."""
        assert self.shelves is not None
        before, bar = self.more.copy(), self.shelves.total if below_cost else left
        self.shelves.hold_anew(y - self.taken)
        better = self.shelves.total < bar if below_cost else self.shelves.total <= bar
        if better:
            self.slack = self.system.slack(y)
        else:
            self.shelves.hold_anew(before)
        self._forget()
        return better

    def _room(self, s: int, left: Number) -> Number:
        """The most that a row of s may cost by the witness, or −1."""
        assert self.shelves is not None
        spare = left - self.shelves.total
        if self.more[s]:
            return spare + self.shelves.cost(self.shelves.dearest(s))
        if (u := self._exchange(s)) is not None:
            return spare + self.shelves.cost(self.shelves.dearest(u))
        if (mended := self._mend(s)) is not None:
            return spare - mended[1]
        return -1

    def _mend(self, s: int) -> tuple[Counts, Number] | None:
        """What the witness could hold besides, so that it could also be given one of s; and its cost."""
        assert self.shelves is not None
        slack, d = self.slack + self.system.d[:, s], self.system.d
        more, cost = np.zeros(len(self.dead), np.int64), Fraction(0)
        for _ in range(MENDS):
            broken = np.flatnonzero(slack < 0)
            if not len(broken):
                return more, cost
            ways = np.flatnonzero((d[broken[0]] > 0) & ~self.dead)
            ahead = [(self.shelves.following(u, int(more[u]) + (u == s)), u) for u in ways.tolist()]
            known = [(self.shelves.cost(row), u) for row, u in ahead if row is not None]
            if not known:
                return None
            dear, u = min(known)
            more[u] += 1
            slack, cost = slack + d[:, u], cost + dear
        return None

    def _exchange(self, s: int) -> int | None:
        """A signature of which the witness could hold one less for one more of s; the dearest such."""
        others = np.flatnonzero(self.more)
        others = others[others != s]
        d = self.system.d
        fine = (self.slack + d[:, s])[:, None] >= d[:, others]
        others = others[fine.all(axis=0)]
        if not len(others):
            return None
        if self.shelves is None:
            return int(others[np.argmax(self.more[others])])
        dearest = [self.shelves.costs[self.shelves.dearest(u)] for u in others.tolist()]
        return int(others[int(np.argmax(dearest))])

    # Where the witness does not say --------------------------------------------------------------

    def _ask(self, s: int) -> None:
        """Ask for a completion with one more of s; there is one, or s is dead."""
        low = self.taken.copy()
        low[s] += 1
        found = find(self.system, low, self.taken + self.available, nodes=FEW)
        if found.y is None:
            self.dead[s] = True
        else:
            self.others[s] = found.y

    def _ask_priced(self, s: int, row: int, left: Number) -> None:
        """Decide on one row: raise what is allowed of s to its cost, or lower the ceiling below it."""
        assert self.shelves is not None
        assert self.ceiling is not None
        cost, low = self.shelves.cost(row), self.taken.copy()
        if not self._late():
            self.unproven += 1
            self._lower(s, cost)
            return
        self.questions -= 1
        low[s] += 1
        high = self.taken + self.available
        room = self.rows - self.picked
        # As if the row were not one of the cheapest itself: then what it may cost at most.
        prefixes = self.shelves.prefixes(room)
        found = find(self.system, low, high, aim="cheapest", prefixes=prefixes, nodes=FEW)
        if found.y is None:
            self._lower(s, 0)
            return
        most = left - exact(found.at_least)
        if most < cost:
            self._lower(s, most + 1 if self.shelves.whole else most * (1 + TINY))
        if most < cost and cost > below(most, self.allowed.dtype):
            self._lower(s, cost)
            return
        if self._completes(found.y - low, s, row, left - cost):
            self._allow(s, row, found.y)
            return
        prefixes = self.shelves.prefixes(room, without=row)
        amount = float(left - cost)
        found = find(
            self.system, low, high, aim="cheapest", prefixes=prefixes, amount=amount, nodes=FEW
        )
        if found.y is not None and not self._completes(found.y - low, s, row, left - cost):
            sums = self.shelves.sums(without=row)
            found = search(self.system, low, high, sums, left - cost)
        if found.y is not None:
            self._allow(s, row, found.y)
        else:
            self._lower(s, cost)

    def _completes(self, more: Counts, s: int, row: int, left: Number) -> bool:
        """Whether so many of the cheapest open rows but one cost no more than `left`, exactly."""
        assert self.shelves is not None
        trial = self.shelves.copy(self.shelves.free)
        held = more.copy()
        if (held > self.available).any():
            return False
        trial.hold(held)
        total = trial.total
        if held[s] and trial.holds(s, row):
            following = trial.following(s)
            if following is None:
                return False
            total = total - trial.cost(row) + trial.cost(following)
        return total <= left

    def _allow(self, s: int, row: int, y: Counts) -> None:
        assert self.costs is not None
        self.allowed[s] = max(self.allowed[s], self.costs[row])
        self.others[s] = y

    def _lower(self, s: int, cost: Number) -> None:
        assert self.ceiling is not None
        self.ceiling[s] = min(self.ceiling[s], below(cost, self.ceiling.dtype, strictly=True))

    # Taking --------------------------------------------------------------------------------------

    def take(self, row: int, left: Number) -> None:
        """Bring the witness in step with a feasible row; it is still open, and `left` still has its cost."""
        s = int(self.signature[row])
        if self.shelves is None:
            self._take_counted(s)
        else:
            self._take_priced(s, row, left)
        self.taken[s] += 1
        self.available[s] -= 1
        self.picked += 1
        if not self.available[s]:
            self.dead[s] = True
        self._forget()

    def _take_counted(self, s: int) -> None:
        if self.more[s]:
            self.more[s] -= 1
            return
        if (u := self._exchange(s)) is not None:
            # Half of what could be exchanged at once: the next rows of s then need not ask.
            change = self.system.d[:, s] - self.system.d[:, u]
            falling = change < 0
            most = int(np.min(self.slack[falling] // -change[falling], initial=self.more[u]))
            many = max(1, min(most, int(self.more[u]), int(self.available[s])) // 2)
            self.more[u] -= many
            self.more[s] += many - 1
            self.slack += many * change
            return
        y = self.others[s]
        self.more = y - self.taken
        self.more[s] -= 1
        self.slack = self.system.slack(y)

    def _take_priced(self, s: int, row: int, left: Number) -> None:
        shelves = self.shelves
        assert shelves is not None
        cost = shelves.cost(row)
        spare = left - shelves.total
        free = shelves.free
        if shelves.holds(s, row):
            free[row] = False
            shelves.give(s, row)
        elif self.more[s] and cost <= spare + shelves.cost(shelves.dearest(s)):
            free[row] = False
            shelves.drop(s)
        elif cost <= spare and (self.slack + self.system.d[:, s] >= 0).all():
            free[row] = False
            self.slack = self.slack + self.system.d[:, s]
        elif (u := self._exchange(s)) is not None and cost <= spare + shelves.cost(
            shelves.dearest(u)
        ):
            free[row] = False
            shelves.drop(u)
            self.slack = self.slack + self.system.d[:, s] - self.system.d[:, u]
        elif (mended := self._mend(s)) is not None and cost <= spare - mended[1]:
            free[row] = False
            shelves.hold_anew(self.more + mended[0])
            self.slack = self.slack + self.system.d[:, s] + self.system.d @ mended[0]
        else:
            free[row] = False
            y = self.others[s]
            more = y - self.taken
            more[s] -= 1
            shelves.hold_anew(more)
            self.slack = self.system.slack(y)
        assert shelves.total <= left - cost, "the witness costs more than is left"

    def fitting(self, rows: NDArray[np.intp], left: Number) -> int:
        """How many leading rows, all of them open, surely fit together."""
        signatures = self.signature[rows]
        order = np.argsort(signatures, kind="stable")
        sorted_ = signatures[order]
        first = np.searchsorted(sorted_, sorted_)
        nth = np.empty(len(rows), np.int64)
        nth[order] = np.arange(len(rows)) - first  # how many of its signature come before
        held = self.more[signatures] > nth
        run = len(rows) if held.all() else self._with_extras(signatures, ~held)
        if self.shelves is not None and self.costs is not None:
            spare = float(left - self.shelves.total) * (1 - 4e-16 * (len(rows) + 4))
            with np.errstate(over="ignore"):
                total = np.cumsum(self.costs[rows[:run]], dtype=np.float64)
            run = int(np.searchsorted(total, spare, side="right"))
        return run

    def _with_extras(self, signatures: Counts, extra: NDArray[np.bool_]) -> int:
        """How many leading rows fit where those marked are more than the witness holds."""
        most = max(64, CELLS // max(1, len(self.slack)))
        signatures, extra = signatures[:most], extra[:most]
        lowered = np.minimum(self.system.d[:, signatures], 0) * extra
        broken = (np.cumsum(lowered, axis=1) + self.slack[:, None] < 0).any(axis=0)
        return int(np.argmax(broken)) if broken.any() else len(signatures)

    def take_all(self, rows: NDArray[np.intp]) -> None:
        """Rows that `fitting` let through; they are still open."""
        signatures = self.signature[rows]
        counts = np.bincount(signatures, minlength=len(self.dead))
        if self.shelves is None:
            extra = np.maximum(counts - self.more, 0)
            self.more = self.more - (counts - extra)
        else:
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
        self.slack = self.slack + self.system.d @ extra
        self.taken += counts
        self.picked += len(rows)
        self.available -= counts
        self.dead |= self.available == 0
        self._forget()

    def settle(self, left: Number) -> None:
        """Give the witness room on every limit, once rows of some signature need thought.

        Shares of the pick are coarse while it is small: a witness of many cheap rows lets most rows through.
        It may cost half of what is left; the number of times grows with the logarithm of the pick.
        """
        if self.shelves is None or not self.quotas.of_rows:
            return
        count, picked = len(self.dead), self.picked
        due = picked >= self.again and not self._plain().all()
        if not due and not (4 * self.shelves.total > 3 * left and 2 * left < self.left):
            return
        if 2 * self._least() > left:
            self.left = left
            return
        room = max(8, picked // (2 * count)) * (8 if 200 * self.shelves.total < left else 1)
        self.again, self.left = picked + max(4, room), left
        prefixes = self.shelves.prefixes(picked + 64 * count)
        y = roomy(self.system, self.taken, prefixes, float(left) / 2, room)
        if y is None:
            self.again = picked + max(4, picked // 4)
        else:
            self._adopt(y, left)

    def _plain(self) -> NDArray[np.bool_]:
        """(S,) of which signatures a row could come besides the witness."""
        if self._plain_at[0] is not self.slack:
            if (self.slack + self.steepest >= 0).all():
                plain = np.ones(len(self.dead), bool)
            else:
                plain = np.asarray((self.slack[:, None] + self.system.d >= 0).all(axis=0))
            self._plain_at = self.slack, plain
        return self._plain_at[1]

    def surely_feasible(self, row: int) -> bool:
        """Whether an open row is known to be feasible already: what was found out holds until a row is taken."""
        s = int(self.signature[row])
        if self.dead[s]:
            return False
        if self.costs is None or self.ceiling is None:
            return bool(self.known[s])
        return bool(self.costs[row] <= min(self.allowed[s], self.ceiling[s]))

    # The witness ---------------------------------------------------------------------------------

    def _fits(self, y: Counts, left: Number) -> bool:
        if self.shelves is None:
            return True
        self.shelves.hold(y - self.taken)
        return self.shelves.total <= left

    def _forget(self) -> None:
        """What was found out holds for one state."""
        self.known.fill(False)
        self.allowed.fill(-1)
        self.surely = None
        self.others.clear()
