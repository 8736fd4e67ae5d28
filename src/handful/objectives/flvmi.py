"""Targeted facility location: serve the pool, each row as far as the target cares for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from handful.graphs._contract import Pairs
from handful.objectives._bind import pool_pairs, target_peaks
from handful.objectives._contract import View
from handful.objectives._service import Bounds, Service
from handful.parameters import parameter


@dataclass(frozen=True, eq=False)
class FLVMI(Service):
    """Give every row a pick that stands close to it, counted no further than the target stands to it.

        f(S) = Σ_i min(max_{j ∈ S} s_ij, η·max_{q ∈ Q} s_iq)

    The mutual information of facility location between S and the target Q. Monotone and submodular
    while s ≥ 0. Costs as facility location, and n·q·d once.

    Args:
        array: Name of the features; None: the default.
        similarity: A name, an (n, n) array or CSR matrix, or a function of two blocks.
        target_similarity: A (q, n) array or CSR matrix; None: as `similarity`.
        relevance: η ≥ 0: larger lets rows count that the target cares for less.

    Example:
        >>> from handful.objectives import Arrays
        >>> f = FLVMI(similarity=[[1.0, 0.5], [0.5, 1.0]], target_similarity=[[0.8, 0.0]])
        >>> f.value(Arrays(rows=2), [0]), f.value(Arrays(rows=2), [1])
        (0.8, 0.5)

    Source: Kothawade et al. 2022, PRISM, table 1 (FLVMI).
    """

    array: str | None = None
    similarity: Any = "clipped_cosine"
    target_similarity: Any = None
    relevance: float = parameter(1.0, "η: how far the target's care reaches.", low=0)

    def bind(self, view: View) -> tuple[Pairs, Bounds]:
        """high_i = η·max_q s_qi."""
        made = pool_pairs(view, self.similarity, self.array, held=False)
        peaks = target_peaks(view, self.similarity, self.target_similarity, self.array, "FLVMI")
        return made, Bounds(np.zeros(view.n), self.relevance * peaks)
