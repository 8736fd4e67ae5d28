"""Similarities that a function of the user's computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from handful import errors
from handful.graphs import tiles
from handful.graphs._contract import SINGLE, Floats, Indices, Tile
from handful.graphs._tiled import Tiled
from handful.graphs.rows import require_finite


class CallablePairs(Tiled):
    """A similarity that the user computes, one block of pairs at a time.

    The function is asked for whole aligned blocks of `TILE` rows only, so one pair has one value.
    """

    def __init__(
        self, function: Callable[[Any, Any], Any], left: Any, right: Any, symmetric: bool
    ) -> None:
        self.function, self.left, self.right = function, left, right
        self.shape, self.symmetric = (left.shape[0], right.shape[0]), symmetric
        self._largest = 0.0

    @property
    def error(self) -> float:  # type: ignore[override]
        """That of float32, in the largest similarity seen so far."""
        return SINGLE * self._largest

    def column(self, j: int) -> tuple[Indices, Floats]:
        """See `Pairs.column`."""
        start = j - j % tiles.TILE
        parts = [self._block(i, start)[:, j - start] for i in range(0, self.shape[0], tiles.TILE)]
        return np.arange(self.shape[0]), np.concatenate(parts).astype(np.float64)

    def tile(self, rows: slice, columns: Indices) -> Tile:
        """See `Pairs.tile`."""
        out = np.empty((rows.stop - rows.start, len(columns)))
        for i in range(rows.start - rows.start % tiles.TILE, rows.stop, tiles.TILE):
            inner = slice(max(rows.start, i), min(rows.stop, i + tiles.TILE))
            for start in np.unique(columns - columns % tiles.TILE).tolist():
                here = (columns >= start) & (columns < start + tiles.TILE)
                block = self._block(i, start)[inner.start - i : inner.stop - i]
                out[inner.start - rows.start : inner.stop - rows.start, here] = block[
                    :, columns[here] - start
                ]
        return out

    def _block(self, row: int, column: int) -> Tile:
        left, right = self.left[row : row + tiles.TILE], self.right[column : column + tiles.TILE]
        block = np.asarray(self.function(left, right))
        if block.shape != (left.shape[0], right.shape[0]):
            raise errors.similarity_shape(block.shape, (left.shape[0], right.shape[0]))
        require_finite(block, "similarity")
        self._largest = max(self._largest, float(np.abs(block).max(initial=0.0)))
        return block
