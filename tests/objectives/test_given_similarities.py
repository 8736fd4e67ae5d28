"""A similarity by name, as a matrix, as a sparse matrix and as a function: the same picks and values."""

import numpy as np
import pytest
from scipy import sparse

from handful import objectives
from handful.graphs.similarity import pairs
from handful.objectives import Arrays
from handful.optimizers import maximize
from handful.testing.clustered import clustered

X = clustered(120, 6)
VIEW = Arrays({"x": X})
KEYS = ("FacilityLocation", "SaturatedCoverage", "GraphCut", "LogDet")


def similar(a, b):
    made = pairs("rbf", X).scale
    squared = ((a[:, None].astype(float) - b[None].astype(float)) ** 2).sum(-1)
    return np.exp(-squared / made)


MATRIX = similar(X, X)
GIVEN = {"matrix": MATRIX, "csr": sparse.csr_array(MATRIX), "function": similar}


@pytest.mark.parametrize("kind", GIVEN)
@pytest.mark.parametrize("key", KEYS)
def test_however_a_similarity_is_given_the_picks_are_the_same(key, kind):
    cls = getattr(objectives, key)
    named = maximize(cls(similarity="rbf"), VIEW, rows=12)
    given = maximize(cls(similarity=GIVEN[kind]), VIEW, rows=12)
    assert given.indices.tolist() == named.indices.tolist()
    assert given.value == pytest.approx(named.value, rel=1e-6)
    assert (given.upper_bound is None) == (named.upper_bound is None)


@pytest.mark.parametrize("key", KEYS[:3])  # a thinned kernel need not be semidefinite
def test_pairs_left_out_of_a_sparse_similarity_count_nothing(key):
    cls = getattr(objectives, key)
    kept = np.where(np.quantile(MATRIX, 0.9) < MATRIX, MATRIX, 0.0)
    thin = maximize(cls(similarity=sparse.csr_array(kept)), Arrays(rows=120), rows=12)
    full = maximize(cls(similarity=kept), Arrays(rows=120), rows=12)
    assert thin.indices.tolist() == full.indices.tolist()
    assert thin.value == pytest.approx(full.value, rel=1e-6)


@pytest.mark.parametrize("key", ["DisparityMin", "DisparitySum"])
def test_distances_may_be_given_too(key):
    cls = getattr(objectives, key)
    apart = np.sqrt(((X[:, None].astype(float) - X[None].astype(float)) ** 2).sum(-1))
    named = maximize(cls(), VIEW, rows=8)
    for given in (apart, lambda a, b: np.sqrt(((a[:, None] - b[None].astype(float)) ** 2).sum(-1))):
        picks = maximize(cls(distance=given), VIEW, rows=8)
        assert picks.indices.tolist() == named.indices.tolist()
