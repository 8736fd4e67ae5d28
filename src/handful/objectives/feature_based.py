"""Feature-based: much of every feature, with less and less return for more of the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from handful.objectives._bind import feature_weights
from handful.objectives._concave import Concave, Rows
from handful.objectives._contract import Floats, Indices, View
from handful.objectives._curves import CURVES, Curve
from handful.parameters import parameter


@dataclass(frozen=True, eq=False)
class FeatureBased(Concave):
    """Cover every feature, the first mentions counting most.

        f(S) = Σ_u w_u·φ(Σ_{j ∈ S} x_ju),    φ(a) = √a, ln(1 + a) or a / (1 + a)

    Monotone and submodular for x ≥ 0; a negative entry is refused. The choice for large sparse pools:
    memory is linear, and a gain costs the row's nonzeros.

    Args:
        array: Name of the features, (n, L) ≥ 0, dense or CSR; None: the default.
        curve: "sqrt", "log1p" or "saturating".
        weights: (L,) ≥ 0, how much each feature matters. None: ones.

    Example:
        >>> from handful.objectives import Arrays
        >>> view = Arrays({"words": np.array([[4.0, 0.0], [5.0, 0.0], [0.0, 4.0]])})
        >>> f = FeatureBased()
        >>> f.value(view, [0, 1]), f.value(view, [0, 2])
        (3.0, 4.0)

    Source: Wei, Iyer & Bilmes 2014, Fast multi-stage submodular maximization, section 4.
    """

    array: str | None = None
    curve: str = parameter("sqrt", "How less more counts.", choices=("sqrt", "log1p", "saturating"))
    weights: Any = None

    def value(self, view: View, subset: Indices) -> float:
        """Σ_u w_u·φ(a_u)."""
        rows, curve, weights, _ = self.bind(view)
        have = np.zeros(rows.features)
        for j in subset:
            feature, amount = rows.entries(int(j))
            have[feature] += amount
        return float(np.sum(weights * curve.value(have)))

    def bind(self, view: View) -> tuple[Rows, Curve, Floats, Floats | None]:
        """The features as they are."""
        rows = Rows.of(view.array(self.array), "FeatureBased")
        weights = feature_weights(self.weights, rows.features, "FeatureBased")
        return rows, CURVES[self.curve], weights, None
