"""How all pairs of rows are cut into tiles."""

from __future__ import annotations

from collections.abc import Iterator

TILE = 1008
"""Rows and columns of a tile: a multiple of 16, and no power of two, whose columns would fall on each other
in the processor's cache. A constant: results may not depend on memory or threads."""


def tile_blocks(n: int) -> list[slice]:
    """Runs of rows of one tile each.

    Example:
        >>> tile_blocks(TILE + 1)
        [slice(0, 1008, None), slice(1008, 1009, None)]
    """
    return [slice(start, min(start + TILE, n)) for start in range(0, n, TILE)]


def each_pair_once(blocks: int) -> Iterator[tuple[int, int]]:
    """Unordered pairs of blocks, by diagonals, so that tiles in work together share no block.

    Example:
        >>> list(each_pair_once(3))
        [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (2, 0)]
    """
    for apart in range(blocks // 2 + 1):
        for i in range(blocks):
            j = (i + apart) % blocks
            if 2 * apart != blocks or i < j:
                yield i, j
