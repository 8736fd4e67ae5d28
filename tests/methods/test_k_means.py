"""k-means: a row for each cluster, its weight, and the same picks in every run."""

import math
from itertools import combinations, product

import numpy as np
import pytest
from scipy import sparse

import handful
from handful.graphs.k_means import k_means
from handful.graphs.rows import squared_distances
from handful.methods.data import k_means as module
from handful.rng import Draws
from handful.samplers.water_filling import in_turns
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


# Under limits, against the words of the docstring -----------------------------------------------


def by_the_docstring(x, count, seed, rows, included, fits):
    """Cut, then the nearest row that fits of each cluster without a must-include, then rounds of next nearest."""
    cut = k_means(x, count, seed=int(Draws(seed).generator("k_means").integers(2**31)), rounds=50)
    members = [np.flatnonzero(cut.labels == c) for c in range(count)]
    members = sorted((m for m in members if len(m)), key=lambda m: -len(m))
    queues = []
    for m in members:
        apart = squared_distances(x[m], cut.centres[cut.labels[m[:1]]].astype(np.float32))
        queues.append(m[np.argsort(apart, kind="stable")].tolist())
    picks = list(included)

    def take_first(queue):
        for row in queue:
            if row not in picks and len(picks) < rows and fits([*picks, row]):
                picks.append(row)
                return

    for queue in queues:
        if not set(queue) & set(included):
            take_first(queue)
    left = [[r for r in q if r in picks] + [r for r in q if r not in picks] for q in queues]
    for place in range(len(x)):
        for queue in left:
            take_first(queue[place : place + 1])
    return picks, {tuple(q) for q in queues}


def small(seed):
    draw = np.random.default_rng(seed)
    n = int(draw.integers(6, 30))
    return draw.standard_normal((n, 2)).astype(np.float32), draw


def of_a_cost(seed):
    """Picks under a cost with must-includes, and what the docstring says they are."""
    x, draw = small(seed)
    costs = draw.integers(1, 9, len(x))
    included = draw.choice(len(x), int(draw.integers(0, 3)), replace=False).tolist()
    rows, amount = int(draw.integers(3, len(x))), int(draw.integers(20, 60))
    asked = {"rows": rows, "budget": amount, "cost": "cost", "include": included, "seed": seed}
    pool = {"embedding": x, "cost": costs}
    how = {"method": "k_means", "params": {"distance": "euclidean"}, "cache": False}
    picks = handful.select(pool, **asked, **how)
    rest = np.setdiff1d(np.arange(len(x)), included)
    paid = math.ceil((amount - costs[included].sum()) / costs[rest].mean())
    count = min(rows, len(included) + paid)
    return picks, by_the_docstring(
        x, count, seed, rows, included, lambda chosen: costs[chosen].sum() <= amount
    )


@pytest.mark.parametrize("seed", range(40))
def test_under_a_cost_each_cluster_gives_its_nearest_row_that_fits_then_its_next(seed):
    picks, (wanted, clusters) = of_a_cost(seed)
    assert picks.indices.tolist() == wanted
    counts = {cluster: len(set(cluster) & set(wanted)) for cluster in clusters}
    if not all(counts.values()):
        assert picks.weights is None
        return
    assert picks.weights.sum() == pytest.approx(len({r for cluster in clusters for r in cluster}))
    for row, weight in zip(picks.indices.tolist(), picks.weights, strict=True):
        of = next(cluster for cluster in clusters if row in cluster)
        assert weight == len(of) / counts[of]


def test_one_ranking_made_before_it_is_known_what_fits_is_caught(monkeypatch):
    def ranked(ledger, order, apart, clusters):
        of = np.empty(len(order), np.int64)
        of[order] = clusters
        ledger.take_ranked(in_turns(order[np.lexsort((apart, clusters))], of))

    monkeypatch.setattr(module, "_take_what_fits", ranked)
    caught = [
        seed for seed in range(40) if of_a_cost(seed)[0].indices.tolist() != of_a_cost(seed)[1][0]
    ]
    assert len(caught) > 5


@pytest.mark.parametrize("seed", range(20))
def test_under_quotas_a_row_is_taken_where_some_pick_that_keeps_them_has_it(seed):
    draw = np.random.default_rng(seed)
    x = draw.standard_normal((9, 2)).astype(np.float32)
    column = draw.integers(0, 2, 9)
    column[:2] = 0, 1
    least, rows = int(draw.integers(1, min(4, column.sum() + 1))), int(draw.integers(4, 7))
    keeping = [set(c) for c in combinations(range(9), rows) if least <= column[list(c)].sum() <= 4]
    if not keeping:
        pytest.skip("no pick keeps the quotas")
    asked = {"quotas": [f"c[1]:min={least}", "c[1]:max=4"], "rows": rows, "seed": seed}
    pool = {"embedding": x, "c": column.tolist()}
    how = {"method": "k_means", "params": {"distance": "euclidean"}, "cache": False}
    picks = handful.select(pool, **asked, **how)
    wanted, _ = by_the_docstring(
        x, rows, seed, rows, [], lambda chosen: any(set(chosen) <= kept for kept in keeping)
    )
    assert picks.indices.tolist() == wanted
