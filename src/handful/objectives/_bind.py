"""From an objective's parameters to the pairs and weights it works on."""

from __future__ import annotations

from typing import Any

import numpy as np

from handful import errors
from handful.graphs._contract import Pairs
from handful.graphs.distance import Distances
from handful.graphs.feature_pairs import FeaturePairs
from handful.graphs.similarity import Similarity, hold, pairs
from handful.objectives._contract import Floats, View


def pool_pairs(
    view: View, similarity: Similarity, array: str | None, *, held: bool = True
) -> Pairs:
    """Every row of the pool to every candidate, (n, n); computed at once and held, where it fits.

    Args:
        view: Whose rows.
        similarity: See `graphs.similarity`.
        array: Name of the features.
        held: False where few tiles will be asked for more than once.
    """
    features = view.array(array) if _compares(similarity) else None
    made = pairs(similarity, features)
    if not held and isinstance(made, FeaturePairs):
        made.threads = view.threads
        return made
    return _fitting(made, (view.n, view.n), view)


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


def target_peaks(
    view: View, similarity: Similarity, matrix: Any, array: str | None, objective: str
) -> Floats:
    """(n,) max_q s_qi: how near each row is to the target."""
    made = target_pairs(view, similarity if matrix is None else matrix, array)
    refuse_signed(made, objective)
    return made.peaks()


def given_peaks(
    view: View, similarity: Similarity, matrix: Any, array: str | None, objective: str
) -> Floats:
    """(n,) max_p s_pi: how near each row is to what is already owned."""
    made = given_pairs(view, similarity if matrix is None else matrix, array)
    refuse_signed(made, objective)
    return made.peaks()


def row_weights(view: View, weights: Any, objective: str) -> Floats | None:
    """(n,) float64 from an array, the name of a score, or None for ones; refused below 0."""
    if weights is None:
        return None
    settled = np.asarray(view.score(weights) if isinstance(weights, str) else weights, np.float64)
    if settled.shape != (view.n,):
        raise errors.weights_shape(settled.shape, view.n, "row")
    return _refuse_negative(settled, "weights", objective)


def _compares(similarity: Similarity) -> bool:
    """Whether it is computed from features, rather than given."""
    return isinstance(similarity, str) or (
        callable(similarity) and not hasattr(similarity, "shape")
    )


def _fitting(made: Pairs, shape: tuple[int, int], view: View) -> Pairs:
    if made.shape != shape:
        raise errors.similarity_shape(made.shape, shape)
    return hold(made, view.memory_bytes, view.threads)


def feature_weights(weights: Any, features: int, objective: str) -> Floats:
    """(L,) float64 from an array, or ones; refused below 0."""
    if weights is None:
        return np.ones(features)
    settled = np.asarray(weights, np.float64)
    if settled.shape != (features,):
        raise errors.weights_shape(settled.shape, features, "feature")
    return _refuse_negative(settled, "weights", objective)


def _refuse_negative(values: Floats, what: str, objective: str) -> Floats:
    if not (np.isfinite(values).all() and (values >= 0).all()):
        row = int(np.argmin(np.where(np.isfinite(values), values, -np.inf)))
        raise errors.negative_value(what, row, float(values[row]), objective)
    return values


def refuse_signed(made: Pairs, objective: str) -> None:
    """Refuse a similarity below 0, naming it."""
    negative = made.first_negative()
    if negative is not None:
        raise errors.negative_similarity(*negative, objective)


def pool_distances(view: View, distance: Any, array: str | None) -> Distances:
    """Every row of the pool to every other."""
    made = Distances(distance, view.array(array) if _compares(distance) else None)
    if made.n != view.n:
        raise errors.similarity_shape((made.n, made.n), (view.n, view.n))
    return made


def kernel_pairs(view: View, similarity: Similarity, array: str | None) -> Pairs:
    """Every row of the pool to every candidate, by a positive semidefinite kernel."""
    if isinstance(similarity, str) and similarity == "clipped_cosine":
        raise errors.clipped_kernel()
    return pool_pairs(view, similarity, array, held=False)
