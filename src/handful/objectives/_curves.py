"""Concave curves φ with φ(0) = 0, and the lines that lie above them.

A line of slope p ≥ 0 lies above φ when it starts at `lift(p)` = max_a φ(a) − p·a; it touches φ at
`touch(p)`. These lines are what the certificate bounds a concave objective with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from handful.objectives._contract import Floats


@dataclass(frozen=True)
class Curve:
    """A concave, increasing φ on [0, ∞).

    Args:
        value: φ(a).
        slope: φ'(a), from the right.
        touch: a at which φ'(a) = p.
        lift: max_a φ(a) − p·a.
        steepest: φ'(0).
    """

    value: Callable[[Any], Floats]
    slope: Callable[[Any], Floats]
    touch: Callable[[Any], Floats]
    lift: Callable[[Any], Floats]
    steepest: float


CURVES = {
    "sqrt": Curve(
        value=np.sqrt,
        slope=lambda a: 0.5 / np.sqrt(a),
        touch=lambda p: 0.25 / (p * p),
        lift=lambda p: 0.25 / p,
        steepest=np.inf,
    ),
    "log1p": Curve(
        value=np.log1p,
        slope=lambda a: 1.0 / (1.0 + a),
        touch=lambda p: 1.0 / p - 1.0,
        lift=lambda p: p - 1.0 - np.log(p),
        steepest=1.0,
    ),
    "saturating": Curve(
        value=lambda a: a / (1.0 + a),
        slope=lambda a: (1.0 + a) ** -2.0,
        touch=lambda p: p**-0.5 - 1.0,
        lift=lambda p: (1.0 - np.sqrt(p)) ** 2,
        steepest=1.0,
    ),
    "cap": Curve(
        value=lambda a: np.minimum(a, 1.0),
        slope=lambda a: np.where(a < 1.0, 1.0, 0.0),
        touch=np.ones_like,
        lift=lambda p: 1.0 - p,
        steepest=1.0,
    ),
    "certainty": Curve(
        value=lambda a: -np.expm1(-a),
        slope=lambda a: np.exp(-a),
        touch=lambda p: -np.log(p),
        lift=lambda p: 1.0 - p + p * np.log(np.maximum(p, 1e-300)),
        steepest=1.0,
    ),
}
"""sqrt: √a. log1p: ln(1 + a). saturating: a / (1 + a). cap: min(a, 1). certainty: 1 − e^−a."""
