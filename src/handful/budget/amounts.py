"""Amounts as their writers meant them: read from text, and summed exactly."""

from __future__ import annotations

import decimal
import math
import re
import sys
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors

_SUFFIXES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}
_EXACT = decimal.Context(prec=2000, traps=[decimal.Inexact, decimal.InvalidOperation])
"""Wide enough for any sum of doubles: their digits lie between 10^308 and 10^-341. Never rounds."""
_MOST, _BYTES = 2**63 - 1, 8
"""The largest int64, and its size."""


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


def in_digits(amount: Fraction) -> int | str:
    """An exact amount as `parse_amount` reads it.

    Example:
        >>> in_digits(Fraction(5)), in_digits(Fraction(1, 8))
        (5, '0.125')
    """
    if amount.denominator == 1:
        return int(amount)
    with decimal.localcontext(_EXACT):
        return f"{decimal.Decimal(amount.numerator) / amount.denominator:f}"


def below(number: Any, dtype: Any, *, strictly: bool = False) -> Any:
    """The largest number of a type that is at most, or less than, an exact one."""
    if np.dtype(dtype).kind in "iu":
        whole = math.ceil(number) - 1 if strictly else math.floor(number)
        return max(
            -1, min(whole, _MOST if np.dtype(dtype).itemsize == _BYTES else np.iinfo(dtype).max)
        )
    if number < 0:
        return -1.0
    largest = sys.float_info.max
    nearest = float(number) if number < Fraction(largest) else largest
    over = exact(nearest) >= number if strictly else exact(nearest) > number
    return math.nextafter(nearest, -math.inf) if over else nearest
