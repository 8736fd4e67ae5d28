"""Moments merge as their sets do, and the Fréchet distance is the textbook's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from handful.errors import DataError
from handful.runtime.run import Run
from handful.transport.moments import Frechet, Moments


def rows_of(count, d, seed):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((count, d)) @ rng.standard_normal((d, d)) + 50


def assert_same(one, other):
    assert one.count == other.count
    np.testing.assert_allclose(one.mean, other.mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(one.scatter, other.scatter, rtol=1e-7, atol=1e-7)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(1, 4), st.integers(0, 10**6))
def test_merging_is_putting_sets_together_and_without_takes_one_out(a, b, d, seed):
    left, right = rows_of(a, d, seed), rows_of(b, d, seed + 1)
    both = Moments.of(np.concatenate([left, right]))
    merged = Moments.of(left).merged(Moments.of(right))
    assert_same(merged, both)
    assert_same(both.without(Moments.of(right)), Moments.of(left))
    if a and b and not np.allclose(left.mean(axis=0), right.mean(axis=0), atol=1e-3):
        added = (
            Moments.of(left).scatter + Moments.of(right).scatter
        )  # without the shift of the means
        assert not np.allclose(added, both.scatter, rtol=1e-7, atol=1e-7)


def test_blocks_and_threads_change_nothing_but_last_bits(monkeypatch):
    rows = rows_of(500, 5, 0).astype(np.float32)
    one = Moments.of_all([rows[:300], rows[300:]], Run(threads=1))
    many = Moments.of_all([rows[:300], rows[300:]], Run(threads=3))
    assert one.scatter.tobytes() == many.scatter.tobytes()
    assert_same(one, Moments.of(rows))
    monkeypatch.setattr("handful.transport.moments.BLOCK_ROWS", 64)
    assert_same(Moments.of_all([rows], Run(threads=2)), one)
    rows[7, 2] = np.nan
    with pytest.raises(DataError, match="must be finite"):
        Moments.of_all([rows], Run(threads=1))


def textbook(a, b):
    ca, cb = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    apart = a.mean(axis=0) - b.mean(axis=0)
    return float(apart @ apart + np.trace(ca + cb - 2 * sqrtm(ca @ cb).real))


@given(st.integers(2, 5), st.integers(0, 10**6))
def test_the_distance_is_the_textbooks(d, seed):
    a, b = rows_of(30, d, seed), rows_of(40, d, seed + 1) + 1
    found = Frechet(Moments.of(a))(Moments.of(b))
    assert found == pytest.approx(textbook(a, b), rel=1e-6, abs=1e-6)
    assert Frechet(Moments.of(a))(Moments.of(a)) == pytest.approx(0, abs=1e-6)


def test_covariances_without_an_inverse_need_no_help():
    flat = np.array(
        [[0.0, 0], [2, 0], [4, 0]]
    )  # variance 4 along the first axis, none along the second
    steep = flat[:, ::-1]
    distance = Frechet(Moments.of(flat))(Moments.of(steep))
    assert distance == pytest.approx(4 + 4 + 4 + 4)  # means (2, 0) and (0, 2); nothing in common
    single = Moments.of(flat[1:2])
    assert Frechet(Moments.of(flat))(single) == pytest.approx(4)


def test_few_rows_are_farther_than_many_of_the_same_kind():
    rng = np.random.default_rng(0)
    target = Frechet(Moments.of(rng.standard_normal((2000, 8))))
    few, many = (
        np.mean([target(Moments.of(rng.standard_normal((size, 8)))) for _ in range(20)])
        for size in (10, 1000)
    )
    assert few > 20 * many
