"""MONA ranks by the generalised Jaccard overlap with the target's prototype."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import handful
from handful import errors
from handful.methods.data.mona import Mona

values = st.sampled_from([0.0, 0.0, 0.5, 1.0, 3.0])
matrices = st.lists(st.lists(values, min_size=4, max_size=4).filter(any), min_size=1, max_size=9)


def select(pool, target, rows, **params):
    return handful.select(
        np.asarray(pool, np.float32),
        rows=rows,
        like_arrays={"embedding": np.asarray(target, np.float32)},
        method=Mona(**params),
        cache=False,
    )


def overlap(z, t):
    return np.minimum(z, t).sum() / np.maximum(z, t).sum()


@given(matrices, matrices, st.integers(0, 9))
def test_the_picks_are_the_largest_overlaps(pool, target, k):
    prototype = np.mean(target, axis=0)
    scores = [overlap(np.array(z), prototype) for z in pool]
    picks = select(pool, target, k).indices.tolist()
    assert len(picks) == min(k, len(pool))
    told = [scores[i] for i in picks]
    np.testing.assert_allclose(told, sorted(scores, reverse=True)[:k], rtol=1e-9)


def test_sparse_and_dense_rows_give_the_same_picks():
    rng = np.random.default_rng(0)
    pool, target = rng.random((50, 30)), rng.random((3, 30))
    pool[rng.random(pool.shape) < 0.7] = 0
    thin = handful.select(
        sparse.csr_array(pool.astype(np.float32)),
        rows=9,
        like_arrays={"embedding": sparse.csr_array(target.astype(np.float32))},
        method="mona",
        cache=False,
    )
    assert thin.indices.tolist() == select(pool, target, 9).indices.tolist()


def test_rows_given_in_any_order_of_columns_are_left_as_they_are():
    rows = sparse.csr_matrix(
        (np.array([1, 2, 3], np.float32), np.array([2, 0, 1]), np.array([0, 2, 3])), shape=(2, 3)
    )
    before = (rows.indices.tolist(), rows.data.tolist())
    like = {"embedding": rows}
    asked = {"rows": 1, "like_arrays": like, "method": "mona", "cache": False}
    one, other = (handful.select(rows.copy(), **asked) for _ in range(2))
    assert (rows.indices.tolist(), rows.data.tolist()) == before
    assert one.manifest["inputs"] == other.manifest["inputs"]


def test_a_mean_over_tokens_does_not_favour_long_texts_and_scale_counts():
    """Rows are means; a row summed over ten times the tokens overlaps less, and is not preferred."""
    assert select([[10, 0], [1, 0.2]], [[1, 0]], 1).indices.tolist() == [1]


def test_two_modes_of_a_target_need_two_prototypes():
    pool = np.zeros((30, 6))
    pool[:10, 0] = pool[10:20, 1] = 1.0
    pool[20:, :2] = 0.5  # like the mean of both modes, and like neither
    target = [[1, 0, 0, 0, 0, 0]] * 3 + [[0, 1, 0, 0, 0, 0]] * 3
    assert set(select(pool, target, 10).indices.tolist()) == set(range(20, 30))
    both = select(pool, target, 10, prototypes=2).indices
    assert (both < 10).sum() == (both >= 10).sum() == 5


def test_a_negative_activation_is_refused_with_its_place():
    with pytest.raises(errors.DataError, match=r"pool: \[1, 0\] = -1"):
        select([[1, 0], [-1, 2]], [[1, 0]], 1)
    with pytest.raises(errors.DataError, match=r"target 'target': \[0, 1\] = -2"):
        select([[1, 0]], [[1, -2]], 1)
