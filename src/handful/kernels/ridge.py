"""Least squares with an L2 penalty, for several penalties at once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Fits(NamedTuple):
    """Linear fits, one a penalty: (q, d) weights, (q,) constants, (q,) mean squared leave-one-out errors."""

    weights: Floats
    constants: Floats
    errors: Floats


def ridge(rows: Any, targets: Floats, penalties: Floats) -> Fits:
    """The best linear fit under each penalty, and how well it would foretell a row left out.

        min_{w, b}  (1/p) Σ_i (⟨x_i, w⟩ + b − y_i)²  +  λ·s·‖w‖²
        error = (1/p) Σ_i ((y_i − ŷ_i) / (1 − h_ii))²,    ŷ = H y

    s is the mean of the min(p, d) largest eigenvalues of the rows' covariance, so λ is free of their unit; the
    error is that of fits without row i under the same penalty p·λ·s, none of which is made. One eigendecomposition
    serves all penalties: of the covariance (d, d), or of the inner products (p, p) of the centred rows.

    Args:
        rows: (p, d) dense or CSR, finite; p ≥ 1.
        targets: (p,).
        penalties: (q,) λ > 0.

    Cost: O(p·d·min(p, d) + min(p, d)³); memory 16·min(p, d)·(min(p, d) + p) bytes beside the rows.

    Source: Hoerl & Kennard 1970, Ridge regression, equation 2.3; Saunders, Gammerman & Vovk 1998, Ridge
    regression learning algorithm in dual variables, section 2; Allen 1974, The relationship between variable
    selection and data augmentation and a method for prediction (PRESS).

    Example:
        >>> fits = ridge(np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0]), np.array([1e-9, 1.0]))
        >>> fits.weights.round(3).ravel().tolist(), fits.constants.round(3).tolist()
        ([2.0, 1.0], [1.0, 2.0])
    """
    p, d = rows.shape
    rows = rows.astype(np.float64)
    mean = np.asarray(rows.mean(axis=0), np.float64).ravel()
    centre = float(np.mean(targets))
    y = np.asarray(targets, np.float64) - centre
    small = d <= p
    products = _dense(rows.T @ rows if small else rows @ rows.T)
    right = np.asarray(rows.T @ y).ravel() if small else y
    products = products - p * np.outer(mean, mean) if small else _double_centred(products)
    values, vectors = np.linalg.eigh(products / p)
    values = np.maximum(values, 0.0)
    damped = values + (float(values.mean()) or 1.0) * np.asarray(penalties)[:, None]  # (q, m)
    solved = ((vectors.T @ right) / p / damped) @ vectors.T
    weights = solved if small else np.asarray(solved @ rows)  # the solutions sum to 0, as y does
    constants = centre - weights @ mean
    spread = (
        np.square(np.asarray(rows @ vectors) - mean @ vectors)
        if small
        else (p * values * vectors**2)
    )  # (p, m): squares of the centred rows along each eigenvector
    leverages = 1 / p + spread @ (1 / (p * damped)).T
    left = np.asarray(rows @ weights.T) + constants - np.asarray(targets)[:, None]
    return Fits(weights, constants, np.mean((left / np.maximum(1 - leverages, 1e-12)) ** 2, axis=0))


def _double_centred(products: Floats) -> Floats:
    """Inner products of rows from which their mean was taken."""
    means = products.mean(axis=0)
    centred: Floats = products - means - means[:, None] + means.mean()
    return centred


def _dense(array: Any) -> Floats:
    return np.asarray(array.toarray() if scipy.sparse.issparse(array) else array)
