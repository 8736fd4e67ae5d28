"""Modular: the rows with the highest scores, as an objective."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from handful.objectives._bind import row_weights
from handful.objectives._contract import Facts, Floats, Indices, Majorants, Objective, View


@dataclass(frozen=True, eq=False)
class Modular(Objective):
    """Want rows for their own sake: f(S) = Σ_{j ∈ S} q_j, with q ≥ 0.

    Modular, so monotone and submodular; a term for quality in a sum. Gains are known from the start.

    Args:
        score: (n,) ≥ 0, or the name of a score; None: the default score.

    Example:
        >>> from handful.objectives import Arrays
        >>> Modular().value(Arrays(scores={"quality": np.array([1.0, 2.0, 4.0])}), [0, 2])
        5.0

    Source: Edmonds 1971, Matroids and the greedy algorithm.
    """

    score: Any = None

    facts: ClassVar[Facts] = Facts(
        monotone=True,
        submodular=True,
        modular=True,
        kept_gains=True,
        removable=True,
        majorized=True,
    )

    def value(self, view: View, subset: Indices) -> float:
        """Σ q_j."""
        return float(np.sum(self._scores(view)[np.asarray(subset, np.int64)]))

    def start(self, view: View) -> Floats:
        """The scores are all there is to know."""
        return self._scores(view)

    def gains(self, state: Floats, candidates: Indices) -> Floats:
        """q_j."""
        return state[candidates]

    def add(self, state: Floats, index: int) -> Floats:
        """Nothing changes."""
        return state

    def copy(self, state: Floats) -> Floats:
        """Nothing ever changes."""
        return state

    def remove(self, state: Floats, index: int) -> Floats:
        """Nothing changes."""
        return state

    def majorants(self, state: Floats) -> Majorants:
        """The objective itself."""
        return Itself(state)

    def _scores(self, view: View) -> Floats:
        score = view.score() if self.score is None else self.score
        scores = row_weights(view, score, "Modular")
        assert scores is not None
        return scores


class Itself(Majorants):
    """A modular function bounds itself, without parameters."""

    def __init__(self, scores: Floats, constant: float = 0.0) -> None:
        self.scores, self.constant = scores, constant

    def box(self) -> tuple[Floats, Floats]:
        """No parameters."""
        return np.zeros(0), np.zeros(0)

    def tangent(self, subset: Indices) -> Floats:
        """No parameters."""
        return np.zeros(0)

    def at(self, theta: Floats) -> tuple[float, Floats]:
        """The scores."""
        return self.constant, self.scores

    def slope(self, theta: Floats, subset: Indices) -> Floats:
        """No parameters."""
        return np.zeros(0)
