"""Distances against scipy's."""

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist

from handful.errors import UsageError
from handful.graphs.distance import NAMES, Distances


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_every_named_distance_is_its_formula_and_equal_rows_are_at_none(name, kind):
    x = np.random.default_rng(0).standard_normal((30, 5)).astype(np.float32)
    x[7] = x[3]
    made = Distances(name, kind(x))
    all_pairs = np.stack([made.column(j) for j in range(made.n)])
    np.testing.assert_allclose(all_pairs, cdist(x, x, name), atol=2e-6)
    assert (all_pairs == all_pairs.T).all()
    assert all_pairs[3, 7] <= 1e-7
    if kind is np.asarray:
        assert all_pairs[3, 7] == 0.0


def test_a_matrix_and_a_function_serve_as_distances():
    x = np.arange(6.0)[:, None]
    matrix = np.abs(x - x.T)
    for distance, features in [(matrix, None), (lambda a, b: np.abs(a - b.T), x)]:
        np.testing.assert_array_equal(Distances(distance, features).column(4), matrix[:, 4])


def test_an_unknown_distance_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match="Nearest: 'cosine'"):
        Distances("cosin", np.eye(2))
