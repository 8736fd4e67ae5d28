"""Picks kept apart: no two with a cosine above a limit."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful.graphs._contract import SINGLE
from handful.graphs.feature_pairs import FeaturePairs
from handful.graphs.rows import unit_rows
from handful.selection import Indices

Mask = NDArray[np.bool_]

BLOCK = 1024
"""Rows or picks compared together."""


class Directions:
    """Features, read when first asked for, and which pairs of rows point too much the same way.

    A pair is too close where its cosine is above the limit by more than the rounding of float32. Products
    are float32; a pair within their rounding of the limit is decided in float64, so the answer for two rows
    does not depend on what they are computed with.

    Args:
        limit: The largest cosine allowed, in [−1, 1].
        read: Gives the features, (n, d) dense or CSR.
    """

    def __init__(self, limit: float, read: Callable[[], Any]) -> None:
        self.limit = limit
        self._read = read

    @cached_property
    def features(self) -> Any:
        """(n, d), as given; only the rows compared are ever copied."""
        return self._read()

    def too_close(self, left: Indices, right: Indices) -> Mask:
        """(a, b) bool, for each row on the left and each on the right. O(a·b·d)."""
        first, second = (unit_rows(self.features[rows]) for rows in (left, right))
        pairs = FeaturePairs("cosine", first, second, 1.0)
        near = pairs.singles(slice(None), slice(None))
        bar, doubt = self.limit + SINGLE, pairs.error
        close: Mask = near > bar
        i, j = np.nonzero(np.abs(near - bar) <= doubt)
        close[i, j] = pairs.at(i, j) > bar
        return close


class Apart:
    """Says which candidates are far enough from all rows taken. Beside a `Ledger`, which asks it.

    Each candidate is compared with a pick once, and only when it is asked about, so rows that are never
    looked at cost nothing.

    Args:
        directions: Whose pairs are too close.
        rows: (m,) the rows of `directions` that candidates 0 to m − 1 are; None: all.
        n: Number of candidates.

    Example:
        >>> x = np.array([[1, 0], [1, 0.1], [0, 1]], np.float32)
        >>> apart = Apart(Directions(0.95, lambda: x), None, 3)
        >>> apart.far(np.arange(3), [0]).tolist()
        [True, False, True]
    """

    def __init__(self, directions: Directions, rows: Indices | None, n: int) -> None:
        self.directions, self.rows, self.n = directions, rows, n
        self._met = np.zeros(n, np.int64)  # picks each candidate was compared with
        self._far = np.ones(n, bool)

    @property
    def limit(self) -> float:
        """The largest cosine allowed."""
        return self.directions.limit

    def narrowed(self, rows: Indices) -> Apart:
        """The same for some of the candidates, numbered anew, none compared yet."""
        return Apart(self.directions, rows if self.rows is None else self.rows[rows], len(rows))

    def copy(self) -> Apart:
        """One that stands where this one does, and goes its own way; the features are shared."""
        twin = Apart(self.directions, self.rows, self.n)
        twin._met, twin._far = self._met.copy(), self._far.copy()
        return twin

    def __deepcopy__(self, memo: Any) -> Apart:
        return self.copy()

    def far(self, candidates: Indices, taken: list[int]) -> Mask:
        """(m,) bool: which candidates are too close to no row taken.

        Args:
            candidates: (m,) row numbers.
            taken: Rows taken so far; what was taken when asked before comes first.
        """
        late = candidates[self._far[candidates] & (self._met[candidates] < len(taken))]
        picks = np.array(taken, np.int64)
        for start in range(0, len(late), BLOCK):
            rows = late[start : start + BLOCK]
            first = int(self._met[rows].min())
            for at in range(first, len(picks), BLOCK):
                close = self.too_close(rows, picks[at : at + BLOCK])
                self._far[rows] &= ~close.any(axis=1)
            self._met[rows] = len(picks)
        return np.asarray(self._far[candidates])

    def too_close(self, left: Indices, right: Indices) -> Mask:
        """(a, b) bool: which pairs of rows are too close; a row is not too close to itself."""
        named = (left, right) if self.rows is None else (self.rows[left], self.rows[right])
        close = self.directions.too_close(*named)
        close &= named[0][:, None] != named[1]
        return close
