"""Choose an optimizer, run it, and say how good the picks are: what every method over an objective does."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from handful import errors
from handful.budget import Ledger
from handful.objectives._contract import (
    Facts,
    Floats,
    Indices,
    Objective,
    State,
    View,
    duplicate,
)
from handful.optimizers._contract import Optimizer
from handful.optimizers._run import Reached
from handful.optimizers.certificate import LEVELS, Level, certify
from handful.optimizers.choose import choose, name_of, named
from handful.rng import Draws
from handful.selection import Picks

LEAST_SHARE = 1e-4
"""The share of the value, in %, below which a price is not told in words."""
LEAST_GAP = 1e-9
"""The share of random's value by which a bound must be above it to make a scale, and not of rounding."""
RANDOM_SETS = 3
"""Random sets whose mean value stands beside the picks' value."""


def solve(
    objective: Objective,
    view: View,
    ledger: Ledger,
    rng: Draws,
    *,
    optimizer: Optimizer | str | None = None,
    certificate: Level = "fast",
) -> Picks:
    """Maximise an objective, certify the picks, and set them beside random ones.

    Args:
        objective: What is maximised.
        view: What it sees.
        ledger: What may be taken; rows taken already are part of the picks.
        rng: The draws.
        optimizer: A configured one, a name, or None for the default that the objective's facts allow.
        certificate: "fast", "tight" or "off".

    Returns:
        The picks with value, upper bound, or why there is none. Notes: the optimizer, random's value,
        `certified` = value / bound, `beyond_random` = (value − random) / (bound − random), shadow prices,
        and the steps that the certificate took.
    """
    if certificate not in LEVELS:
        raise errors.unknown_choice("--certify", certificate, LEVELS)
    if hasattr(objective, "prepared"):  # a user's own need not have it
        objective = objective.prepared(view)
    chosen = choose(
        objective, ledger, named(optimizer) if isinstance(optimizer, str) else optimizer
    )
    before = copy.deepcopy(ledger)
    prepared = Prepared(objective, view, objective.start(view))
    picks = chosen.run(prepared, view, ledger, rng)
    assert picks.value is not None
    nested = chosen.facts.nested and before.quotas is None
    state = picks.state if isinstance(picks, Reached) else _state(prepared, picks.indices)
    told = objective.told(state) if hasattr(objective, "told") else {}
    notes: dict[str, Any] = {"optimizer": name_of(chosen), **picks.notes, **told}
    if certificate == "off":
        return _plain(picks, no_bound="not asked for", notes=notes, nested=nested)
    proof = certify(objective, state, before, picks.indices, picks.value, level=certificate)
    notes["random_value"] = by_chance = random_value(objective, view, before, rng)
    if proof.bound is not None:
        notes["certified"] = picks.value / proof.bound if proof.bound else 1.0
        if proof.bound > by_chance + LEAST_GAP * abs(by_chance):
            notes["beyond_random"] = (picks.value - by_chance) / (proof.bound - by_chance)
        notes["shadow_prices"] = dict(proof.prices)
        notes["certificate_steps"] = proof.sweeps
        if said := in_words(proof.prices, picks.value):
            notes["estimated_prices"] = said
    changed = {"upper_bound": proof.bound, "no_bound": proof.reason, "notes": notes}
    return _plain(picks, nested=nested, **changed)


def in_words(prices: Mapping[str, float], value: float) -> str:
    """What each binding limit costs, as a share of the value: estimates, from the relaxed programme.

    Example:
        >>> in_words({"row": 0.4, "language[de]:min=10%": 0.02, "cost": 0.0}, 8.0)
        'one row more adds 5 % of the value; one row less of language[de]:min=10% adds 0.25 %'
    """
    if value <= 0:
        return ""
    said: list[str] = []
    for name, price in prices.items():
        share = 100 * price / value
        if share < LEAST_SHARE:
            continue
        if name in {"row", "cost"}:
            what = "one row more" if name == "row" else "one unit of cost more"
        else:
            unit = "unit of cost" if name.endswith("%cost") else "row"
            what = f"one {unit} {'less' if ':min=' in name else 'more'} of {name}"
        said.append(f"{what} adds {share:.2g} %" + ("" if said else " of the value"))
    return "; ".join(said)


def _plain(picks: Picks, **changed: Any) -> Picks:
    """Picks without the state they were reached by, which may be large."""
    names = [field.name for field in fields(Picks)]
    return Picks(**{name: getattr(picks, name) for name in names} | changed)


def _state(prepared: Prepared, rows: Indices) -> State:
    state = prepared.start(prepared.view)
    for row in rows.tolist():
        state = prepared.add(state, row)
    return state


def random_value(objective: Objective, view: View, ledger: Ledger, rng: Draws) -> float:
    """The mean value of a few random sets that fill the same budget."""
    draw = rng.generator("random beside the picks")
    values = []
    for _ in range(RANDOM_SETS):
        fresh = copy.deepcopy(ledger)
        fresh.take_ranked(draw.permutation(ledger.n))
        values.append(objective.value(view, np.array(sorted(fresh.taken), np.int64)))
    return float(np.mean(values))


@dataclass(frozen=True, eq=False)
class Prepared(Objective):
    """An objective whose preparation under one view is done, and shared between runs.

    Args:
        objective: The objective.
        view: The view it was started on.
        empty: Its state at the empty subset; runs get copies.
    """

    objective: Objective
    view: View
    empty: State

    @property
    def facts(self) -> Facts:
        """Those of the objective."""
        return self.objective.facts

    def value(self, view: View, subset: Indices) -> float:
        """As the objective."""
        return self.objective.value(view, subset)

    def start(self, view: View) -> State:
        """A copy of what is prepared; another view is prepared anew."""
        return (
            duplicate(self.objective, self.empty)
            if view is self.view
            else self.objective.start(view)
        )

    def gains(self, state: State, candidates: Indices) -> Floats:
        """As the objective."""
        return self.objective.gains(state, candidates)

    def estimates(
        self,
        state: State,
        candidates: Indices,
        rows: Indices | None,
        chances: Floats | None = None,
    ) -> tuple[Floats, Floats]:
        """As the objective."""
        return self.objective.estimates(state, candidates, rows, chances)

    def rooms(self, state: State) -> Floats | None:
        """As the objective."""
        return self.objective.rooms(state)

    def together(self, states: Sequence[State], candidates: Indices) -> None:
        """As the objective."""
        self.objective.together(states, candidates)

    def add(self, state: State, index: int) -> State:
        """As the objective."""
        return self.objective.add(state, index)

    def error(self, state: State, candidates: Indices, gains: Floats) -> Floats:
        """As the objective."""
        return self.objective.error(state, candidates, gains)

    def exact(self, state: State, candidates: Indices) -> Floats:
        """As the objective."""
        return self.objective.exact(state, candidates)

    def copy(self, state: State) -> State:
        """As the objective."""
        return duplicate(self.objective, state)

    def remove(self, state: State, index: int) -> State:
        """As the objective."""
        return self.objective.remove(state, index)

    def exchanges(self, state: State, candidates: Indices, threads: int) -> tuple[Indices, Floats]:
        """As the objective."""
        return self.objective.exchanges(state, candidates, threads)
