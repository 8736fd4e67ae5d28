"""GORACS: a group by exact transport; exchanges only ever lower the cost."""

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from handful.budget import Ledger
from handful.methods._contract import Target, View
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


def test_rows_to_include_stay():
    rng = np.random.default_rng(0)
    pool, target = rng.standard_normal((40, 3)), rng.standard_normal((10, 3))
    pool[7] = 50
    ledger = Ledger(40, rows=5)
    ledger.take(7)
    picks = Goracs().run(view_of(pool, target), ledger, Draws(0)).indices
    assert picks[0] == 7 and len(picks) == 5
