"""Columns from rows, against scipy."""

import numpy as np
import pytest
from scipy import sparse

from handful.kernels.transpose import WIDTH, by_column


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (7, 3), (30, WIDTH), (50, 3 * WIDTH + 5)])
def test_columns_are_those_of_scipy(kind, shape):
    rows = sparse.random(*shape, density=0.02, random_state=np.random.default_rng(0), dtype=kind)
    rows = sparse.csr_array(rows)
    wanted = sparse.csc_array(rows)
    starts = np.zeros(shape[1] + 1, np.int64)
    names, values = np.empty(rows.nnz, np.int32), np.empty(rows.nnz, kind)
    entries = rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.data
    by_column(*entries, starts, names, values)
    np.testing.assert_array_equal(starts, wanted.indptr)
    np.testing.assert_array_equal(names, wanted.indices)
    np.testing.assert_array_equal(values, wanted.data)
