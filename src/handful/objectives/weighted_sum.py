"""A sum of objectives, each with a weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from handful import errors
from handful.objectives._contract import (
    Counterexample,
    Facts,
    Floats,
    Indices,
    Majorants,
    Objective,
    View,
)

States = list[Any]


@dataclass(frozen=True, eq=False)
class WeightedSum(Objective):
    """Want several things at once: f(S) = Σ_t c_t·f_t(S), each c_t ≥ 0.

    It is monotone, submodular or modular where all its terms are. Costs are the terms' costs, added.

    Args:
        terms: Pairs of a weight ≥ 0 and an objective. Sums of sums are flattened.

    Example:
        >>> from handful.objectives import Arrays, FacilityLocation, Modular
        >>> view = Arrays({"image": np.eye(2)}, scores={"quality": np.array([1.0, 3.0])})
        >>> both = 0.5 * FacilityLocation("image") + 2 * Modular("quality")
        >>> both.value(view, [1])
        6.5
    """

    terms: tuple[tuple[float, Objective], ...]

    @classmethod
    def of(cls, *terms: tuple[float, Objective]) -> WeightedSum:
        """Check the weights and flatten sums within the sum."""
        flat: list[tuple[float, Objective]] = []
        for weight, objective in terms:
            if not (np.isfinite(weight) and weight >= 0):
                raise errors.bad_parameter("WeightedSum", "weight", weight, "a number, at least 0")
            inner = objective.terms if isinstance(objective, WeightedSum) else ((1.0, objective),)
            flat += [(float(weight) * c, term) for c, term in inner]
        return cls(tuple(flat))

    @property
    def facts(self) -> Facts:
        """What all terms claim."""
        claims = [objective.facts for _, objective in self.terms]
        return Facts(
            monotone=all(f.monotone for f in claims),
            submodular=all(f.submodular for f in claims),
            modular=all(f.modular for f in claims),
            exact_gains=all(f.exact_gains for f in claims),
            kept_gains=all(f.kept_gains for f in claims),
            removable=all(f.removable for f in claims),
            majorized=all(f.majorized for f in claims),
            estimable=any(f.estimable for f in claims),
            all_pairs=any(f.all_pairs for f in claims),
        )

    @property
    def counterexamples(self) -> Mapping[str, Counterexample]:
        """Those of a single term; of several, one may make up for another."""
        return self.terms[0][1].counterexamples if len(self.terms) == 1 else {}

    def value(self, view: View, subset: Indices) -> float:
        """Σ_t c_t·f_t(S)."""
        return float(sum(c * f.value(view, subset) for c, f in self.terms))

    def start(self, view: View) -> States:
        """The state of each term."""
        return [f.start(view) for _, f in self.terms]

    def gains(self, state: States, candidates: Indices) -> Floats:
        """Σ_t c_t times the gains of term t, in the order of terms."""
        return self._sum([f.gains(s, candidates) for (_, f), s in self._with(state)], candidates)

    def error(self, state: States, candidates: Indices, gains: Floats) -> Floats:
        """Σ_t c_t times the error of term t."""
        errors_ = []
        for (_, f), s in self._with(state):
            if f.facts.exact_gains:
                errors_.append(np.zeros(len(candidates)))
            else:
                errors_.append(f.error(s, candidates, f.gains(s, candidates)))
        return self._sum(errors_, candidates)

    def estimates(
        self,
        state: States,
        candidates: Indices,
        rows: Indices | None,
        chances: Floats | None = None,
    ) -> tuple[Floats, Floats]:
        """Of the terms that can be estimated, and the gains of the others."""
        made, off = list[Floats](), list[Floats]()
        for (_, f), s in self._with(state):
            if f.facts.estimable:
                gains, error = f.estimates(s, candidates, rows, chances)
            else:
                gains, error = f.gains(s, candidates), np.zeros(len(candidates))
                if not f.facts.exact_gains:
                    error = f.error(s, candidates, gains)
            made.append(gains)
            off.append(error)
        return self._sum(made, candidates), self._sum(off, candidates)

    def rooms(self, state: States) -> Floats | None:
        """Σ_t |c_t| times the rooms of the terms that can be estimated."""
        total = None
        for (c, f), s in self._with(state):
            rooms = f.rooms(s) if f.facts.estimable else None
            if rooms is not None:
                total = abs(c) * rooms + (0.0 if total is None else total)
        return total

    def exact(self, state: States, candidates: Indices) -> Floats:
        """Σ_t c_t times the exact gains of term t."""
        parts = [
            f.gains(s, candidates) if f.facts.exact_gains else f.exact(s, candidates)
            for (_, f), s in self._with(state)
        ]
        return self._sum(parts, candidates)

    def add(self, state: States, index: int) -> States:
        """Add to each term."""
        return [f.add(s, index) for (_, f), s in self._with(state)]

    def together(self, states: Sequence[States], candidates: Indices) -> None:
        """Each term by itself."""
        for at, (_, f) in enumerate(self.terms):
            f.together([state[at] for state in states], candidates)

    def copy(self, state: States) -> States:
        """Copy each term's state."""
        return [f.copy(s) for (_, f), s in self._with(state)]

    def remove(self, state: States, index: int) -> States:
        """Remove from each term."""
        return [f.remove(s, index) for (_, f), s in self._with(state)]

    def prepared(self, view: View) -> WeightedSum:
        """Each term prepared, where it can be."""
        terms = [(c, getattr(f, "prepared", lambda _view, f=f: f)(view)) for c, f in self.terms]
        return WeightedSum(tuple(terms))

    def told(self, state: States) -> Mapping[str, Any]:
        """What the terms tell; of the same fact, what the last does."""
        told: dict[str, Any] = {}
        for (_, f), s in self._with(state):
            told |= getattr(f, "told", lambda _state: {})(s)
        return told

    def majorants(self, state: States) -> Majorants:
        """The terms' majorants, side by side."""
        made = [f.majorants(s) for (_, f), s in self._with(state)]
        return SummedMajorants([c for c, _ in self.terms], made)

    def _with(self, state: States) -> list[tuple[tuple[float, Objective], Any]]:
        return list(zip(self.terms, state, strict=True))

    def _sum(self, parts: Sequence[Floats], candidates: Indices) -> Floats:
        out = np.zeros(len(candidates))
        for (c, _), part in zip(self.terms, parts, strict=True):
            out += c * part
        return out


class SummedMajorants(Majorants):
    """Majorants of a sum: the parameters of all terms in one vector."""

    def __init__(self, weights: Sequence[float], made: Sequence[Majorants]) -> None:
        self.weights, self.made = weights, made
        self.cuts = np.cumsum([len(m.box()[0]) for m in made])[:-1]

    def box(self) -> tuple[Floats, Floats]:
        """The terms' boxes."""
        lows, highs = zip(*(m.box() for m in self.made), strict=True)
        return np.concatenate(lows), np.concatenate(highs)

    def tangent(self, subset: Indices) -> Floats:
        """Each term's tangent."""
        return np.concatenate([m.tangent(subset) for m in self.made])

    def at(self, theta: Floats) -> tuple[float, Floats]:
        """The weighted sum of the terms' bounds."""
        parts = [m.at(t) for m, t in zip(self.made, np.split(theta, self.cuts), strict=True)]
        constant = sum(c * part[0] for c, part in zip(self.weights, parts, strict=True))
        weights = sum(c * part[1] for c, part in zip(self.weights, parts, strict=True))
        return float(constant), np.asarray(weights)

    def slope(self, theta: Floats, subset: Indices) -> Floats:
        """The terms' subgradients, each times its weight."""
        parts = zip(self.weights, self.made, np.split(theta, self.cuts), strict=True)
        return np.concatenate([c * m.slope(t, subset) for c, m, t in parts])
