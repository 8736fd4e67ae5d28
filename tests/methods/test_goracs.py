"""GORACS: a group by exact transport; exchanges only ever lower the cost."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handful import errors
from handful.budget import Ledger
from handful.methods._contract import Target, View
from handful.methods.data import goracs as module
from handful.methods.data.goracs import Goracs, added
from handful.rng import Draws
from handful.runtime.run import Run
from handful.transport.exact import exact


def view_of(pool, target, norms=None):
    made = (Target("t", len(target), None, lambda name: target),)
    keys = np.arange(len(pool), dtype=np.uint64)
    return View(
        n=len(pool),
        keys=keys,
        run_with=Run(threads=1),
        arrays=lambda name: pool,
        targets=made,
        scores=lambda name: norms,
    )


@settings(max_examples=20)
@given(st.integers(1, 3), st.booleans(), st.integers(0, 10**6))
def test_exchanges_never_raise_the_cost_and_end_near_the_best_group(k, with_norms, seed):
    rng = np.random.default_rng(seed)
    pool, target = rng.standard_normal((8, 2)), rng.standard_normal((5, 2)) + 0.5
    norms = rng.random(8)
    matrix = np.linalg.norm(pool[:, None] - target[None], axis=2)
    matrix /= matrix.max()
    if with_norms:
        matrix -= 0.5 * norms[:, None] / norms.max()
    method = Goracs(norms="g" if with_norms else None, trade=0.5)
    picks = method.run(view_of(pool, target, norms), Ledger(8, rows=k), Draws(0))
    notes = picks.notes
    assert notes["transport_cost"] <= notes["transport_at_start"]
    np.testing.assert_allclose(
        exact(matrix[picks.indices]).cost, notes["transport_cost"], atol=1e-5
    )
    swaps = [
        exact(matrix[[*np.delete(picks.indices, out), row]]).cost
        for out in range(k)
        for row in set(range(8)) - set(picks.indices.tolist())
    ]
    assert min(swaps) >= notes["transport_cost"] - 1e-5  # no exchange would help
    assert min(exact(matrix[list(s)]).cost for s in combinations(range(8), k)) <= min(swaps)


@given(st.integers(1, 9), st.integers(1, 6), st.integers(0, 10**6))
def test_the_estimate_is_at_the_top_and_the_released_one_is_not(m, k, seed):
    rng = np.random.default_rng(seed)
    costs, f = rng.random((4, m)), rng.random(m)
    apart = costs - f

    def value(y):
        return np.minimum(apart - y[:, None], 0).mean(axis=1) + y / k

    top = np.max([value(apart[:, j]) for j in range(m)], axis=0)
    np.testing.assert_allclose(added(costs, f, k), top, atol=1e-12)
    largest = np.sort(apart, axis=1)[:, max(0, m - -(-m // k))]
    assert (value(largest) <= top + 1e-12).all()


# What the released code does wrong, and checks that would see it ---------------------------------


def plain_estimate(reduced, own, k):
    """The dual value with one row more of mass 1/k, by trying each y where its slope changes."""
    apart = own - reduced.min(axis=0)
    return max(np.minimum(apart - y, 0).mean() + y / k for y in apart)


def group_of(seed, k=4):
    rng = np.random.default_rng(seed)
    pool, target = rng.standard_normal((12, 2)), rng.standard_normal((7, 2)) + 0.5
    group = module._Group(view_of(pool, target), Goracs())
    rows = rng.choice(12, k, replace=False)
    return group, rows, group.solve(group.costs(rows))


@given(st.integers(2, 5), st.integers(0, 10**6))
def test_a_row_of_the_group_is_judged_without_itself(k, seed):
    """The released code assigns the second-best through a copy, so each row stays in its own way."""
    group, rows, solved = group_of(seed, k)
    reduced = group.costs(rows) - solved.rows[:, None]
    outer, inner = group.estimates(rows, group.costs(rows), solved)
    for place in range(k):
        others = np.delete(reduced, place, axis=0)
        wanted = plain_estimate(others, group.costs(rows[[place]])[0], k)
        assert abs(inner[place] - wanted) < 1e-12
    for row in range(12):
        wanted = plain_estimate(reduced, group.costs(np.array([row]))[0], k)
        assert abs(outer[row] - wanted) < 1e-12


def test_that_check_would_see_a_row_left_in_its_own_way():
    apart = []
    for seed in range(20):
        group, rows, solved = group_of(seed)
        matrix = group.costs(rows)
        reduced = matrix - solved.rows[:, None]
        released = added(matrix, reduced.min(axis=0), len(rows))  # each row still among the others
        apart.append(np.abs(released - group.estimates(rows, matrix, solved)[1]).max())
    assert np.median(apart) > 1e-3


def lowers_each_time(costs):
    return all(later < earlier for earlier, later in pairwise(costs))


def run_and_watch(method):
    """The cost of each group that was kept."""
    costs, seen = [], module._Group._better

    def watched(group, rows, matrix, leaving, ranked, solved):
        costs.append(solved.cost)
        return seen(group, rows, matrix, leaving, ranked, solved)

    rng = np.random.default_rng(0)
    pool, target = rng.standard_normal((80, 2)), rng.standard_normal((20, 2)) + 0.5
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module._Group, "_better", watched)
        picks = method.run(view_of(pool, target), Ledger(80, rows=8), Draws(0))
    return costs, picks


def test_every_exchange_lowers_the_cost_and_a_double_that_takes_any_is_seen(monkeypatch):
    costs, picks = run_and_watch(Goracs())
    assert len(costs) > 2
    assert picks.notes["exchanges"] == len(costs) - 1
    assert lowers_each_time(costs)

    def takes_any(group, rows, matrix, leaving, ranked, solved):
        tried = rows.copy()
        tried[leaving[0]] = ranked[-1]
        return tried, group.costs(tried), group.solve(group.costs(tried))

    monkeypatch.setattr(module._Group, "_better", takes_any)
    assert not lowers_each_time(run_and_watch(Goracs(exchanges=9))[0])


def test_norms_of_any_unit_weigh_the_same_and_costs_are_told_on_one_scale():
    rng = np.random.default_rng(1)
    pool, target = rng.standard_normal((40, 3)), rng.standard_normal((10, 3))
    norms = rng.random(40)
    found = [
        Goracs(norms="g", exchanges=3).run(
            view_of(scale * pool, scale * target, unit * norms), Ledger(40, rows=5), Draws(0)
        )
        for scale, unit in ((1, 1), (1024, 1), (1, 1e6))
    ]
    for other in found[1:]:
        assert other.indices.tolist() == found[0].indices.tolist()
        assert abs(other.notes["transport_cost"] - found[0].notes["transport_cost"]) < 1e-9


def test_a_transport_that_is_not_solved_is_an_error_and_not_a_number(monkeypatch):
    """The released code stops at 300,000 steps and goes on with what there is."""
    monkeypatch.setattr("handful.transport.exact.STEPS", 1)
    rng = np.random.default_rng(0)
    with pytest.raises(errors.HandfulError, match="was not solved exactly"):
        exact(rng.random((30, 20)))


def test_a_norm_below_0_is_refused_with_its_row():
    norms = np.array([1.0, 2.0, -0.5])
    with pytest.raises(errors.HandfulError, match=r"2.*-0\.5"):
        Goracs(norms="g").run(
            view_of(np.eye(3), np.ones((1, 3)), norms), Ledger(3, rows=1), Draws(0)
        )


def test_rows_to_include_stay():
    rng = np.random.default_rng(0)
    pool, target = rng.standard_normal((40, 3)), rng.standard_normal((10, 3))
    pool[7] = 50
    ledger = Ledger(40, rows=5)
    ledger.take(7)
    picks = Goracs().run(view_of(pool, target), ledger, Draws(0)).indices
    assert picks[0] == 7 and len(picks) == 5
