"""Semantic duplicates: rows whose features point the same way."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from handful.duplicates._contract import Found, labels_of
from handful.duplicates.exact import hash_rows
from handful.graphs._contract import SINGLE
from handful.graphs.cells import nearest_cells
from handful.graphs.feature_pairs import FeaturePairs
from handful.graphs.rows import unit_rows
from handful.graphs.tiles import each_pair_once, tile_blocks
from handful.kernels.bands import join_pairs, roots
from handful.methods._contract import Need, Target, View
from handful.parameters import parameter
from handful.rng import Draws
from handful.runtime.blas import one_blas_thread
from handful.runtime.run import Run
from handful.runtime.work import Size, Work
from handful.selection import Indices

ALL_PAIRS = 50_000
"""Rows up to which every pair is compared."""
CELL_ROWS = 1000
"""Rows of a cell, on average, beyond that."""
LARGEST_CELL = 20_000
"""Rows of a cell compared with each other; a larger one is cut into pieces of so many."""

Forest = NDArray[np.int32]


@dataclass(frozen=True)
class Semantic:
    """Rows whose features have a cosine of at least `threshold`.

    Up to 50,000 rows every pair is compared. Beyond, rows are put into cells by spherical k-means, one
    for each 1,000 rows, and pairs are compared that share one of the `probes` cells nearest to each; features
    are read cell by cell and never copied whole. A pair near the border of cells may be missed: on text
    features 2 probes find nearly all that matter, for their cosine is high. Tiles are float32; a pair within
    their rounding of the threshold is decided in float64. Clusters are what pairs connect.

    It departs from the released SemDeDup: that drops a row where any row before it in its cell is close,
    ordered by distance from the cell's centre, and never looks across cells. Here the best-scored row of a
    cluster stays, so what is kept does not depend on cells or on their order.

    Cost: n²·d/2 up to 50,000 rows; beyond, n·d·(cells + 2·probes²·1,000). Memory: the features once up to
    50,000 rows, beyond that 40 bytes a row and a cell's features for each thread.

    Source: Abbas, Tirumala, Simig, Ganguli & Morcos 2023, SemDeDup: data-efficient learning at web-scale through
    semantic deduplication, section 3.
    """

    threshold: float = parameter(0.95, "Cosine from which rows are one.", low=-1, high=1)
    array: str | None = parameter(None, "Name of the features; none: the default.")
    probes: int = parameter(2, "Nearest cells in which a row is looked for.", low=1, high=8)

    version: ClassVar[int] = 1
    either: ClassVar[tuple[Need, ...]] = ("features",)

    @property
    def kept_bytes(self) -> int:
        """Nothing of its own."""
        return 0

    def work(self, size: Size) -> Work:
        """All pairs once, or the cells."""
        pairs, held = size.n / 2.0, 8 * size.n * size.d
        if size.n > ALL_PAIRS:
            pairs, held = cells_of(size.n) + 2.0 * self.probes**2 * CELL_ROWS, 2**28
        return Work(multiply_adds=pairs * size.n * size.d, memory_bytes=held + 40 * size.n)

    def find(self, view: View, owned: Target | None, rng: Draws) -> Found:
        """Compare all pairs, or those that share a cell; join the close ones."""
        rows = Stack(
            [view.array(self.array), *([] if owned is None else [owned.arrays(self.array)])]
        )
        view.run_with.progress.stage("comparing rows", None)
        with one_blas_thread():
            if rows.n <= ALL_PAIRS:
                pairs = FeaturePairs.of("cosine", rows.take(np.arange(rows.n)))
                return Found(joined(pairs, self.threshold, view.run_with))
            return self._by_cells(rows, view.run_with, rng)

    def _by_cells(self, rows: Stack, run: Run, rng: Draws) -> Found:
        """Join within cells; equal rows beforehand, for no cell could part them."""
        labels = labels_of(np.concatenate([hash_rows(part) for part in rows.parts]))
        forest = labels.astype(np.int32)
        distinct = np.flatnonzero(labels == np.arange(rows.n))
        count = cells_of(len(distinct))
        nearest = nearest_cells(rows, distinct, count, self.probes, run, rng)
        pieces = list(_pieces(nearest, distinct, count))

        def work(piece: Indices) -> tuple[Indices, Indices]:
            pairs = FeaturePairs.of("cosine", rows.take(piece))
            return piece, piece[joined(pairs, self.threshold, Run(threads=1))]

        for piece, heads in run.map_blocks(work, pieces):
            join_pairs(forest, piece, heads)
        notes = {"cells": count}
        cut = sum(len(piece) == LARGEST_CELL for piece in pieces)
        return Found(roots(forest), {**notes, "crowded_cells": cut} if cut else notes)


def cells_of(n: int) -> int:
    """How many cells n rows are put into: a function of n alone."""
    return max(1, math.ceil(n / CELL_ROWS))


def _pieces(nearest: Indices, rows: Indices, count: int) -> Iterator[Indices]:
    """The rows that have each cell among their nearest, ascending, a few thousand at most together."""
    cell = nearest.ravel()
    order = np.argsort(cell, kind="stable")
    member = rows[order // nearest.shape[1]]
    ends = np.searchsorted(cell[order], np.arange(count + 1))
    for start, stop in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        for at in range(start, stop, LARGEST_CELL):
            piece = member[at : min(stop, at + LARGEST_CELL)]
            if len(piece) > 1:
                yield piece


def joined(pairs: FeaturePairs, threshold: float, run: Run) -> Indices:
    """(n,) the least row of each row's component, by the pairs whose cosine reaches the threshold.

    Equal to within the rounding of float32 counts as equal. Each pair is computed once; pairs already
    connected are not looked at again.
    """
    n = pairs.shape[0]
    blocks, forest = tile_blocks(n), np.arange(n, dtype=np.int32)
    bar = np.float32(threshold - SINGLE - pairs.error)

    def work(tile: tuple[int, int]) -> tuple[Indices, Indices]:
        i, j = tile
        close = pairs.singles(blocks[i], blocks[j]) >= bar
        if i == j:
            close &= np.tri(len(close), k=-1, dtype=bool)
        left, right = np.nonzero(close)
        return left + blocks[i].start, right + blocks[j].start

    labels = np.arange(n, dtype=np.int64)
    for first, second in run.map_blocks(work, each_pair_once(len(blocks))):
        new = labels[first] != labels[second]
        if new.any():
            left, right = first[new], second[new]
            sure = pairs.at(left, right) >= threshold - SINGLE
            join_pairs(forest, left[sure], right[sure])
            labels = roots(forest)
    return labels


class Stack:
    """Feature arrays one under the other, read by rows and never joined whole."""

    def __init__(self, parts: list[Any]) -> None:
        self.parts = parts
        sizes = [int(part.shape[0]) for part in parts]
        self.stops = np.cumsum(sizes).tolist()
        self.starts = [stop - size for stop, size in zip(self.stops, sizes, strict=True)]
        self.n = self.stops[-1]

    def take(self, rows: Indices) -> Any:
        """(m, d) some rows, ascending."""
        import scipy.sparse

        found = []
        for part, start, stop in zip(self.parts, self.starts, self.stops, strict=True):
            low, high = np.searchsorted(rows, [start, stop])
            found.append(part[rows[low:high] - start])
        if any(scipy.sparse.issparse(part) for part in found):
            return scipy.sparse.vstack(found, format="csr")
        return np.concatenate(found)

    def unit(self, rows: Indices) -> Any:
        """The same as unit rows, float32."""
        return unit_rows(self.take(rows))
