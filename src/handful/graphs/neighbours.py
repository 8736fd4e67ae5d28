"""The exact neighbour graph: for each row the few others most like it, from tiles of products.

Each pair is computed once, in float32, and offered to both its rows, which keep a few more than were
asked for. Float64 similarities then put them in order. Where a row that was not kept could still belong,
by the rounding of float32, that row of the graph is settled in float64 over all that could. So the
graph is that of float64, whatever the tiles, the threads or the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.graphs.feature_pairs import FeaturePairs
from handful.graphs.similarity import pairs
from handful.graphs.tiles import each_pair_once, tile_blocks
from handful.runtime.blas import one_blas_thread
from handful.runtime.run import Run

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Names = NDArray[np.int32]

SPARE = 8
"""Candidates kept beyond those asked for, so that rounding seldom calls for a second look."""

_NONE = np.iinfo(np.int32).max


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Each row's nearest other rows, the nearest first; of equally near ones the earlier.

    Args:
        names: (n, count) int32 row numbers; −1 where there are fewer.
        similarities: (n, count) float64; 0 where there are fewer.
        own: (n,) float64, the similarity of each row to itself.
    """

    names: Names
    similarities: Floats
    own: Floats

    def csr(self) -> Any:
        """As a sparse (n, n) similarity, float32: row i lists itself and those near it, in their order.

        A row whose own similarity is 0, one of zeros under a cosine, does not list itself.
        """
        from scipy import sparse

        n = len(self.names)
        names = np.column_stack([self.names, np.arange(n, dtype=np.int32)])
        values = np.column_stack([self.similarities, self.own]).astype(np.float32)
        names[values == 0.0] = -1
        order = np.argsort(names, axis=1)
        names, values = np.take_along_axis(names, order, 1), np.take_along_axis(values, order, 1)
        there = names >= 0
        starts = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
        return sparse.csr_array((values[there], names[there], starts), shape=(n, n))


def nearest(
    features: Any, count: int, *, similarity: str = "cosine", threads: int = 1
) -> Neighbours:
    """Find each row's `count` nearest other rows, exactly.

    Equal rows are neighbours like any others, in the order of their numbers. A row of zeros has cosine 0
    with every row. With "clipped_cosine", pairs at or below 0 are no neighbours: a row may be alone.

    Args:
        features: (n, d) dense or CSR, finite.
        count: Neighbours a row, ≥ 1; fewer where there are not so many rows.
        similarity: A name of `similarity.NAMES`.
        threads: Worker threads.

    Returns:
        The graph. Cost: n²·d/2 products, and tests of n² pairs, 16 at a time; memory
        8·n·(count + 8) bytes and one copy of the features.

    Example:
        >>> x = np.array([[1, 0], [0.9, 0.1], [0, 1], [0.1, 0.8]], np.float32)
        >>> nearest(x, 1).names[:, 0].tolist()
        [1, 0, 3, 2]
    """
    if count < 1:
        raise errors.bad_parameter("nearest", "count", count, "a whole number, at least 1")
    near = _Search(pairs(similarity, features), count)
    near.sweep(Run(threads=threads))
    return near.settled()


class _Search:
    """Heaps of candidates, one a row, while tiles go by."""

    def __init__(self, made: Any, count: int) -> None:
        assert isinstance(made, FeaturePairs)
        self.pairs, self.n = made, made.shape[0]
        self.clipped = made.name == "clipped_cosine"
        self.count = min(count, max(self.n - 1, 0))
        kept = min(self.count + SPARE, max(self.n - 1, 1))
        self.keys = np.full((self.n, kept), -np.inf, np.float32)
        self.names = np.full((self.n, kept), _NONE, np.int32)

    def sweep(self, run: Run) -> None:
        """Offer every pair to both its rows. A block of heaps is in one worker's hands at a time."""
        from handful.kernels.neighbours import offer_columns, offer_rows

        blocks = tile_blocks(self.n)
        locks = [Lock() for _ in blocks]

        def work(tile: tuple[int, int]) -> None:
            i, j = tile
            products = self.pairs.keys(blocks[i], blocks[j])
            with locks[i]:
                heaps = self.keys[blocks[i]], self.names[blocks[i]]
                offer_columns(products, *heaps, blocks[j].start, i == j)
            if i != j:
                with locks[j]:
                    heaps = self.keys[blocks[j]], self.names[blocks[j]]
                    offer_rows(products, *heaps, blocks[i].start)

        with one_blas_thread():
            for _ in run.map_blocks(work, each_pair_once(len(blocks))):
                pass

    def settled(self) -> Neighbours:
        """Order the kept by float64; look again at rows where rounding leaves a doubt."""
        names = np.full((self.n, self.count), -1, np.int32)
        similarities = np.zeros((self.n, self.count))
        doubtful = []
        for block in tile_blocks(self.n):
            kept, exact = ordered(self.pairs, np.arange(block.start, block.stop), self.names[block])
            names[block], similarities[block] = kept[:, : self.count], exact[:, : self.count]
            doubtful.append(block.start + self._in_doubt(block, similarities[block]))
        for row in np.concatenate([*doubtful, np.zeros(0, np.int64)]).tolist():
            self._settle(row, names, similarities)
        rows = np.arange(self.n)
        return Neighbours(names, similarities, self.pairs.at(rows, rows))

    def _in_doubt(self, block: slice, similarities: Floats) -> Indices:
        """Rows of a block whose last neighbour is no nearer than one left out could be."""
        if self.keys.shape[1] >= self.n - 1 or not self.count:
            return np.zeros(0, np.int64)
        most = self.keys[block, 0].astype(np.float64) + self.pairs.key_error
        doubt = similarities[:, -1] <= self.pairs.of_key(most)
        return np.flatnonzero(doubt & (most > 0.0) if self.clipped else doubt)

    def _settle(self, row: int, names: Names, similarities: Floats) -> None:
        """One row over all that could belong to it."""
        last = similarities[row, -1]
        could = np.flatnonzero(self._highest(row) >= last)
        could = could[could != row].astype(np.int32)
        kept, exact = ordered(self.pairs, np.array([row]), could[None])
        found = min(self.count, len(could))
        names[row, :found], similarities[row, :found] = kept[0, :found], exact[0, :found]

    def _highest(self, row: int) -> Floats:
        """(n,) the largest similarity that each candidate could have to a row."""
        out = np.empty(self.n)
        for block in tile_blocks(self.n):
            keys = self.pairs.keys(slice(row, row + 1), block)[0]
            out[block] = self.pairs.of_key(keys.astype(np.float64) + self.pairs.key_error)
        return out


def ordered(made: FeaturePairs, rows: Indices, names: Any) -> tuple[Names, Floats]:
    """Candidates of some rows with their float64 similarities, the best first; then −1 and 0.

    Args:
        made: The similarity; "clipped_cosine" has no neighbours at or below 0.
        rows: (a,) the rows.
        names: (a, b) their candidates, −1 or more than any row where there are fewer.
    """
    there = (names >= 0) & (names != _NONE)
    exact = np.full(names.shape, -np.inf)
    own = np.repeat(rows, there.sum(axis=1))
    exact[there] = made.at(own, names[there].astype(np.int64))
    if made.name == "clipped_cosine":
        exact[exact <= 0.0] = -np.inf
    order = np.lexsort((names, -exact), axis=-1)
    names, exact = np.take_along_axis(names, order, -1), np.take_along_axis(exact, order, -1)
    gone = exact == -np.inf
    names[gone], exact[gone] = -1, 0.0
    return names.astype(np.int32, copy=False), exact
