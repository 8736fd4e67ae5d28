"""How much each source task says about a target: linear combinations of heads, sparse or of least length."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from handful.runtime.blas import one_thread
from handful.selection import Floats

GRID, SMALLEST = 50, 1e-3
"""Penalties looked at, and the smallest in parts of the largest that leaves a task."""
TOLERANCE, ROUNDS = 1e-10, 20_000
"""Of the Lasso's duality gap, in parts of ‖w‖²; and rounds over all tasks, at most."""


@dataclass(frozen=True)
class Step:
    """One penalty of the path.

    Args:
        penalty: λ.
        tasks: How many are left, |S|.
        sum: ‖ν‖₁ after the refit.
        residual: ‖Wν − w‖ / ‖w‖ after the refit.
    """

    penalty: float
    tasks: int
    sum: float
    residual: float


def lasso(heads: Floats, target: Floats, penalties: Floats) -> tuple[Floats, Floats]:
    """For each λ the ν of least ½‖Wν − w‖² + λ‖ν‖₁.

    Args:
        heads: (k, T) W, finite.
        target: (k,) w, finite, not all 0.
        penalties: (p,) > 0, falling.

    Returns:
        (p, T) float64, of which at most k of a row are not 0 unless heads are collinear; and (p,) duality gaps, in
        parts of ½‖w‖²: how far each is from the least, at most.

    Cost: p·T·k a round, some tens of rounds.

    Source: Tibshirani 1996, Regression shrinkage and selection via the lasso; solved by scikit-learn's descent
    along coordinates, which has 1/(2k) before the square.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import lasso_path

    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the gap is told
        _, found, gaps = lasso_path(
            np.asfortranarray(heads),
            target,
            alphas=penalties / len(target),
            tol=TOLERANCE,
            max_iter=ROUNDS,
        )
    return np.ascontiguousarray(found.T, np.float64), 2 * len(target) * gaps / (target @ target)


def largest_penalty(heads: Floats, target: Floats) -> float:
    """The λ from which on no task is left: max_t |w_t·w|."""
    return float(np.abs(heads.T @ target).max())


def refitted(heads: Floats, target: Floats, kept: Floats) -> Floats:
    """(T,) ν of least ‖Wν − w‖ on the tasks that a Lasso kept: it shrinks all it keeps."""
    on = np.flatnonzero(kept)
    out = np.zeros(heads.shape[1])
    if len(on):
        out[on] = np.linalg.lstsq(heads[:, on], target, rcond=None)[0]
    return out


def least_length(heads: Floats, target: Floats) -> Floats:
    """(T,) the ν of least ‖ν‖₂ among those of least ‖Wν − w‖: all tasks take part.

    Example:
        >>> least_length(np.array([[1.0, 1.0]]), np.array([2.0])).round(9).tolist()
        [1.0, 1.0]
    """
    return np.asarray(np.linalg.lstsq(heads, target, rcond=None)[0])


def residual(heads: Floats, target: Floats, relevance: Floats) -> float:
    """‖Wν − w‖ / ‖w‖."""
    return float(np.linalg.norm(heads @ relevance - target) / np.linalg.norm(target))


def path(heads: Floats, target: Floats) -> tuple[list[Step], list[Floats]]:
    """A grid of penalties, from the one that leaves a task down to a thousandth; each support refitted."""
    most = largest_penalty(heads, target)
    penalties = np.geomspace(0.99 * most, most * SMALLEST, GRID)
    steps, fits = [], []
    for penalty, kept in zip(penalties, lasso(heads, target, penalties)[0], strict=True):
        fit = refitted(heads, target, kept)
        left = residual(heads, target, fit)
        steps.append(
            Step(float(penalty), int(np.count_nonzero(kept)), float(np.abs(fit).sum()), left)
        )
        fits.append(fit)
    return steps, fits
