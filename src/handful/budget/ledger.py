"""The ledger: keeps a budget and its quotas while rows are taken."""

from __future__ import annotations

import copy
import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.budget.amounts import below, exact, exact_sum
from handful.budget.apart import Apart
from handful.budget.cost_lookahead import CostLookahead
from handful.budget.lookahead import Counted, Lookahead
from handful.budget.priced import Priced
from handful.budget.quotas import Quotas

APART_ROWS = 512
"""Rows of a ranking compared with each other together, where picks are kept apart."""
CHUNK = 4096
"""Rows of a ranking that the filler looks at together where there are quotas."""


class Ledger:
    """Keeps a budget while rows are taken: says what still fits, and never lets it be exceeded.

    Sums are exact (rational arithmetic on the decimals that floats print as), so a float cost cannot
    creep past the amount. A row that may not be picked (excluded, or bad) is never feasible; a row taken
    is never feasible again. With quotas a row is feasible where the pick can still be completed so that all
    of them hold; under a row budget the number of rows is then settled at once, the most that can be. What
    keeps picks apart closes rows as others are taken, which quotas do not look ahead to.

    Args:
        n: Rows in the pool.
        rows: Rows that may be picked, at most.
        costs: (n,) finite, ≥ 0, or None where no amount binds.
        amount: Cost at most; None where `costs` is.
        eligible: (n,) bool, or None where every row is.
        quotas: Limits on groups, or None.
        include: Rows that must be picked; they are taken at once.
        apart: Keeps picks from being too close to each other, or None.

    Raises:
        InfeasibleError: The quotas cannot be met.

    Example:
        >>> ledger = Ledger(3, rows=2, costs=np.array([5, 3, 4]), amount=8)
        >>> ledger.take(0)
        >>> ledger.feasible(np.arange(3)).tolist()
        [False, True, False]
    """

    def __init__(
        self,
        n: int,
        *,
        rows: int,
        costs: NDArray[Any] | None = None,
        amount: Fraction | float | None = None,
        eligible: NDArray[np.bool_] | None = None,
        quotas: Quotas | None = None,
        include: NDArray[np.int64] | None = None,
        apart: Apart | None = None,
    ) -> None:
        self.n = n
        self.apart = apart
        self.rows = rows
        self.costs: NDArray[Any] | None = costs
        if costs is not None and costs.dtype.kind == "f":
            self.costs = costs.astype(np.float64, copy=False)
        self.amount = None if amount is None else exact(amount)
        self.open = np.ones(n, bool) if eligible is None else eligible.copy()
        self.taken: list[int] = []
        self.spent = Fraction(0)
        self._room: tuple[Fraction, Fraction | int] | None = (
            None  # what was spent, what that leaves
        )
        self.quotas = quotas if quotas is not None and quotas.limits else None
        self.ahead: Lookahead | CostLookahead | None = None
        for row in [] if include is None else include.tolist():
            self.take(row)
        if self.quotas is not None:
            self._look_ahead()

    def _look_ahead(self) -> None:
        """Settle whether the quotas can be met, and how."""
        assert self.quotas is not None
        taken = np.array(self.taken, np.int64)
        left = self.amount_left
        if self.quotas.of_cost:
            assert self.costs is not None
            assert self.amount is not None
            self.ahead = CostLookahead(
                self.quotas, self.rows, taken, self.open, self.costs, self.amount, str(self.amount)
            )
            return
        if self.costs is None:
            self.ahead = Counted(self.quotas, self.rows, taken, self.open)
        else:
            assert left is not None
            self.ahead = Priced(
                self.quotas, self.rows, taken, self.open, self.costs, left, str(self.amount)
            )
        self.rows = self.ahead.rows

    def under(self, quotas: Quotas) -> Ledger:
        """A copy that keeps quotas, too; rows taken already count.

        Raises:
            InfeasibleError: The quotas cannot be met.
        """
        twin = self.copy()
        twin.quotas = quotas
        twin._look_ahead()
        return twin

    def completion(self) -> NDArray[np.int64]:
        """Rows that, with those taken, make a pick that keeps every quota: one witness of many."""
        if self.ahead is None:
            return np.zeros(0, np.int64)
        if isinstance(self.ahead, CostLookahead):
            return np.flatnonzero(self.ahead.inside)
        rows = [
            np.flatnonzero(self.open & (self.ahead.signature == s))
            for s in range(len(self.ahead.more))
        ]
        if self.costs is not None:
            rows = [some[np.argsort(self.costs[some], kind="stable")] for some in rows]
        held = self.ahead.more.tolist()
        return np.concatenate([some[:many] for some, many in zip(rows, held, strict=True)])

    def without_quotas(self) -> Ledger:
        """A copy that keeps the budget alone."""
        twin = self.copy()
        twin.quotas, twin.ahead = None, None
        return twin

    def copy(self) -> Ledger:
        """A ledger that stands where this one does, and goes its own way."""
        twin = copy.copy(self)
        twin.open, twin.taken = self.open.copy(), list(self.taken)
        if self.ahead is not None:
            twin.ahead = self.ahead.copy(twin.open)
        twin.apart = None if self.apart is None else self.apart.copy()
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Ledger:
        """What no ledger changes is shared."""
        return self.copy()

    def narrowed(self, rows: NDArray[np.int64]) -> Ledger:
        """A copy through which only some rows may be taken.

        Raises:
            InfeasibleError: The quotas cannot be met by these rows.
        """
        other = self.copy()
        closed = np.ones(self.n, bool)
        closed[rows] = False
        other.open[closed] = False
        if other.quotas is not None:
            other._look_ahead()
        return other

    @property
    def rows_left(self) -> int:
        """Rows that may still be taken."""
        return self.rows - len(self.taken)

    @property
    def amount_left(self) -> Fraction | None:
        """Cost that may still be spent; None where no amount binds."""
        return None if self.amount is None else self.amount - self.spent

    def feasible(self, candidates: NDArray[np.intp]) -> NDArray[np.bool_]:
        """(m,) bool: which candidates may be taken next. O(m)."""
        if self.rows_left <= 0:
            return np.zeros(len(candidates), bool)
        mask = self.open[candidates]
        if self.ahead is not None:
            mask = self.ahead.feasible(candidates, mask, self._left())
        elif self.costs is not None:
            mask &= self.costs[candidates] <= self._affordable()
        if self.apart is not None:
            mask[mask] = self.apart.far(candidates[mask], self.taken)
        return mask

    def take(self, row: int) -> None:
        """Take a feasible row; refuse one that is not, for that is an error of the caller."""
        if self.rows_left <= 0 or not self.open[row]:
            raise errors.not_feasible(row)
        if self.apart is not None and not self.apart.far(np.array([row]), self.taken)[0]:
            raise errors.not_feasible(row)
        if self.ahead is not None:
            known = self.ahead.surely_feasible(row)
            if not known and not self._affords(np.array([row])):
                raise errors.not_feasible(row)
            self.ahead.take(row, self._left())
        if self.costs is not None:
            spent = self.spent + exact(self.costs[row])
            assert self.amount is not None
            if spent > self.amount:
                raise errors.not_feasible(row)
            self.spent = spent
        self.open[row] = False
        self.taken.append(row)
        if self.ahead is not None:
            self.ahead.settle(self._left())

    def take_ranked(self, ranking: NDArray[np.intp]) -> NDArray[np.intp]:
        """The shared filler: go down a ranking and take whatever fits, until nothing does.

        Rows that do not fit are passed over, so what is left is less than the cheapest row.

        Args:
            ranking: Candidates, best first, without repeats.

        Returns:
            The rows taken, in the ranking's order. O(m) per round, few rounds.
        """
        if self.apart is not None:
            return self._take_apart(ranking, self.apart)
        if self.ahead is not None:
            return self._take_ranked_ahead(ranking)
        taken: list[NDArray[np.intp]] = []
        rest = ranking[self.feasible(ranking)]
        while len(rest):
            run = self._fitting_prefix(rest)
            self._take_all(rest[:run])
            taken.append(rest[:run])
            rest = rest[run:]
            rest = rest[self.feasible(rest)]
        return np.concatenate(taken) if taken else ranking[:0]

    def _take_ranked_ahead(self, ranking: NDArray[np.intp]) -> NDArray[np.intp]:
        """Piece by piece: what surely fits at once, then a row that must be asked for."""
        assert self.ahead is not None
        start = len(self.taken)
        for at in range(0, len(ranking), CHUNK):
            rest = ranking[at : at + CHUNK]
            rest = rest[self.open[rest]]
            while len(rest) and self.rows_left:
                run = self.ahead.fitting(rest[: self.rows_left], self._left())
                self._take_all(rest[:run])
                rest = rest[run:]
                fits = self.feasible(rest[:1])
                if fits.any():
                    self.take(int(rest[0]))
                    rest = rest[1:]
                else:
                    rest = rest[self.feasible(rest)]
        return np.array(self.taken[start:], np.intp)

    def _take_apart(self, ranking: NDArray[np.intp], apart: Apart) -> NDArray[np.intp]:
        """The same where picks close rows: block by block, each compared with the picks and with itself."""
        before = len(self.taken)
        for start in range(0, len(ranking), APART_ROWS):
            if self.rows_left <= 0:
                break
            block = ranking[start : start + APART_ROWS]
            block = block[self.feasible(block)]
            close = apart.too_close(block, block)
            shut = np.zeros(len(block), bool)
            for place in range(len(block)):
                if not shut[place] and self._affords(block[place : place + 1]):
                    self.take(int(block[place]))
                    shut |= close[place]
        return np.array(self.taken[before:], ranking.dtype)

    def _affords(self, row: NDArray[np.intp]) -> bool:
        """Whether rows, amount and quotas allow one row more; whether it is apart is not asked."""
        if self.rows_left <= 0:
            return False
        if self.ahead is not None:
            return bool(self.ahead.feasible(row, self.open[row], self._left())[0])
        return self.costs is None or bool(self.costs[row[0]] <= self._affordable())

    def _take_all(self, rows: NDArray[np.intp]) -> None:
        if self.costs is not None:
            assert self.amount is not None
            spent = self.spent + exact_sum(self.costs[rows])
            assert spent <= self.amount, "rows that fit together exceed the amount"
            self.spent = spent
        if self.ahead is not None:
            self.ahead.take_all(rows)
        self.open[rows] = False
        self.taken.extend(rows.tolist())
        if self.ahead is not None:
            self.ahead.settle(self._left())

    def _fitting_prefix(self, ranking: NDArray[np.intp]) -> int:
        """How many leading rows surely fit together; at least one, as the first is feasible."""
        ranking = ranking[: self.rows_left]
        if self.costs is None:
            return len(ranking)
        with np.errstate(over="ignore"):
            total = np.cumsum(self.costs[ranking], dtype=np.float64)
        slack = 1.0 - 4e-16 * (len(ranking) + 4)  # the running sum's relative rounding error
        return max(1, int(np.searchsorted(total, float(self._affordable()) * slack, side="right")))

    def _left(self) -> Fraction | int:
        """What is left; of whole costs as a whole number, which is as good and quicker."""
        if self.amount is None:
            return 0
        if self._room is None or self._room[0] is not self.spent:
            left = self.amount - self.spent
            whole = self.costs is not None and self.costs.dtype.kind in "iu"
            self._room = self.spent, math.floor(left) if whole else left
        return self._room[1]

    def _affordable(self) -> float | int:
        """The largest number of the costs' own type that does not exceed what is left."""
        assert self.costs is not None
        found: float | int = below(self._left(), self.costs.dtype)
        return found
