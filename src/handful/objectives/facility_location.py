"""Facility location: every row of the pool has a pick that stands close to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from handful.graphs._contract import Pairs
from handful.objectives._bind import pool_pairs, row_weights
from handful.objectives._contract import View
from handful.objectives._service import Bounds, Service


@dataclass(frozen=True, eq=False)
class FacilityLocation(Service):
    """Give every row of the pool one pick that stands close to it.

        f(S) = Σ_i w_i · max_{j ∈ S} s_ij,    f(∅) = 0

    Monotone and submodular while s ≥ 0; negative similarities are refused, not clipped.
    One sweep of gains costs O(n·m·d); memory is O(n) beyond the current block.

    Args:
        array: Name of the features; None: the default.
        similarity: A name, an (n, n) array or CSR matrix, or a function of two blocks.
        weights: (n,) ≥ 0, or the name of a score: how much each row deserves to be served. None: ones.

    Example:
        >>> from handful.objectives import Arrays
        >>> view = Arrays(rows=2)
        >>> f = FacilityLocation(similarity=[[1.0, 0.5], [0.5, 1.0]])
        >>> f.value(view, [0]), f.value(view, [0, 1])
        (1.5, 2.0)

    Source: Cornuéjols, Fisher & Nemhauser 1977, Location of bank accounts, eq. 1.
    """

    array: str | None = None
    similarity: Any = "clipped_cosine"
    weights: Any = None

    def bind(self, view: View) -> tuple[Pairs, Bounds]:
        """All pairs of the pool; nothing is served beforehand."""
        made = pool_pairs(view, self.similarity, self.array, held=False)
        return made, Bounds(
            np.zeros(view.n), None, row_weights(view, self.weights, "FacilityLocation")
        )
