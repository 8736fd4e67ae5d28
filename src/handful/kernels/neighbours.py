"""The best few candidates of each row, kept in heaps while tiles of similarities go by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handful.kernels.few import offer
from handful.kernels.jit import kernel

Tile = NDArray[np.float32]
Numbers = NDArray[np.int32]

CHUNK = 48
"""Entries tested together before any is looked at one by one; divides the width of a whole tile."""


@kernel("b1(f4[::1], f4)")
def _any_reaches(line: Tile, worst: float) -> bool:
    """Whether a whole chunk has an entry ≥ `worst`; a fixed count, so that it is one wide test."""
    hit = False
    for j in range(CHUNK):
        hit |= line[j] >= worst
    return hit


@kernel("b1(f4[::1], f4[::1])")
def _any_reaches_own(line: Tile, worst: Tile) -> bool:
    """Whether a whole chunk has an entry at least as large as its own bound."""
    hit = False
    for j in range(CHUNK):
        hit |= line[j] >= worst[j]
    return hit


@kernel("void(f4[:,::1], f4[:,::1], i4[:,::1], i8, b1)")
def offer_columns(tile: Tile, keys: Tile, names: Numbers, first: int, diagonal: bool) -> None:
    """Offer each row of a tile its columns.

    Args:
        tile: (a, b) similarities.
        keys: (a, L) heaps of the tile's rows, worst first; −inf where empty.
        names: (a, L) whose keys they are.
        first: Number of the tile's first column.
        diagonal: The tile lies on the diagonal, and a row is not its own neighbour.

    Cost: a·b comparisons, 16 at a time; inserts are rare, O(L log n) a row in all for rows in no order.
    """
    rows, columns = tile.shape
    for i in range(rows):
        line, heap, own = tile[i], keys[i], names[i]
        for start in range(0, columns, CHUNK):
            stop = start + CHUNK
            if stop <= columns and not _any_reaches(line[start:stop], heap[0]):
                continue
            for j in range(start, min(stop, columns)):
                if line[j] >= heap[0] and not (diagonal and i == j):
                    offer(heap, own, line[j], first + j)


@kernel("void(f4[:,::1], f4[:,::1], i4[:,::1], i8)")
def offer_rows(tile: Tile, keys: Tile, names: Numbers, first: int) -> None:
    """Offer each column of a tile its rows, the first of which is number `first`. See `offer_columns`."""
    rows, columns = tile.shape
    worst = keys[:, 0].copy()
    for i in range(rows):
        line = tile[i]
        for start in range(0, columns, CHUNK):
            stop = start + CHUNK
            if stop <= columns and not _any_reaches_own(line[start:stop], worst[start:stop]):
                continue
            for j in range(start, min(stop, columns)):
                if line[j] >= worst[j]:
                    offer(keys[j], names[j], line[j], first + i)
                    worst[j] = keys[j, 0]
