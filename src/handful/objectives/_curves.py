"""Concave curves φ, and lines above them that start at a given price.

The line that touches φ at t starts at λ(t) = φ(t) − t·φ'(t), which rises from 0 with t. The certificate
walks over these prices, so each curve says which line has a given price.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import gammaincinv

from handful.objectives._contract import Floats


@dataclass(frozen=True)
class Line:
    """Lines above φ, one a feature: start + slope·a ≥ φ(a), with equality at touch."""

    start: Floats
    slope: Floats
    touch: Floats


@dataclass(frozen=True)
class Curve:
    """A concave, increasing φ on [0, ∞) with φ(0) = 0.

    Args:
        value: φ(a).
        slope: φ'(a), from the right.
        touch: t with λ(t) = the price given, nearly: a line is above φ wherever it touches.
        ceiling: The largest price, λ(∞).
    """

    value: Callable[[Any], Floats]
    slope: Callable[[Any], Floats]
    touch: Callable[[Any], Floats]
    ceiling: float = np.inf

    def line(self, price: Floats) -> Line:
        """The line of each price; its start is the exact price of where it touches."""
        touch = self.touch(price)
        with np.errstate(divide="ignore", over="ignore"):
            return Line(self.price(touch), self.slope(touch), touch)

    def price(self, a: Floats) -> Floats:
        """λ(a), where the line that touches φ at a starts."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            price = self.value(a) - a * self.slope(a)
        return np.asarray(np.maximum(np.where(a > 0, price, 0.0), 0.0))


class Cap(Curve):
    """φ(a) = min(a, 1). All its lines touch at 1: their slope is 1 less the price."""

    def __init__(self) -> None:
        super().__init__(lambda a: np.minimum(a, 1.0), lambda a: (a < 1.0) * 1.0, np.ones_like, 1.0)

    def line(self, price: Floats) -> Line:
        """From (0, λ) to (1, 1)."""
        return Line(price, 1.0 - price, np.ones_like(price))


def _touch_log1p(price: Any) -> Floats:
    """ln(1 + t) − t / (1 + t) = λ, by Newton from both ends' expansions: √(2λ) + λ and e^(1 + λ) − 1."""
    price = np.minimum(price, 300.0)
    t = np.where(price < 1.0, np.sqrt(2.0 * price) + price, np.expm1(1.0 + price))
    for _ in range(6):
        off = np.log1p(t) - t / (1.0 + t) - price
        step = off * (1.0 + t) ** 2 / np.where(t > 0, t, 1.0)
        t = np.maximum(t - step, 0.1 * t)
    return np.asarray(t, np.float64)


def _touch_saturating(price: Any) -> Floats:
    root = np.sqrt(np.minimum(price, 1.0 - 1e-12))
    return np.asarray(root / (1.0 - root))


CURVES = {
    "cap": Cap(),
    "sqrt": Curve(np.sqrt, lambda a: 0.5 / np.sqrt(a), lambda price: 4.0 * price * price),
    "log1p": Curve(np.log1p, lambda a: 1.0 / (1.0 + a), _touch_log1p),
    "saturating": Curve(
        lambda a: a / (1.0 + a), lambda a: (1.0 + a) ** -2.0, _touch_saturating, ceiling=1.0
    ),
    "certainty": Curve(
        lambda a: -np.expm1(-a),
        lambda a: np.exp(-a),
        lambda price: np.asarray(gammaincinv(2.0, np.minimum(price, 1.0 - 1e-12)), np.float64),
        ceiling=1.0,
    ),
}
"""cap: min(a, 1). sqrt: √a. log1p: ln(1 + a). saturating: a / (1 + a). certainty: 1 − e^−a."""
