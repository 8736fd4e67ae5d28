"""The close-call rule: which of several candidates is best, whatever computed their gains.

A pair of rows has several float32 similarities, so gains computed in tiles, one by one or on another
machine differ in the last bits. Where two gains lie closer together than their errors, float64 gains in a
fixed order decide, and where those are equal, the earlier id. Every optimizer that compares gains does so
here, which is why naive, lazy and blocked greedy pick the same rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handful.objectives._contract import Floats, Indices, Objective, State, View

ROUNDING = 2.0**-40
"""Relative error allowed in gains that are called exact, where a stale one is compared with a fresh one."""


def margins(objective: Objective, state: State, candidates: Indices, gains: Floats) -> Floats:
    """(m,) how far each gain may be from the exact one."""
    if objective.facts.exact_gains:
        return ROUNDING * np.abs(gains)
    return objective.error(state, candidates, gains)


def decide(
    objective: Objective,
    view: View,
    state: State,
    candidates: Indices,
    gains: Floats,
    *,
    costs: Floats | None = None,
) -> tuple[int, float]:
    """Position of the best candidate, and its exact gain.

    Args:
        objective: What is maximised.
        view: For the rank of rows, by which ties break.
        state: The subset the gains add to.
        candidates: (m,) m ≥ 1 rows.
        gains: (m,) their gains at `state`, just computed.
        costs: (m,) > 0: where given, the best gain a unit of cost is sought.
    """
    if objective.facts.exact_gains:
        worth = gains if costs is None else gains / costs
        close = best = np.flatnonzero(worth >= worth.max())
        exact = gains[close]
    else:
        price = np.ones(len(candidates)) if costs is None else costs
        error = objective.error(state, candidates, gains)
        close = np.flatnonzero((gains + error) / price >= ((gains - error) / price).max())
        exact = objective.exact(state, candidates[close])
        worth = exact / price[close]
        best = close[worth == worth.max()]
    place = best[0] if len(best) == 1 else best[np.argmin(ranks(view, candidates[best]))]
    return int(place), float(exact[np.searchsorted(close, place)])


def clears(
    objective: Objective, state: State, candidates: Indices, gains: Floats, bar: float
) -> NDArray[np.bool_]:
    """(m,) whether each exact gain is at least `bar`; computed exactly only where it could be either."""
    if objective.facts.exact_gains:
        return gains >= bar
    error = objective.error(state, candidates, gains)
    above = gains - error >= bar
    unsure = np.flatnonzero(~above & (gains + error >= bar))
    if len(unsure):
        above[unsure] = objective.exact(state, candidates[unsure]) >= bar
    return above


def ranks(view: View, rows: Indices) -> Indices:
    """(m,) places of rows in the order of ids."""
    return rows if view.rank is None else view.rank[rows]
