"""k-means: one row for each cluster, and how many rows it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from handful.budget import Ledger
from handful.graphs.k_means import k_means
from handful.graphs.rows import float_rows, squared_distances, unit_rows
from handful.methods._contract import MethodFacts, View
from handful.parameters import parameter
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.selection import Floats, Indices, Picks


@dataclass(frozen=True)
class KMeans:
    """Cut the pool into as many clusters as rows are wanted; pick the row nearest to each centre.

        min_C Σ_i min_{c ∈ C} ‖x_i − c‖²,    started by k-means++

    Picks come from the largest cluster down, with the clusters' sizes as weights (they sum to n). Where there
    are fewer distinct rows than picks, the rows farthest from their centres fill up, and stand for none.
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
        honours=("rows",),
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
        count = min(ledger.rows_left, view.n)
        if not count:
            return Picks(np.zeros(0, np.int64))
        order = np.arange(view.n) if view.rank is None else np.argsort(view.rank, kind="stable")
        features = view.array(self.array)[order]
        rows = unit_rows(features) if self.distance == "cosine" else float_rows(features)
        seed = int(rng.generator("k_means").integers(2**31))
        cut = k_means(rows, count, seed=seed, rounds=self.iterations, starts=self.starts)
        sizes = np.bincount(cut.labels, minlength=count)
        apart = _to_centres(rows, cut.labels, cut.centres)
        nearest = _nearest(apart, cut.labels, np.argsort(-sizes, kind="stable"))
        spare = np.setdiff1d(np.arange(view.n), nearest)
        spare = spare[np.argsort(-apart[spare], kind="stable")][: count - len(nearest)]
        ledger.take_ranked(order[np.concatenate([nearest, spare])])
        weights = np.zeros(count)
        weights[: len(nearest)] = -np.sort(-sizes)[: len(nearest)]
        return Picks(
            np.array(ledger.taken, np.int64),
            weights=weights,
            weight_kind="representation",
            notes={"mean_squared_distance": float(apart.mean()), "rounds": cut.rounds},
        )


def _to_centres(rows: Any, labels: Any, centres: Any) -> Floats:
    """(n,) float64 squared distance of each row to the centre of its cluster."""
    apart = np.zeros(rows.shape[0])
    for label in np.unique(labels).tolist():
        here = np.flatnonzero(labels == label)
        one = np.ascontiguousarray(centres[label : label + 1], np.float32)
        centre = sparse.csr_array(one) if sparse.issparse(rows) else one
        apart[here] = squared_distances(rows[here], centre)
    return apart


def _nearest(apart: Floats, labels: Any, clusters: Indices) -> Indices:
    """The row of each cluster nearest to its centre, the earlier of equally near; empty ones have none."""
    order = np.lexsort((np.arange(len(apart)), apart, labels))
    first = np.searchsorted(labels[order], clusters)
    there = np.isin(clusters, labels)
    return np.asarray(order[first[there]], np.int64)
