"""What a similarity of pairs of rows is, however it is given."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Singles = NDArray[np.float32]
Tile = Singles | NDArray[np.float64]

SINGLE = 2.0**-22
"""Relative error of a similarity and the bounds it is held to, once they are float32."""


class Pairs(Protocol):
    """The similarity s_ij of each row i of one set, n rows, to each candidate j of another, m rows.

    Attributes:
        shape: (n, m).
        symmetric: The two sets are one, and s_ij = s_ji.
        sparse: Pairs left out count 0.
        error: |tile − column| is at most this, in every entry.
        rounding: Relative error of `sums` beside that.
    """

    shape: tuple[int, int]
    symmetric: bool
    sparse: bool
    error: float
    rounding: float

    def column(self, j: int) -> tuple[Indices, Floats]:
        """Rows i and their s_ij in float64, summed in a fixed order: equal rows have equal bits.

        Rows are ascending; those left out have s_ij = 0. O(n·d).
        """
        ...

    def tile(self, rows: slice, columns: Indices) -> Tile:
        """(a, b): similarities of a run of rows to some candidates, each within `error`."""
        ...

    def precise(self, rows: slice, columns: Indices) -> Tile:
        """(a, b): the same to nearly full float64 precision, more slowly."""
        ...

    def counts(self, columns: Indices, bar: Floats) -> Floats:
        """(n,) how many of some candidates each row is nearer to than its bar, to within `error`."""
        ...

    def sums(
        self,
        columns: Indices,
        low: Floats,
        room: Floats | None = None,
        weights: Floats | None = None,
    ) -> Floats:
        """(b,) float64: Σ_i w_i · min(max(s_ij − low_i, 0), room_i), the sum under most objectives.

        Args:
            columns: (b,) candidates.
            low: (n,) ≥ 0, what row i has already; so a pair left out, a similarity of 0, adds nothing.
            room: (n,) ≥ 0, how much more row i can use; None: no limit.
            weights: (n,) ≥ 0; None: ones.
        """
        ...

    def totals(self) -> Floats:
        """(m,) Σ_i s_ij over all rows i, to nearly full float64 precision. O(n·m·d)."""
        ...

    def peaks(self) -> Floats:
        """(m,) max_i s_ij, at least 0, of the bits that `column` has for some largest one. O(n·m·d)."""
        ...

    def diagonal(self) -> Floats:
        """(n,) s_jj, where the two sets are one; exact as `column` is."""
        ...

    def first_negative(self) -> tuple[int, int, float] | None:
        """(i, j, s_ij) of one similarity below 0, or None where there is none."""
        ...
