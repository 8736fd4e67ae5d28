"""Probabilistic cover: each row covers each element with some chance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from handful import errors
from handful.objectives._bind import feature_weights
from handful.objectives._concave import Concave, Rows
from handful.objectives._contract import Floats, Indices, View
from handful.objectives._curves import CURVES, Curve
from handful.parameters import parameter


@dataclass(frozen=True, eq=False)
class ProbabilisticCover(Concave):
    """Cover as much weight as can be expected, row j covering element u with chance p_ju.

        f(S) = Σ_u w_u·(1 − Π_{j ∈ S} (1 − p_ju))

    Monotone and submodular. Memory is linear in the nonzeros; a gain costs the row's nonzeros.

    Args:
        array: Name of the chances p, (n, L) in [0, 1], or of counts, dense or CSR; None: the default.
        weights: (L,) ≥ 0, what each element is worth. None: ones.
        mention: Where features are counts c ≥ 0, the chance that one mention covers: p = 1 − (1 − mention)^c.
            0: features are chances.

    Example:
        >>> from handful.objectives import Arrays
        >>> view = Arrays({"chances": np.array([[0.5, 0.0], [0.5, 0.0], [0.0, 0.5]])})
        >>> ProbabilisticCover().value(view, [0, 1]), ProbabilisticCover().value(view, [0, 2])
        (0.75, 1.0)
        >>> counts = Arrays({"words": np.array([[2, 0], [1, 1]])})
        >>> ProbabilisticCover(mention=0.5).value(counts, [0]), ProbabilisticCover(mention=0.5).value(counts, [1])
        (0.75, 1.0)

    Source: El-Arini, Veda, Shahaf & Guestrin 2009, Turning down the noise in the blogosphere, eq. 2.
    """

    array: str | None = None
    weights: Any = None
    mention: float = parameter(
        0.0,
        "Where features are counts, the chance that one mention covers; 0: they are chances.",
        low=0,
        high=1,
    )

    def value(self, view: View, subset: Indices) -> float:
        """The product, as written."""
        rows = self._chances(view)
        missed = np.ones(rows.features)
        for j in subset:
            feature, chance = rows.entries(int(j))
            missed[feature] *= 1.0 - chance
        weights = feature_weights(self.weights, rows.features, "ProbabilisticCover")
        return float(np.sum(weights * (1.0 - missed)))

    def bind(self, view: View) -> tuple[Rows, Curve, Floats, Floats | None]:
        """−ln(1 − p) adds up where the chances of missing multiply."""
        rows = self._chances(view)
        with np.errstate(divide="ignore"):
            rows = replace(rows, amount=-np.log1p(-rows.amount))
        weights = feature_weights(self.weights, rows.features, "ProbabilisticCover")
        return rows, CURVES["certainty"], weights, None

    def _chances(self, view: View) -> Rows:
        rows = Rows.of(view.array(self.array), "ProbabilisticCover")
        if self.mention > 0:
            return replace(rows, amount=1.0 - (1.0 - self.mention) ** rows.amount)
        above = np.flatnonzero(rows.amount > 1.0)
        if len(above):
            row = int(np.searchsorted(rows.start, above[0], side="right")) - 1
            raise errors.not_a_chance(row, float(rows.amount[above[0]]))
        return rows
