"""GOT-D ranks by the derivative of the cost of transport."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import handful
from handful.budget import Ledger
from handful.methods._contract import Target, View
from handful.methods.data.got_d import GotD
from handful.rng import Draws
from handful.runtime.run import Run
from handful.transport.exact import exact


def view_of(pool, target, threads=1, **options):
    made = (Target("t", len(target), None, lambda name: target),)
    keys = np.arange(len(pool), dtype=np.uint64)
    return View(
        n=len(pool),
        keys=keys,
        run_with=Run(threads=threads),
        arrays=lambda name: pool,
        targets=made,
        **options,
    )


def derivative(matrix, row, step=1e-5):
    """By moving a little mass onto a row, from all others alike."""
    n = len(matrix)
    mass = np.full(n, (1 - 1 / n - step) / (n - 1))
    mass[row] = 1 / n + step
    return (exact(matrix, rows=mass).cost - exact(matrix).cost) / step


@settings(max_examples=12)
@given(st.sampled_from(["squared", "euclidean", "cosine"]), st.integers(0, 10**6))
def test_the_gradient_is_the_derivative_of_the_exact_cost(distance, seed):
    rng = np.random.default_rng(seed)
    pool, target = rng.standard_normal((7, 2)), rng.standard_normal((5, 2))
    matrix = np.linalg.norm(pool[:, None] - target[None], axis=2)
    if distance == "squared":
        matrix = matrix**2
    if distance == "cosine":
        unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (pool, target)]
        matrix = 2 - 2 * unit[0] @ unit[1].T
    wanted = np.array([derivative(matrix, row) for row in range(7)])
    view = view_of(pool.astype(np.float32), target.astype(np.float32))
    for direction, sign in (("toward", -1), ("away", 1)):
        method = GotD(distance=distance, direction=direction, gap=1e-5)
        v = sign * method.standing(view, np.zeros(0, int), Draws(0))
        # within the gap, prices may sit anywhere on a nearly flat top
        np.testing.assert_allclose(v, wanted, atol=0.1 * matrix.mean())
        picks = method.run(view, Ledger(7, rows=3), Draws(0)).indices
        assert picks.tolist() == np.argsort(-sign * v, kind="stable")[:3].tolist()


def test_what_the_pool_is_full_of_is_not_picked_though_half_of_the_target_is_that():
    """The paper's thought experiment: 99 % A and 1 % B, a target of half and half."""
    rng = np.random.default_rng(0)
    a, b = np.zeros(8), np.r_[10.0, np.zeros(7)]
    pool = np.concatenate([a + rng.standard_normal((495, 8)), b + rng.standard_normal((5, 8))])
    target = np.concatenate([a + rng.standard_normal((20, 8)), b + rng.standard_normal((20, 8))])
    picks = GotD().run(view_of(pool, target), Ledger(500, rows=5), Draws(0))
    assert sorted(picks.indices.tolist()) == list(range(495, 500))
    assert picks.notes["gap"] <= 0.01
    assert picks.notes["epsilon"] <= 0.05
    away = GotD(direction="away").run(view_of(pool, target), Ledger(500, rows=5), Draws(0))
    assert (away.indices < 495).all()
    near = handful.select(
        pool.astype(np.float32), rows=5, like=target.astype(np.float32), method="rds", cache=False
    )
    assert sum(row < 495 for row in near) >= 2  # likeness picks both halves


def test_ties_go_to_the_earlier_id_and_threads_change_nothing():
    rng = np.random.default_rng(1)
    pool = np.repeat(rng.standard_normal((700, 3)), 2, axis=0).astype(np.float32)
    target = rng.standard_normal((20, 3)).astype(np.float32) + 1
    rank = np.arange(1400)[::-1].copy()
    one = GotD().run(view_of(pool, target, rank=rank), Ledger(1400, rows=41), Draws(0)).indices
    other = GotD().run(view_of(pool, target, 3, rank=rank), Ledger(1400, rows=41), Draws(0)).indices
    assert one.tolist() == other.tolist()
    assert (one[:40].reshape(-1, 2) % 2 == [1, 0]).all()


def test_sparse_rows_of_texts_and_a_constraint():
    texts = [f"ship sea {i}" for i in range(30)] + [f"court law {i}" for i in range(5)]
    like = {"text": ["court law", "law judge court"]}
    asked = {"features": "hashed_ngrams", "method": "got_d", "cache": False}
    chosen = handful.select(texts, rows=5, like=like, **asked)
    assert min(chosen) >= 30
    assert chosen.nested
    assert (
        chosen[:2].indices.tolist()
        == handful.select(texts, rows=2, like=like, **asked).indices.tolist()
    )
    kept = handful.select(texts, rows=5, like=like, include=[0], exclude=[31], **asked)
    assert {0} <= set(kept) and 31 not in set(kept)


def test_a_gap_of_nothing_is_refused():
    with pytest.raises(handful.errors.UsageError, match="gap"):
        handful.select(
            np.eye(3, dtype=np.float32), rows=1, like=np.eye(3, dtype=np.float32),
            method="got_d:gap=0", cache=False,
        )  # fmt: skip
