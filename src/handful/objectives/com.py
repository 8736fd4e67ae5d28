"""Concave over modular: much of every target row, with less return for more of the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from handful.objectives._bind import refuse_signed, target_pairs
from handful.objectives._concave import Concave, Rows
from handful.objectives._contract import Floats, Indices, View
from handful.objectives._curves import CURVES, Curve
from handful.parameters import parameter


@dataclass(frozen=True, eq=False)
class COM(Concave):
    """Bring every target row near to the picks as a whole, and every pick near to the target.

        f(S) = η·Σ_{j ∈ S} ψ(Σ_{q ∈ Q} s_qj) + Σ_{q ∈ Q} ψ(Σ_{j ∈ S} s_qj),    ψ(a) = √a, ln(1 + a), …

    Monotone and submodular while s ≥ 0. Holds the (n, q) similarities above 0, 16 bytes each; a gain
    costs O(q).

    Args:
        array: Name of the features; None: the default.
        similarity: A name, a (q, n) array or CSR matrix, or a function of two blocks.
        curve: ψ: "sqrt", "log1p" or "saturating".
        relevance: η ≥ 0: how much a pick's own closeness to the target counts.

    Example:
        >>> from handful.objectives import Arrays
        >>> f = COM(similarity=[[4.0, 4.0, 0.0], [0.0, 0.0, 4.0]])
        >>> round(f.value(Arrays(rows=3), [0, 1]), 2), f.value(Arrays(rows=3), [0, 2])
        (6.83, 8.0)

    Source: Kothawade et al. 2022, PRISM, table 1 (COM).
    """

    array: str | None = None
    similarity: Any = "clipped_cosine"
    curve: str = parameter("sqrt", "How less more counts.", choices=("sqrt", "log1p", "saturating"))
    relevance: float = parameter(1.0, "η: how much a pick's own closeness counts.", low=0)

    def value(self, view: View, subset: Indices) -> float:
        """The two sums, as written."""
        made, curve = target_pairs(view, self.similarity, self.array), CURVES[self.curve].value
        near = np.zeros(made.shape[0])
        own = 0.0
        for j in subset:
            rows, similar = made.column(int(j))
            near[rows] += similar
            own += float(curve(similar.sum()))
        return self.relevance * own + float(np.sum(curve(near)))

    def bind(self, view: View) -> tuple[Rows, Curve, Floats, Floats | None]:
        """Row j adds s_qj to target row q, and is worth η·ψ(Σ_q s_qj) by itself."""
        made, curve = target_pairs(view, self.similarity, self.array), CURVES[self.curve]
        refuse_signed(made, "COM")
        columns = [made.column(j) for j in range(view.n)]
        kept = [(rows[similar > 0], similar[similar > 0]) for rows, similar in columns]
        start = np.concatenate([[0], np.cumsum([len(rows) for rows, _ in kept])])
        own = np.array([similar.sum() for _, similar in columns], np.float64)
        rows = Rows(
            start.astype(np.int64),
            np.concatenate([np.zeros(0, np.int64), *(rows for rows, _ in kept)]),
            np.concatenate([np.zeros(0), *(similar for _, similar in kept)]),
            made.shape[0],
        )
        return rows, curve, np.ones(made.shape[0]), self.relevance * curve.value(own)
