"""A Cholesky factor of a positive definite matrix, grown by one pivot at a time.

Source: Chen, Zhang & Zhou 2018, Fast greedy MAP inference for determinantal point processes, algorithm 1.
"""

from __future__ import annotations

import numpy as np

from handful import errors
from handful.graphs.similarity import Pairs
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


def dense_column(made: Pairs, j: int) -> Floats:
    """(n,) float64: all similarities to one candidate."""
    rows, values = made.column(j)
    out = np.zeros(made.shape[0])
    out[rows] = values
    return out
