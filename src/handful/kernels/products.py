"""Inner products and squared distances of single pairs, in float64 and in one fixed order.

A matrix product gives one pair different last bits in different places; these never do. They decide
close calls, so they are part of the definition of every similarity of dense rows.
"""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from handful.kernels.jit import kernel

Rows = NDArray[np.float32]
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_ROWS = types.Array(types.float32, 2, "C", readonly=True)  # which takes writable arrays too
_ROW = types.Array(types.float32, 1, "C", readonly=True)
_PAIRS = types.void(_ROWS, types.int64[::1], _ROWS, types.int64[::1], types.float64[::1])

LANES = 32
"""Partial sums of one product: element e goes to sum e mod 32; then the upper half of the sums is
added to the lower, until one is left."""


@kernel("f8(f8[::1])")
def _fold(lanes: Floats) -> float:
    width = LANES // 2
    while width >= 1:
        for lane in range(width):
            lanes[lane] += lanes[lane + width]
        width //= 2
    return float(lanes[0])


@kernel(types.float64(_ROW, _ROW, types.float64[::1]))
def dot(x: Rows, y: Rows, lanes: Floats) -> float:
    """⟨x, y⟩ of two rows (d,); `lanes` (LANES,) is room to work in."""
    d = len(x)
    lanes[:] = 0.0
    for start in range(0, d - d % LANES, LANES):
        a, b = x[start : start + LANES], y[start : start + LANES]
        for lane in range(LANES):
            lanes[lane] += np.float64(a[lane]) * np.float64(b[lane])
    for lane in range(d % LANES):
        e = d - d % LANES + lane
        lanes[lane] += np.float64(x[e]) * np.float64(y[e])
    return float(_fold(lanes))


@kernel(_PAIRS)
def dots(left: Rows, left_rows: Indices, right: Rows, right_rows: Indices, out: Floats) -> None:
    """out_p = ⟨left[left_rows_p], right[right_rows_p]⟩, each pair in the same order of operations.

    Args:
        left: (n, d).
        left_rows: (p,) row numbers of `left`.
        right: (m, d).
        right_rows: (p,) row numbers of `right`.
        out: (p,) written.

    Cost: O(p·d); about 0.2 ns an element.
    """
    lanes = np.zeros(LANES)
    for p in range(len(out)):
        out[p] = dot(left[left_rows[p]], right[right_rows[p]], lanes)


@kernel(_PAIRS)
def squared_distances(
    left: Rows, left_rows: Indices, right: Rows, right_rows: Indices, out: Floats
) -> None:
    """out_p = ‖left[left_rows_p] − right[right_rows_p]‖²; equal rows are at exactly 0. See `dots`."""
    d = left.shape[1]
    lanes = np.zeros(LANES)
    for p in range(len(out)):
        x, y = left[left_rows[p]], right[right_rows[p]]
        lanes[:] = 0.0
        for start in range(0, d - d % LANES, LANES):
            a, b = x[start : start + LANES], y[start : start + LANES]
            for lane in range(LANES):
                step = np.float64(a[lane]) - np.float64(b[lane])
                lanes[lane] += step * step
        for lane in range(d % LANES):
            e = d - d % LANES + lane
            step = np.float64(x[e]) - np.float64(y[e])
            lanes[lane] += step * step
        out[p] = _fold(lanes)
