"""Graph cut: rows that stand for many, less what the picks say twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from handful.objectives._bind import pool_pairs
from handful.objectives._contract import Arrays, Counterexample, Facts, View
from handful.objectives._cut import Cut, Terms
from handful.parameters import parameter


@dataclass(frozen=True, eq=False)
class GraphCut(Cut):
    """Want rows like the whole pool and unlike each other.

        f(S) = Σ_{i ∈ V, j ∈ S} s_ij − λ·Σ_{i, j ∈ S} s_ij,    f(∅) = 0

    Submodular while s ≥ 0 and symmetric, which are required; monotone while λ ≤ ½. Gains are kept up to
    date: O(n²·d) once, then O(n·d) a pick. Memory is O(n) beyond the current block.

    Args:
        array: Name of the features; None: the default.
        similarity: A name, an (n, n) array or CSR matrix, or a function of two blocks; symmetric.
        trade_off: λ ≥ 0, how much picks alike cost. Some libraries weigh the first sum instead: theirs
            with weight c is this with λ = 1/c.

    Example:
        >>> view = Arrays(rows=3)
        >>> f = GraphCut(similarity=[[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]])
        >>> f.value(view, [0]), f.value(view, [0, 1]), f.value(view, [0, 2])
        (1.0, 1.5, 1.5)

    Source: Iyer, Khargoankar, Bilmes & Asnani 2021, Submodular combinatorial information measures, table 1.
    """

    array: str | None = None
    similarity: Any = "clipped_cosine"
    trade_off: float = parameter(0.5, "λ: how much picks alike cost; monotone up to ½.", low=0)

    @property
    def facts(self) -> Facts:
        """Monotone up to λ = ½: then T_j pays for all that j may cost. Modular at λ = 0."""
        return cut_facts(self.trade_off, self.trade_off <= 0.5)

    @property
    def counterexamples(self) -> dict[str, Counterexample]:
        """Above ½, the last of enough equal rows costs more than it gives: n < λ·(2n − 1)."""
        if self.trade_off <= 0.5:
            return {}
        n = int(self.trade_off / (2 * self.trade_off - 1)) + 1
        equal = Arrays({"x": np.ones((n, 1), np.float32)})
        return {"monotone": Counterexample(equal, (), tuple(range(n - 1)), n - 1)}

    def bind(self, view: View) -> Terms:
        """All pairs of the pool."""
        return Terms(pool_pairs(view, self.similarity, self.array), self.trade_off)


def cut_facts(trade_off: float, monotone: bool) -> Facts:
    """What both forms claim."""
    return Facts(
        monotone=monotone,
        submodular=True,
        modular=trade_off == 0,
        exact_gains=False,
        kept_gains=True,
        removable=True,
    )
