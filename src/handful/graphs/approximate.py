"""The neighbour graph nearly, sooner: an inverted file of cells, of which each row looks into a few (extra `ann`).

Names come from faiss; similarities are then the exact float64 ones, so an edge is never wrong, only at times
missing. How often is measured: `recall_of` looks up some rows exactly.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.graphs.feature_pairs import FeaturePairs
from handful.graphs.neighbours import Indices, Neighbours, ordered
from handful.graphs.similarity import pairs

CELLS_SEEN = 64
"""Cells that each row looks into, about 4·√n of them in all."""
LEARNT_FROM, ROUNDS = 64, 10
"""Rows a cell that cells are learnt from, at most, and rounds of k-means: with more, cells take longer to learn
than to look into."""
SAMPLED = 200
"""Rows by which recall is measured."""


def nearly_nearest(
    features: Any, count: int, *, similarity: str = "cosine", threads: int = 1, seed: int = 0
) -> Neighbours:
    """Find each row's `count` nearest other rows, most of them.

    Cells are learnt from a seeded sample under one thread, so the graph is the same in every run.

    Args:
        features: (n, d) dense, finite.
        count: Neighbours a row, ≥ 1.
        similarity: A name of `similarity.NAMES`.
        threads: Worker threads of the look-up.
        seed: Of the sample that cells are learnt from.

    Cost: about n·√n·d products where cells are even. Memory: a copy of the features.
    """
    made = pairs(similarity, features)
    assert isinstance(made, FeaturePairs)
    if hasattr(made.left, "tocsr"):
        raise errors.dense_only("search=approximate")
    rows, n = made.left, made.shape[0]
    kept = min(count, max(n - 1, 0))
    names = _look_up(rows, kept + 1, similarity in {"euclidean", "rbf"}, threads, seed)
    every = np.arange(n)
    names[names == every[:, None]] = -1  # a row is no neighbour of its own
    nearest, exact = ordered(made, every, names)
    return Neighbours(nearest[:, :kept], exact[:, :kept], made.at(every, every))


def _look_up(
    rows: NDArray[np.float32], count: int, metric: bool, threads: int, seed: int
) -> Indices:
    """(n, count) the nearest rows of each in the cells it looks into, itself among them; −1 beyond."""
    try:
        import faiss
    except ImportError:
        raise errors.missing_extra("search=approximate", "ann") from None
    n, d = rows.shape
    cells = max(1, min(int(4 * math.sqrt(n)), n // 39))  # faiss wants 39 rows a cell
    kind = faiss.METRIC_L2 if metric else faiss.METRIC_INNER_PRODUCT
    coarse = faiss.IndexFlatL2(d) if metric else faiss.IndexFlatIP(d)
    index = faiss.IndexIVFFlat(coarse, d, cells, kind)
    index.cp.seed, index.nprobe = seed % 2**31, CELLS_SEEN
    index.cp.max_points_per_centroid, index.cp.niter = LEARNT_FROM, ROUNDS
    before = faiss.omp_get_max_threads()
    try:
        faiss.omp_set_num_threads(1)  # sums over several threads differ from run to run
        index.train(rows)
        index.add(rows)
        faiss.omp_set_num_threads(threads)  # each look-up is its own
        found: Indices = index.search(rows, count)[1]
    finally:
        faiss.omp_set_num_threads(before)
    return found


def recall_of(near: Neighbours, features: Any, similarity: str, sample: Indices) -> float:
    """The share of some rows' true neighbours that a graph has; of equally near ones any will do.

    Args:
        near: The graph.
        features: What it was made from.
        similarity: By what.
        sample: Rows to look up exactly. O(n·d) each.
    """
    made, found, there = pairs(similarity, features), 0, 0
    for row in sample.tolist():
        similar = made.column(row)[1]
        similar[row] = -np.inf
        if similarity == "clipped_cosine":
            similar[similar <= 0.0] = -np.inf
        count = min(near.names.shape[1], int(np.isfinite(similar).sum()))
        if count:
            last = np.partition(similar, len(similar) - count)[len(similar) - count]
            mine = near.similarities[row][near.names[row] >= 0]
            found, there = found + min(count, int((mine >= last).sum())), there + count
    return found / there if there else 1.0
