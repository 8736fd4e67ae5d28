"""For each row of a target the rows of a pool most like it: exact, in one pass over the pool.

The pool is read block by block and is never compared with itself. Cosines are float64, summed in one
order for each pair, and ties go to the earlier id, so blocks, threads and memory change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful.runtime.blas import one_blas_thread
from handful.runtime.run import Run
from handful.selection import Floats, Indices

TILE_ROWS = 1008
"""Rows of the pool multiplied with the targets at a time. A constant."""
TILE_TARGETS = 1008
"""Rows of the target in one product."""
SPARSE_TILE = 1 << 19
"""Cosines of sparse rows held at a time."""

_SINGLE = 2.0**-24


@dataclass(frozen=True, eq=False)
class Lists:
    """Rows of the pool for each row of the target, the most alike first.

    Args:
        names: (m, L) int64 places in the order of ids; −1 where there are fewer.
        values: (m, L) float64 cosines, shifted where asked.
        lengths: (m,) how many there are. One shorter than L holds every row that was offered.
    """

    names: Indices
    values: Floats
    lengths: Indices


class Closest:
    """Heaps of the rows most like each target row, filled by blocks from several threads.

    Args:
        targets: (m, d) dense or CSR, finite.
        count: Rows kept for each, L ≥ 1.
        shifts: For CSR: (groups, d) float64 vectors, one added to the unit vectors of each group of targets; and
            `ends`, (groups,), one past the last target of each.

    Memory: 16·m·L bytes and one copy of the targets.
    """

    def __init__(
        self,
        targets: Any,
        count: int,
        *,
        shifts: Floats | None = None,
        ends: Indices | None = None,
    ) -> None:
        from handful.kernels.closest import EMPTY

        m = targets.shape[0]
        self.values = np.full((m, count), -np.inf)
        self.names = np.full((m, count), EMPTY, np.int64)
        sparse = hasattr(targets, "tocsr")
        assert sparse or shifts is None
        self._targets: _Dense | _Sparse = (
            _Sparse(targets, shifts, ends) if sparse else _Dense(targets)
        )
        self._locks = [Lock() for _ in range(0, m, TILE_TARGETS)]

    def offer(self, rows: Any, order: Indices, is_open: NDArray[np.bool_]) -> None:
        """Offer a block of the pool.

        Args:
            rows: (b, d) of the targets' kind.
            order: (b,) each row's place in the order of ids.
            is_open: (b,) rows that may be picked; the others are passed over.
        """
        for part, run, put in self._targets.tiles(rows):
            with self._locks[run.start // TILE_TARGETS]:
                put(order[part], is_open[part], self.values[run], self.names[run])

    def lists(self) -> Lists:
        """All lists in order."""
        return _in_order(self.names, self.values, self.names.shape[1])

    def packed(self) -> Indices:
        """(2, m, L) int64: names, and the bits of values, in no order; for `merged`."""
        return np.stack([self.names, self.values.view(np.int64)])


def merged(parts: Indices) -> Lists:
    """The lists of a pool from those of parts of it: the same as if all had been offered at once.

    Args:
        parts: (p, 2, m, L) of `Closest.packed`; may be memory-mapped.
    """
    _, _, m, count = parts.shape
    found = [
        _in_order(
            np.concatenate(parts[:, 0, j : j + 1], axis=-1),
            np.concatenate(parts[:, 1, j : j + 1], axis=-1).view(np.float64),
            count,
        )
        for j in range(m)
    ]
    return Lists(*(np.concatenate([getattr(one, name) for one in found]) for name in _FIELDS))


_FIELDS = ("names", "values", "lengths")


def _in_order(names: Indices, values: Floats, count: int) -> Lists:
    """The largest values of each row first, the earlier name where they tie."""
    from handful.kernels.closest import EMPTY

    order = np.lexsort((names, -values), axis=-1)[:, :count]
    names = np.take_along_axis(names, order, -1)
    values = np.take_along_axis(values, order, -1)
    filled = names != EMPTY
    names[~filled] = -1
    return Lists(names, values, filled.sum(axis=1))


Put = Callable[[Indices, NDArray[np.bool_], Floats, Indices], None]


class _Dense:
    """Target rows as a matrix: products in float32, and in float64 what may enter a heap."""

    def __init__(self, targets: Any) -> None:
        self.rows, self.units, self.lengths = _units(targets)
        self.error = _SINGLE * (self.rows.shape[1] + 16)

    def tiles(self, rows: Any) -> Iterator[tuple[slice, slice, Put]]:
        """Pieces of the pool's rows times pieces of the targets."""
        for start in range(0, rows.shape[0], TILE_ROWS):
            part = slice(start, min(start + TILE_ROWS, rows.shape[0]))
            given, units, lengths = _units(rows[part])
            for first in range(0, len(self.rows), TILE_TARGETS):
                run = slice(first, min(first + TILE_TARGETS, len(self.rows)))
                yield part, run, self._put(given, lengths, run, units @ self.units[run].T)

    def _put(self, rows: Any, lengths: Floats, run: slice, tile: NDArray[np.float32]) -> Put:
        from handful.kernels.closest import offer_dense

        def put(order: Indices, is_open: NDArray[np.bool_], values: Floats, names: Indices) -> None:
            offer_dense(  # type: ignore[no-untyped-call]
                tile,
                self.error,
                rows,
                lengths,
                self.rows[run],
                self.lengths[run],
                order,
                is_open,
                values,
                names,
            )

        return put


def _units(rows: Any) -> tuple[NDArray[np.float32], NDArray[np.float32], Floats]:
    from handful.kernels.closest import unit_rows

    given = np.ascontiguousarray(rows, np.float32)
    units, lengths = np.empty_like(given), np.empty(len(given))
    unit_rows(given, units, lengths)
    return given, units, lengths


class _Sparse:
    """Target rows by columns: each entry of a pool row meets the targets that have its column."""

    def __init__(self, targets: Any, shifts: Floats | None, ends: Indices | None) -> None:
        self.shifts = np.zeros((0, targets.shape[1])) if shifts is None else shifts
        self.ends = np.zeros(0, np.int64) if ends is None else ends
        columns = targets.tocsr().astype(np.float64)
        columns.sum_duplicates()
        squares = columns.multiply(columns).sum(axis=1)
        lengths = np.sqrt(np.asarray(squares, np.float64).ravel())
        lengths[lengths == 0.0] = 1.0
        columns.data /= np.repeat(lengths, np.diff(columns.indptr))
        columns = columns.tocsc()
        columns.sort_indices()
        self.m = targets.shape[0]
        self.starts = columns.indptr.astype(np.int64)
        self.rows = columns.indices.astype(np.int32)
        self.values = columns.data

    def tiles(self, rows: Any) -> Iterator[tuple[slice, slice, Put]]:
        """Pieces of the pool's rows times all targets; only the heaps are cut."""
        from handful.kernels.closest import offer_exact, sparse_cosines

        rows = rows.tocsr()
        rows.sort_indices()
        data, places = rows.data.astype(np.float32), rows.indices.astype(np.int32)
        starts = rows.indptr.astype(np.int64)
        step = max(1, SPARSE_TILE // self.m)
        for start in range(0, rows.shape[0], step):
            part = slice(start, min(start + step, rows.shape[0]))
            tile = np.empty((part.stop - start, self.m))
            sparse_cosines(  # type: ignore[no-untyped-call]
                data,
                places,
                starts[start : part.stop + 1],
                self.starts,
                self.rows,
                self.values,
                self.shifts,
                self.ends,
                tile,
            )
            for first in range(0, self.m, TILE_TARGETS):
                run = slice(first, min(first + TILE_TARGETS, self.m))
                own = np.ascontiguousarray(tile[:, run])

                def put(
                    order: Indices,
                    is_open: NDArray[np.bool_],
                    values: Floats,
                    names: Indices,
                    own: Floats = own,
                ) -> None:
                    offer_exact(own, order, is_open, values, names)  # type: ignore[no-untyped-call]

                yield part, run, put


def closest(
    features: Any,
    targets: Any,
    count: int,
    *,
    order: Indices | None = None,
    is_open: NDArray[np.bool_] | None = None,
    run: Run | None = None,
) -> Lists:
    """The `count` rows of a pool with the largest cosine to each target row; ties to the earlier id.

    Args:
        features: (n, d) dense (may be memory-mapped, float16 or float32) or CSR.
        targets: (m, d), of the same kind.
        count: L ≥ 1.
        order: (n,) place of each row in the order of ids; None: row order.
        is_open: (n,) rows that count; None: all.
        run: Threads.

    Returns:
        Lists of places in the order of ids: row numbers where `order` is None.

    Cost: n·m·d products for dense rows; memory 16·m·L bytes and a few tiles, whatever n is.

    Example:
        >>> pool = np.array([[1, 0], [0.9, 0.1], [0, 1], [0.5, 0.5]], np.float32)
        >>> closest(pool, np.array([[2, 0], [0, 3]], np.float32), 2).names.tolist()
        [[0, 1], [2, 3]]
    """
    n = features.shape[0]
    order = np.arange(n) if order is None else order
    is_open = np.ones(n, bool) if is_open is None else is_open
    found = Closest(targets, max(1, min(count, n)))

    def work(start: int) -> None:
        stop = min(n, start + BLOCK)
        found.offer(features[start:stop], order[start:stop], is_open[start:stop])

    with one_blas_thread():
        for _ in (run or Run(threads=1)).map_blocks(work, range(0, n, BLOCK)):
            pass
    return found.lists()


BLOCK = 8 * TILE_ROWS
"""Rows read at a time."""
