"""What may be picked: the budget as asked, and the ledger that keeps it while rows are taken."""

from __future__ import annotations

import copy
import decimal
import math
import re
import sys
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from handful import errors

APART_ROWS = 512
"""Rows of a ranking compared with each other together, where picks are kept apart."""
_SUFFIXES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}
_EXACT = decimal.Context(prec=2000, traps=[decimal.Inexact, decimal.InvalidOperation])
"""Wide enough for any sum of doubles: their digits lie between 10^308 and 10^-341. Never rounds."""


def exact(number: Any) -> Fraction:
    """A number as the decimal it prints as: a cost of 0.1 is one tenth, as its writer meant it.

    Example:
        >>> 10 * exact(0.1) == 1
        True
    """
    if isinstance(number, Fraction):
        return number
    number = number.item() if isinstance(number, np.generic) else number
    return (
        Fraction(decimal.Decimal(repr(number))) if isinstance(number, float) else Fraction(number)
    )


def exact_sum(costs: NDArray[Any]) -> Fraction:
    """The sum of numbers, each as `exact` reads it; about 1 µs a number."""
    if costs.dtype.kind != "f":
        return Fraction(sum(costs.tolist()))
    with decimal.localcontext(_EXACT):
        return Fraction(sum(map(decimal.Decimal, map(repr, costs.tolist())), decimal.Decimal(0)))


def parse_amount(text: str | float | Fraction, flag: str) -> Fraction:
    """Read "10000", "10k", "1.5M" as an exact number.

    Example:
        >>> int(parse_amount("1.5M", "--budget"))
        1500000
    """
    if not isinstance(text, str):
        if isinstance(text, bool) or not math.isfinite(text) or text < 0:
            raise errors.bad_amount(str(text), flag)
        return exact(text)
    match = re.fullmatch(r"\s*(\d+(?:_\d+)*(?:\.\d+)?|\.\d+)\s*([kKmMgGbBtT]?)\s*", text)
    if not match:
        raise errors.bad_amount(str(text), flag)
    return Fraction(match[1].replace("_", "")) * _SUFFIXES[match[2].lower()]


def parse_rows(text: str | float, flag: str = "--rows") -> int:
    """Read a whole number of rows, with suffixes k and M."""
    amount = parse_amount(text, flag)
    if amount.denominator != 1:
        raise errors.bad_amount(str(text), flag)
    return int(amount)


def parse_fraction(text: str | float, flag: str = "--fraction") -> Fraction:
    """Read "5%" or "0.05" as an exact share in [0, 1].

    Example:
        >>> parse_fraction("5%") == parse_fraction("0.05")
        True
    """
    if isinstance(text, str):
        stripped = text.strip()
        scale = 100 if stripped.endswith("%") else 1
        try:
            share = Fraction(stripped.removesuffix("%")) / scale
        except (ValueError, ZeroDivisionError):
            raise errors.bad_fraction(text, flag) from None
    else:
        share = Fraction(repr(float(text))) if math.isfinite(text) else Fraction(-1)
    if not 0 <= share <= 1:
        raise errors.bad_fraction(str(text), flag)
    return share


@dataclass(frozen=True)
class Budget:
    """What the user allows: a number of rows, a share of them, or an amount of some cost.

    At least one of `rows`, `fraction` and `amount` is given; where several are, all bind.

    Args:
        rows: Rows at most; also the number wanted, where nothing else binds.
        fraction: Share of the pool's rows, in [0, 1]; rounded down to whole rows.
        amount: Cost at most; needs `cost`.
        cost: Name of the cost: a column, "@bytes", "@words" or "@tokens:FILE".

    Example:
        >>> Budget(fraction="5%").rows_of(1010)
        50
    """

    rows: int | None = None
    fraction: Fraction | None = None
    amount: Fraction | None = None
    cost: str | None = None

    def __init__(
        self,
        rows: int | str | None = None,
        *,
        fraction: float | str | Fraction | None = None,
        amount: float | str | Fraction | None = None,
        cost: str | None = None,
    ) -> None:
        if rows is None and fraction is None and amount is None:
            raise errors.no_budget()
        if (amount is None) != (cost is None):
            raise errors.budget_without_cost() if cost is None else errors.cost_without_budget(cost)
        fix = object.__setattr__
        fix(self, "rows", None if rows is None else parse_rows(rows))
        share = (
            fraction
            if isinstance(fraction, Fraction) or fraction is None
            else parse_fraction(fraction)
        )
        fix(self, "fraction", share)
        fix(self, "amount", None if amount is None else parse_amount(amount, "--budget"))
        fix(self, "cost", cost)

    def rows_of(self, n: int) -> int:
        """The most rows a pool of `n` candidates may yield."""
        limits = [n]
        if self.rows is not None:
            limits.append(self.rows)
        if self.fraction is not None:
            limits.append(math.floor(self.fraction * n))
        return min(limits)

    def record(self) -> dict[str, Any]:
        """What the manifest keeps: numbers exact, as text where they are not whole."""
        return {
            "rows": self.rows,
            "fraction": None if self.fraction is None else str(self.fraction),
            "amount": None if self.amount is None else str(self.amount),
            "cost": self.cost,
        }


class Apart(Protocol):
    """Keeps picks apart; `graphs.apart` has the one there is."""

    @property
    def limit(self) -> float:
        """The largest similarity of two picks."""
        ...

    def far(self, candidates: NDArray[np.intp], taken: list[int]) -> NDArray[np.bool_]:
        """(m,) bool: which candidates are too close to no row taken."""
        ...

    def too_close(self, left: NDArray[np.intp], right: NDArray[np.intp]) -> NDArray[np.bool_]:
        """(a, b) bool: which pairs are too close."""
        ...

    def narrowed(self, rows: NDArray[np.intp]) -> Apart:
        """The same for some of the rows, numbered anew."""
        ...

    def copy(self) -> Apart:
        """One that goes its own way."""
        ...


class Ledger:
    """Keeps a budget while rows are taken: says what still fits, and never lets it be exceeded.

    Sums are exact (rational arithmetic on the decimals that floats print as), so a float cost cannot
    creep past the amount. A row that may not be picked (excluded, or bad) is never feasible; a row taken
    is never feasible again.

    Args:
        n: Rows in the pool.
        rows: Rows that may be picked, at most.
        costs: (n,) finite, ≥ 0, or None where no amount binds.
        amount: Cost at most; None where `costs` is.
        eligible: (n,) bool, or None where every row is.
        apart: Keeps picks from being too close to each other, or None.

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

    def copy(self) -> Ledger:
        """A ledger that stands where this one does, and goes its own way."""
        twin = copy.copy(self)
        twin.open, twin.taken = self.open.copy(), list(self.taken)
        twin.apart = None if self.apart is None else self.apart.copy()
        return twin

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
        if self.costs is not None:
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
        if self.costs is not None:
            spent = self.spent + exact(self.costs[row])
            assert self.amount is not None
            if spent > self.amount:
                raise errors.not_feasible(row)
            self.spent = spent
        self.open[row] = False
        self.taken.append(row)

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
        taken: list[NDArray[np.intp]] = []
        rest = ranking[self.feasible(ranking)]
        while len(rest):
            run = self._fitting_prefix(rest)
            self._take_all(rest[:run])
            taken.append(rest[:run])
            rest = rest[run:]
            rest = rest[self.feasible(rest)]
        return np.concatenate(taken) if taken else ranking[:0]

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
            for place, row in enumerate(block.tolist()):
                fits = self.costs is None or self.costs[row] <= self._affordable()
                if fits and not shut[place] and self.rows_left > 0:
                    self.take(row)
                    shut |= close[place]
        return np.array(self.taken[before:], ranking.dtype)

    def _take_all(self, rows: NDArray[np.intp]) -> None:
        if self.costs is not None:
            assert self.amount is not None
            spent = self.spent + exact_sum(self.costs[rows])
            assert spent <= self.amount, "rows that fit together exceed the amount"
            self.spent = spent
        self.open[rows] = False
        self.taken.extend(rows.tolist())

    def _fitting_prefix(self, ranking: NDArray[np.intp]) -> int:
        """How many leading rows surely fit together; at least one, as the first is feasible."""
        ranking = ranking[: self.rows_left]
        if self.costs is None:
            return len(ranking)
        with np.errstate(over="ignore"):
            total = np.cumsum(self.costs[ranking], dtype=np.float64)
        slack = 1.0 - 4e-16 * (len(ranking) + 4)  # the running sum's relative rounding error
        return max(1, int(np.searchsorted(total, float(self._affordable()) * slack, side="right")))

    def _affordable(self) -> float | int:
        """The largest number of the costs' own type that does not exceed what is left."""
        left = self.amount_left
        assert left is not None and self.costs is not None
        if self.costs.dtype.kind in "iu":
            return min(math.floor(left), int(np.iinfo(self.costs.dtype).max))
        largest = sys.float_info.max
        nearest = float(left) if left < Fraction(largest) else largest
        return math.nextafter(nearest, -math.inf) if exact(nearest) > left else nearest
