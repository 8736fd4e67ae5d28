"""Conditional graph cut: like the pool, unlike each other and unlike what is already owned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from handful.objectives._bind import given_pairs, pool_pairs
from handful.objectives._contract import Arrays, Counterexample, Facts, View
from handful.objectives._cut import Cut, Terms
from handful.objectives.graph_cut import GraphCut, cut_facts
from handful.parameters import parameter


@dataclass(frozen=True, eq=False)
class GCCG(Cut):
    """Want rows like the whole pool, unlike each other, and unlike the rows P already owned.

        f(S) = Σ_{i ∈ V, j ∈ S} s_ij − λ·Σ_{i, j ∈ S} s_ij − 2λν·Σ_{j ∈ S, p ∈ P} s_pj

    The gain of graph cut on top of P. Submodular while s ≥ 0 and symmetric; not monotone, for what is
    owned only costs. Costs as graph cut, and O(n·p·d) once.

    Args:
        array: Name of the features; None: the default.
        similarity: A name, an (n, n) array or CSR matrix, or a function of two blocks; symmetric.
        given_similarity: A (p, n) array or CSR matrix; None: as `similarity`.
        trade_off: λ ≥ 0, how much picks alike cost.
        hardness: ν ≥ 0: how strictly what is owned counts.

    Example:
        >>> f = GCCG(similarity=[[1.0, 0.5], [0.5, 1.0]], given_similarity=[[1.0, 0.0]])
        >>> f.value(Arrays(rows=2), [0]), f.value(Arrays(rows=2), [1])
        (0.0, 1.0)

    Source: Kothawade et al. 2022, PRISM, table 1 (GCCG).
    """

    array: str | None = None
    similarity: Any = "clipped_cosine"
    given_similarity: Any = None
    trade_off: float = parameter(0.5, "λ: how much picks alike cost.", low=0)
    hardness: float = parameter(1.0, "ν: how strictly what is owned counts.", low=0)

    @property
    def facts(self) -> Facts:
        """Monotone only where what is owned costs nothing."""
        free = self.trade_off * self.hardness == 0
        return cut_facts(self.trade_off, free and self.trade_off <= 0.5)

    @property
    def counterexamples(self) -> dict[str, Counterexample]:
        """One row, owned already more often than it counts: 1 − λ < 2λν·p."""
        cost = 2 * self.trade_off * self.hardness
        if cost == 0:
            return GraphCut(trade_off=self.trade_off).counterexamples
        one, owned = np.ones((1, 1), np.float32), np.ones((int(1 / cost) + 1, 1), np.float32)
        return {"monotone": Counterexample(Arrays({"x": one}, given={"x": owned}), (), (), 0)}

    def bind(self, view: View) -> Terms:
        """All pairs of the pool, and of the pool with what is owned."""
        matrix = self.similarity if self.given_similarity is None else self.given_similarity
        return Terms(
            pool_pairs(view, self.similarity, self.array),
            self.trade_off,
            given_pairs(view, matrix, self.array),
            2.0 * self.trade_off * self.hardness,
        )
