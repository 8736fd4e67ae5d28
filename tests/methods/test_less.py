"""LESS ranks by the alignment of updates with the mean gradient of each subtask."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import handful
from handful import errors
from handful.budget import Ledger
from handful.methods._contract import Target, View
from handful.methods.data.less import Less, adam_update
from handful.rng import Draws
from handful.runtime.run import Run


def view_of(pool, targets):
    """Arrays by name: pool {name: (n, d)}, targets a list of the same."""
    n = len(next(iter(pool.values())))
    made = [Target(f"t{i}", 1, None, lambda name, t=t: t[name]) for i, t in enumerate(targets)]
    keys = np.arange(n, dtype=np.uint64)
    return View(
        n=n, keys=keys, run_with=Run(threads=1), arrays=pool.__getitem__, targets=tuple(made)
    )


def picks_of(method, pool, targets, k):
    n = len(next(iter(pool.values())))
    return method.run(view_of(pool, targets), Ledger(n, rows=k), Draws(0))


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


@given(
    st.integers(1, 9),
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.integers(1, 3),
    st.integers(0, 9),
    st.integers(0, 10**6),
)
def test_scores_are_the_formula_for_subtasks_of_any_size(n, sizes, checkpoints, k, seed):
    rng = np.random.default_rng(seed)
    names = [f"c{t}" for t in range(checkpoints)]
    pool = {name: rng.standard_normal((n, 5)).astype(np.float32) for name in names}
    targets = [
        {name: rng.standard_normal((size, 5)).astype(np.float32) for name in names}
        for size in sizes
    ]
    rates = rng.random(checkpoints) + 0.1
    method = Less(arrays="+".join(names), rates="+".join(map(str, rates)))
    scores = np.max(
        [
            sum(
                rate / rates.sum() * (unit(pool[name]) @ unit(target[name]).T).mean(axis=1)
                for rate, name in zip(rates, names, strict=True)
            )
            for target in targets
        ],
        axis=0,
    )
    found = method.standing(view_of(pool, targets), np.zeros(0, int), Draws(0))
    np.testing.assert_allclose(found, scores, atol=1e-6)
    picks = picks_of(method, pool, targets, k).indices
    assert picks.tolist() == np.argsort(-found, kind="stable")[:k].tolist()


def test_a_long_gradient_is_no_better_than_a_short_one():
    pool = {"gradients": np.array([[100, 100], [1, 0.1], [0, 1]], np.float32)}
    target = [{"gradients": np.array([[1, 0], [9000, 0]], np.float32)}]
    assert picks_of(Less(), pool, target, 2).indices.tolist() == [1, 0]


def test_a_projection_keeps_alignment_and_is_the_same_for_pool_and_target():
    rng = np.random.default_rng(0)
    pool = {"gradients": rng.standard_normal((60, 9000)).astype(np.float32)}
    pool["gradients"][:6] += 2
    target = [{"gradients": rng.standard_normal((4, 9000)).astype(np.float32) + 2}]
    picks = picks_of(Less(project=256), pool, target, 6).indices
    assert sorted(picks.tolist()) == list(range(6))
    view = view_of(pool, target)
    near, exact = (m.standing(view, picks, Draws(0)) for m in (Less(project=2048), Less()))
    assert np.abs(near - exact).max() < 0.12
    other = Less(project=256).standing(view, picks, Draws(1))
    assert not np.allclose(other, Less(project=256).standing(view, picks, Draws(0)))


def test_moments_are_matched_by_name_and_epsilon_is_inside_the_root():
    """The released code looks the optimiser's state up by number, in the order of another list."""
    g = {"b": [[1.0, 2.0]], "a": [3.0]}
    m = {"a": [0.3], "b": [[0.1, 0.2]]}
    v = {"b": [[4.0, 5.0]], "a": [6.0]}
    flat = [(3.0, 0.3, 6.0), (1.0, 0.1, 4.0), (2.0, 0.2, 5.0)]
    expected = [(0.9 * m + 0.1 * g) / np.sqrt(0.999 * v + 0.001 * g**2 + 1e-8) for g, m, v in flat]
    np.testing.assert_allclose(adam_update(g, m, v), expected, rtol=1e-6)
    tiny = adam_update({"w": [1e-6]}, {"w": [0.0]}, {"w": [0.0]})
    np.testing.assert_allclose(tiny, 1e-7 / np.sqrt(1e-15 + 1e-8), rtol=1e-5)
    with pytest.raises(errors.DataError, match=r"\bc differ"):
        adam_update(g, {**m, "c": [0.0]}, v)
    with pytest.raises(errors.DataError, match=r"\ba differ"):
        adam_update(g, {**m, "a": [0.0, 1.0]}, v)


def test_by_names_of_arrays_from_files_and_wrong_rates_are_refused(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("p1", "p2", "t1", "t2"):
        np.save(tmp_path / f"{name}.npy", rng.standard_normal((8, 4)).astype(np.float32))
    asked = {
        "arrays": {"c1": tmp_path / "p1.npy", "c2": tmp_path / "p2.npy"},
        "like": ["x"] * 8,
        "like_arrays": {"c1": tmp_path / "t1.npy", "c2": tmp_path / "t2.npy"},
        "cache": False,
    }
    rows = list("abcdefgh")
    one = handful.select(rows, rows=3, method="less:arrays=c1+c2,rates=1+0", **asked)
    assert (
        one.indices.tolist()
        == handful.select(rows, rows=3, method="less:arrays=c1", **asked).indices.tolist()
    )
    for rates in ("1", "1+-1", "0+0", "1+x"):
        with pytest.raises(errors.UsageError, match="rates="):
            handful.select(rows, rows=3, method=f"less:arrays=c1+c2,rates={rates}", **asked)
