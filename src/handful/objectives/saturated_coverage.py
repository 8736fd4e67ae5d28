"""Saturated coverage: every row of the pool is near enough to the picks as a whole."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from handful.graphs._contract import Pairs
from handful.graphs.similarity import total
from handful.graphs.tiles import tile_blocks
from handful.objectives._bind import pool_pairs, refuse_signed
from handful.objectives._contract import Facts, Floats, Indices, Majorants, Objective, View
from handful.objectives._prices import ROUNDING
from handful.parameters import parameter


@dataclass(eq=False)
class State:
    """Where a run stands.

    Args:
        pairs: Similarities.
        caps: (n,) α·T_i, at which row i has enough.
        have: (n,) Σ_{j ∈ S} s_ij.
        subset: S, in the order picked.
    """

    pairs: Pairs
    caps: Floats
    have: Floats
    subset: tuple[int, ...] = ()

    @property
    def room(self) -> Floats:
        """(n,) what each row can still use."""
        return np.maximum(self.caps - self.have, 0.0)


@dataclass(frozen=True, eq=False)
class SaturatedCoverage(Objective):
    """Bring every row of the pool near to the picks, up to a share of all it is near to.

        f(S) = Σ_i min(Σ_{j ∈ S} s_ij, α·T_i),    T_i = Σ_{j ∈ V} s_ij

    Monotone and submodular while s ≥ 0; a negative similarity is refused. One sweep of gains costs
    O(n·m·d); memory is O(n) beyond the current block. T costs one pass over all pairs.

    Args:
        array: Name of the features; None: the default.
        similarity: A name, an (n, n) array or CSR matrix, or a function of two blocks.
        saturation: α in (0, 1]: the share of T_i that is enough. At 1 the objective is modular.

    Example:
        >>> from handful.objectives import Arrays
        >>> f = SaturatedCoverage(similarity=[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]], saturation=0.5)
        >>> view = Arrays(rows=3)
        >>> f.value(view, [0]), f.value(view, [0, 1]), f.value(view, [0, 2])
        (2.0, 2.0, 2.5)

    Source: Lin & Bilmes 2011, A class of submodular functions for document summarization, eq. 4.
    """

    array: str | None = None
    similarity: Any = "clipped_cosine"
    saturation: float = parameter(
        0.1, "α: the share of a row's total that is enough.", low=0, high=1
    )

    facts: ClassVar[Facts] = Facts(
        monotone=True, submodular=True, exact_gains=False, removable=True, majorized=True
    )

    def value(self, view: View, subset: Indices) -> float:
        """The sum, as written."""
        made = pool_pairs(view, self.similarity, self.array)
        have = total(made, subset)
        return float(np.sum(np.minimum(have, self.saturation * _row_totals(made))))

    def start(self, view: View) -> State:
        """All T_i, in one pass over all pairs."""
        made = pool_pairs(view, self.similarity, self.array)
        refuse_signed(made, "SaturatedCoverage")
        return State(made, self.saturation * _row_totals(made), np.zeros(view.n))

    def gains(self, state: State, candidates: Indices) -> Floats:
        """Σ_i min(s_ij, what row i can still use)."""
        return state.pairs.sums(candidates, np.zeros(len(state.have)), state.room)

    def error(self, state: State, candidates: Indices, gains: Floats) -> Floats:
        """A similarity may be off by `pairs.error` in each row that is not full; sums by rounding."""
        loose = state.pairs.error * np.count_nonzero(state.room)
        return loose + state.pairs.rounding * gains

    def exact(self, state: State, candidates: Indices) -> Floats:
        """The same sums over `Pairs.column`, in the order of rows."""
        room, out = state.room, np.empty(len(candidates))
        for place, j in enumerate(candidates.tolist()):
            rows, similar = state.pairs.column(j)
            out[place] = np.sum(np.minimum(similar, room[rows]))
        return out

    def add(self, state: State, index: int) -> State:
        """Add the pick's similarities. O(n·d)."""
        rows, similar = state.pairs.column(index)
        state.have[rows] += similar
        state.subset = (*state.subset, index)
        return state

    def copy(self, state: State) -> State:
        """Only what the picks changed."""
        return dataclasses.replace(state, have=state.have.copy())

    def remove(self, state: State, index: int) -> State:
        """Sum anew over the picks left, so that nothing drifts. O(n·k·d)."""
        fresh = dataclasses.replace(state, have=np.zeros_like(state.have), subset=())
        for j in state.subset:
            if j != index:
                fresh = self.add(fresh, j)
        return fresh

    def majorants(self, state: State) -> Majorants:
        """Prices λ_i for row i to have enough; see `RowPrices`."""
        return RowPrices(state)


class RowPrices(Majorants):
    """A price λ_i for row i to have enough, 0 ≤ λ_i ≤ cap_i: it has for that, or the picks pay.

        f(S) ≤ Σ_i λ_i + Σ_{j ∈ S} Σ_i (1 − λ_i/cap_i)·min(s_ij, cap_i)

    The line from (0, λ_i) to (cap_i, cap_i) lies above min(·, cap_i), and no pick alone fills more than
    cap_i. See `FeaturePrices`, whose φ is a cap here.
    """

    def __init__(self, state: State) -> None:
        self.pairs, self.caps = state.pairs, state.caps
        self.candidates = np.arange(self.pairs.shape[1])
        self._safe = np.where(self.caps > 0, self.caps, 1.0)

    def box(self) -> tuple[Floats, Floats]:
        """From 0 to the caps."""
        return np.zeros(len(self.caps)), self.caps

    def tangent(self, subset: Indices) -> Floats:
        """0 where the subset leaves room, else the cap."""
        have = total(self.pairs, subset)
        return np.where(have < self.caps, 0.0, self.caps)

    def at(self, theta: Floats) -> tuple[float, Floats]:
        """One sweep; a similarity may be `error` higher than its tile says."""
        share, zeros = 1.0 - theta / self._safe, np.zeros(len(theta))
        weights = self.pairs.sums(self.candidates, zeros, self.caps, share)
        weights *= 1 + self.pairs.rounding
        weights += self.pairs.error * float(share.sum())
        return float(np.sum(theta)) * (1 + ROUNDING), weights * (1 + ROUNDING)

    def slope(self, theta: Floats, subset: Indices) -> Floats:
        """1 − Σ_{j ∈ S} min(s_ij / cap_i, 1)."""
        return 1.0 - total(self.pairs, subset, self.caps) / self._safe


def _row_totals(made: Pairs) -> Floats:
    """(n,) T_i = Σ_j s_ij."""
    if made.symmetric:
        return made.totals()
    every, out = np.arange(made.shape[1]), np.zeros(made.shape[0])
    for rows in tile_blocks(len(out)):
        out[rows] = made.tile(rows, every).sum(axis=1, dtype=np.float64)
    return out
