"""The best few rows of a pool for each row of a target, in heaps, while blocks of the pool go by.

Values are float64 in one fixed order of operations, so the heaps end the same in whatever order the blocks come.
"""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from handful.kernels.few import offer
from handful.kernels.jit import kernel, part
from handful.kernels.products import dot

CHUNK = 32
"""Entries of a tile tested together before any is looked at one by one."""

EMPTY = np.iinfo(np.int64).max
"""The name in a place of a heap that nothing has filled."""

_whole, _single, _double = types.int64, types.float32, types.float64
_values, _names = _double[:, ::1], _whole[:, ::1]
_open = types.Array(types.boolean, 1, "C", readonly=True)
_given = types.Array(_whole, 1, "C", readonly=True)
_rows = types.Array(_single, 2, "C", readonly=True)
_entries = types.Array(_single, 1, "C", readonly=True)
_places = types.Array(types.int32, 1, "C", readonly=True)


@part(types.boolean(_single[::1], _single[::1]))
def _any_reaches(line, least):
    """Whether a chunk has an entry at its bound or above; a fixed count, so that it is one wide test."""
    hit = False
    for j in range(CHUNK):
        hit |= line[j] >= least[j]
    return hit


@kernel(types.void(_rows, _single[:, ::1], _double[::1]))
def unit_rows(
    rows: NDArray[np.float32], out: NDArray[np.float32], lengths: NDArray[np.float64]
) -> None:
    """Each row over its length, which is summed in float64; a row of zeros stays, with a length of 0.

    Args:
        rows: (b, d).
        out: (b, d) written.
        lengths: (b,) written.
    """
    for i in range(len(rows)):
        lengths[i] = np.sqrt(dot(rows[i], rows[i]))
        scale = np.float32(0.0 if lengths[i] == 0.0 else 1.0 / lengths[i])
        for e in range(rows.shape[1]):
            out[i, e] = rows[i, e] * scale


@kernel(
    types.void(
        _single[:, ::1],
        _double,
        _rows,
        _double[::1],
        _rows,
        _double[::1],
        _given,
        _open,
        _values,
        _names,
    )
)
def offer_dense(tile, error, rows, lengths, targets, target_lengths, order, is_open, values, names):
    """Offer a block of rows to the heaps of all targets, by their cosine.

    The tile says in float32 which pairs can matter; their cosine is then computed in float64.

    Args:
        tile: (b, m) cosines, each within `error` of the exact one.
        error: ≥ 0.
        rows: (b, d).
        lengths: (b,) of the rows.
        targets: (m, d).
        target_lengths: (m,) of the targets.
        order: (b,) the names the rows are put on the heaps with.
        is_open: (b,) whether a row is offered at all.
        values: (m, L) heaps; −inf where empty.
        names: (m, L) whose values they are.

    Cost: b·m comparisons, 16 at a time; O(d + log L) for each pair that may enter.
    """
    m = tile.shape[1]
    least = np.empty(m, np.float32)
    for j in range(m):
        least[j] = np.float32(values[j, 0] - error)
    for i in range(len(rows)):
        if not is_open[i]:
            continue
        line = tile[i]
        for start in range(0, m, CHUNK):
            stop = start + CHUNK
            if stop <= m and not _any_reaches(line[start:stop], least[start:stop]):
                continue
            for j in range(start, min(stop, m)):
                if line[j] >= least[j]:
                    scale = lengths[i] * target_lengths[j]
                    value = 0.0
                    if scale > 0.0:
                        value = dot(rows[i], targets[j]) / scale
                    offer(values[j], names[j], value, order[i])
                    least[j] = np.float32(values[j, 0] - error)


@kernel(
    types.void(
        _entries,
        _places,
        _given,
        _given,
        _places,
        types.Array(_double, 1, "C", readonly=True),
        types.Array(_double, 2, "C", readonly=True),
        _given,
        _double[:, ::1],
    )
)
def sparse_cosines(
    data, places, starts, column_starts, column_rows, column_values, shifts, ends, out
):
    """Products of sparse rows, brought to unit length, with all targets, plus a shift for each group of them.

        out_ij = ⟨x_i / ‖x_i‖, y_j + shift of j's group⟩

    Args:
        data: (nnz,) of the rows, in the order of their columns.
        places: (nnz,) columns.
        starts: (b + 1,) where each row starts.
        column_starts: (d + 1,) where each column of the targets starts.
        column_rows: (entries,) which target.
        column_values: (entries,) its value.
        shifts: (groups, d), dense; without groups there is none.
        ends: (groups,) one past the last target of each group.
        out: (b, m) written. A row without entries has 0 with all.

    Cost: for each entry of a row, the targets that have its column.
    """
    shift = np.zeros(len(ends))
    for i in range(len(starts) - 1):
        squares = 0.0
        out[i, :] = 0.0
        shift[:] = 0.0
        for entry in range(starts[i], starts[i + 1]):
            value = np.float64(data[entry])
            squares += value * value
            column = places[entry]
            for group in range(len(ends)):
                shift[group] += value * shifts[group, column]
            for place in range(column_starts[column], column_starts[column + 1]):
                out[i, column_rows[place]] += value * column_values[place]
        if squares > 0.0:
            scale, first = 1.0 / np.sqrt(squares), 0
            for group in range(len(ends)):
                for j in range(first, ends[group]):
                    out[i, j] += shift[group]
                first = ends[group]
            for j in range(out.shape[1]):
                out[i, j] *= scale


@kernel(types.void(_double[:, ::1], _given, _open, _values, _names))
def offer_exact(tile, order, is_open, values, names):
    """Offer a block of rows to the heaps by values that are exact already. See `offer_dense`.

    Args:
        tile: (b, m).
        order: (b,).
        is_open: (b,).
        values: (m, L).
        names: (m, L).
    """
    for i in range(len(tile)):
        if is_open[i]:
            for j in range(tile.shape[1]):
                if tile[i, j] >= values[j, 0]:
                    offer(values[j], names[j], tile[i, j], order[i])
