"""Looks ahead: which rows may be taken so that every limit can still be met.

A *witness* is a completion: how many rows of each signature the pick will have in the end. A row is feasible
where the witness holds one more of its signature, or can be given one, alone or for a row of another
signature. Where the witness does not say so, the integer programme is asked for another one, or proves that
there is none. What is infeasible once stays so: a completion of more rows taken is one of fewer.

`Counted` is for rows alone, `Priced` (in `priced.py`) for an amount besides, `CostLookahead` for shares of it.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from handful.budget.completions import FEW
from handful.budget.conflict import refusal
from handful.budget.feasibility import Counts, System, find
from handful.budget.quotas import Quotas
from handful.budget.shelves import Number

CELLS = 2 * 10**6
"""Numbers that the bulk filler may look at together."""


class Lookahead(ABC):
    """The witness of a ledger, kept in step with what is taken.

    Args:
        quotas: Limits on rows; those in % of the cost are not looked at here.
        rows: Rows at most.
        taken: Rows taken beforehand.
        free: (n,) bool, shared with the ledger: which rows are open.

    Attributes:
        taken: (S,) rows taken of each signature; `picked` of them in all.
        available: (S,) rows still open.
        dead: (S,) of which signatures no row may be taken any more.
        system: The limits.
        more: (S,) what the witness holds besides.
        slack: (Q,) how far what is taken and the witness are from each limit.
        known: (S,) of which signatures it is settled, in this state, whether a row may come.
        others: For some signatures another completion, with one row more of it.
        unproven: How often a row was passed over on the word of the witness alone.

    Raises:
        InfeasibleError: The limits cannot be met; the message names which.
    """

    system: System
    more: Counts
    slack: Counts

    def __init__(
        self, quotas: Quotas, rows: int, taken: NDArray[np.int64], free: NDArray[np.bool_]
    ) -> None:
        self.quotas, self.signature, self.rows = quotas, quotas.signature, rows
        self.taken = np.bincount(self.signature[taken], minlength=quotas.count)
        self.available = np.bincount(self.signature[free], minlength=quotas.count)
        self.picked, self.unproven = len(taken), 0
        self.dead = self.available == 0
        self.known = np.zeros(quotas.count, bool)
        self.others: dict[int, Counts] = {}

    @abstractmethod
    def feasible(
        self, candidates: NDArray[np.intp], free: NDArray[np.bool_], left: Number
    ) -> NDArray[np.bool_]:
        """(m,) bool, of candidates that are open where `free` says so."""

    @abstractmethod
    def surely_feasible(self, row: int) -> bool:
        """Whether an open row is known to be feasible already: what was found out holds until one is taken."""

    @abstractmethod
    def replace(self, s: int, row: int, left: Number) -> None:
        """Bring the witness in step with a feasible row of signature s."""

    @abstractmethod
    def replace_all(self, rows: NDArray[np.intp], signatures: Counts, counts: Counts) -> Counts:
        """The same for rows that `fitting` let through: (S,) how many came besides the witness."""

    @abstractmethod
    def settle(self, left: Number) -> None:
        """What is to be done once rows were taken."""

    def copy(self, free: NDArray[np.bool_]) -> Lookahead:
        """One that stands as this one does; `free` is the other ledger's."""
        twin = copy.copy(self)
        twin.taken, twin.available = self.taken.copy(), self.available.copy()
        twin.more, twin.slack, twin.dead = self.more.copy(), self.slack.copy(), self.dead.copy()
        twin.known, twin.others = self.known.copy(), dict(self.others)
        return twin

    def take(self, row: int, left: Number) -> None:
        """Take a feasible row; it is still open, and `left` still has its cost."""
        s = int(self.signature[row])
        self.replace(s, row, left)
        self.taken[s] += 1
        self.available[s] -= 1
        self.picked += 1
        if not self.available[s]:
            self.dead[s] = True
        self.forget()

    def take_all(self, rows: NDArray[np.intp]) -> None:
        """Take rows that `fitting` let through; they are still open."""
        signatures = self.signature[rows]
        counts = np.bincount(signatures, minlength=len(self.dead))
        extra = self.replace_all(rows, signatures, counts)
        self.slack = self.slack + self.system.d @ extra
        self.taken += counts
        self.picked += len(rows)
        self.available -= counts
        self.dead |= self.available == 0
        self.forget()

    def fitting(self, rows: NDArray[np.intp], left: Number) -> int:
        """How many leading rows, all of them open, surely fit together."""
        signatures = self.signature[rows]
        order = np.argsort(signatures, kind="stable")
        sorted_ = signatures[order]
        first = np.searchsorted(sorted_, sorted_)
        nth = np.empty(len(rows), np.int64)
        nth[order] = np.arange(len(rows)) - first  # how many of its signature come before
        held = self.more[signatures] > nth
        return len(rows) if held.all() else self._with_extras(signatures, ~held)

    def _with_extras(self, signatures: Counts, extra: NDArray[np.bool_]) -> int:
        """How many leading rows fit where those marked are more than the witness holds."""
        most = max(64, CELLS // max(1, len(self.slack)))
        signatures, extra = signatures[:most], extra[:most]
        lowered = np.minimum(self.system.d[:, signatures], 0) * extra
        broken = (np.cumsum(lowered, axis=1) + self.slack[:, None] < 0).any(axis=0)
        return int(np.argmax(broken)) if broken.any() else len(signatures)

    def exchangeable(self, s: int) -> Counts:
        """Signatures of which the witness could hold one less for one more of s."""
        others = np.flatnonzero(self.more)
        others = others[others != s]
        d = self.system.d
        fine = (self.slack + d[:, s])[:, None] >= d[:, others]
        return np.asarray(others[fine.all(axis=0)])

    def forget(self) -> None:
        """What was found out holds for one state."""
        self.known.fill(False)
        self.others.clear()


class Counted(Lookahead):
    """The look-ahead where rows alone are limited: how many are picked is settled at once, as many as can be."""

    def __init__(
        self, quotas: Quotas, rows: int, taken: NDArray[np.int64], free: NDArray[np.bool_]
    ) -> None:
        super().__init__(quotas, rows, taken, free)
        system, high = System.of(quotas, rows), self.taken + self.available
        some = system.with_row(np.ones(quotas.count, np.int64), -1, "a row") if rows else system
        found = find(some, self.taken, high, aim="most")
        if found.y is None:
            raise refusal(quotas, system, self.taken, high, None, 0.0, "")
        self.rows = int(found.y.sum())
        self.system = System.of(quotas, rows, exactly=self.rows)
        self.slack, self.more = self.system.slack(found.y), found.y - self.taken

    def feasible(
        self, candidates: NDArray[np.intp], free: NDArray[np.bool_], left: Number
    ) -> NDArray[np.bool_]:
        """(m,) bool: a row is feasible where its signature is."""
        signatures = self.signature[candidates]
        mask: NDArray[np.bool_] = free & ~self.dead[signatures]
        present = np.flatnonzero(np.bincount(signatures[mask], minlength=len(self.dead)))
        for s in present[~self.known[present]].tolist():
            if not self.more[s] and self._exchange(s) is None:
                self._ask(s)
            self.known[s] = True
        mask &= ~self.dead[signatures]
        return mask

    def surely_feasible(self, row: int) -> bool:
        """Whether its signature is known to be."""
        s = int(self.signature[row])
        return bool(self.known[s] and not self.dead[s])

    def replace(self, s: int, row: int, left: Number) -> None:
        """One of the witness's own, one for another, or another witness."""
        if self.more[s]:
            self.more[s] -= 1
        elif (u := self._exchange(s)) is not None:
            # Half of what could be exchanged at once: the next rows of s then need not ask.
            change = self.system.d[:, s] - self.system.d[:, u]
            falling = change < 0
            most = int(np.min(self.slack[falling] // -change[falling], initial=self.more[u]))
            many = max(1, min(most, int(self.more[u]), int(self.available[s])) // 2)
            self.more[u] -= many
            self.more[s] += many - 1
            self.slack += many * change
        else:
            y = self.others[s]
            self.more = y - self.taken
            self.more[s] -= 1
            self.slack = self.system.slack(y)

    def replace_all(self, rows: NDArray[np.intp], signatures: Counts, counts: Counts) -> Counts:
        """Those of the witness's own first."""
        extra: Counts = np.maximum(counts - self.more, 0)
        self.more = self.more - (counts - extra)
        return extra

    def settle(self, left: Number) -> None:
        """Nothing."""

    def _exchange(self, s: int) -> int | None:
        """Of the signatures that could give one for s, that of which the witness holds most."""
        others = self.exchangeable(s)
        return int(others[np.argmax(self.more[others])]) if len(others) else None

    def _ask(self, s: int) -> None:
        """Ask for a completion with one more of s; there is one, or s is dead."""
        low = self.taken.copy()
        low[s] += 1
        found = find(self.system, low, self.taken + self.available, nodes=FEW)
        if found.y is None:
            self.dead[s] = True
        else:
            self.others[s] = found.y
