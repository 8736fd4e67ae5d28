"""From an objective's parameters to the pairs and weights it works on."""

from __future__ import annotations

from typing import Any

import numpy as np

from handful import errors
from handful.graphs.similarity import Pairs, Similarity, hold, pairs
from handful.objectives._contract import Floats, View


def pool_pairs(view: View, similarity: Similarity, array: str | None) -> Pairs:
    """Every row of the pool to every candidate, (n, n)."""
    features = view.array(array) if _compares(similarity) else None
    return _fitting(pairs(similarity, features), (view.n, view.n), view)


def target_pairs(view: View, similarity: Similarity, array: str | None) -> Pairs:
    """Every target row to every candidate, (q, n)."""
    if not _compares(similarity):
        made = pairs(similarity, None)
        return _fitting(made, (made.shape[0], view.n), view)
    left, right = view.target_array(array), view.array(array)
    return _fitting(pairs(similarity, left, right), (left.shape[0], view.n), view)


def given_pairs(view: View, similarity: Similarity, array: str | None) -> Pairs:
    """Every row already owned to every candidate, (p, n)."""
    if not _compares(similarity):
        made = pairs(similarity, None)
        return _fitting(made, (made.shape[0], view.n), view)
    left, right = view.given_array(array), view.array(array)
    return _fitting(pairs(similarity, left, right), (left.shape[0], view.n), view)


def row_weights(view: View, weights: Any, objective: str) -> Floats | None:
    """(n,) float64 from an array, the name of a score, or None for ones; refused below 0."""
    if weights is None:
        return None
    settled = np.asarray(view.score(weights) if isinstance(weights, str) else weights, np.float64)
    if settled.shape != (view.n,):
        raise errors.weights_shape(settled.shape, view.n)
    if not (np.isfinite(settled).all() and (settled >= 0).all()):
        row = int(np.argmin(np.where(np.isfinite(settled), settled, -np.inf)))
        raise errors.negative_value("weights", row, float(settled[row]), objective)
    return settled


def _compares(similarity: Similarity) -> bool:
    """Whether it is computed from features, rather than given."""
    return isinstance(similarity, str) or (
        callable(similarity) and not hasattr(similarity, "shape")
    )


def _fitting(made: Pairs, shape: tuple[int, int], view: View) -> Pairs:
    if made.shape != shape:
        raise errors.similarity_shape(made.shape, shape)
    return hold(made, view.memory_bytes)
