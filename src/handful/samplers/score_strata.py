"""Rows over the whole range of a score, not from its end: coverage-centric sampling."""

from __future__ import annotations

import numpy as np

from handful.samplers.water_filling import in_turns
from handful.selection import Floats, Indices


def over_strata(
    scores: Floats, draws: Floats, *, bins: int = 50, trim: float = 0.05
) -> tuple[Indices, Indices]:
    """An order whose every prefix has an equal share of each stretch of the scores, and the rows left out of it.

        inside = rows with q(trim) ≤ s_i ≤ q(1 − trim);    `bins` strata of equal width over their range
        one row of each stratum in turn, from the top; within a stratum in the order of the draws

    A stratum that is used up leaves its share to all others. Both ends of the range belong to it, whatever the
    sign of the scores.

    Args:
        scores: (n,) finite.
        draws: (n,) in (0, 1), one a row.
        bins: Strata.
        trim: Share left out at either end, in [0, 0.5).

    Returns:
        The rows inside, in order; and those outside, the nearest to the range first.

    Example:
        >>> inside, outside = over_strata(np.array([0.0, 1, 1, 1, 2, 90]), np.linspace(0, 1, 6), bins=2, trim=0.1)
        >>> inside.tolist(), outside.tolist()
        ([4, 1, 2, 3], [0, 5])

    Source: Zheng, Liu, Lai & Prakash 2023, Coverage-centric coreset selection for high pruning rates (ICLR),
    algorithm 1.
    """
    if not len(scores):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    low, high = np.quantile(scores, [trim, 1.0 - trim])
    within = (scores >= low) & (scores <= high)
    order = np.argsort(draws, kind="stable")
    inside, outside = order[within[order]], order[~within[order]]
    beyond = np.maximum(low - scores[outside], scores[outside] - high)
    outside = outside[np.argsort(beyond, kind="stable")]
    if not len(inside):
        return inside, outside
    top, bottom = scores[inside].max(), scores[inside].min()
    depth = (top - scores) / (top - bottom) if top > bottom else np.zeros(len(scores))
    strata = np.clip(depth * bins, 0, bins - 1).astype(np.int64)
    return in_turns(inside, strata), outside
