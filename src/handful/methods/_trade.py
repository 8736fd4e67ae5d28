"""Quality with diversity: an objective and a score, both on stated scales, in one sum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from handful import errors
from handful.budget import Ledger, exact_sum
from handful.methods._contract import View
from handful.objectives.modular import Modular
from handful.objectives.weighted_sum import WeightedSum
from handful.optimizers._run import exact_gain
from handful.optimizers.partitioned import Part, holds_rows
from handful.optimizers.solve import solve
from handful.rng import Draws
from handful.selection import Floats, Indices, Picks

CURVE = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Trade-offs of the curve, beside the one asked for."""
CURVE_ROWS = 4000
"""Rows on which the curve is drawn: all, or a sample by seed."""


@dataclass(frozen=True, eq=False)
class Scales:
    """What 1 means, of the objective and of the score.

    Args:
        objective: Its value where it alone is maximised, by the same optimizer under the same budget.
        score: The sum of scaled scores of the rows with the best scores, under the same budget.
        scores: (n,) in [0, 1]: (score − least) / (largest − least) over all candidates; 0 where all are equal.
    """

    objective: float
    score: float
    scores: Floats


def trade(
    objective: Any,
    trade_off: float,
    view: View,
    ledger: Ledger,
    rng: Draws,
    optimizer: Any,
    certificate: Any,
) -> Picks:
    """Maximise (1 − t)·f(S)/f₁ + t·Σ s_j/s₁, and draw the curve of what either costs the other.

    Args:
        objective: f.
        trade_off: t, above 0.
        view: What it sees; its default score is s.
        ledger: What may be taken.
        rng: The draws.
        optimizer: As in `solve`.
        certificate: As in `solve`; "off" leaves out the curve, too.
    """
    scores = _scaled(view.score())
    how = {"optimizer": optimizer}
    scales = _scales(objective, scores, view, ledger.copy(), rng, how)
    before = ledger.copy()
    mixed = _mixed(objective, trade_off, scales)
    picks = solve(mixed, view, ledger, rng, optimizer=optimizer, certificate=certificate)
    told: dict[str, Any] = {
        **_point(objective, trade_off, view, picks.indices, scales),
        "rows": view.n,
        "scale_objective": scales.objective,
        "scale_score": scales.score,
    }
    if certificate != "off":
        told |= _curve(objective, trade_off, scores, view, before, rng, how)
    # Not nested: at another size the scales are others.
    return replace(picks, notes={**picks.notes, "trade_off": told}, nested=False)


def _scaled(scores: Floats) -> Floats:
    if not len(scores):
        return scores
    least, largest = float(scores.min()), float(scores.max())
    return np.zeros(len(scores)) if largest == least else (scores - least) / (largest - least)


def _scales(
    objective: Any, scores: Floats, view: Any, ledger: Ledger, rng: Draws, how: dict[str, Any]
) -> Scales:
    best = ledger.copy()
    rank = np.arange(view.n) if view.rank is None else view.rank
    best.take_ranked(np.lexsort((rank, -scores)))
    alone = solve(objective, view, ledger, rng, certificate="off", **how)
    assert alone.value is not None
    if alone.value <= 0 and len(alone.indices):
        raise errors.no_trade_off_scale(type(objective).__name__, alone.value)
    top = float(np.sum(scores[best.taken]))
    return Scales(alone.value or 1.0, top if top > 0 else 1.0, scores)


def _mixed(objective: Any, trade_off: float, scales: Scales) -> WeightedSum:
    return WeightedSum.of(
        ((1.0 - trade_off) / scales.objective, objective),
        (trade_off / scales.score, Modular(score=scales.scores)),
    )


def _point(
    objective: Any, trade_off: float, view: Any, rows: Indices, scales: Scales
) -> dict[str, float]:
    """What some picks have of either, 1 being what it has alone."""
    state, value = objective.start(view), 0.0
    for row in rows.tolist():
        value += exact_gain(objective, state, row)
        state = objective.add(state, row)
    score = float(np.sum(scales.scores[rows]))
    return {
        "trade_off": trade_off,
        "objective": value / scales.objective,
        "score": score / scales.score,
    }


def _curve(
    objective: Any,
    asked: float,
    scores: Floats,
    view: View,
    ledger: Ledger,
    rng: Draws,
    how: dict[str, Any],
) -> dict[str, Any]:
    """A few trade-offs on all rows, or on a sample; none where the objective holds a number for each row."""
    if view.n > CURVE_ROWS and holds_rows(objective):
        return {}
    seen: Any = view
    if view.n > CURVE_ROWS:
        rows = np.sort(
            view.ranking(-rng.uniforms("trade-off curve", view.keys), at_most=CURVE_ROWS)
        )
        try:
            seen, ledger, scores = Part(view, rows), _share(ledger, rows), scores[rows]
        except errors.InfeasibleError as refused:
            return {"no_curve": f"a sample of {len(rows):,} rows cannot meet the quotas: {refused}"}
    scales = _scales(objective, scores, seen, ledger.copy(), rng, how)
    curve = []
    for trade_off in sorted({*CURVE, asked}):
        mixed = _mixed(objective, trade_off, scales)
        picks = solve(mixed, seen, ledger.copy(), rng, certificate="off", **how)
        curve.append(_point(objective, trade_off, seen, picks.indices, scales))
    return {"curve": curve, "curve_rows": seen.n}


def _share(ledger: Ledger, rows: Indices) -> Ledger:
    """The budget's share of some rows: its quotas scaled, and the rows taken among them taken.

    Raises:
        InfeasibleError: These rows cannot meet the quotas.
    """
    share = Fraction(len(rows), ledger.n)
    included = np.flatnonzero(np.isin(rows, ledger.taken))
    costs, amount = None, None
    if ledger.costs is not None and ledger.amount is not None:
        costs = ledger.costs[rows]
        amount = max(ledger.amount * share, exact_sum(costs[included]))
    eligible = ledger.open[rows]
    eligible[included] = True
    return Ledger(
        len(rows),
        rows=max(1, round(ledger.rows * share), len(included)),
        costs=costs,
        amount=amount,
        eligible=eligible,
        quotas=None if ledger.quotas is None else ledger.quotas.scaled(rows, share),
        include=included,
        apart=None if ledger.apart is None else ledger.apart.narrowed(rows),
    )
