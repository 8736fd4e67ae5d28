"""Whitening: features without a direction in which they vary more than in others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.graphs.rows import is_sparse
from handful.runtime.blas import one_blas_thread
from handful.runtime.run import Run
from handful.transport.moments import Moments


class Whitening:
    """Turn rows so that those it was made from have mean 0 and, nearly, covariance I.

        Σ = covariance of all rows + ridge · (mean variance) · I = L·Lᵀ;    x ↦ L⁻¹·(x − mean)

    The second moments are summed in float64, block by block, in one pass over each set.

    Args:
        sets: Each (n, d) dense, finite; counted as one, row by row.
        ridge: > 0. What is added, in parts of the mean variance, so that directions without any stay so.
        run: Threads.

    Cost: n·d² multiply-adds, once to make and once a use. Memory: 8·d² for each thread.

    Example:
        >>> rows = np.array([[0.0, 0.0], [0.0, 1.0], [100.0, 0.0], [100.0, 1.0]])
        >>> np.abs(Whitening([rows], ridge=1e-12)(rows)).round(3).tolist()
        [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]

    Source: Kessy, Lewin & Strimmer 2018, Optimal whitening and decorrelation (Cholesky).
    """

    def __init__(self, sets: Sequence[Any], *, ridge: float = 1e-5, run: Run | None = None) -> None:
        if any(map(is_sparse, sets)):
            raise errors.dense_only("whitening", "rds")
        moments = Moments.of_all(sets, run or Run(threads=1))
        self.mean, covariance = moments.mean, moments.scatter / moments.count
        variance = float(np.trace(covariance)) / len(covariance)
        np.fill_diagonal(covariance, covariance.diagonal() + ridge * (variance or 1.0))
        with one_blas_thread():
            self._lower = np.linalg.cholesky(covariance)
            self._back = np.linalg.inv(self._lower).T

    def __call__(self, rows: Any) -> NDArray[np.float32]:
        """(b, d) float32: the rows, whitened."""
        with one_blas_thread():
            turned = (np.asarray(rows, np.float64) - self.mean) @ self._back
        return np.asarray(turned, np.float32)
