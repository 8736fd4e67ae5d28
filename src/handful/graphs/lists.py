"""The pairs of rows whose similarity exceeds a bound of the row's own, listed by candidate."""

from __future__ import annotations

from threading import Lock, local

import numpy as np
from numpy.typing import NDArray

from handful.graphs.tiles import TILE, tile_blocks

Singles = NDArray[np.float32]
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

ENTRY_BYTES = 6
"""A listed pair: its place in its tile, and its similarity."""


class PairLists:
    """Rows i with s_ij > bound_i, for each candidate j: filled tile by tile, then asked for sums.

    Args:
        bound: (n,) what a similarity must exceed.
        room: Entries there is memory for. Memory is taken as it is filled: 6 bytes an entry, and 4 bytes a
            row and block of rows.

    Attributes:
        used: Entries offered so far.
    """

    def __init__(self, bound: Singles, room: int) -> None:
        blocks = len(tile_blocks(len(bound)))
        self.bound, self.used = bound, 0
        self._starts = np.zeros((blocks, blocks), np.int64)
        self._ends = np.zeros((blocks, len(bound)), np.int32)
        self._places = np.empty(room, np.uint16)
        self._values = np.empty(room, np.float32)
        self._lock, self._local = Lock(), local()

    @property
    def whole(self) -> bool:
        """Whether all that was offered could be kept."""
        return self.used <= len(self._values)

    def keep(self, tile: Singles, candidates: slice, rows: slice) -> None:
        """List what a tile has above the bounds. May be called from several threads.

        Args:
            tile: (a, b) similarities, candidates down and the rows they serve across.
            candidates: A whole block of `tiles.tile_blocks`.
            rows: Another, or the same.
        """
        from handful.kernels.lists import keep

        places, values = self._buffers()
        own, block = candidates.start // TILE, rows.start // TILE
        size = keep(tile, self.bound[rows], places, values, self._ends[block, candidates])
        with self._lock:
            start, self.used = self.used, self.used + size
        if self.whole:
            self._starts[block, own] = start
            self._places[start : start + size] = places[:size]
            self._values[start : start + size] = values[:size]

    def sums(
        self, candidates: Indices, low: Floats, high: Floats, weights: Floats, error: float
    ) -> tuple[Floats, Floats]:
        """Σ_i w_i · (min(s_ij, high_i) − low_i)⁺ of each candidate, and its reach. See `kernels.lists`."""
        from handful.kernels.lists import list_sums

        total, reach = np.empty(len(candidates)), np.empty(len(candidates))
        list_sums(*self._entries, candidates, low, high, weights, error, total, reach)
        return total, reach

    def rows(self, candidate: int, low: Floats, error: float) -> Indices:
        """Rows with s_ij > low_i − error, in ascending order; low_i − error ≥ bound_i."""
        from handful.kernels.lists import list_rows

        rows = np.empty(len(self.bound), np.int64)
        return rows[: list_rows(*self._entries, candidate, low, error, rows)]

    @property
    def _entries(self) -> tuple[Indices, NDArray[np.int32], NDArray[np.uint16], Singles, int]:
        return self._starts, self._ends, self._places, self._values, TILE

    def _buffers(self) -> tuple[NDArray[np.uint16], Singles]:
        """Room for all entries of a tile, one a thread."""
        if not hasattr(self._local, "places"):
            size = TILE * TILE + 1
            self._local.places = np.empty(size, np.uint16)
            self._local.values = np.empty(size, np.float32)
        return self._local.places, self._local.values
