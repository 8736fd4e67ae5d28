"""The projection kernel is its formula, row by row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.kernels.project import project_unit_rows

ROWS = st.lists(st.dictionaries(st.integers(0, 9), st.integers(1, 5), max_size=6), max_size=6)


@given(ROWS, st.integers(0, 5), st.integers(0, 9))
def test_rows_are_unit_sums_of_log_counts(rows, d, seed):
    table = np.random.default_rng(seed).normal(size=(10, d)).astype(np.float32)
    table[3] = 0
    pairs = [sorted(row.items()) for row in rows]
    counts = np.array([count for row in pairs for _, count in row], np.int32)
    buckets = np.array([bucket for row in pairs for bucket, _ in row], np.int32)
    starts = np.concatenate(([0], np.cumsum([len(row) for row in pairs]))).astype(np.int64)
    out = np.full((len(rows), d), np.nan, np.float32)
    project_unit_rows(counts, buckets, starts, table, out)
    for row, got in zip(pairs, out, strict=True):
        total = np.zeros(d)
        for bucket, count in row:
            total += (1 + np.log(count)) * table[bucket].astype(float)
        norm = np.linalg.norm(total)
        assert got == pytest.approx(total / norm if norm else total, abs=1e-6)
