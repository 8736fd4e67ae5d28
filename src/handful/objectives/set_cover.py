"""Set cover: as many elements as possible, each counted once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from handful.objectives._bind import feature_weights
from handful.objectives._concave import Concave, Rows
from handful.objectives._contract import Floats, Indices, View
from handful.objectives._curves import CURVES, Curve


@dataclass(frozen=True, eq=False)
class SetCover(Concave):
    """Cover as much weight as possible; row j covers the elements where its features are above 0.

        f(S) = Σ_u w_u·[some j ∈ S covers u]

    Monotone and submodular. Memory is linear in the nonzeros; a gain costs the row's nonzeros.

    Args:
        array: Name of the features, (n, L) ≥ 0, dense or CSR; None: the default.
        weights: (L,) ≥ 0, what each element is worth. None: ones.

    Example:
        >>> from handful.objectives import Arrays
        >>> view = Arrays({"tags": np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]])})
        >>> SetCover().value(view, [0, 1]), SetCover().value(view, [0, 2])
        (2.0, 3.0)

    Source: Nemhauser, Wolsey & Fisher 1978, section 1.
    """

    array: str | None = None
    weights: Any = None

    def value(self, view: View, subset: Indices) -> float:
        """The weight of the union."""
        rows, _, weights, _ = self.bind(view)
        covered = {u for j in subset for u in rows.entries(int(j))[0].tolist()}
        return float(np.sum(weights[sorted(covered)]))

    def bind(self, view: View) -> tuple[Rows, Curve, Floats, Floats | None]:
        """Whatever is above 0 counts 1."""
        rows = Rows.of(view.array(self.array), "SetCover")
        rows = replace(rows, amount=np.ones_like(rows.amount))
        weights = feature_weights(self.weights, rows.features, "SetCover")
        return rows, CURVES["cap"], weights, None
