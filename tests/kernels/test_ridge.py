"""Ridge regression is the minimiser of its formula, dense or sparse, tall or wide."""

import numpy as np
import pytest
import scipy.sparse

from handful.kernels.ridge import ridge

PENALTIES = np.array([1e-3, 0.1, 1.0, 100.0])


def by_definition(rows, targets, penalty):
    """Normal equations of the formula, the constant as a column without penalty."""
    p, d = rows.shape
    centred = rows - rows.mean(axis=0)
    scale = (centred**2).sum() / p / min(p, d)
    wide = np.hstack([rows, np.ones((p, 1))])
    shrink = penalty * scale * np.diag([*np.ones(d), 0.0])
    solved = np.linalg.solve(wide.T @ wide / p + shrink, wide.T @ targets / p)
    return solved[:-1], solved[-1]


@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_array, scipy.sparse.csr_matrix])
@pytest.mark.parametrize("shape", [(40, 5), (6, 15), (9, 9), (1, 3), (2, 1)])
def test_it_is_what_the_normal_equations_give(shape, kind):
    rng = np.random.default_rng(shape[0])
    rows = rng.standard_normal(shape) + 3.0
    rows[rng.random(shape) < 0.3] = 0.0
    targets = rng.standard_normal(shape[0])
    weights, constants, _ = ridge(kind(rows), targets, PENALTIES)
    assert weights.shape == (len(PENALTIES), shape[1])
    if shape[0] == 1:  # nothing varies: the constant says it all
        assert np.allclose(weights, 0) and np.allclose(constants, targets[0])
        return
    for penalty, w, b in zip(PENALTIES, weights, constants, strict=True):
        expected, constant = by_definition(rows, targets, penalty)
        assert np.allclose(w, expected, rtol=1e-7, atol=1e-9)
        assert np.isclose(b, constant, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_array])
@pytest.mark.parametrize("shape", [(20, 4), (8, 12)])
def test_the_error_is_that_of_leaving_each_row_out_in_turn(shape, kind):
    rng = np.random.default_rng(2)
    rows, targets = rng.standard_normal(shape) + 1.0, rng.standard_normal(shape[0])
    p, d = shape
    scale = ((rows - rows.mean(axis=0)) ** 2).sum() / p / min(p, d)
    wide = np.hstack([rows, np.ones((p, 1))])
    for penalty, error in zip(PENALTIES, ridge(kind(rows), targets, PENALTIES).errors, strict=True):
        shrink = p * penalty * scale * np.diag([*np.ones(d), 0.0])
        missed = []
        for i in range(p):
            w, y = np.delete(wide, i, axis=0), np.delete(targets, i)
            missed.append(wide[i] @ np.linalg.solve(w.T @ w + shrink, w.T @ y) - targets[i])
        assert np.isclose(error, np.mean(np.square(missed)), rtol=1e-7)


def test_the_check_catches_a_constant_that_is_penalised():
    rng = np.random.default_rng(0)
    rows, targets = rng.standard_normal((30, 3)) + 2, rng.standard_normal(30) + 5
    weights, _, _ = ridge(rows, targets, PENALTIES[-1:])
    wide = np.hstack([rows, np.ones((30, 1))])
    scale = np.var(rows, axis=0).mean()
    all_shrunk = np.linalg.solve(
        wide.T @ wide / 30 + 100 * scale * np.eye(4), wide.T @ targets / 30
    )
    assert not np.allclose(weights[0], all_shrunk[:-1], rtol=1e-3)


@pytest.mark.parametrize("unit", [2.0**-20, 1.0, 2.0**20])
def test_a_penalty_means_the_same_in_any_unit(unit):
    rng = np.random.default_rng(1)
    rows, targets = rng.standard_normal((30, 4)), rng.standard_normal(30)
    weights, constants, errors = ridge(rows, targets, PENALTIES)
    other, moved, same = ridge(rows * unit, targets, PENALTIES)
    assert np.allclose(same, errors, rtol=1e-10)
    assert np.allclose(other * unit, weights, rtol=1e-10)
    assert np.allclose(moved, constants, rtol=1e-10)


def test_rows_that_are_all_equal_predict_the_mean():
    weights, constants, _ = ridge(np.ones((5, 3)), np.arange(5.0), PENALTIES)
    assert np.allclose(weights, 0) and np.allclose(constants, 2.0)
