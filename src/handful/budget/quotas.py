"""Quotas: the least and the most of a group, in rows, in % of the rows picked, or in % of the cost spent."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.budget.amounts import parse_amount

Unit = Literal["rows", "%", "%cost"]
Side = Literal["min", "max"]
SIDES: tuple[Side, ...] = ("min", "max")
_QUOTA = re.compile(r"(?P<column>[^\[\]]+?)(?:\[(?P<value>.*)\])?:(?P<bounds>(?:min|max)=.*)", re.S)
FINEST = 10**9
"""The largest denominator of a share: 12.5% is 1/8. Finer ones would overflow counts."""
MOST_CELLS = 2 * 10**6
"""Limits times signatures, at most: the look-ahead holds a number for each."""


@dataclass(frozen=True)
class Bound:
    """How much of a group: so many rows, or a share of the rows picked or of the cost spent.

    A share is of what is picked in the end; a minimum rounds up, a maximum down.

    Example:
        >>> Bound.parse("2k", "min"), str(Bound.parse("12.5%", "max"))
        (Bound(amount=Fraction(2000, 1), unit='rows'), '12.5%')
    """

    amount: Fraction
    unit: Unit

    @classmethod
    def parse(cls, text: str | float, where: str) -> Bound:
        """Read "500", "10%" or "10%cost"."""
        if isinstance(text, Bound):
            return text
        match = (
            re.fullmatch(r"\s*([\d.]+)\s*%\s*(cost)?\s*", text) if isinstance(text, str) else None
        )
        if match is None:
            rows = parse_amount(text, where)
            if rows.denominator != 1:
                raise errors.bad_quota(f"{where}={text}")
            return cls(rows, "rows")
        try:
            share = Fraction(match[1]) / 100
        except ValueError:
            raise errors.bad_quota(f"{where}={text}") from None
        if share > 1 or share.denominator > FINEST:
            raise errors.bad_quota(f"{where}={text}")
        return cls(share, "%cost" if match[2] else "%")

    def __str__(self) -> str:
        if self.unit == "rows":
            return f"{int(self.amount):,}"
        percent = 100 * self.amount
        shown = str(percent.numerator) if percent.denominator == 1 else f"{float(percent):.9g}"
        return shown + self.unit

    def record(self) -> int | str:
        """As the manifest keeps it, and `parse` reads it."""
        if self.unit == "rows":
            return int(self.amount)
        percent = 100 * self.amount
        shown = str(percent) if percent.denominator == 1 else f"{float(percent):.11g}"
        return shown + self.unit


@dataclass(frozen=True)
class Quota:
    """The least and the most of one group, or of every group of a column.

    Args:
        column: Of groups; "@file" for the file a row came from.
        value: The group; None: each value there is in the pool, alone.
        min: The least of it, or None.
        max: The most of it, or None.

    Example:
        >>> Quota.parse("language[de]:min=10%,max=500").max
        Bound(amount=Fraction(500, 1), unit='rows')
    """

    column: str
    value: str | None = None
    min: Bound | None = None
    max: Bound | None = None

    @classmethod
    def parse(cls, given: Any) -> Quota:
        """Read 'column:min=10%', 'column[value]:max=500,min=1%', or a mapping with these names."""
        if isinstance(given, Quota):
            return given
        if isinstance(given, Mapping):
            return cls._of_mapping(given)
        match = _QUOTA.fullmatch(given.strip()) if isinstance(given, str) else None
        if match is None:
            raise errors.bad_quota(given)
        bounds: dict[str, str] = {}
        for part in match["bounds"].split(","):
            side, equals, text = part.partition("=")
            if not equals or side.strip() not in {"min", "max"} or side.strip() in bounds:
                raise errors.bad_quota(given)
            bounds[side.strip()] = text
        return cls._of_mapping({"column": match["column"], "value": match["value"], **bounds})

    @classmethod
    def _of_mapping(cls, given: Mapping[str, Any]) -> Quota:
        known = {"column", "value", "min", "max"}
        if set(given) - known or not given.get("column"):
            raise errors.bad_quota(dict(given))
        sides = {side: given[side] for side in ("min", "max") if given.get(side) not in {None, ""}}
        if not sides:
            raise errors.bad_quota(dict(given))
        column, value = str(given["column"]), given.get("value")
        where = _name(column, value)
        bounds = {side: Bound.parse(text, f"{where}:{side}") for side, text in sides.items()}
        return cls(column, None if value in {None, ""} else str(value), **bounds)

    def record(self) -> dict[str, Any]:
        """As the manifest keeps it, and `parse` reads it."""
        record = {"column": self.column, "value": self.value}
        bounds = {"min": self.min, "max": self.max}
        return record | {side: bound and bound.record() for side, bound in bounds.items()}


def _name(column: str, value: str | None) -> str:
    return column if value is None else f"{column}[{value}]"


@dataclass(frozen=True, eq=False)
class Limit:
    """One side of a quota on one group.

    Args:
        column, value: The group.
        side: "min" or "max".
        bound: How much.
        members: (S,) bool, the signatures whose rows are of the group.
        shared: Another column with a quota has a group of this name.
    """

    column: str
    value: str
    side: Side
    bound: Bound
    members: NDArray[np.bool_]
    shared: bool = False

    @property
    def name(self) -> str:
        """As on the command line: "language[de]:min=10%"."""
        return f"{_name(self.column, self.value)}:{self.side}={str(self.bound).replace(',', '')}"

    @property
    def said(self) -> str:
        """In a sentence: "min of `de` 4,000"; "min of `language[de]` 4,000" where `de` alone could be two."""
        group = _name(self.column, self.value) if self.shared else self.value
        return f"{self.side} of `{group}` {self.bound}"

    def at(self, total: int | Fraction) -> Fraction:
        """The bound as rows (or as cost), of a total of rows (or of cost), before rounding."""
        return self.bound.amount if self.bound.unit == "rows" else self.bound.amount * total


@dataclass(frozen=True, eq=False)
class Quotas:
    """Quotas on the rows of a pool: rows with the same groups in every column are alike to them.

    Args:
        signature: (n,) int64: which combination of groups each row has, 0 to S − 1.
        limits: One for each side of each quota on each group.
    """

    signature: NDArray[np.int64]
    limits: tuple[Limit, ...]

    @classmethod
    def of(
        cls,
        quotas: Sequence[Quota],
        groups: Mapping[str, tuple[NDArray[np.int64], Sequence[str]]],
        n: int,
    ) -> Quotas:
        """Quotas on columns of groups.

        Args:
            quotas: As asked.
            groups: For each column (n,) codes and their labels.
            n: Rows.

        Example:
            >>> codes = np.array([0, 0, 1])
            >>> made = Quotas.of([Quota.parse("language:min=1")], {"language": (codes, ["de", "fr"])}, 3)
            >>> [limit.name for limit in made.limits]
            ['language[de]:min=1', 'language[fr]:min=1']
        """
        columns = list(dict.fromkeys(quota.column for quota in quotas))
        shared = Counter(value for column in columns for value in set(map(str, groups[column][1])))
        signature, tuples = _signatures([groups[column][0] for column in columns], n)
        limits = []
        for quota in quotas:
            labels, place = groups[quota.column][1], columns.index(quota.column)
            there = np.unique(tuples[:, place]).tolist()
            if quota.value is not None and quota.value not in labels:
                raise errors.unknown_group(quota.column, quota.value, labels)
            named = [c for c in range(len(labels)) if labels[c] == quota.value]
            for code in there if quota.value is None else named:
                for side in SIDES:
                    bound = quota.min if side == "min" else quota.max
                    if bound is not None:
                        members, value = tuples[:, place] == code, str(labels[code])
                        limits.append(
                            Limit(quota.column, value, side, bound, members, shared[value] > 1)
                        )
            if len(limits) * max(1, len(tuples)) > MOST_CELLS:
                raise errors.too_many_groups(quota.column, len(limits), len(tuples))
        return cls(signature, tuple(limits))

    @property
    def count(self) -> int:
        """S, the number of signatures."""
        return (
            len(self.limits[0].members) if self.limits else int(self.signature.max(initial=-1)) + 1
        )

    @property
    def of_cost(self) -> bool:
        """Whether any limit is in % of the cost."""
        return any(limit.bound.unit == "%cost" for limit in self.limits)

    @property
    def of_rows(self) -> bool:
        """Whether any limit is in % of the rows."""
        return any(limit.bound.unit == "%" for limit in self.limits)

    def of_some(self, rows: NDArray[np.int64]) -> Quotas:
        """The same limits on some rows, numbered anew."""
        return Quotas(self.signature[rows], self.limits)

    def scaled(self, rows: NDArray[np.int64], share: Fraction) -> Quotas:
        """Limits on some rows for a share of the pick: minima in rows round down, maxima up."""
        limits = []
        for limit in self.limits:
            bound = limit.bound
            if bound.unit == "rows":
                bar = bound.amount * share
                whole = math.floor(bar) if limit.side == "min" else math.ceil(bar)
                bound = Bound(Fraction(whole), "rows")
            limits.append(replace(limit, bound=bound))
        return Quotas(self.signature[rows], tuple(limits))


def _signatures(
    codes: Sequence[NDArray[np.int64]], n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(n,) numbers of the distinct tuples of codes, and (S, columns) the tuples. O(n) a column."""
    signature, tuples = np.zeros(n, np.int64), np.zeros((1, 0), np.int64)
    for column in codes:
        width = int(column.max(initial=0)) + 1
        joined = signature * width + column
        found, signature = np.unique(joined, return_inverse=True)
        tuples = np.column_stack([tuples[found // width], found % width])
    return signature.reshape(-1).astype(np.int64), tuples


@dataclass(frozen=True)
class Kept:
    """What became of one limit.

    Args:
        name: As on the command line.
        asked: As the user wrote it.
        least_or_most: In rows, or in cost, what that is of the pick; rounded as it is kept.
        got: Rows, or cost, of the group.
        slack: How far the pick is from the limit; 0 where it binds, below 0 where it is broken.
    """

    name: str
    asked: int | str
    limit: Fraction
    got: Fraction
    slack: Fraction
    unit: Unit


def audit(quotas: Quotas, rows: NDArray[np.int64], costs: Sequence[Fraction] | None) -> list[Kept]:
    """Each limit with what a pick has of its group, counted anew.

    Args:
        quotas: On the rows of the pool.
        rows: The pick.
        costs: The exact cost of each picked row, where there is a cost.
    """
    signatures = quotas.signature[rows]
    kept = []
    spent = np.array([Fraction(0)] * quotas.count, dtype=object)
    if costs is not None and quotas.of_cost:
        for signature, cost in zip(signatures.tolist(), costs, strict=True):
            spent[signature] += cost
    counts = np.bincount(signatures, minlength=quotas.count)
    for limit in quotas.limits:
        by_cost = limit.bound.unit == "%cost"
        amounts = spent if by_cost else counts
        got = Fraction(sum(amounts[limit.members].tolist(), start=0))
        bar = limit.at(Fraction(sum(amounts.tolist(), start=0)))
        if not by_cost:
            bar = Fraction(math.ceil(bar) if limit.side == "min" else math.floor(bar))
        slack = got - bar if limit.side == "min" else bar - got
        kept.append(Kept(limit.name, limit.bound.record(), bar, got, slack, limit.bound.unit))
    return kept
