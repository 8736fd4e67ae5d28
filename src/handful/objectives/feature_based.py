"""Feature-based: much of every feature, with less and less return for more of the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from handful.objectives._bind import feature_weights
from handful.objectives._concave import Concave, Rows
from handful.objectives._contract import Floats, Indices, View
from handful.objectives._curves import CURVES, Curve
from handful.parameters import parameter


@dataclass(frozen=True, eq=False)
class FeatureBased(Concave):
    """Cover every feature, the first mentions counting most.

        f(S) = Σ_u w_u·φ(Σ_{j ∈ S} x_ju),    φ(a) = √a, ln(1 + a) or a / (1 + a)

    Monotone and submodular for x ≥ 0; a negative entry is refused, or its size becomes a feature of its own.
    The choice for large sparse pools: memory is linear, and a gain costs the row's nonzeros.

    Args:
        array: Name of the features, (n, L) ≥ 0, dense or CSR; None: the default.
        curve: "sqrt", "log1p" or "saturating".
        weights: (L,) ≥ 0, how much each feature matters. None: ones.
        signed: "refused", or "split": (n, 2·L), the positive parts and then the negative ones.

    Example:
        >>> from handful.objectives import Arrays
        >>> view = Arrays({"words": np.array([[4.0, 0.0], [5.0, 0.0], [0.0, 4.0]])})
        >>> f = FeatureBased()
        >>> f.value(view, [0, 1]), f.value(view, [0, 2])
        (3.0, 4.0)
        >>> FeatureBased(signed="split").value(Arrays({"x": np.array([[4.0], [-9.0]])}), [0, 1])
        5.0

    Source: Wei, Iyer & Bilmes 2014, Fast multi-stage submodular maximization, section 4.
    """

    array: str | None = None
    curve: str = parameter("sqrt", "How less more counts.", choices=("sqrt", "log1p", "saturating"))
    weights: Any = None
    signed: str = parameter(
        "refused", "Features below 0: refused, or split by sign.", choices=("refused", "split")
    )

    def value(self, view: View, subset: Indices) -> float:
        """Σ_u w_u·φ(a_u)."""
        rows, curve, weights, _ = self.bind(view)
        have = np.zeros(rows.features)
        for j in subset:
            feature, amount = rows.entries(int(j))
            have[feature] += amount
        return float(np.sum(weights * curve.value(have)))

    def bind(self, view: View) -> tuple[Rows, Curve, Floats, Floats | None]:
        """The features as they are, or those above 0 and the sizes of those below side by side."""
        features = view.array(self.array)
        if self.signed == "split":
            made = sparse.csr_array(features, dtype=np.float64)
            features = sparse.hstack([made.maximum(0), (-made).maximum(0)], format="csr")
        rows = Rows.of(features, "FeatureBased")
        weights = feature_weights(self.weights, rows.features, "FeatureBased")
        return rows, CURVES[self.curve], weights, None
