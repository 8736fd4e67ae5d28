"""A Cholesky factor of a positive definite matrix, grown by one pivot at a time.

Source: Chen, Zhang & Zhou 2018, Fast greedy MAP inference for determinantal point processes, algorithm 1.
"""

from __future__ import annotations

import copy

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.graphs._contract import Pairs
from handful.graphs.rows import squared_lengths
from handful.objectives._contract import Floats, Indices

TOLERANCE = 1e-6
"""How far below 1 what is left may fall by rounding."""


class Partial:
    """What some pivots leave of each row's variance. 8 bytes for each row and pivot.

    Args:
        left: (n,) the diagonal; the matrix is the identity plus a positive semidefinite one, so what is
            left is at least 1.

    Example:
        >>> known = Partial(np.array([2.0, 2.0]))
        >>> known.add(0, np.array([2.0, 1.0]))
        >>> float(known.left[1])
        1.5
    """

    def __init__(self, left: Floats) -> None:
        self.left = left
        self.subset: list[int] = []
        self._factor: list[Floats] = []

    def add(self, index: int, column: Floats) -> None:
        """Take a pivot, given its column of the matrix, which is overwritten. O(n·k)."""
        for row in self._factor:
            column -= row[index] * row
        column /= np.sqrt(self.left[index])
        self._factor.append(column)
        self.left -= column * column
        self.subset.append(index)

    def log_left(self, candidates: Indices) -> Floats:
        """(m,) ln of what is left, at least 0: what each would add to the log-determinant."""
        left = self.left[candidates]
        if left.min(initial=1.0) < 1.0 - TOLERANCE:
            raise errors.not_a_kernel(int(candidates[left.argmin()]), float(left.min() - 1.0))
        return np.log(np.maximum(left, 1.0))

    def copy(self) -> Partial:
        """An independent one; rows of the factor never change, so they are shared."""
        other = Partial(self.left.copy())
        other.subset, other._factor = list(self.subset), list(self._factor)
        return other


class LazyPartial:
    """The same for I + XXᵀ/σ², where a row meets the pivots only when it is asked for.

    What is left of a row only falls, so what was left is an upper bound, and most rows are seldom asked for
    again. What is left has the same bits whenever it is asked for. 8 bytes for each pivot and row asked for.

    Args:
        rows: (n, d) float32, X.
        noise: σ².

    Example:
        >>> known = LazyPartial(np.ones((2, 1), np.float32), 1.0)
        >>> known.add(0)
        >>> float(np.exp(known.log_left(np.array([1])))[0])
        1.5

    Source: Hemmi, Oki, Sakaue, Fujii & Iwata 2022, Lazy and fast greedy MAP inference for determinantal point
    process, section 3.
    """

    def __init__(self, rows: NDArray[np.float32], noise: float) -> None:
        self.rows, self.noise = rows, noise
        self.left = 1.0 + squared_lengths(rows) / noise
        self.subset: list[int] = []
        self._met = np.zeros(len(rows), np.int64)
        self._factor = np.zeros(
            (len(rows), 64)
        )  # memory is taken as rows are written; sums read zeros
        self._picks = np.empty(64, np.int64)
        self._roots, self._picked = np.empty(64), np.empty((64, rows.shape[1]))

    def add(self, index: int) -> None:
        """Take a pivot. O(k·(k + d))."""
        self._catch_up(np.array([index]))
        t = len(self.subset)
        if t == len(self._picks):
            self._factor = self._moved(2 * t)
            self._picks, self._roots = np.resize(self._picks, 2 * t), np.resize(self._roots, 2 * t)
            self._picked = np.resize(self._picked, (2 * t, self.rows.shape[1]))
        self._picks[t], self._picked[t] = index, self.rows[index]
        self._roots[t] = np.sqrt(self.left[index])
        self.subset.append(index)

    def log_left(self, candidates: Indices) -> Floats:
        """(m,) ln of what is left, at least 0: what each would add to the log-determinant."""
        self._catch_up(candidates)
        return np.log(np.maximum(self.left[candidates], 1.0))

    def copy(self) -> LazyPartial:
        """An independent one."""
        other = copy.copy(self)
        other.left, other._met = self.left.copy(), self._met.copy()
        other.subset, other._factor = list(self.subset), self._moved(self._factor.shape[1])
        other._picks, other._roots = self._picks.copy(), self._roots.copy()
        other._picked = self._picked.copy()
        return other

    def _moved(self, width: int) -> Floats:
        """The factor in new memory; only rows that have met a pivot have anything in it."""
        factor, most = np.zeros((len(self.rows), width)), min(width, self._factor.shape[1])
        known = np.flatnonzero(self._met)
        for at in range(0, len(known), 128):  # what is copied on the way stays in the cache
            some = known[at : at + 128]
            factor[some, :most] = self._factor[some]
        return factor

    def _catch_up(self, candidates: Indices) -> None:
        from handful.kernels.cholesky import catch_up

        t = len(self.subset)
        picked = self._picks[:t], self._roots[:t], self._picked
        known = self._factor, self._met, self.left
        names = np.ascontiguousarray(candidates, np.int64)
        catch_up(self.rows, self.noise, names, *picked, *known)


def dense_column(made: Pairs, j: int) -> Floats:
    """(n,) float64: all similarities to one candidate."""
    rows, values = made.column(j)
    out = np.zeros(made.shape[0])
    out[rows] = values
    return out
