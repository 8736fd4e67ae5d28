"""The numbers of a reading as people read them: one line, one number of decimals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from handful.comparing.statistics import Difference

NAMES = ("value", "random", "low", "high", "lead_low", "lead_high")
MOST_DECIMALS = 8


def written(reading: Mapping[str, Any]) -> dict[str, str]:
    """A reading's numbers with as many decimals as the width of its random band is worth: two of its digits.

    Example:
        >>> band = {"low": -0.00095, "high": 0.00164, "lead_low": 0.0005, "lead_high": 0.003}
        >>> told = written({"value": -0.00146, "random": -0.0000313, **band})
        >>> told["value"], told["random"], told["high"]
        ('-0.0015', '0.0000', '0.0016')
    """
    numbers = [float(reading[name]) for name in NAMES]
    whole = all(number == round(number) for number in numbers)
    width = reading["high"] - reading["low"] or max(map(abs, numbers))
    digits = 0 if whole else decimals(width)
    return {name: plain(number, digits) for name, number in zip(NAMES, numbers, strict=True)}


def gained(gain: Difference) -> tuple[str, str]:
    """A gain and its interval with their signs, as many decimals as the interval is worth.

    Example:
        >>> gained(Difference(0.1247, 0.0951, 0.1533, 0.0004, "better", 10))
        ('+0.125', '+0.095 to +0.153')
    """
    low, high = gain.low, gain.high
    if low is None or high is None:
        return plain(gain.mean, decimals(abs(gain.mean)), "+"), "too few seeds"
    digits = decimals(high - low or abs(gain.mean))
    ends = f"{plain(low, digits, '+')} to {plain(high, digits, '+')}"
    return plain(gain.mean, digits, "+"), ends


def decimals(width: float) -> int:
    """How many show two digits of a width.

    Example:
        >>> decimals(0.021), decimals(0.5), decimals(140), decimals(0.0)
        (3, 2, 0, 0)
    """
    return min(MOST_DECIMALS, max(0, 1 - math.floor(math.log10(width)))) if width > 0 else 0


def plain(number: float, digits: int, sign: str = "") -> str:
    """A number with so many decimals; nothing is 0, whatever its sign.

    Example:
        >>> plain(-0.0001, 2), plain(5253.2, 0, "+"), plain(0.0, 3)
        ('0.00', '+5,253', '0')
    """
    rounded = round(number, digits) + 0.0
    return f"{rounded:{sign if rounded else ''},.{digits}f}" if number else "0"
