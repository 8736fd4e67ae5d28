"""Similarities held in memory: as given, or computed once."""

from __future__ import annotations

from typing import Any

import numpy as np

from handful.graphs._contract import SINGLE, Floats, Indices, Pairs, Tile
from handful.graphs._tiled import Tiled
from handful.graphs.rows import require_finite
from handful.runtime.blas import one_blas_thread
from handful.runtime.run import Run


class MatrixPairs(Tiled):
    """A similarity given as an array, (n, m); held as it is."""

    def __init__(self, matrix: Any) -> None:
        self.matrix = np.asarray(matrix)
        if self.matrix.dtype.kind != "f" or self.matrix.dtype.itemsize < 4:
            self.matrix = self.matrix.astype(np.float32)
        require_finite(self.matrix, "similarity")
        self.error = SINGLE * float(np.abs(self.matrix).max(initial=0.0))
        self.shape = (self.matrix.shape[0], self.matrix.shape[1])
        self.symmetric = self.shape[0] == self.shape[1] and bool(
            (self.matrix == self.matrix.T).all()
        )

    def column(self, j: int) -> tuple[Indices, Floats]:
        """See `Pairs.column`."""
        return np.arange(self.shape[0]), self.matrix[:, j].astype(np.float64)

    def tile(self, rows: slice, columns: Indices) -> Tile:
        """See `Pairs.tile`."""
        return self.matrix[rows][:, columns]


class HeldPairs(Tiled):
    """Pairs whose tiles were all computed once, as float32. 4 bytes a pair."""

    def __init__(self, made: Pairs, threads: int = 1) -> None:
        self.made, self.shape, self.symmetric = made, made.shape, made.symmetric
        self.threads, self.matrix = threads, np.empty(made.shape, np.float32)

        def work(at: tuple[slice, Indices]) -> None:
            rows, run = at
            self.matrix[rows, run[0] : run[-1] + 1] = made.tile(rows, run)

        with one_blas_thread():
            for _ in Run(threads=threads).map_blocks(work, self._tiles()):
                pass
        self.error = made.error  # which counts float32: sums over tiles are of float32, held or not

    def column(self, j: int) -> tuple[Indices, Floats]:
        """See `Pairs.column`."""
        return self.made.column(j)

    def totals(self) -> Floats:
        """See `Pairs.totals`."""
        return self.made.totals()

    def peaks(self) -> Floats:
        """See `Pairs.peaks`."""
        return self.made.peaks()

    def diagonal(self) -> Floats:
        """See `Pairs.diagonal`."""
        return self.made.diagonal()

    def tile(self, rows: slice, columns: Indices) -> Tile:
        """See `Pairs.tile`."""
        return self.matrix[rows, _run(columns)]

    def precise(self, rows: slice, columns: Indices) -> Tile:
        """See `Pairs.precise`."""
        return self.made.precise(rows, columns)

    def first_negative(self) -> tuple[int, int, float] | None:
        """See `Pairs.first_negative`."""
        return self.made.first_negative()


def _run(places: Indices) -> slice | Indices:
    """Places as a slice where they are one after the other, which copies nothing."""
    if len(places) and places[-1] - places[0] + 1 == len(places) and (np.diff(places) == 1).all():
        return slice(int(places[0]), int(places[-1]) + 1)
    return places
