"""Whitening leaves no direction longer than another; the released code's does not."""

import numpy as np
import pytest
from scipy import sparse

from handful import errors
from handful.runtime.run import Run
from handful.transport import moments as module
from handful.transport.whitening import Whitening


def stretched(n, d, seed=0):
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0]
    return (rng.standard_normal((n, d)) * np.logspace(0, -1, d)) @ turn + 3.0


def condition(rows):
    return np.linalg.cond(np.cov(rows, rowvar=False))


def test_covariance_becomes_the_identity_and_not_by_the_transpose():
    rows = stretched(3000, 12)
    white = Whitening([rows[:2000], rows[2000:]])
    out = white(rows)
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(np.cov(out, rowvar=False), np.eye(12), atol=0.01)
    lower = np.linalg.cholesky(np.cov(rows, rowvar=False))
    released = (rows - rows.mean(axis=0)) @ np.linalg.inv(lower)  # L⁻¹ where L⁻ᵀ is due
    assert condition(rows) > 90
    assert condition(released) > 20
    assert condition(out) < 1.01


def test_blocks_of_any_size_sum_to_the_same_moments_and_threads_to_the_same_bits(monkeypatch):
    rows = stretched(900, 6).astype(np.float32)
    one = Whitening([rows], run=Run(threads=1))
    assert one(rows).tobytes() == Whitening([rows], run=Run(threads=3))(rows).tobytes()
    monkeypatch.setattr(module, "BLOCK_ROWS", 70)
    np.testing.assert_allclose(Whitening([rows])(rows), one(rows), atol=1e-5)


def test_a_direction_without_variance_stays_without_and_scale_means_nothing():
    rows = stretched(200, 5)
    rows[:, 2] = 7.0
    out = Whitening([rows])(rows)
    assert np.abs(out[:, 2]).max() < 1e-3
    np.testing.assert_allclose(Whitening([1000 * rows])(1000 * rows), out, atol=1e-4)
    equal = np.ones((4, 3))
    assert Whitening([equal])(equal).tolist() == [[0.0] * 3] * 4


def test_sparse_rows_are_refused():
    with pytest.raises(errors.UsageError, match="whitening"):
        Whitening([sparse.csr_array(np.eye(3))])
