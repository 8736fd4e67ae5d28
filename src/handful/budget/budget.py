"""The budget as asked."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from handful import errors
from handful.budget.amounts import in_digits, parse_amount, parse_fraction, parse_rows
from handful.budget.quotas import Quota


@dataclass(frozen=True)
class Budget:
    """What the user allows: a number of rows, a share of them, or an amount of some cost.

    At least one of `rows`, `fraction` and `amount` is given; where several are, all bind.

    Args:
        rows: Rows at most; also the number wanted, where nothing else binds.
        fraction: Share of the pool's rows, in [0, 1]; rounded down to whole rows.
        amount: Cost at most; needs `cost`.
        cost: Name of the cost: a column, "@bytes", "@words" or "@tokens:FILE".
        quotas: The least and the most of groups, each a `Quota` or text such as "language[de]:min=10%".
        include: Ids that must be picked: a path or a sequence.
        exclude: Ids that must not be picked: a path or a sequence.

    Example:
        >>> Budget(fraction="5%").rows_of(1010)
        50
        >>> import handful
        >>> poems = ["one fish", "two fish", "red fish", "blue fish"]
        >>> asked = Budget(2, include=["3"], exclude=["0"])
        >>> sorted(handful.select(poems, budget=asked, method="first", cache=False))
        [1, 3]
    """

    rows: int | None = None
    fraction: Fraction | None = None
    amount: Fraction | None = None
    cost: str | None = None
    quotas: tuple[Quota, ...] = ()
    include: str | Path | tuple[Any, ...] | None = None
    exclude: str | Path | tuple[Any, ...] | None = None

    def __init__(
        self,
        rows: int | str | None = None,
        *,
        fraction: float | str | Fraction | None = None,
        amount: float | str | Fraction | None = None,
        cost: str | None = None,
        quotas: Iterable[Any] = (),
        include: str | Path | Iterable[Any] | None = None,
        exclude: str | Path | Iterable[Any] | None = None,
    ) -> None:
        if rows is None and fraction is None and amount is None:
            raise errors.no_budget()
        asked = tuple(
            Quota.parse(quota) for quota in ([quotas] if isinstance(quotas, str) else quotas)
        )
        by_cost = any(b is not None and b.unit == "%cost" for q in asked for b in (q.min, q.max))
        if by_cost and cost is None:
            raise errors.quota_without_cost()
        if (amount is None) != (cost is None) and not by_cost:
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
        fix(self, "quotas", asked)
        fix(self, "include", _ids(include))
        fix(self, "exclude", _ids(exclude))

    def options(self) -> dict[str, Any]:
        """What is given, under the names that `handful.select` has for it."""
        given = {
            "rows": self.rows,
            "fraction": None if self.fraction is None else str(self.fraction),
            "budget": None if self.amount is None else in_digits(self.amount),
            "cost": self.cost,
            "quotas": [quota.record() for quota in self.quotas] or None,
            "include": self.include,
            "exclude": self.exclude,
        }
        return {name: value for name, value in given.items() if value is not None}

    def rows_of(self, n: int) -> int:
        """The most rows a pool of `n` candidates may yield."""
        limits = [n]
        if self.rows is not None:
            limits.append(self.rows)
        if self.fraction is not None:
            limits.append(math.floor(self.fraction * n))
        return min(limits)

    @property
    def said(self) -> str:
        """The flags it is given by.

        Example:
            >>> Budget(10, amount="2k", cost="n_tokens").said
            '--rows 10, --budget 2000 --cost n_tokens'
        """
        parts = [] if self.rows is None else [f"--rows {self.rows}"]
        if self.fraction is not None:
            parts.append(f"--fraction {self.fraction}")
        if self.amount is not None:
            parts.append(f"--budget {in_digits(self.amount)} --cost {self.cost}")
        return ", ".join(parts)

    def record(self) -> dict[str, Any]:
        """What the manifest keeps: numbers exact, as text where they are not whole."""
        quotas = {"quotas": [quota.record() for quota in self.quotas]} if self.quotas else {}
        return {
            "rows": self.rows,
            "fraction": None if self.fraction is None else str(self.fraction),
            "amount": None if self.amount is None else str(self.amount),
            "cost": self.cost,
            **quotas,
        }


def _ids(given: Any) -> str | Path | tuple[Any, ...] | None:
    """A path as it is, ids as a tuple."""
    if given is None or isinstance(given, str | Path):
        return given
    return tuple(given.tolist() if isinstance(given, np.ndarray) else given)
