"""An objective and a small view, with the values of all subsets computed once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from handful.objectives._contract import Floats, Indices, Objective, State, View

Subset = tuple[int, ...]


class Case:
    """One objective on one small view, n ≤ 10; the laws for objectives take one of these.

    Args:
        objective: A member, or your own.
        view: A small view on which every subset can be valued, 2^n of them.
    """

    def __init__(self, objective: Objective, view: View) -> None:
        self.objective, self.view = objective, view
        self._values: dict[frozenset[int], float] = {}

    def value(self, subset: Subset | frozenset[int]) -> float:
        """f(S) by the objective's own definition; S in ascending order, computed once."""
        key = frozenset(subset)
        if key not in self._values:
            rows = np.array(sorted(key), np.int64)
            self._values[key] = float(self.objective.value(self.view, rows))
        return self._values[key]

    @property
    def scale(self) -> float:
        """The size of the largest value seen, for tolerances."""
        return max((abs(v) for v in self._values.values()), default=1.0)

    def subsets(self) -> Iterator[Subset]:
        """All subsets, small ones first."""
        for size in range(self.view.n + 1):
            yield from combinations(range(self.view.n), size)

    def state(self, order: Subset) -> State:
        """The state after adding rows in the order given."""
        state = self.objective.start(self.view)
        for row in order:
            state = self.objective.add(state, row)
        return state

    def rest(self, subset: Subset) -> Indices:
        """Rows not in the subset."""
        return np.array([j for j in range(self.view.n) if j not in subset], np.int64)

    def differences(self, subset: Subset) -> Floats:
        """f(S + j) − f(S) of every row j not in S, by definition."""
        rest = self.rest(subset).tolist()
        return np.array([self.value((*subset, j)) - self.value(subset) for j in rest], np.float64)

    def exact(self, state: State, candidates: Indices) -> Floats:
        """The gains that decide: `exact` where there are two kinds."""
        objective: Any = self.objective
        name = "gains" if objective.facts.exact_gains else "exact"
        return np.asarray(getattr(objective, name)(state, candidates))
