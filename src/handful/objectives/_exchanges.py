"""What every exchange of a pick for another row would win, all at once, for facility location and its kin.

With b_i and c_i what the nearest and the second nearest pick give row i, and N_p the rows nearest to pick p:

    f(S − p + j) − f(S) = Σ_i w_i·(s_ij − b_i)⁺ + Σ_{i ∈ N_p} w_i·((min(s_ij, b_i) − c_i)⁺ − (b_i − c_i))

so one sweep over the pairs prices all k·m exchanges, where a sweep a pick would price m.

Source: Schubert & Rousseeuw 2021, Fast and eager k-medoids clustering, section 3 (FastPAM1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from handful.graphs.closest import TILE_ROWS
from handful.graphs.graph_pairs import GraphPairs
from handful.objectives._contract import Floats, Indices
from handful.runtime.blas import one_blas_thread
from handful.runtime.run import Run

if TYPE_CHECKING:
    from handful.objectives._service import State


@dataclass(frozen=True, eq=False)
class Served:
    """Where rows stand.

    Args:
        first: (n,) place in the subset of the pick that serves each row; k where none does.
        best: (n,) what it gives.
        second: (n,) what the next one would give, at least low_i.
        high: (n,) the most a row can use.
        weights: (n,) w_i.
        loss: (k + 1,) what each pick alone gives; ∞ for none.
    """

    first: Indices
    best: Floats
    second: Floats
    high: Floats
    weights: Floats
    loss: Floats

    @classmethod
    def of(cls, state: State) -> Served:
        """By the columns of the picks. O(n·k·d)."""
        bounds, n, k = state.bounds, len(state.best), len(state.subset)
        high = np.full(n, np.inf) if bounds.high is None else bounds.high
        weights = np.ones(n) if bounds.weights is None else bounds.weights
        first, best, second = np.full(n, k), bounds.low.copy(), bounds.low.copy()
        for place, j in enumerate(state.subset):
            rows, similar = state.pairs.column(j)
            similar = np.minimum(similar, high[rows])
            nearest = similar > best[rows]
            second[rows] = np.where(nearest, best[rows], np.maximum(second[rows], similar))
            first[rows[nearest]], best[rows[nearest]] = place, similar[nearest]
        loss = np.zeros(k + 1)
        loss += np.bincount(first, weights * (best - second), minlength=k + 1)
        if state.bonus is not None:
            loss[:k] += state.bonus[list(state.subset)]
        loss[k] = np.inf
        return cls(first, best, second, high, weights, loss)


def best_exchanges(state: State, candidates: Indices, threads: int) -> tuple[Indices, Floats]:
    """(m,) the place in the subset each candidate had best take, and (m,) what that wins, nearly.

    Cost: one sweep over the pairs; memory k·1024 entries a thread.
    """
    served = Served.of(state)
    runs = [candidates[at : at + TILE_ROWS] for at in range(0, len(candidates), TILE_ROWS)]
    price = _over_graph if isinstance(state.pairs, GraphPairs) else _over_tiles

    def work(run: Indices) -> tuple[Indices, Floats]:
        return price(state, served, run)

    with one_blas_thread():
        parts = list(Run(threads=threads).map_blocks(work, runs))
    places = np.concatenate([np.zeros(0, np.int64), *(part[0] for part in parts)])
    wins = np.concatenate([np.zeros(0), *(part[1] for part in parts)])
    return places, wins if state.bonus is None else wins + state.bonus[candidates]


def _over_tiles(state: State, served: Served, run: Indices) -> tuple[Indices, Floats]:
    kept, added = np.zeros((len(served.loss), len(run))), np.zeros(len(run))
    for start in range(0, len(served.best), TILE_ROWS):
        rows = slice(start, min(start + TILE_ROWS, len(served.best)))
        order = start + np.argsort(served.first[rows], kind="stable")
        similar = state.pairs.tile(rows, run)[order - start].astype(np.float64)
        np.minimum(similar, served.high[order, None], out=similar)
        best, second, weights = served.best[order], served.second[order], served.weights[order]
        added += weights @ np.maximum(similar - best[:, None], 0.0)
        np.clip(similar, second[:, None], best[:, None], out=similar)
        similar -= second[:, None]
        similar *= weights[:, None]
        picks, at = np.unique(served.first[order], return_index=True)
        kept[picks] += np.add.reduceat(similar, at, axis=0)
    kept -= served.loss[:, None]
    places = kept.argmax(axis=0)
    return places, added + kept[places, np.arange(len(run))]


def _over_graph(state: State, served: Served, run: Indices) -> tuple[Indices, Floats]:
    """Only pairs of the graph count: a candidate saves something of few picks, and else costs the cheapest."""
    assert isinstance(state.pairs, GraphPairs)
    columns = state.pairs.by_candidate[:, run]
    owner, rows = np.repeat(np.arange(len(run)), np.diff(columns.indptr)), columns.indices
    similar = np.minimum(columns.data.astype(np.float64), served.high[rows])
    best, second, weights = served.best[rows], served.second[rows], served.weights[rows]
    rise = weights * np.maximum(similar - best, 0.0)
    added = np.bincount(owner, rise, minlength=len(run))
    saved = weights * (np.clip(similar, second, best) - second)
    width = len(served.loss)
    keys, which = np.unique(owner * width + served.first[rows], return_inverse=True)
    net = np.bincount(which, saved, minlength=len(keys)) - served.loss[keys % width]
    cheapest = int(served.loss.argmin())
    places, wins = np.full(len(run), cheapest), np.full(len(run), -served.loss[cheapest])
    order = np.lexsort((net, keys // width))  # of each candidate the best comes last
    owners = keys[order] // width
    last = np.flatnonzero(np.append(np.diff(owners), 1)) if len(owners) else order
    better = net[order[last]] > wins[owners[last]]
    chosen = order[last[better]]
    places[keys[chosen] // width], wins[keys[chosen] // width] = keys[chosen] % width, net[chosen]
    return places, added + wins
