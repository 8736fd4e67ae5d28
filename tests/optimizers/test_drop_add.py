"""Drop-add search keeps every limit, is never below greedy, and keeps its distances in step."""

from itertools import combinations

import numpy as np
import pytest

from handful.budget import Ledger, Quota, Quotas, audit
from handful.errors import UsageError
from handful.graphs.distance import Distances
from handful.objectives import Arrays, DisparityMin, FacilityLocation
from handful.optimizers import maximize
from handful.optimizers.drop_add import DropAdd, Search
from handful.rng import Draws


def overlapping(rng, n):
    groups = {
        "x": (rng.integers(0, 3, n), ["a", "b", "c"]),
        "y": (rng.integers(0, 2, n), ["u", "v"]),
    }
    asked = ["x:min=1,max=3", "y[u]:min=2,max=4"]
    return Quotas.of([Quota.parse(quota) for quota in asked], groups, n)


@pytest.mark.parametrize("seed", range(6))
def test_drop_add_keeps_quotas_and_comes_close_to_the_best_of_all_sets(seed):
    rng = np.random.default_rng(seed)
    n, k = 14, 6
    view, quotas = Arrays({"x": rng.random((n, 2))}), overlapping(rng, n)
    greedy = maximize(DisparityMin(), view, k, quotas=quotas, optimizer="greedy")
    picks = maximize(DisparityMin(), view, k, quotas=quotas, optimizer="drop_add")
    assert all(one.slack >= 0 for one in audit(quotas, picks.indices, None))
    assert picks.value == pytest.approx(DisparityMin().value(view, picks.indices))
    sets = (np.array(some) for some in combinations(range(n), k))
    kept = [some for some in sets if all(one.slack >= 0 for one in audit(quotas, some, None))]
    best = max(DisparityMin().value(view, some) for some in kept)
    assert greedy.value <= picks.value <= best * (1 + 1e-12)
    assert picks.value >= 0.95 * best


def test_drop_add_keeps_includes_and_an_amount():
    rng = np.random.default_rng(1)
    n, costs = 60, rng.integers(1, 9, 60)
    view = Arrays({"x": rng.random((n, 2))})
    ledger = Ledger(n, rows=12, costs=costs / 10, amount=4, include=np.array([3, 4]))
    picks = DropAdd(patience=50).run(DisparityMin(), view, ledger, Draws(0))
    assert picks.indices[:2].tolist() == [3, 4]
    assert costs[picks.indices].sum() <= 40
    assert not ledger.feasible(np.arange(n)).any()
    assert len(set(picks.indices.tolist())) == len(picks.indices)


@pytest.mark.parametrize("ties", [False, True])
def test_a_move_leaves_what_measuring_anew_gives(ties):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, (40, 2)).astype(float) if ties else rng.random((40, 2))
    ledger = Ledger(40, rows=9)
    ledger.take_ranked(rng.permutation(40))
    search = Search(Distances("euclidean", x), ledger, 0, np.arange(40))
    for _ in range(60):
        outside = np.setdiff1d(np.arange(40), search.rows)
        search.exchange(int(rng.integers(9)), int(rng.choice(outside)))
        near, following = search.near.copy(), search.next.copy()
        np.testing.assert_array_equal(search.distances[np.arange(40), search.who], near)
        np.testing.assert_array_equal(search.distances[np.arange(40), search.second], following)
        search.measure()
        np.testing.assert_array_equal(search.near, near)
        np.testing.assert_array_equal(search.next, following)


def test_drop_add_refuses_other_objectives():
    with pytest.raises(UsageError, match="smallest distance"):
        maximize(FacilityLocation(), Arrays({"x": np.eye(4)}), 2, optimizer="drop_add")
