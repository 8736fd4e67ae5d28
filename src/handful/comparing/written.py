"""The numbers of a reading as people read them: one line, one number of decimals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

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
    width = reading["high"] - reading["low"] or max(map(abs, numbers))
    whole = all(number == round(number) for number in numbers)
    digits = 0 if whole or width <= 0 else 1 - math.floor(math.log10(width))
    decimals = min(MOST_DECIMALS, max(0, digits))
    rounded = (round(number, decimals) + 0.0 for number in numbers)  # −0 is 0
    return {name: f"{number:,.{decimals}f}" for name, number in zip(NAMES, rounded, strict=True)}
