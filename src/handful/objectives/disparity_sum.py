"""Disparity sum: picks far apart on the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from handful.graphs.distance import Distances
from handful.objectives._bind import pool_distances
from handful.objectives._contract import (
    Arrays,
    Counterexample,
    Facts,
    Floats,
    Indices,
    Objective,
    View,
)

State = tuple[Distances, Floats]


@dataclass(frozen=True, eq=False)
class DisparitySum(Objective):
    """Want the picks far from each other, summed over all pairs of them.

        f(S) = Σ_{ {i, j} ⊆ S } d_ij

    Monotone; supermodular, not submodular, so lazy greedy and the certificate refuse it. Greedy is
    within ½ of the best for a row count where d is a metric. Gains are kept up to date: O(n·d) a pick,
    O(n) memory.

    Args:
        array: Name of the features; None: the default.
        distance: "euclidean", "cosine", an (n, n) array, or a function of two blocks; ≥ 0.

    Example:
        >>> line = Arrays({"x": np.array([[0.0], [1.0], [3.0]])})
        >>> DisparitySum().value(line, [0, 1]), DisparitySum().value(line, [0, 1, 2])
        (1.0, 6.0)

    Source: Borodin, Lee & Ye 2012, Max-sum diversification, monotone submodular functions and dynamic
    updates, section 3.
    """

    array: str | None = None
    distance: Any = "euclidean"

    facts: ClassVar[Facts] = Facts(monotone=True, submodular=False, kept_gains=True, removable=True)
    counterexamples: ClassVar[dict[str, Counterexample]] = {
        "submodular": Counterexample(Arrays({"x": np.array([[0.0], [1.0]])}), (), (0,), 1)
    }

    def value(self, view: View, subset: Indices) -> float:
        """The sum over pairs, as written."""
        apart = pool_distances(view, self.distance, self.array)
        rows = np.asarray(subset, np.int64)
        return sum(float(apart.column(int(j))[rows[:at]].sum()) for at, j in enumerate(rows))

    def start(self, view: View) -> State:
        """No row is far from nothing."""
        return pool_distances(view, self.distance, self.array), np.zeros(view.n)

    def gains(self, state: State, candidates: Indices) -> Floats:
        """Σ_{i ∈ S} d_ij."""
        return state[1][candidates]

    def add(self, state: State, index: int) -> State:
        """Add the pick's distances. O(n·d)."""
        return state[0], state[1] + state[0].column(index)

    def copy(self, state: State) -> State:
        """`add` leaves the old one as it is."""
        return state

    def remove(self, state: State, index: int) -> State:
        """Take the pick's distances off. O(n·d)."""
        return state[0], state[1] - state[0].column(index)
