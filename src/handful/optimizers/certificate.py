"""How good the picks are: a bound on the best value that any picks could reach under the same budget.

Greedy's own bound adds to the value the largest gains that are left. It is the first of a family: every
set of prices for what rows are served with gives a modular function above the objective (`Majorants`), and
the most that one can reach under the relaxed budget (`Filler`) bounds the best. Descending over the prices
brings the bound close to the best: this is the Lagrangian dual of k-median, for facility location, and the
dual of a linear programme for coverage.

Source: Cornuéjols, Fisher & Nemhauser 1977, Location of bank accounts; Polyak 1964, Some methods of speeding
up the convergence of iteration methods, for the direction of descent, and 1969, Minimization of unsmooth
functionals, for its length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from handful.budget import Ledger
from handful.objectives._contract import (
    Floats,
    Indices,
    Majorants,
    Objective,
    State,
)
from handful.optimizers._relaxed import Filled, Filler
from handful.optimizers.close_call import ROUNDING

Level = Literal["fast", "tight", "off"]
LEVELS: tuple[Level, ...] = ("fast", "tight", "off")
STEPS = 100
"""Sweeps that "tight" may take."""
ENOUGH = 1e-4
"""The share of the bound below which a gap is not worth another sweep."""
PATIENCE = 8
"""Steps without progress after which the next ones are shorter."""
MOMENTUM = 0.9
"""How much of the direction before stays in the next: subgradients alone go to and fro."""


@dataclass(frozen=True)
class Certificate:
    """A bound on the best value, or why there is none.

    Args:
        bound: No feasible picks have a larger value; None where no bound is valid.
        reason: Why there is none.
        prices: What one more row, or one more unit of cost, would add at most, nearly: shadow prices.
        sweeps: Sweeps of gains it took.
    """

    bound: float | None
    reason: str | None = None
    prices: Mapping[str, float] = field(default_factory=dict)
    sweeps: int = 0


def certify(
    objective: Objective,
    state: State,
    ledger: Ledger,
    picks: Indices,
    value: float,
    *,
    level: Level = "fast",
    steps: int = STEPS,
) -> Certificate:
    """Bound the best value under a ledger.

    Args:
        objective: What was maximised.
        state: Its state at the picks, or at those of them that add anything; not changed.
        ledger: As it was before any pick.
        picks: The rows taken, in picked order.
        value: Their value.
        level: "fast": one sweep, greedy's own bound. "tight": up to `steps` sweeps. "off": none.
        steps: Sweeps that "tight" may take.
    """
    facts = objective.facts
    if level == "off":
        return Certificate(None, "not asked for")
    if not (facts.monotone and facts.submodular):
        lacking = "submodular" if facts.monotone else "monotone"
        return Certificate(
            None, f"{type(objective).__name__} is not {lacking}, so no bound is valid"
        )
    filler, before = Filler(ledger), None
    if not facts.majorized:
        return _by_gains(objective, state, filler, picks, value)
    made = objective.majorants(state)
    if made.by_gains and filler.plain:
        before = _by_gains(objective, state, filler, picks, value)
        if level == "fast":
            return before
    return _descend(made, filler, picks, value, steps if level == "tight" else 1, before)


def _by_gains(
    objective: Objective, state: State, filler: Filler, picks: Indices, value: float
) -> Certificate:
    """Greedy's bound: f(best) ≤ f(A) + what the best adds to A, at most its rows' gains at A."""
    rest, weights = np.setdiff1d(filler.free, picks), np.zeros(filler.n)
    most = filler.rows if filler.plain else None
    weights[rest] = np.maximum(_gains(objective, state, rest, most), 0.0)
    filled = filler.fill(weights)
    return Certificate(_up(value + filled.value, value), None, _prices(filled), 1)


def _gains(objective: Objective, state: State, rows: Indices, most: int | None) -> Floats:
    """(m,) gains, rounded up; or the `most` largest exactly, and of the others 0 for some.

    Gains that are not exact depend, in their last bits, on the way they were summed; a bound may not. What is
    estimated over all rows is always summed in the same way.
    """
    if most is None and objective.facts.estimable:
        return np.asarray(np.add(*objective.estimates(state, rows, None)))
    gains = objective.gains(state, rows)
    if objective.facts.exact_gains:
        return gains
    error = objective.error(state, rows, gains)
    if most is None:
        return gains + error
    place = len(rows) - max(1, most)
    bar = np.partition(gains - error, place)[place] if place > 0 else -np.inf
    near = np.flatnonzero(gains + error >= bar)
    exact = np.zeros(len(rows))
    exact[near] = objective.exact(state, rows[near])
    return exact


def _descend(
    majorants: Majorants,
    filler: Filler,
    picks: Indices,
    value: float,
    steps: int,
    before: Certificate | None,
) -> Certificate:
    """Walk the prices downhill, from those at which the bound is greedy's, and below `before`.

    Steps aim half-way between the least bound and the value, and less far after `PATIENCE` steps without
    progress. Every step is valid, so what follows only decides how soon the bound is tight.
    """
    theta = majorants.tangent(picks)
    least, prices, aim, since, sweep = np.inf, {}, 0.5, 0, 0
    direction = np.zeros_like(theta)
    for sweep in range(1, steps + 1):
        constant, weights = majorants.at(theta)
        filled = filler.fill(weights)
        bound = constant + filled.value
        since = 0 if bound < least else since + 1
        if bound < least:
            least, prices = bound, _prices(filled)
        if least - value <= ENOUGH * abs(least) or not len(theta) or sweep == steps:
            break
        if since >= PATIENCE:
            aim, since = 0.5 * aim, 0
        slope = majorants.slope(theta, filled.rows)
        low, high = majorants.box()
        slope[((theta <= low) & (slope > 0)) | ((theta >= high) & (slope < 0))] = 0.0
        direction = slope + MOMENTUM * direction
        length = float(direction @ direction)
        if length == 0.0:
            break
        step = (bound - least + aim * (least - value)) / length
        theta = np.clip(theta - step * direction, low, high)
    bound = _up(least, value)
    if before is not None and before.bound is not None and before.bound < bound:
        return replace(before, sweeps=sweep)
    return Certificate(bound, None, prices, sweep)


def _up(bound: float, value: float) -> float:
    """Past the rounding of the sums it is made of, and no less than the value that was reached."""
    return max(value, float(bound) + ROUNDING * abs(float(bound)))


def _prices(filled: Filled) -> dict[str, Any]:
    prices = {"row": filled.row_price, **filled.limit_prices}
    return prices if filled.cost_price is None else {**prices, "cost": filled.cost_price}
