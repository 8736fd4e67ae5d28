"""Mean and covariance of sets of rows, merged without reading a row again; and transport between two such.

Gaussians are moved onto each other at a cost known in closed form: the Fréchet distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from handful.graphs.rows import require_finite
from handful.pool import BLOCK_ROWS
from handful.runtime.blas import one_blas_thread
from handful.runtime.run import Run
from handful.transport._contract import Floats


@dataclass(frozen=True, eq=False)
class Moments:
    """How many rows a set has, their mean, and their scatter Σ (x − mean)(x − mean)ᵀ.

    Args:
        count: Rows.
        mean: (d,) float64; zeros where there is no row.
        scatter: (d, d) float64.

    Example:
        >>> low, high = Moments.of(np.array([[0.0], [2.0]])), Moments.of(np.array([[4.0], [6.0]]))
        >>> both = low.merged(high)
        >>> both.count, float(both.mean[0]), float(both.scatter[0, 0])
        (4, 3.0, 20.0)
        >>> float(both.without(high).scatter[0, 0])
        2.0

    Source: Chan, Golub & LeVeque 1979, Updating formulae and a pairwise algorithm for computing sample
    variances, eq. 2.1.
    """

    count: int
    mean: Floats
    scatter: Floats

    @classmethod
    def of(cls, rows: Any) -> Moments:
        """Of (n, d) dense rows, n ≥ 0. O(n·d²)."""
        rows = np.asarray(rows, np.float64)
        mean = rows.mean(axis=0) if len(rows) else np.zeros(rows.shape[1])
        apart = rows - mean
        return cls(len(rows), mean, apart.T @ apart)

    @classmethod
    def of_all(cls, sets: Sequence[Any], run: Run) -> Moments:
        """Of all rows of some sets, (n, d) each, block by block on the threads; refuses what is not finite."""

        def work(block: Any) -> Moments:
            require_finite(block, "features")
            return cls.of(block)

        blocks = (
            np.asarray(rows[start : start + BLOCK_ROWS])
            for rows in sets
            for start in range(0, len(rows), BLOCK_ROWS)
        )
        with one_blas_thread():
            return reduce(cls.merged, run.map_blocks(work, blocks))

    def merged(self, other: Moments) -> Moments:
        """Of both sets together. O(d²)."""
        count = self.count + other.count
        if not self.count or not other.count:
            return self if self.count else other
        apart = other.mean - self.mean
        mean = self.mean + apart * (other.count / count)
        shift = np.outer(apart, apart) * (self.count * other.count / count)
        return Moments(count, mean, self.scatter + other.scatter + shift)

    def without(self, other: Moments) -> Moments:
        """Of this set less a part of it: what `merged` would turn into this one. O(d²)."""
        count = self.count - other.count
        if not other.count or not count:
            zero = Moments(0, np.zeros_like(self.mean), np.zeros_like(self.scatter))
            return self if count else zero
        apart = self.mean - other.mean
        mean = self.mean + apart * (other.count / count)
        apart = other.mean - mean
        shift = np.outer(apart, apart) * (count * other.count / self.count)
        return Moments(count, mean, self.scatter - other.scatter - shift)

    def covariance(self) -> Floats:
        """(d, d) scatter / (n − 1); zeros for fewer than two rows."""
        return self.scatter / max(1, self.count - 1)


class Frechet:
    """The distance of sets of rows from one target, both taken as Gaussians: their squared Wasserstein-2 distance.

        FD = ‖μ − μ_t‖² + tr C + tr C_t − 2·tr (C_t^½ · C · C_t^½)^½

    The symmetric form has the trace of (C·C_t)^½, and needs no invertible covariance: what rounding leaves
    below 0 is 0. Of fewer rows than dimensions it is biased upward, the more the fewer: compare sets of one size.

    Args:
        target: Moments of the target.

    Cost: two eigenvalue problems, about 10·d³ each: the target's once, one a set.

    Example:
        >>> near, far = (Moments.of(np.array([[0.0], [2.0]]) + step) for step in (1, 3))
        >>> round(Frechet(near)(far), 9)
        4.0

    Source: Dowson & Landau 1982, The Fréchet distance between multivariate normal distributions, eq. 4; Heusel
    et al. 2017, GANs trained by a two time-scale update rule (NeurIPS), for features of a network.
    """

    def __init__(self, target: Moments) -> None:
        self.target = target
        with one_blas_thread():
            values, vectors = np.linalg.eigh(target.covariance())
        self._root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T

    def __call__(self, one: Moments) -> float:
        """≥ 0, in squared units of the features."""
        covariance = one.covariance()
        with one_blas_thread():
            values = np.linalg.eigvalsh(self._root @ covariance @ self._root)
        apart = one.mean - self.target.mean
        spread = np.trace(covariance) + np.trace(self.target.covariance())
        cross = np.sqrt(np.maximum(values, 0.0)).sum()
        return max(0.0, float(apart @ apart + spread - 2.0 * cross))
