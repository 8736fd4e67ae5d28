"""Searching, among clusters, the union that lies as a target does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from handful.runtime.blas import one_blas_thread
from handful.runtime.run import Run
from handful.selection import Floats, Indices
from handful.transport.moments import Frechet, Moments


class Directions:
    """Rows on the directions in which pool and target together vary most; as they are where d is no larger.

    Distances on all directions are kept, so only what varies least is lost.
    """

    def __init__(self, pool: Any, target: Any, count: int, run: Run) -> None:
        self.pool = pool
        self._axes: Floats | None = None
        if count < pool.shape[1]:
            moments = Moments.of_all([pool, target], run)
            with one_blas_thread():
                self._axes = np.linalg.eigh(moments.scatter)[1][:, -count:]

    def __call__(self, rows: Any) -> Floats:
        """(b, p) of (b, d) rows."""
        if self._axes is None:
            return np.asarray(rows, np.float64)
        with one_blas_thread():
            return np.asarray(np.asarray(rows, np.float64) @ self._axes)

    def moments(self, rows: Any) -> Moments:
        """Of some rows."""
        with one_blas_thread():
            return Moments.of(self(rows))


@dataclass(frozen=True, eq=False)
class Searched:
    """What the search found.

    Args:
        order: (c,) clusters, the nearest to the target first.
        distances: (c,) FD of each, in that order.
        curve: (c,) FD of the union of the first 1, 2, … c.
        best: Clusters of the best union.
        rows: That each set was represented by.
    """

    order: Indices
    distances: Floats
    curve: Floats
    best: int
    rows: int

    def notes(self) -> dict[str, Any]:
        """For the manifest and the report."""
        return {
            "frechet_of_clusters": self.distances.tolist(),
            "frechet_of_unions": self.curve.tolist(),
            "clusters_kept": self.best,
            "rows_compared": self.rows,
        }


def search(directions: Directions, target: Any, clusters: list[Indices], draws: Floats) -> Searched:
    """Sort clusters by their distance to the target, and scan all unions of the first ones.

    Every set is represented by the same number of its rows, those of the smallest draws.

    Args:
        directions: That distances are measured in, and the pool.
        target: (m, d).
        clusters: Rows of each, one at least.
        draws: (n,) one a row.
    """
    count = min(len(target), *(len(rows) for rows in clusters))
    frechet = Frechet(directions.moments(target))
    samples = [rows[np.argsort(draws[rows], kind="stable")[:count]] for rows in clusters]
    apart = np.array([frechet(directions.moments(directions.pool[sample])) for sample in samples])
    order = np.argsort(apart, kind="stable")
    curve = np.array([frechet(one) for one in unions(directions, samples, order, draws)])
    return Searched(order, apart[order], curve, int(curve.argmin()) + 1, count)


def unions(
    directions: Directions, samples: list[Indices], order: Indices, draws: Floats
) -> Iterator[Moments]:
    """Moments of samples of the first 1, 2, … clusters' union, all of one size, each out of the one before.

    The rows of the smallest draws of a union are among those of its parts, so no other row is read.
    """
    sample = samples[order[0]]
    moments = directions.moments(directions.pool[sample])
    yield moments
    for one in order[1:].tolist():
        both = np.concatenate([sample, samples[one]])
        fresh = both[np.argsort(draws[both], kind="stable")[: len(sample)]]
        came, left = fresh[~np.isin(fresh, sample)], sample[~np.isin(sample, fresh)]
        moments = moments.merged(directions.moments(directions.pool[came]))
        moments = moments.without(directions.moments(directions.pool[left]))
        sample = fresh
        yield moments
