"""Targeted, conditional facility location: what the target cares for and is not yet owned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from handful.graphs._contract import Pairs
from handful.objectives._bind import given_peaks, pool_pairs, target_peaks
from handful.objectives._contract import View
from handful.objectives._service import Bounds, Service
from handful.parameters import parameter


@dataclass(frozen=True, eq=False)
class FLCMI(Service):
    """Serve every row as far as the target cares for it, beyond what is already owned.

        f(S) = Σ_i (min(max_{j ∈ S} s_ij, η·max_{q ∈ Q} s_iq) − ν·max_{p ∈ P} s_ip)⁺

    Monotone and submodular while s ≥ 0. Costs as facility location, and n·(q + p)·d once.

    Args:
        array: Name of the features; None: the default.
        similarity: A name, an (n, n) array or CSR matrix, or a function of two blocks.
        target_similarity: A (q, n) array or CSR matrix; None: as `similarity`.
        given_similarity: A (p, n) array or CSR matrix; None: as `similarity`.
        relevance: η ≥ 0: larger lets rows count that the target cares for less.
        hardness: ν ≥ 0: how strictly what is owned counts.

    Example:
        >>> from handful.objectives import Arrays
        >>> near = [[1.0, 0.0], [0.0, 1.0]]
        >>> f = FLCMI(similarity=near, target_similarity=[[0.5, 0.5]], given_similarity=[[0.25, 0.0]])
        >>> f.value(Arrays(rows=2), [0]), f.value(Arrays(rows=2), [1])
        (0.25, 0.5)

    Source: Kothawade et al. 2022, PRISM, table 1 (FLCMI).
    """

    array: str | None = None
    similarity: Any = "clipped_cosine"
    target_similarity: Any = None
    given_similarity: Any = None
    relevance: float = parameter(1.0, "η: how far the target's care reaches.", low=0)
    hardness: float = parameter(1.0, "ν: how strictly what is owned counts.", low=0)

    def bind(self, view: View) -> tuple[Pairs, Bounds]:
        """low_i = ν·max_p s_pi and high_i = η·max_q s_qi."""
        made = pool_pairs(view, self.similarity, self.array, held=False)
        high = target_peaks(view, self.similarity, self.target_similarity, self.array, "FLCMI")
        low = given_peaks(view, self.similarity, self.given_similarity, self.array, "FLCMI")
        return made, Bounds(self.hardness * low, self.relevance * high)
