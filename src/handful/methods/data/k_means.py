"""k-means: one row for each cluster, and how many rows it stands for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from handful.budget import Ledger
from handful.graphs.k_means import k_means
from handful.graphs.rows import float_rows, squared_distances, unit_rows
from handful.methods._contract import MethodFacts, View, wanted
from handful.parameters import parameter
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.samplers.water_filling import in_turns
from handful.selection import Floats, Indices, Picks


@dataclass(frozen=True)
class KMeans:
    """Cut the pool into as many clusters as rows are wanted; pick the row nearest to each centre.

        min_C Σ_i min_{c ∈ C} ‖x_i − c‖²,    started by k-means++

    Picks come from the largest cluster down, with the clusters' sizes as weights (they sum to n). Where there
    are fewer distinct rows than picks, the rows farthest from their centres fill up, and stand for none.
    Under any limit but one on rows, each cluster without a must-include, the largest first, gives the row nearest
    to its centre that fits; what is left of the budget then goes to the clusters in turn, by their next nearest.
    Under a cost there are as many clusters as it pays for rows of the mean cost. The picks of a cluster share its
    size as their weight; where a cluster gives none there are no weights.

    scikit-learn's fit, under one thread and over rows in the order of ids, so the picks are the same in every
    run. With `distance=cosine` rows are first brought to length 1. Ties go to the earlier id.

    Source: Lloyd 1982, Least squares quantization in PCM; Arthur & Vassilvitskii 2007, k-means++: the
    advantages of careful seeding. Not reproduced: their tables, on data that is not at hand.
    """

    array: str | None = parameter(None, "Name of the features; none: the default.")
    distance: str = parameter(
        "cosine",
        "Of unit rows (cosine), or of the rows as they are (euclidean).",
        choices=("cosine", "euclidean"),
    )
    iterations: int = parameter(50, "Rounds of moving the centres, at most.", low=1)
    starts: int = parameter(1, "Fits from other starts, of which the best is kept.", low=1)

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Lloyd 1982, Least squares quantization in PCM",
        needs=("features",),
        honours=("rows", "amount", "include", "quotas", "max_similarity"),
        nested=False,
        optimises=("coverage",),
        cost="O(n·k·d) time a round; a copy of the features",
    )

    def work(self, size: Size) -> Work:
        """Every row to every centre in every round, and the start."""
        rounds = float(self.iterations * self.starts + 3)
        return Work(
            multiply_adds=rounds * size.n * size.k * size.d,
            memory_bytes=8 * size.n * size.d + 8 * size.k * size.d,
        )

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Fit, then the row nearest to each centre, the largest cluster first."""
        count = _clusters(view, ledger)
        if not count or ledger.rows_left <= 0:
            return Picks(np.array(ledger.taken, np.int64))
        order = np.arange(view.n) if view.rank is None else np.argsort(view.rank, kind="stable")
        features = view.array(self.array)[order]
        rows = unit_rows(features) if self.distance == "cosine" else float_rows(features)
        seed = int(rng.generator("k_means").integers(2**31))
        cut = k_means(rows, count, seed=seed, rounds=self.iterations, starts=self.starts)
        apart = _to_centres(rows, cut.labels, cut.centres)
        plain = not ledger.taken and wanted(ledger) is not None
        take = _take_nearest if plain else _take_what_fits
        weights = take(ledger, order, apart, _by_size(cut.labels))
        return Picks(
            np.array(ledger.taken, np.int64),
            weights=weights,
            weight_kind=None if weights is None else "representation",
            notes={"mean_squared_distance": float(apart.mean()), "rounds": cut.rounds},
        )


def _clusters(view: View, ledger: Ledger) -> int:
    """As many as rows may be picked; under a cost, as what is left pays for of the mean cost."""
    most = min(ledger.rows, view.n)
    if ledger.amount_left is None or ledger.costs is None or not ledger.open.any():
        return most
    mean = float(np.mean(ledger.costs[ledger.open]))
    paid = most if mean <= 0 else math.ceil(min(most, float(ledger.amount_left) / mean))
    return min(most, len(ledger.taken) + paid)


def _by_size(labels: Indices) -> Indices:
    """The same clusters, numbered from the largest down; equally large ones as they were."""
    sizes = np.bincount(labels)
    place = np.empty(len(sizes), np.int64)
    place[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return np.asarray(place[labels], np.int64)


def _take_nearest(ledger: Ledger, order: Indices, apart: Floats, clusters: Indices) -> Floats:
    """Take each cluster's nearest row, then the rows farthest from theirs; say what each stands for."""
    nearest = _nearest(apart, clusters)
    spare = np.setdiff1d(np.arange(len(apart)), nearest)
    spare = spare[np.argsort(-apart[spare], kind="stable")]
    ledger.take_ranked(order[np.concatenate([nearest, spare])])
    weights = np.zeros(len(ledger.taken))
    weights[: len(nearest)] = np.bincount(clusters)[: len(nearest)]
    return weights


def _take_what_fits(
    ledger: Ledger, order: Indices, apart: Floats, clusters: Indices
) -> Floats | None:
    """Take the nearest row that fits of each cluster without a pick, then the next nearest in turn."""
    of = np.empty(len(order), np.int64)
    of[order] = clusters
    by_distance = order[np.lexsort((apart, clusters))]
    sizes = np.bincount(clusters)
    served = set(of[ledger.taken].tolist())
    for cluster, members in enumerate(np.split(by_distance, np.cumsum(sizes)[:-1])):
        fits = members[ledger.feasible(members)] if cluster not in served else members[:0]
        if len(fits):
            ledger.take(int(fits[0]))
    taken = np.array(ledger.taken, np.int64)
    rest = by_distance[ledger.open[by_distance]]
    ledger.take_ranked(in_turns(np.concatenate([taken, rest]), of))
    picks = of[np.array(ledger.taken, np.int64)]
    got = np.bincount(picks, minlength=len(sizes))
    return sizes[picks] / got[picks] if (got >= np.minimum(sizes, 1)).all() else None


def _to_centres(rows: Any, labels: Any, centres: Any) -> Floats:
    """(n,) float64 squared distance of each row to the centre of its cluster."""
    apart = np.zeros(rows.shape[0])
    for label in np.unique(labels).tolist():
        here = np.flatnonzero(labels == label)
        one = np.ascontiguousarray(centres[label : label + 1], np.float32)
        centre = sparse.csr_array(one) if sparse.issparse(rows) else one
        apart[here] = squared_distances(rows[here], centre)
    return apart


def _nearest(apart: Floats, labels: Indices) -> Indices:
    """The row of each cluster nearest to its centre, the earlier of equally near; empty ones have none."""
    order = np.lexsort((apart, labels))
    return np.asarray(order[np.unique(labels[order], return_index=True)[1]], np.int64)
