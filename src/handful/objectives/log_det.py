"""Log-determinant: picks whose features span a large volume."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from handful import errors
from handful.graphs._contract import Pairs
from handful.graphs.feature_pairs import FeaturePairs
from handful.objectives._bind import kernel_pairs
from handful.objectives._cholesky import LazyPartial, Partial, dense_column
from handful.objectives._contract import Facts, Floats, Indices, Objective, View
from handful.parameters import parameter


@dataclass(eq=False)
class State:
    """Where a run stands.

    Args:
        pairs: The kernel L.
        noise: σ².
        known: The partial factor of I + L/σ².
    """

    pairs: Pairs
    noise: float
    known: Partial | LazyPartial


@dataclass(frozen=True, eq=False)
class LogDet(Objective):
    """Want picks that span a large volume: nearly equal rows add nearly nothing.

        f(S) = log det(I + L_S / σ²),    f(∅) = 0

    Monotone and submodular for a positive semidefinite kernel L, which is required: cosine, dot,
    euclidean and rbf are, clipped cosine need not be. It is the information S gives on a Gaussian field
    seen with noise σ²; as σ² → 0 its greedy picks become those of a determinantal point process.
    Gains come of a partial Cholesky factor: O(d + k) for each row and pick, 8 bytes of memory; for dense
    rows and the kernels "cosine" and "dot", of those rows alone that are asked for again.

    Args:
        array: Name of the features; None: the default.
        similarity: The kernel: a name, an (n, n) array or CSR matrix, or a function of two blocks.
        noise: σ² > 0.

    Example:
        >>> from handful.objectives import Arrays
        >>> view = Arrays({"x": np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])})
        >>> [round(float(np.exp(LogDet().value(view, s))), 6) for s in ([0], [0, 1], [0, 2])]
        [2.0, 3.0, 4.0]

    Source: Chen, Zhang & Zhou 2018, Fast greedy MAP inference for determinantal point processes, section 3.
    """

    array: str | None = None
    similarity: Any = "cosine"
    noise: float = parameter(1.0, "σ²: below it, differences are noise.", low=1e-9)

    facts: ClassVar[Facts] = Facts(monotone=True, submodular=True, removable=True)

    def value(self, view: View, subset: Indices) -> float:
        """The log-determinant, as written."""
        made, rows = kernel_pairs(view, self.similarity, self.array), np.asarray(subset, np.int64)
        block = np.array([dense_column(made, int(j))[rows] for j in rows]).reshape(
            len(rows), len(rows)
        )
        return float(np.linalg.slogdet(np.eye(len(rows)) + block / self.noise)[1])

    def start(self, view: View) -> State:
        """Nothing is known of any row."""
        made = kernel_pairs(view, self.similarity, self.array)
        if not made.symmetric:
            raise errors.asymmetric_similarity("LogDet")
        return State(made, self.noise, _unknown(made, self.noise))

    def gains(self, state: State, candidates: Indices) -> Floats:
        """The log of what is left of each row's variance, never below that of the noise."""
        return state.known.log_left(candidates)

    def add(self, state: State, index: int) -> State:
        """One more column of the factor."""
        if isinstance(state.known, LazyPartial):
            state.known.add(index)
            return state
        column = dense_column(state.pairs, index) / state.noise
        column[index] += 1.0
        state.known.add(index, column)
        return state

    def copy(self, state: State) -> State:
        """The kernel is shared; the factor is not."""
        return replace(state, known=state.known.copy())

    def remove(self, state: State, index: int) -> State:
        """Factor anew over the picks left. O(n·k·(k + d))."""
        fresh = replace(state, known=_unknown(state.pairs, state.noise))
        for j in state.known.subset:
            if j != index:
                fresh = self.add(fresh, j)
        return fresh


def _unknown(pairs: Pairs, noise: float) -> Partial | LazyPartial:
    """The factor before any pick."""
    if isinstance(pairs, FeaturePairs) and pairs.linear:
        return LazyPartial(pairs.left, noise)
    return Partial(1.0 + pairs.diagonal() / noise)
