"""Disparity min: the closest two picks as far apart as can be."""

from __future__ import annotations

import dataclasses
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


@dataclass(eq=False)
class State:
    """Where a run stands.

    Args:
        apart: Distances.
        nearest: (n,) distance to the nearest pick; ∞ before the first.
        closest: f(S), distance of the two closest picks; ∞ before the second.
        subset: S, in the order picked.
    """

    apart: Distances
    nearest: Floats
    closest: float = np.inf
    subset: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class DisparityMin(Objective):
    """Want the two closest picks far apart.

        f(S) = min_{i ≠ j ∈ S} d_ij,    f(S) = 0 for fewer than two rows

    Neither monotone nor submodular, so lazy greedy and the certificate refuse it. Greedy is
    farthest-first: within ½ of the best for a row count where d is a metric. Gains are kept up to date:
    O(n·d) a pick, O(n) memory.

    Args:
        array: Name of the features; None: the default.
        distance: "euclidean", "cosine", an (n, n) array, or a function of two blocks; ≥ 0.

    Example:
        >>> line = Arrays({"x": np.array([[0.0], [1.0], [3.0]])})
        >>> DisparityMin().value(line, [0, 2]), DisparityMin().value(line, [0, 1, 2])
        (3.0, 1.0)

    Source: Ravi, Rosenkrantz & Tayi 1994, Heuristic and special case algorithms for dispersion problems,
    section 3.
    """

    array: str | None = None
    distance: Any = "euclidean"

    facts: ClassVar[Facts] = Facts(
        monotone=False, submodular=False, kept_gains=True, removable=True, smallest_distance=True
    )
    counterexamples: ClassVar[dict[str, Counterexample]] = {
        "monotone": Counterexample(Arrays({"x": np.array([[0.0], [1.0], [3.0]])}), (), (0, 2), 1),
        "submodular": Counterexample(Arrays({"x": np.array([[0.0], [1.0]])}), (), (0,), 1),
    }

    def value(self, view: View, subset: Indices) -> float:
        """The smallest distance, as written."""
        apart, rows = pool_distances(view, self.distance, self.array), np.asarray(subset, np.int64)
        if len(rows) < 2:
            return 0.0
        return min(float(apart.column(int(j))[rows[:at]].min()) for at, j in enumerate(rows) if at)

    def start(self, view: View) -> State:
        """No row is near to nothing."""
        return State(pool_distances(view, self.distance, self.array), np.full(view.n, np.inf))

    def gains(self, state: State, candidates: Indices) -> Floats:
        """What the smallest distance becomes, less what it is."""
        if not state.subset:
            return np.zeros(len(candidates))
        becomes = np.minimum(state.nearest[candidates], state.closest)
        return becomes - (state.closest if len(state.subset) > 1 else 0.0)

    def add(self, state: State, index: int) -> State:
        """Bring every row's nearest pick up to date. O(n·d)."""
        if state.subset:
            state.closest = float(min(state.closest, state.nearest[index]))
        np.minimum(state.nearest, state.apart.column(index), out=state.nearest)
        state.subset = (*state.subset, index)
        return state

    def copy(self, state: State) -> State:
        """Only what the picks changed."""
        return dataclasses.replace(state, nearest=state.nearest.copy())

    def remove(self, state: State, index: int) -> State:
        """Measure anew from the picks left. O(n·k·d)."""
        fresh = State(state.apart, np.full(len(state.nearest), np.inf))
        for j in state.subset:
            if j != index:
                fresh = self.add(fresh, j)
        return fresh
