"""Conditional facility location: serve the pool where what is already owned does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from handful.graphs._contract import Pairs
from handful.objectives._bind import given_peaks, pool_pairs
from handful.objectives._contract import View
from handful.objectives._service import Bounds, Service
from handful.parameters import parameter


@dataclass(frozen=True, eq=False)
class FLCG(Service):
    """Give every row a pick closer to it than what is already owned.

        f(S) = Σ_i (max_{j ∈ S} s_ij − ν·max_{p ∈ P} s_ip)⁺

    The gain of facility location on top of the rows P already owned. Monotone and submodular while
    s ≥ 0. Costs as facility location, and n·p·d once.

    Args:
        array: Name of the features; None: the default.
        similarity: A name, an (n, n) array or CSR matrix, or a function of two blocks.
        given_similarity: A (p, n) array or CSR matrix; None: as `similarity`.
        hardness: ν ≥ 0: how strictly what is owned counts.

    Example:
        >>> from handful.objectives import Arrays
        >>> f = FLCG(similarity=[[1.0, 0.0], [0.0, 1.0]], given_similarity=[[0.75, 0.0]])
        >>> f.value(Arrays(rows=2), [0]), f.value(Arrays(rows=2), [1])
        (0.25, 1.0)

    Source: Kothawade et al. 2022, PRISM, table 1 (FLCG).
    """

    array: str | None = None
    similarity: Any = "clipped_cosine"
    given_similarity: Any = None
    hardness: float = parameter(1.0, "ν: how strictly what is owned counts.", low=0)

    def bind(self, view: View) -> tuple[Pairs, Bounds]:
        """low_i = ν·max_p s_pi."""
        made = pool_pairs(view, self.similarity, self.array, held=False)
        peaks = given_peaks(view, self.similarity, self.given_similarity, self.array, "FLCG")
        return made, Bounds(self.hardness * peaks)
