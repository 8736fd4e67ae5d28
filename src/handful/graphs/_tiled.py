"""What every kind of pairs that is cut into dense tiles shares."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

import numpy as np

from handful.graphs._contract import Floats, Indices, Pairs, Singles, Tile
from handful.graphs.tiles import each_pair_once, tile_blocks
from handful.runtime.blas import one_blas_thread
from handful.runtime.run import Run


class Tiled(Pairs):
    """What every kind of pairs that can be cut into tiles shares."""

    shape: tuple[int, int]
    symmetric: bool
    sparse: bool = False
    error: float = 0.0
    rounding: float = 2.0**-17
    threads: int = 1

    @abstractmethod
    def tile(self, rows: slice, columns: Indices) -> Tile:
        """See `Pairs.tile`."""

    def sums(
        self,
        columns: Indices,
        low: Floats,
        room: Floats | None = None,
        weights: Floats | None = None,
    ) -> Floats:
        """See `Pairs.sums`."""
        n = self.shape[0]
        high = np.full(n, np.inf) if room is None else low + room
        unit = np.ones(n) if weights is None else weights
        bounds = tuple(np.asarray(bound, np.float32) for bound in (low, high, unit))

        def work(run: slice) -> Floats:
            return self._column_sums(columns[run], bounds)

        with one_blas_thread():
            runs = Run(threads=self.threads).map_blocks(work, tile_blocks(len(columns)))
            parts = list(runs)
        return np.concatenate([np.zeros(0), *parts])

    def _column_sums(self, columns: Indices, bounds: tuple[Singles, ...]) -> Floats:
        """The sums of some candidates, over rows in order."""
        from handful.kernels.served import column_sums

        out = np.zeros((3, len(columns)))
        for rows in tile_blocks(self.shape[0]):
            tile = np.ascontiguousarray(self.tile(rows, columns), np.float32)
            low, high, weights = (bound[rows] for bound in bounds)
            column_sums(tile, low, high, weights, 0.0, out[0], out[1], out[2])
        return np.asarray(out[0])

    def counts(self, columns: Indices, bar: Floats) -> Floats:
        """See `Pairs.counts`."""
        out = np.zeros(self.shape[0])
        with one_blas_thread():
            for rows in tile_blocks(len(out)):
                for run in tile_blocks(len(columns)):
                    tile = self.precise(rows, columns[run])
                    out[rows] += (tile > bar[rows, None]).sum(axis=1)
        return out

    def totals(self) -> Floats:
        """See `Pairs.totals`."""
        out = np.zeros(self.shape[1])
        if not self.symmetric:
            for rows, run in self._tiles():
                out[run] += self.precise(rows, run).sum(axis=0, dtype=np.float64)
            return out
        blocks, columns = tile_blocks(len(out)), np.arange(len(out))

        def work(at: tuple[int, int]) -> tuple[tuple[int, int], Floats, Floats]:
            tile = self.precise(blocks[at[0]], columns[blocks[at[1]]])
            return at, tile.sum(axis=0, dtype=np.float64), tile.sum(axis=1, dtype=np.float64)

        with one_blas_thread():
            for (i, j), down, across in Run(threads=self.threads).map_blocks(
                work, each_pair_once(len(blocks))
            ):
                out[blocks[j]] += down
                if i != j:
                    out[blocks[i]] += across
        return out

    def peaks(self) -> Floats:
        """See `Pairs.peaks`."""
        out, places = np.zeros(self.shape[1]), np.full(self.shape[1], -1)
        for rows, run in self._tiles():
            tile = self.precise(rows, run)
            row = tile.argmax(axis=0)
            highest = tile[row, np.arange(len(run))]
            higher = highest > out[run]
            out[run[higher]], places[run[higher]] = highest[higher], rows.start + row[higher]
        above = np.flatnonzero(places >= 0)
        out[above] = self._single(places[above], above, out[above])
        return out

    def _single(self, rows: Indices, columns: Indices, near: Floats) -> Floats:
        """(p,) single pairs as `column` gives them, where `near` may differ by rounding."""
        return near

    def _tiles(self) -> Iterator[tuple[slice, Indices]]:
        """All tiles, row after row of them."""
        for rows in tile_blocks(self.shape[0]):
            for run in tile_blocks(self.shape[1]):
                yield rows, np.arange(run.start, run.stop)

    def diagonal(self) -> Floats:
        """See `Pairs.diagonal`."""
        every = np.arange(self.shape[0])
        parts = [np.diagonal(self.tile(run, every[run])) for run in tile_blocks(len(every))]
        return np.concatenate([np.zeros(0), *parts]).astype(np.float64)

    def precise(self, rows: slice, columns: Indices) -> Tile:
        """A tile to full float64 precision, where the usual one is not."""
        return self.tile(rows, columns)

    def first_negative(self) -> tuple[int, int, float] | None:
        """See `Pairs.first_negative`."""
        for rows, run in self._tiles():
            tile = self.tile(rows, run)
            if tile.min(initial=0.0) < -self.error:
                i, j = np.unravel_index(int(tile.argmin()), tile.shape)
                return rows.start + int(i), int(run[j]), float(tile[i, j])
        return None
