"""Transport: exact on small sets, within a stated gap on large ones, the same bits however it is run."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from handful import errors
from handful.runtime.run import Run
from handful.transport import costs as costs_module
from handful.transport import sinkhorn as sinkhorn_module
from handful.transport.costs import Costs, unit
from handful.transport.exact import exact
from handful.transport.sinkhorn import sinkhorn


def clouds(n, m, d, seed, *, weighted=True):
    rng = np.random.default_rng(seed)
    rows, targets = rng.standard_normal((n, d)), rng.standard_normal((m, d)) * 0.5 + 0.5
    a, b = (rng.random(size) + 0.05 if weighted else np.ones(size) for size in (n, m))
    return rows.astype(np.float32), targets.astype(np.float32), a / a.sum(), b / b.sum()


@given(st.integers(1, 6), st.integers(0, 10**6))
def test_exact_is_the_cheapest_assignment(n, seed):
    matrix = np.random.default_rng(seed).random((n, n))
    best = min(
        sum(matrix[i, j] for i, j in enumerate(order)) / n
        for order in itertools.permutations(range(n))
    )
    found = exact(matrix)
    assert found.cost == pytest.approx(best, abs=1e-12)
    assert found.bound == pytest.approx(best, abs=1e-12)


@given(
    st.integers(1, 25),
    st.integers(1, 12),
    st.integers(1, 5),
    st.sampled_from(["euclidean", "squared"]),
    st.integers(0, 10**6),
)
def test_sinkhorn_is_within_its_gap_of_the_exact_cost(n, m, d, kind, seed):
    rows, targets, a, b = clouds(n, m, d, seed)
    costs = Costs(rows, targets, kind)
    least = exact(costs, rows=a, targets=b)
    found = sinkhorn(costs, rows=a, targets=b, gap=1e-3, sweeps=3000)
    assert found.gap <= 1e-3
    assert found.bound <= least.cost + 1e-9 * found.scale
    assert found.cost >= least.cost - 1e-9 * found.scale
    assert least.gap <= 1e-9
    for one in (least, found):
        assert abs(b @ one.targets) < 1e-9 * found.scale + 1e-12


def encloses(found, least):
    """The check of the two bounds."""
    room = 1e-9 * found.scale
    return found.bound <= least.cost + room and found.cost >= least.cost - room


def unmended(sweeping, g, epsilon, sums):
    """A double: the cost of a plan that does not move all of b."""
    cost = 0.0
    for tile in sweeping.costs.tiles:
        part, costs = sweeping.costs.part(tile), sweeping.costs.tile(tile)
        plan, total, _ = sweeping._plan(costs, g, epsilon)
        keep = np.minimum(sweeping.b / np.maximum(sums, 1e-300), 1.0)
        cost += float(((sweeping.a[part] / total)[:, None] * plan * keep * costs).sum())
    return cost, float(found_bound(sweeping, g))


def found_bound(sweeping, g):
    least = [
        sweeping.a[sweeping.costs.part(t)] @ (sweeping.costs.tile(t) - g).min(axis=1)
        for t in sweeping.costs.tiles
    ]
    return sweeping.b @ g + sum(least)


def mean_price(sweeping, g, epsilon, sums):
    """A double: prices of the mean target in place of the cheapest."""
    least = [
        sweeping.a[sweeping.costs.part(t)] @ (sweeping.costs.tile(t) - g).mean(axis=1)
        for t in sweeping.costs.tiles
    ]
    return np.inf, float(sweeping.b @ g + sum(least))


@pytest.mark.parametrize("double", [unmended, mean_price])
def test_bounds_that_are_none_are_seen(double, monkeypatch):
    rows, targets, a, b = clouds(60, 50, 3, 1)
    costs = Costs(rows, targets)
    least = exact(costs, rows=a, targets=b)
    asked = {"rows": a, "targets": b, "gap": 0.0, "sweeps": 5}
    assert encloses(sinkhorn(costs, **asked), least)
    monkeypatch.setattr(sinkhorn_module._Sweeping, "certify", double)
    assert not encloses(sinkhorn(costs, **asked), least)


def test_prices_reach_those_of_the_exact_solver():
    rows, targets, a, b = clouds(40, 39, 3, 0)
    costs = Costs(rows, targets)
    near, least = (
        sinkhorn(costs, rows=a, targets=b, gap=1e-5, sweeps=20000),
        exact(costs, rows=a, targets=b),
    )
    assert near.gap <= 1e-5
    np.testing.assert_allclose(near.rows, least.rows, atol=0.01)
    np.testing.assert_allclose(near.targets, least.targets, atol=0.01)


def test_what_is_not_reached_is_told():
    rows, targets, a, b = clouds(60, 50, 3, 1)
    costs = Costs(rows, targets)
    found = sinkhorn(costs, rows=a, targets=b, gap=0.0, sweeps=7)
    least = exact(costs, rows=a, targets=b).cost
    assert found.sweeps == 7
    assert found.gap > 0.01
    assert found.bound < least < found.cost


def test_small_prices_are_near_rows_and_rank_as_the_gradient_does():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((50, 2))
    rows[:10] += 20
    f = sinkhorn(Costs(rows, rng.standard_normal((30, 2)))).rows
    assert f[:10].min() > f[10:].max()
    calibrated = [f[i] - np.delete(f, i).mean() for i in range(50)]
    assert np.argsort(calibrated).tolist() == np.argsort(f).tolist()
    mass = np.full(50, 0.02)
    step = 1e-4  # the derivative itself, by moving mass onto a row from all others
    base = exact(Costs(rows, rows[20:45] + 0.3))
    for i in (3, 30):
        moved = mass * (1 - step)
        moved[i] += step
        rise = exact(Costs(rows, rows[20:45] + 0.3), rows=moved).cost - base.cost
        assert rise / step == pytest.approx(base.rows[i] - base.rows @ mass, rel=0.05, abs=0.05)


def test_equal_sets_cost_nothing_and_nothing_at_all_is_solved():
    rows = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
    found = sinkhorn(Costs(rows, rows), gap=0.002, sweeps=3000)
    assert abs(found.bound) < 1e-9
    assert found.cost <= 0.002 * found.scale
    none = sinkhorn(Costs(rows[:1], rows[:1]))
    assert (none.cost, none.bound, none.gap, none.rows.tolist()) == (0.0, 0.0, 0.0, [0.0])


def test_a_target_far_from_all_is_served():
    rng = np.random.default_rng(0)
    rows, targets = rng.standard_normal((400, 2)), rng.standard_normal((300, 2))
    targets[0] = 1e5
    costs = Costs(rows, targets)
    found = sinkhorn(costs, gap=1e-3)
    assert found.gap <= 1e-3
    assert found.bound <= exact(costs).cost * (1 + 1e-9)


# Costs -------------------------------------------------------------------------------------------


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 40), st.integers(0, 10**6))
def test_costs_are_those_of_the_formula_dense_and_sparse(n, m, d, seed):
    rng = np.random.default_rng(seed)
    rows = (rng.standard_normal((n, d)) * (rng.random((n, d)) < 0.5)).astype(np.float32)
    targets = (rng.standard_normal((m, d)) * (rng.random((m, d)) < 0.5)).astype(np.float32)
    plain = np.linalg.norm(rows[:, None].astype(float) - targets[None].astype(float), axis=2)
    for kind, wanted in (("euclidean", plain), ("squared", plain**2)):
        thick = Costs(rows, targets, kind)
        thin = Costs(sparse.csr_array(rows), sparse.csr_array(targets), kind)
        np.testing.assert_allclose(thick.tile(0), wanted, atol=1e-4)
        np.testing.assert_allclose(thin.tile(0), wanted, atol=1e-4)
        assert thick.of(np.array([n - 1])).tobytes() == thick.tile(0)[n - 1].tobytes()
    own = Costs(rows, rows)
    assert (np.diag(own.tile(0)) == 0.0).all()


def test_a_pair_has_the_same_bits_wherever_it_stands(monkeypatch):
    rng = np.random.default_rng(0)
    rows, targets = rng.standard_normal((1300, 77)), rng.standard_normal((53, 77))
    whole = Costs(rows.astype(np.float16), targets, change=unit)
    wanted = np.concatenate([whole.tile(t) for t in whole.tiles])
    monkeypatch.setattr(costs_module, "TILE_ROWS", 37)
    cut = Costs(rows.astype(np.float16), targets, change=unit)
    assert np.concatenate([cut.tile(t) for t in cut.tiles]).tobytes() == wanted.tobytes()
    order = rng.permutation(1300)
    assert whole.of(order).tobytes() == wanted[order].tobytes()


@pytest.mark.parametrize("held", [0, 1 << 30])
def test_threads_and_what_is_held_change_nothing(held, monkeypatch):
    rows, targets, a, b = clouds(1500, 30, 20, 2)
    monkeypatch.setattr(costs_module, "HELD_BYTES", held)
    one = sinkhorn(Costs(rows, targets), rows=a, targets=b, run=Run(threads=3))
    monkeypatch.setattr(costs_module, "HELD_BYTES", 1 << 26)
    other = sinkhorn(Costs(rows, targets), rows=a, targets=b, run=Run(threads=1))
    assert one.rows.tobytes() == other.rows.tobytes()
    assert one.targets.tobytes() == other.targets.tobytes()
    assert (one.cost, one.bound) == (other.cost, other.bound)


def test_tiles_of_any_size_change_only_the_last_bits(monkeypatch):
    rows, targets, a, b = clouds(1500, 30, 20, 5)
    found = {}
    for tile in (512, 37, 1500):
        monkeypatch.setattr(costs_module, "TILE_ROWS", tile)
        found[tile] = sinkhorn(Costs(rows, targets), rows=a, targets=b, gap=1e-3)
    for tile in (37, 1500):
        assert found[tile].sweeps == found[512].sweeps
        np.testing.assert_allclose(found[tile].rows, found[512].rows, atol=1e-9)
        np.testing.assert_allclose(found[tile].targets, found[512].targets, atol=1e-9)
        assert found[tile].cost == pytest.approx(found[512].cost, rel=1e-12)
        assert found[tile].bound == pytest.approx(found[512].bound, rel=1e-12)


def test_the_order_of_rows_changes_only_the_last_bits():
    rows, targets, *_ = clouds(1500, 30, 20, 3)
    order = np.random.default_rng(0).permutation(1500)
    one, other = sinkhorn(Costs(rows, targets)), sinkhorn(Costs(rows[order], targets))
    np.testing.assert_allclose(other.rows, one.rows[order], atol=1e-9)
    twice = sinkhorn(Costs(np.repeat(rows, 2, axis=0), targets)).rows
    assert (twice[0::2] == twice[1::2]).all()


def test_no_matrix_of_all_pairs_is_made(monkeypatch):
    rows, targets, *_ = clouds(20_000, 400, 8, 4)
    monkeypatch.setattr(costs_module, "HELD_BYTES", 1 << 20)
    tracemalloc.start()
    try:
        sinkhorn(Costs(rows, targets), sweeps=2)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * 20_000 * 400 / 4


def test_what_is_not_finite_is_refused_with_its_place():
    rows = np.zeros((600, 2), np.float32)
    rows[599, 1] = np.inf
    with pytest.raises(errors.DataError, match="inf"):
        Costs(rows, np.zeros((1, 2)))
