"""Graph cut: rows that stand for many, less what the picks say twice."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from handful import errors
from handful.graphs.similarity import Pairs
from handful.objectives._bind import pool_pairs
from handful.objectives._contract import (
    Arrays,
    Counterexample,
    Facts,
    Floats,
    Indices,
    Objective,
    View,
)
from handful.parameters import parameter


@dataclass(eq=False)
class State:
    """Where a run stands.

    Args:
        pairs: Similarities, symmetric.
        totals: (n,) T_j = Σ_i s_ij, within `slack` of the exact sums.
        exact_totals: T_j summed in a fixed order, for the rows where that was needed.
        own: (n,) s_jj.
        near: (n,) Σ_{i ∈ S} s_ij.
        subset: S, in the order picked.
    """

    pairs: Pairs
    totals: Floats
    exact_totals: dict[int, float]
    own: Floats
    near: Floats
    subset: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class GraphCut(Objective):
    """Want rows like the whole pool and unlike each other.

        f(S) = Σ_{i ∈ V, j ∈ S} s_ij − λ·Σ_{i, j ∈ S} s_ij,    f(∅) = 0

    Submodular while s ≥ 0 and symmetric, which are required; monotone while λ ≤ ½. Gains are kept up to
    date: n²·d once, then O(n·d) a pick. Memory is O(n) beyond the current block.

    Args:
        array: Name of the features; None: the default.
        similarity: A name, an (n, n) array or CSR matrix, or a function of two blocks; symmetric.
        trade_off: λ ≥ 0, how much picks alike cost. Some libraries weigh the first sum instead: theirs
            with weight c is this with λ = 1/c.

    Example:
        >>> view = Arrays(rows=3)
        >>> s = [[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]]
        >>> f = GraphCut(similarity=s)
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
        return Facts(
            monotone=self.trade_off <= 0.5,
            submodular=True,
            modular=self.trade_off == 0,
            exact_gains=False,
            kept_gains=True,
            removable=True,
        )

    @property
    def counterexamples(self) -> dict[str, Counterexample]:
        """Above ½, the last of enough equal rows costs more than it gives: n < λ·(2n − 1)."""
        if self.trade_off <= 0.5:
            return {}
        n = int(self.trade_off / (2 * self.trade_off - 1)) + 1
        equal = Arrays({"x": np.ones((n, 1), np.float32)})
        return {"monotone": Counterexample(equal, (), tuple(range(n - 1)), n - 1)}

    def value(self, view: View, subset: Indices) -> float:
        """The two sums, as written."""
        made, total = pool_pairs(view, self.similarity, self.array), 0.0
        for j in subset:
            rows, similar = made.column(int(j))
            total += float(similar.sum())
            total -= self.trade_off * float(similar[np.isin(rows, subset)].sum())
        return total

    def start(self, view: View) -> State:
        """All T_j, in one pass over all pairs."""
        made = pool_pairs(view, self.similarity, self.array)
        refuse_signed(made, "GraphCut")
        if not made.symmetric:
            raise errors.asymmetric_similarity("GraphCut")
        return State(made, made.totals(), {}, made.diagonal(), np.zeros(view.n))

    def gains(self, state: State, candidates: Indices) -> Floats:
        """T_j − λ·(2·Σ_{i ∈ S} s_ij + s_jj)."""
        return self._gains(state, candidates, state.totals[candidates])

    def error(self, state: State, candidates: Indices, gains: Floats) -> Floats:
        """That of T_j: the rounding of n·d float64 products."""
        return 2.0**-44 * state.totals[candidates]

    def exact(self, state: State, candidates: Indices) -> Floats:
        """The same, from T_j summed in a fixed order."""
        for j in candidates.tolist():
            if j not in state.exact_totals:
                state.exact_totals[j] = float(state.pairs.column(j)[1].sum())
        totals = np.array([state.exact_totals[j] for j in candidates.tolist()])
        return self._gains(state, candidates, totals)

    def _gains(self, state: State, candidates: Indices, totals: Floats) -> Floats:
        alike = 2.0 * state.near[candidates] + state.own[candidates]
        return totals - self.trade_off * alike

    def add(self, state: State, index: int) -> State:
        """Add the pick's similarities. O(n·d)."""
        rows, similar = state.pairs.column(index)
        state.near[rows] += similar
        state.subset = (*state.subset, index)
        return state

    def copy(self, state: State) -> State:
        """Only what the picks changed."""
        return dataclasses.replace(state, near=state.near.copy())

    def remove(self, state: State, index: int) -> State:
        """Sum anew over the picks left, so that nothing drifts. O(n·k·d)."""
        left = [j for j in state.subset if j != index]
        fresh = dataclasses.replace(state, near=np.zeros_like(state.near), subset=())
        for j in left:
            fresh = self.add(fresh, j)
        return fresh


def refuse_signed(made: Pairs, objective: str) -> None:
    """Refuse a similarity below 0, naming it."""
    negative = made.first_negative()
    if negative is not None:
        raise errors.negative_similarity(*negative, objective)
