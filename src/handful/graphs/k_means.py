"""Rows cut into clusters by k-means: scikit-learn's fit, whole or by mini-batches, under one thread."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful.graphs._contract import Indices
from handful.runtime.blas import one_thread


@dataclass(frozen=True, eq=False)
class Clusters:
    """A cut of n rows into at most c clusters.

    Args:
        labels: (n,) int64 cluster of each row.
        centres: (c, d).
        rounds: Rounds that were made.
    """

    labels: Indices
    centres: NDArray[Any]
    rounds: int


def k_means(
    rows: Any, count: int, *, seed: int, rounds: int, starts: int = 1, batch: int | None = None
) -> Clusters:
    """Cut rows so that they are near to the means of their clusters, started by k-means++.

        min_C Σ_i min_{c ∈ C} ‖x_i − c‖²

    The same rows in the same order give the same clusters, whatever the threads: hand them over in the order
    of ids.

    Args:
        rows: (n, d) float32, dense or CSR.
        count: Clusters, 1 ≤ count ≤ n.
        seed: Of the start, and of the mini-batches.
        rounds: At most.
        starts: Fits, of which the best is kept.
        batch: Rows of a mini-batch; None, or as many as there are: all rows in every round.

    Cost: O(n·c·d) a round, or O(batch·c·d) a mini-batch.

    Example:
        >>> cut = k_means(np.array([[0], [1], [8], [9]], np.float32), 2, seed=0, rounds=9)
        >>> [int((cut.labels == cut.labels[i]).sum()) for i in (0, 3)]
        [2, 2]

    Source: Lloyd 1982, Least squares quantization in PCM; Arthur & Vassilvitskii 2007, k-means++; Sculley 2010,
    Web-scale k-means clustering, algorithm 1.
    """
    from sklearn import cluster
    from sklearn.exceptions import ConvergenceWarning

    asked = {"n_init": starts, "max_iter": rounds, "random_state": seed}
    if batch is None or rows.shape[0] <= batch:
        fit = cluster.KMeans(count, **asked)
    else:
        fit = cluster.MiniBatchKMeans(count, batch_size=batch, **asked)
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct rows than clusters
        fit.fit(rows)
    return Clusters(fit.labels_.astype(np.int64), fit.cluster_centers_, int(fit.n_iter_))
