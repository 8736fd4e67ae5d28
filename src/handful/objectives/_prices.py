"""Prices of serving rows: the modular functions that bound facility location and its kin from above.

Only pairs above a row's price count, and prices stay near what the picks give; so the pairs above a floor
under the prices are listed in one sweep, and from there on a step costs its lists.

What is listed, and what is swept where the pairs are too many, depends on the rows and the prices alone, and
every sum is of whole tiles in a fixed order: the bound is the same whatever the memory and the threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from handful.graphs.lists import PairLists
from handful.graphs.similarity import highest
from handful.graphs.tiles import each_pair_once, tile_blocks
from handful.objectives._contract import Floats, Indices, Majorants
from handful.objectives._sweep import sums_of_all
from handful.runtime.blas import one_blas_thread

if TYPE_CHECKING:
    from handful.graphs._contract import Singles
    from handful.objectives._service import State
    from handful.objectives._tiled import TiledGains

ROUNDING = 2.0**-40
"""Relative error allowed for a float64 sum of up to a million terms ≥ 0; 4,000 times what it needs."""

ENTRIES = 2**25
"""Pairs listed at most: 200 MB, which the plan of a method counts, for results may not depend on memory."""

SAMPLE = 2048
"""Candidates by which a row's floor is found."""


class ServicePrices(Majorants):
    """A price λ_i for serving row i, low ≤ λ ≤ high: it is served for that, or pays the rest to its pick.

        f(S) ≤ Σ_i w_i·(λ_i − low_i) + Σ_{j ∈ S} Σ_i w_i·(min(s_ij, high_i) − λ_i)⁺

    λ = the present bests gives the greedy bound; the best λ is the linear relaxation of k-median.

    Args:
        state: Of the picks, or of any subset; where gains are tiled, what its sweeps hold is given up for
            the lists.

    Source: Cornuéjols, Fisher & Nemhauser 1977, Location of bank accounts, section 3.
    """

    def __init__(self, state: State) -> None:
        self.state, self.pairs, self.bounds = state, state.pairs, state.bounds
        n, m = self.pairs.shape
        self.high = np.full(n, np.inf)
        if self.bounds.high is not None:
            self.high = np.maximum(self.bounds.high, self.bounds.low)
        self.weights = np.ones(n) if self.bounds.weights is None else self.bounds.weights
        self.candidates, self.by_gains = np.arange(m), state.tiled is not None
        self._above: Above | None = None
        self._walks = False

    def box(self) -> tuple[Floats, Floats]:
        """From what rows have without picks, or from the floor above which pairs are listed."""
        low = (
            self.bounds.low
        )  # below it a row that no pick serves would be paid for with less than nothing
        return low if self._above is None else np.maximum(self._above.floor, low), self.high

    def tangent(self, subset: Indices) -> Floats:
        """The bests of the subset."""
        if set(self.state.subset) == set(subset.tolist()):
            return np.array(self.state.best)
        best = np.minimum(highest(self.pairs, subset), self.high)
        return np.asarray(np.maximum(best, self.bounds.low))

    def at(self, theta: Floats) -> tuple[float, Floats]:
        """One sweep, or one pass over the lists. Similarities may be higher than their tiles say."""
        constant, tiled = float(np.sum(self.weights * (theta - self.bounds.low))), self.state.tiled
        if tiled is not None and not self._walks:
            tiled.give_up()
            self._walks, self._above = True, Above.of(tiled, theta)  # prices stay near the first
        if self._above is not None and (theta >= self._above.floor).all():
            weights = self._above.sums(theta, self.high, self.weights)
        elif tiled is not None:
            weights = np.add(*sums_of_all(tiled.sums, theta))
        else:
            low = theta - self.pairs.error
            room = None if self.bounds.high is None else self.high - low
            weights = self.pairs.sums(self.candidates, low, room, self.bounds.weights)
            weights *= 1 + self.pairs.rounding
        return constant * (1 + ROUNDING), weights * (1 + ROUNDING)

    def slope(self, theta: Floats, subset: Indices) -> Floats:
        """w_i·(1 − the number of picks of `subset` that row i pays)."""
        counts = self.pairs.counts if self._above is None else self._above.counts
        bar = np.where(self.high > theta, theta, np.inf)
        return self.weights * (1.0 - counts(subset, bar))


class Above:
    """Every pair above a floor under the prices, listed by candidate.

    Args:
        tiled: Where similarities come from.
        floor: (n,) no price may be below it.
        lists: The pairs.
    """

    def __init__(self, tiled: TiledGains, floor: Floats, lists: PairLists) -> None:
        self.tiled, self.floor, self.lists = tiled, floor, lists

    @classmethod
    def of(cls, tiled: TiledGains, best: Floats) -> Above | None:
        """List the pairs around some bests; None where those above the bests are too many."""
        n, room = len(best), ENTRIES
        with one_blas_thread():
            above = _above(tiled, best)
            if 1.2 * above > room:
                return None
            each = min(1.0, (0.8 * room - above) / n**2)
            while True:
                floor = np.maximum(np.minimum(best, _quantile(tiled, each)), 0.0)
                lists = _listed(tiled, (floor - 3.0 * tiled.error).astype(np.float32), room)
                if lists is not None:
                    return cls(tiled, floor, lists)
                if each < 1.0 / n:
                    return None
                each *= 0.7

    def sums(self, theta: Floats, high: Floats, weights: Floats) -> Floats:
        """(n,) Σ_i w_i·(min(s_ij, high_i) − θ_i)⁺, rounded up."""
        low, error = theta - self.tiled.error, self.tiled.error

        def work(run: slice) -> Floats:
            some = np.arange(run.start, run.stop)
            return self.lists.sums(some, low, high, weights, error)[0]

        return np.concatenate(list(self.tiled.run.map_blocks(work, tile_blocks(len(theta)))))

    def counts(self, columns: Indices, bar: Floats) -> Floats:
        """(n,) how many of some candidates each row is nearer to than its bar, which is above its floor."""
        out = np.zeros(len(bar))
        for j in columns.tolist():
            out[self.lists.rows(j, bar, 0.0)] += 1.0
        return out


def _above(tiled: TiledGains, best: Floats) -> float:
    """How many of all pairs exceed the bests of their rows, by a sample of candidates."""
    bar = (best - 3.0 * tiled.error).astype(np.float32)
    some = _sample(len(best))

    def work(block: slice) -> int:
        return int((tiled.pairs.singles(block, some) > bar[block, None]).sum())

    return sum(tiled.run.map_blocks(work, tile_blocks(len(best)))) * len(best) / len(some)


def _quantile(tiled: TiledGains, share: float) -> Floats:
    """(n,) what about `share` of each row's similarities exceed, by the same sample."""
    n = len(tiled.best)
    if share >= 1.0:
        return np.full(n, -np.inf)
    some = _sample(n)
    place = int(share * len(some))

    def work(block: slice) -> Floats:
        tile = -tiled.pairs.singles(block, some)
        return -np.partition(tile, place, axis=1)[:, place].astype(np.float64)

    return np.concatenate(list(tiled.run.map_blocks(work, tile_blocks(n))))


def _sample(n: int) -> Indices:
    return np.unique(np.linspace(0, n - 1, min(n, SAMPLE)).astype(np.int64))


def _listed(tiled: TiledGains, bound: Singles, room: int) -> PairLists | None:
    """All pairs above the bounds, in one sweep; None where they do not fit."""
    blocks, lists = tile_blocks(len(bound)), PairLists(bound, room)

    def work(at: tuple[int, int]) -> None:
        if not lists.whole:
            return
        down, across = blocks[at[0]], blocks[at[1]]
        tile = tiled.pairs.singles(down, across)
        lists.keep(tile, down, across)
        if at[0] != at[1]:
            lists.keep(np.ascontiguousarray(tile.T), across, down)

    for _ in tiled.run.map_blocks(work, each_pair_once(len(blocks))):
        pass
    return lists if lists.whole else None
