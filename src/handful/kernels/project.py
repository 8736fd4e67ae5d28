"""Sparse counts to dense unit rows: log-scaled, projected, normalised, one row at a time."""

from __future__ import annotations

import numpy as np
from numba import types

from handful.kernels.jit import kernel

_counts = types.Array(types.int32, 1, "C", readonly=True)
_starts = types.Array(types.int64, 1, "C", readonly=True)
_table = types.Array(types.float32, 2, "C", readonly=True)


@kernel(types.void(_counts, _counts, _starts, _table, types.float32[:, ::1]))
def project_unit_rows(counts, buckets, starts, table, out):
    """Write the unit vector of Σ_b (1 + ln count_b) · table[b] for each row; zero where that is zero.

    Sums are float64, in the order of buckets, so a row does not depend on the rows around it.

    Args:
        counts: (nnz,) int32 ≥ 1.
        buckets: (nnz,) int32.
        starts: (m + 1,) int64 row starts, as in CSR.
        table: (bucket_count, d) float32.
        out: (m, d) float32, written over.
    """
    d = table.shape[1]
    total = np.empty(d, np.float64)
    for row in range(starts.shape[0] - 1):
        for j in range(d):
            total[j] = 0.0
        for place in range(starts[row], starts[row + 1]):
            weight = 1.0 if counts[place] == 1 else 1.0 + np.log(np.float64(counts[place]))
            bucket = buckets[place]
            for j in range(d):
                total[j] += weight * np.float64(table[bucket, j])
        squares = 0.0
        for j in range(d):
            squares += total[j] * total[j]
        scale = 0.0 if squares == 0.0 else 1.0 / np.sqrt(squares)
        for j in range(d):
            out[row, j] = np.float32(total[j] * scale)
