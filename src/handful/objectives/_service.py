"""Facility location and its targeted and conditional forms: one sum, four ways to bound it.

    f(S) = Σ_i w_i · (min(max_{j ∈ S} s_ij, high_i) − low_i)⁺

with low = 0, high = ∞ for facility location; high_i = η·max_Q s_iq for FLVMI; low_i = ν·max_P s_ip
for FLCG; both for FLCMI. All are monotone and submodular while s ≥ 0, and one state serves them.

Source: Kothawade et al. 2022, PRISM: A rich class of parameterized submodular information measures.
"""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from handful.graphs._contract import Pairs
from handful.graphs.feature_pairs import FeaturePairs
from handful.graphs.similarity import highest
from handful.objectives._bind import refuse_signed
from handful.objectives._contract import Facts, Floats, Indices, Majorants, Objective, View
from handful.objectives._exchanges import best_exchanges
from handful.objectives._prices import ServicePrices
from handful.objectives._tiled import TiledGains

ROUNDING = 2.0**-40
"""Relative error allowed for a float64 sum of up to a million terms ≥ 0; 4,000 times what it needs."""


@dataclass(frozen=True, eq=False)
class Bounds:
    """What row i may gain: from low_i up to high_i, w_i for each unit.

    Args:
        low: (n,) ≥ 0.
        high: (n,) ≥ low, or None for no limit.
        weights: (n,) ≥ 0, or None for ones.
    """

    low: Floats
    high: Floats | None = None
    weights: Floats | None = None


@dataclass(eq=False)
class State:
    """Where a run stands.

    Args:
        pairs: Similarity of every row to every candidate.
        bounds: As above.
        best: (n,) float64, max(low_i, min(high_i, max_{j ∈ S} s_ij)).
        subset: S, in the order picked.
        bonus: (m,) what each candidate is worth by itself besides (FLQMI); None: nothing.
        tiled: Keeps gains over features of a pool; None: each is summed anew.
        last: The candidate whose exact gain was asked for last, and what it would serve better.
    """

    pairs: Pairs
    bounds: Bounds
    best: Floats
    subset: list[int] = field(default_factory=list)
    bonus: Floats | None = None
    tiled: TiledGains | None = None
    last: tuple[int, Indices, Floats] | None = None

    @cached_property
    def itself(self) -> Floats:
        """(n,) s_ii ≥ 0, where estimates are asked for."""
        return self.pairs.diagonal()


class Service(Objective):
    """What the four have in common. One sweep of gains costs O(n·m·d); memory is O(n) beyond the block."""

    facts: ClassVar[Facts] = Facts(
        monotone=True,
        submodular=True,
        exact_gains=False,
        removable=True,
        majorized=True,
        exchangeable=True,
        estimable=True,
        all_pairs=True,
    )

    @abstractmethod
    def bind(self, view: View) -> tuple[Pairs, Bounds]:
        """The similarities and the bounds under this view."""

    def value(self, view: View, subset: Indices) -> float:
        """Σ_i w_i · (min(max_{j ∈ S} s_ij, high_i) − low_i)⁺, as written."""
        pairs, bounds = self.bind(view)
        best = highest(pairs, subset)
        if bounds.high is not None:
            best = np.minimum(best, bounds.high)
        return _weighted(np.maximum(best - bounds.low, 0.0), bounds.weights)

    def start(self, view: View) -> State:
        """Bind the similarities, and refuse one below 0."""
        pairs, bounds = self.bind(view)
        refuse_signed(pairs, type(self).__name__)
        state = State(pairs, bounds, bounds.low.copy())
        if isinstance(pairs, FeaturePairs) and pairs.symmetric:
            state.tiled = TiledGains(
                pairs,
                state.best,
                bounds.high,
                bounds.weights,
                threads=view.threads,
                memory_bytes=view.memory_bytes,
            )
        return state

    def gains(self, state: State, candidates: Indices) -> Floats:
        """Σ_i w_i · (min(s_ij, high_i) − best_i)⁺ for each candidate."""
        if state.tiled is not None:
            return state.tiled.gains(candidates)
        return state.pairs.sums(candidates, state.best, _room(state), state.bounds.weights)

    def error(self, state: State, candidates: Indices, gains: Floats) -> Floats:
        """Each similarity may be off by `pairs.error`, and each sum by rounding."""
        if state.tiled is not None:
            return state.tiled.errors(candidates) + ROUNDING * gains
        weights = state.bounds.weights
        total = float(len(state.best) if weights is None else weights.sum())
        return state.pairs.error * total + state.pairs.rounding * gains

    def estimates(
        self,
        state: State,
        candidates: Indices,
        rows: Indices | None,
        chances: Floats | None = None,
    ) -> tuple[Floats, Floats]:
        """Some terms of the sum, in float32 within a tile; what a candidate gives itself is known."""
        n = len(state.best)
        ones = np.ones(n) if state.bounds.weights is None else state.bounds.weights
        weights = ones
        if rows is not None:
            chances = np.full(len(rows), len(rows) / n) if chances is None else chances
            weights = ones * np.bincount(rows, 1.0 / chances, minlength=n)
            rows = np.flatnonzero(weights)
        if state.tiled is not None:
            gains, off = state.tiled.over(rows, candidates, weights)
        else:
            gains = state.pairs.sums(candidates, state.best, _room(state), weights)
            off = state.pairs.error * float(weights.sum()) + state.pairs.rounding * gains
        if rows is not None:
            own = _capped(state, state.itself)[candidates] - state.best[candidates]
            gains = gains + (ones - weights)[candidates] * np.maximum(own, 0.0)
        return gains, off

    def rooms(self, state: State) -> Floats:
        """w_i · (min(√(s_ii · max_j s_jj), high_i) − best_i)⁺: by Cauchy and Schwarz where s is a product."""
        most = np.sqrt(state.itself * state.itself.max(initial=0.0))
        rooms = np.maximum(_capped(state, most) - state.best, 0.0)
        return rooms if state.bounds.weights is None else rooms * state.bounds.weights

    def exact(self, state: State, candidates: Indices) -> Floats:
        """The same sums over `Pairs.column`, in the order of rows."""
        return np.array([self._gain(state, int(j)) for j in candidates], np.float64)

    def _gain(self, state: State, j: int) -> float:
        rows, served = _better(state, j)
        state.last, weights = (j, rows, served), state.bounds.weights
        return _weighted(served - state.best[rows], None if weights is None else weights[rows])

    def add(self, state: State, index: int) -> State:
        """Raise the bests of the rows the pick serves. O(n·d)."""
        rows, served = _better(state, index)
        state.best[rows] = served
        state.subset.append(index)
        state.last = None
        if state.tiled is not None:
            state.tiled.raised()
        return state

    def together(self, states: Sequence[State], candidates: Indices) -> None:
        """The similarities are shared, where they are not held: n·m·d once, and n·m for each state."""
        tiled = [state.tiled for state in states if state.tiled is not None]
        if tiled:
            tiled[0].together(tiled, candidates)

    def copy(self, state: State) -> State:
        """The similarities are shared; the bests are not."""
        return _at(state, state.best.copy(), list(state.subset))

    def remove(self, state: State, index: int) -> State:
        """Serve anew the rows it served, by the picks left. O(n·d), and k·d for each such row."""
        rows, similar = state.pairs.column(index)
        if state.bounds.high is not None:
            similar = np.minimum(similar, state.bounds.high[rows])
        lost = rows[(similar >= state.best[rows]) & (similar > state.bounds.low[rows])]
        left, best = [j for j in state.subset if j != index], state.best.copy()
        best[lost] = np.maximum(state.bounds.low[lost], _served_by(state.pairs, lost, left))
        if state.bounds.high is not None:
            best[lost] = np.minimum(
                best[lost], np.maximum(state.bounds.high, state.bounds.low)[lost]
            )
        return _at(state, best, left)

    def exchanges(self, state: State, candidates: Indices, threads: int) -> tuple[Indices, Floats]:
        """One sweep; see `_exchanges`."""
        return best_exchanges(state, candidates, threads)

    def majorants(self, state: State) -> Majorants:
        """Prices λ_i of serving row i; see `ServicePrices`."""
        return ServicePrices(state)


def _at(state: State, best: Floats, subset: list[int]) -> State:
    tiled = None if state.tiled is None else state.tiled.of(best)
    return dataclasses.replace(state, best=best, subset=subset, tiled=tiled, last=None)


def _better(state: State, j: int) -> tuple[Indices, Floats]:
    """The rows that candidate j serves better than they are served, and what they then have."""
    if state.last is not None and state.last[0] == j:
        return state.last[1:]
    rows, served = state.pairs.column(j) if state.tiled is None else state.tiled.above(j)
    if state.bounds.high is not None:
        served = np.minimum(served, state.bounds.high[rows])
    better = served > state.best[rows]
    return rows[better], served[better]


def _served_by(made: Pairs, rows: Indices, picks: list[int]) -> Floats:
    """The largest similarity of some rows to some picks, of the bits of `Pairs.column`; 0 where none is above."""
    best = np.zeros(len(rows))
    if isinstance(made, FeaturePairs):
        for at in range(0, len(rows) if picks else 0, 256):
            some = rows[at : at + 256]
            near = made.at(np.repeat(some, len(picks)), np.tile(np.array(picks), len(some)))
            best[at : at + 256] = near.reshape(len(some), len(picks)).max(axis=1)
        return np.maximum(best, 0.0)
    place = np.full(made.shape[0], -1)
    place[rows] = np.arange(len(rows))
    for j in picks:
        served, similar = made.column(j)
        here = place[served] >= 0
        some = place[served[here]]
        best[some] = np.maximum(best[some], similar[here])
    return best


def _room(state: State) -> Floats | None:
    if state.bounds.high is None:
        return None
    return np.maximum(state.bounds.high - state.best, 0.0)


def _capped(state: State, similar: Floats) -> Floats:
    return similar if state.bounds.high is None else np.minimum(similar, state.bounds.high)


def _weighted(values: Floats, weights: Floats | None) -> float:
    return float(np.sum(values if weights is None else values * weights))
