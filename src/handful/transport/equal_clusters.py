"""Clusters of equal size: k-means whose assignment is a transport with room for so many rows at each centre."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.runtime.blas import one_thread
from handful.transport._contract import Floats, Indices
from handful.transport.exact import STEPS


def equal_clusters(rows: Any, count: int, *, seed: int, rounds: int = 20) -> Indices:
    """Cut rows into clusters of ⌊n/c⌋ or ⌈n/c⌉ rows each, near to the means of their clusters.

        min Σ_i ‖x_i − μ_{l(i)}‖²    where each cluster has ⌊n/c⌋ to ⌈n/c⌉ rows

    By turns the cheapest assignment under the sizes (exact, by the network simplex) and the means, from centres
    of k-means++, until nothing changes. Such sizes exist for every n and c; ⌊n/c⌋ for all does not, unless c
    divides n.

    Args:
        rows: (n, d) dense, finite.
        count: Clusters, c ≥ 1; no more are made than there are rows.
        seed: Of the first centres.
        rounds: Assignments, at most.

    Returns:
        (n,) int64 cluster of each row.

    Cost: O(n·c·d) and a transport of n·c pairs a round; 32·n·c bytes.

    Example:
        >>> equal_clusters(np.array([[0.0], [0.1], [0.2], [9.0], [9.1]]), 2, seed=0).tolist()
        [0, 0, 0, 1, 1]

    Source: Bradley, Bennett & Demiriz 2000, Constrained k-means clustering, section 3.
    """
    from sklearn.cluster import kmeans_plusplus

    rows = np.asarray(rows, np.float64)
    n = len(rows)
    count = min(count, n)
    labels = np.zeros(n, np.int64)
    if count <= 1:
        return labels
    with one_thread():
        centres, _ = kmeans_plusplus(rows, count, random_state=seed)
        for _ in range(rounds):
            found = equal_assignment(_squared(rows, centres))
            if (found == labels).all():
                break
            labels = found
            centres = np.stack([rows[labels == one].mean(axis=0) for one in range(count)])
    return labels


def equal_assignment(costs: Floats) -> Indices:
    """(n,) the cheapest column for each row, each column taken ⌊n/c⌋ or ⌈n/c⌉ times.

    A column is ⌊n/c⌋ places that must be filled and, where c does not divide n, one more that may: what is left
    of those is filled by a row that costs nothing there, and more than can pay anywhere else.

    Args:
        costs: (n, c) ≥ 0, c ≤ n.

    Example:
        >>> equal_assignment(np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 3.0]])).tolist()
        [1, 0, 0]
    """
    from ot.lp import emd

    n, c = costs.shape
    size, more = divmod(n, c)
    supply, room, matrix = np.ones(n), np.full(c, float(size)), costs
    if more:
        supply = np.append(supply, c - more)
        room = np.append(room, np.ones(c))
        never = 1.0 + float(costs.max()) * (n + 1)
        spare = np.concatenate([np.full(c, never), np.zeros(c)])
        matrix = np.vstack([np.hstack([costs, costs]), spare])
    plan, log = emd(supply, room, np.ascontiguousarray(matrix), numItermax=STEPS, log=True)
    if log["warning"] is not None:
        raise errors.transport_not_solved(matrix.shape, str(log["warning"]))
    filled: NDArray[np.float64] = plan[:n].reshape(n, -1, c).sum(axis=1)
    return np.asarray(filled.argmax(axis=1), np.int64)


def _squared(rows: Floats, centres: Floats) -> Floats:
    """(n, c) ‖x − μ‖²."""
    squares = (rows**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1)
    return np.asarray(np.maximum(squares - 2.0 * rows @ centres.T, 0.0))
