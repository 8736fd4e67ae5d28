"""k-means: a row for each cluster, its weight, and the same picks in every run."""

from itertools import product

import numpy as np
import pytest
from scipy import sparse

import handful
from handful.testing.clustered import clustered

X = clustered(500, 6)


def run(x, rows, **params):
    return handful.select(x, rows=rows, method="k_means", params=params, cache=False)


def test_each_pick_is_the_row_nearest_to_the_mean_of_its_cluster():
    rng = np.random.default_rng(0)
    centres = np.array([[0, 0], [10, 0], [0, 10]])
    labels = rng.permutation(np.repeat([0, 1, 2], [30, 20, 10]))
    x = (centres[labels] + rng.standard_normal((60, 2))).astype(np.float32)
    picks = run(x, 3, distance="euclidean", starts=5)
    wanted = []
    for label in range(3):
        members = np.flatnonzero(labels == label)
        apart = ((x[members] - x[members].mean(axis=0)) ** 2).sum(axis=1)
        wanted.append(int(members[apart.argmin()]))
    assert picks.indices.tolist() == wanted  # the largest cluster first
    assert picks.weights.tolist() == [30, 20, 10]
    assert picks.weight_kind == "representation"


def test_the_best_start_reaches_the_enumerated_best():
    x = np.random.default_rng(1).standard_normal((7, 2)).astype(np.float32)

    def cost(labels):
        parts = [x[np.array(labels) == label] for label in set(labels)]
        return sum(float(((part - part.mean(axis=0)) ** 2).sum()) for part in parts)

    best = min(cost(labels) for labels in product(range(3), repeat=7))
    picks = run(x, 3, distance="euclidean", starts=50)
    assert picks.notes["mean_squared_distance"] * 7 == pytest.approx(best, rel=1e-5)


def test_threads_and_the_order_of_rows_change_nothing():
    ids = [f"row {i:03}" for i in range(500)]
    moved = np.random.default_rng(2).permutation(500)
    data = {"x": X.tolist(), "id": ids}
    other = {"x": X[moved].tolist(), "id": [ids[i] for i in moved]}
    asked = {"rows": 20, "method": "k_means", "id": "id", "embeddings": "x", "cache": False}
    first = handful.select(data, **asked, threads=1)
    again = handful.select(other, **asked, threads=2)
    assert first.ids.tolist() == again.ids.tolist()
    assert first.weights.tolist() == again.weights.tolist()
    assert first.ids.tolist() != handful.select(data, **asked, seed=1).ids.tolist()


def test_equal_rows_fill_up_and_stand_for_none():
    x = np.repeat(np.eye(2, dtype=np.float32), [6, 3], axis=0)
    picks = run(x, 4)
    assert len(set(picks.indices.tolist())) == 4
    assert picks.indices[:2].tolist() == [0, 6]
    assert picks.weights.tolist() == [6, 3, 0, 0]


@pytest.mark.parametrize("rows", [0, 1, 500, 600])
@pytest.mark.filterwarnings("ignore")
def test_no_row_one_row_and_all_rows(rows):
    picks = run(X, rows)
    assert len(picks) == min(rows, 500)
    assert rows == 0 or picks.weights.sum() == 500


def test_sparse_rows_serve_as_dense_ones_do():
    x = np.column_stack([(X > 0.3) * X, np.ones(500, np.float32)])
    assert run(sparse.csr_array(x), 9).indices.tolist() == run(x, 9).indices.tolist()
