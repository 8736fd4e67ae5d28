"""Small learners with a closed form: no iterations, no randomness, the same answer for any threads."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful.selection import Floats, Indices

MOST_SOLVED = 4096
"""Rows that a dense system is solved among."""


def ridge(rows: Any, targets: Floats, asked: Any, *, penalty: float = 1.0) -> Floats:
    """Predict numbers by ridge regression with a free intercept.

        min_W ‖Y − X W‖² + λ ‖W‖²      X, Y centred

    Solved among the features where they are fewer than the rows, else among the rows; among more than
    4,096 rows of sparse or very wide features by conjugate gradients, to a relative error of 1e-6.

    Args:
        rows: (m, d) features to learn from, dense or CSR.
        targets: (m, t) what to predict.
        asked: (q, d) rows to predict for.
        penalty: λ.

    Returns:
        (q, t) float64.

    Source: Hoerl & Kennard 1970, Ridge regression; Saunders, Gammerman & Vovk 1998 (among the rows).
    """
    offset: Floats = targets.mean(axis=0)
    errors = targets - offset
    m, d = rows.shape
    if isinstance(rows, np.ndarray) and d <= m:
        centre = rows.mean(axis=0, dtype=np.float64)
        x = rows.astype(np.float64) - centre
        gram = x.T @ x
        gram[np.diag_indices(d)] += penalty
        near: Floats = (asked.astype(np.float64) - centre) @ np.linalg.solve(gram, x.T @ errors)
        return near + offset
    if m > MOST_SOLVED:
        return _by_gradients(rows, targets, asked, penalty)
    own, cross = _dense(rows @ rows.T), _dense(asked @ rows.T)
    mean = own.mean(axis=0)  # centring of products: the rows themselves may be sparse
    centred = own - mean - mean[:, None] + mean.mean()
    centred[np.diag_indices(m)] += penalty
    about = cross - cross.mean(axis=1, keepdims=True) - mean + mean.mean()
    near = about @ np.linalg.solve(centred, errors)
    return near + offset


def _by_gradients(rows: Any, targets: Floats, asked: Any, penalty: float) -> Floats:
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=penalty, solver="sparse_cg", tol=1e-6).fit(rows.astype(np.float64), targets)
    predicted: Floats = model.predict(asked.astype(np.float64)).reshape(asked.shape[0], -1)
    return predicted


def ridge_classifier(rows: Any, labels: Indices, asked: Any, penalty: float = 1.0) -> Indices:
    """The class whose indicator ridge regression predicts highest; ties to the smallest.

    Example:
        >>> rows = np.array([[1.0, 0], [0.9, 0.1], [0, 1], [0.1, 0.9]], np.float32)
        >>> ridge_classifier(rows, np.array([3, 3, 7, 7]), rows[[1, 2]]).tolist()
        [3, 7]
    """
    classes, place = np.unique(labels, return_inverse=True)
    indicator = np.zeros((len(labels), len(classes)))
    indicator[np.arange(len(labels)), place] = 1.0
    best: Indices = classes[np.argmax(ridge(rows, indicator, asked, penalty=penalty), axis=1)]
    return best


def naive_bayes(counts: Any, labels: Indices, asked: Any, *, smoothing: float = 1.0) -> Indices:
    """The most likely class of a bag of words under multinomial naive Bayes; ties to the smallest.

        log P(c) + Σ_b count_b · log((n_cb + α) / (n_c + α·buckets))

    Args:
        counts: (m, buckets) CSR to learn from.
        labels: (m,) classes.
        asked: (q, buckets) CSR.
        smoothing: α.

    Source: McCallum & Nigam 1998, A comparison of event models for naive Bayes text classification, eq. 6.
    """
    import scipy.sparse

    classes, place = np.unique(labels, return_inverse=True)
    member = scipy.sparse.csr_matrix((np.ones(len(labels)), (place, np.arange(len(labels)))))
    seen = _dense(member @ counts) + smoothing
    likely = np.log(seen) - np.log(seen.sum(axis=1, keepdims=True))
    prior = np.log(np.bincount(place) / len(labels))
    best: Indices = classes[np.argmax(_dense(asked @ likely.T) + prior, axis=1)]
    return best


def _dense(product: Any) -> NDArray[np.float64]:
    array = product if isinstance(product, np.ndarray) else product.toarray()
    return array.astype(np.float64, copy=False)
