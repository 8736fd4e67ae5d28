"""Least squares with an L2 penalty, for several penalties at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def ridge(rows: Any, targets: Floats, penalties: Floats) -> tuple[Floats, Floats]:
    """Weights and constants of the best linear fit under each penalty.

        min_{w, b}  (1/p) Σ_i (⟨x_i, w⟩ + b − y_i)²  +  λ·s·‖w‖²

    s is the mean of the min(p, d) largest eigenvalues of the rows' covariance, so λ is free of their unit.
    One eigendecomposition serves all penalties: of the covariance (d, d), or of the inner products (p, p) of the
    centred rows, whichever is smaller.

    Args:
        rows: (p, d) dense or CSR, finite; p ≥ 1.
        targets: (p,).
        penalties: (q,) λ > 0.

    Returns:
        (q, d) weights w and (q,) constants b, float64.

    Cost: O(p·d·min(p, d) + min(p, d)³); memory 16·min(p, d)² bytes beside the rows.

    Source: Hoerl & Kennard 1970, Ridge regression, equation 2.3; Saunders, Gammerman & Vovk 1998, Ridge
    regression learning algorithm in dual variables, section 2.

    Example:
        >>> w, b = ridge(np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0]), np.array([1e-9, 1.0]))
        >>> w.round(3).ravel().tolist(), b.round(3).tolist()
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
    scale = float(values.mean()) or 1.0
    turned = (vectors.T @ right) / p
    solved = (turned / (values + scale * np.asarray(penalties)[:, None])) @ vectors.T
    weights = solved if small else np.asarray(solved @ rows)  # the solutions sum to 0, as y does
    return weights, centre - weights @ mean


def _double_centred(products: Floats) -> Floats:
    """Inner products of rows from which their mean was taken."""
    means = products.mean(axis=0)
    centred: Floats = products - means - means[:, None] + means.mean()
    return centred


def _dense(array: Any) -> Floats:
    return np.asarray(array.toarray() if scipy.sparse.issparse(array) else array)
