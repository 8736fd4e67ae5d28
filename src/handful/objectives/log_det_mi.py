"""Targeted log-determinant: picks that say much about the target, and not the same thing twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from scipy.linalg import solve_triangular

from handful import errors
from handful.graphs._contract import Pairs
from handful.graphs.similarity import pairs
from handful.objectives._bind import kernel_pairs, target_pairs
from handful.objectives._cholesky import Partial, dense_column
from handful.objectives._contract import (
    Arrays,
    Counterexample,
    Facts,
    Floats,
    Indices,
    Objective,
    View,
)
from handful.parameters import parameter


@dataclass(eq=False)
class State:
    """Where a run stands.

    Args:
        pairs: The kernel L over the pool.
        noise: σ².
        seen: (n, q): L_VQ/σ² times the inverse of the factor of I + L_Q/σ², times η.
        alone: The partial factor of A = I + L/σ².
        given: That of A − seen·seenᵀ, the same once the target is known.
    """

    pairs: Pairs
    noise: float
    seen: Floats
    alone: Partial
    given: Partial


@dataclass(frozen=True, eq=False)
class LogDetMI(Objective):
    """Want picks that tell much about the target Q.

        f(S) = log det A_S − log det(A_S − η²·A_SQ·A_Q⁻¹·A_QS),    A = I + L/σ² over pool and target

    The mutual information of a Gaussian field, seen with noise σ², between S and Q. Monotone for η ≤ 1;
    not submodular in general, so lazy greedy and the certificate refuse it. Gains are kept up to date:
    O(n·(k + q + d)) a pick, 8·n·(2k + q) bytes.

    Args:
        array: Name of the features; None: the default.
        similarity: The kernel: "cosine", "dot", "euclidean" or "rbf".
        noise: σ² > 0.
        relevance: η in [0, 1]: how tightly the target holds.

    Example:
        >>> x, target = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 0.0]])
        >>> view = Arrays({"x": x}, target={"x": target})
        >>> [round(float(np.exp(LogDetMI().value(view, s))), 6) for s in ([0], [1])]
        [1.333333, 1.0]

    Source: Kothawade et al. 2022, PRISM, table 1 (LogDetMI).
    """

    array: str | None = None
    similarity: str = "cosine"
    noise: float = parameter(1.0, "σ²: below it, differences are noise.", low=1e-9)
    relevance: float = parameter(1.0, "η: how tightly the target holds.", low=0, high=1)

    facts: ClassVar[Facts] = Facts(monotone=True, submodular=False, kept_gains=True, removable=True)
    counterexamples: ClassVar[dict[str, Counterexample]] = {
        # Two rows that tell little one by one, and together tell the target: it is their difference.
        "submodular": Counterexample(
            Arrays(
                {"x": np.array([[1.0, 1.0], [1.0, -1.0]])},
                target={"x": np.array([[0.0, 1.0]])},
            ),
            (),
            (0,),
            1,
        )
    }

    def value(self, view: View, subset: Indices) -> float:
        """The two determinants, as written."""
        pool, cross, target = self._blocks(view)
        rows = np.asarray(subset, np.int64)
        inner = np.array([dense_column(pool, int(j))[rows] for j in rows]).reshape(
            len(rows), len(rows)
        )
        a = np.eye(len(rows)) + inner / self.noise
        across = (
            np.array([dense_column(cross, int(j)) for j in rows]).reshape(len(rows), len(target))
            / self.noise
        )
        known = across @ np.linalg.solve(np.eye(len(target)) + target / self.noise, across.T)
        alone, given = np.linalg.slogdet(a)[1], np.linalg.slogdet(a - self.relevance**2 * known)[1]
        return float(alone - given)

    def start(self, view: View) -> State:
        """What the target leaves of each row's variance. O(n·q·(q + d))."""
        pool, cross, target = self._blocks(view)
        if not pool.symmetric:
            raise errors.asymmetric_similarity("LogDetMI")
        factor = np.linalg.cholesky(np.eye(len(target)) + target / self.noise)
        across = np.array([dense_column(cross, j) for j in range(view.n)]).reshape(view.n, -1)
        solved = solve_triangular(factor, across.T / self.noise, lower=True)
        seen = np.ascontiguousarray(self.relevance * solved.T)
        diagonal = 1.0 + pool.diagonal() / self.noise
        left = diagonal - np.square(seen).sum(axis=1)
        return State(pool, self.noise, seen, Partial(diagonal), Partial(left))

    def gains(self, state: State, candidates: Indices) -> Floats:
        """What each tells, less what it tells to who knows the target."""
        return state.alone.log_left(candidates) - state.given.log_left(candidates)

    def add(self, state: State, index: int) -> State:
        """One more row of each factor. O(n·(k + q + d))."""
        column = dense_column(state.pairs, index) / state.noise
        column[index] += 1.0
        state.given.add(index, column - (state.seen * state.seen[index]).sum(axis=1))
        state.alone.add(index, column)
        return state

    def copy(self, state: State) -> State:
        """The kernel is shared; the factors are not."""
        return replace(state, alone=state.alone.copy(), given=state.given.copy())

    def remove(self, state: State, index: int) -> State:
        """Factor anew over the picks left. O(n·k·(k + q + d))."""
        diagonal = 1.0 + state.pairs.diagonal() / state.noise
        left = Partial(diagonal - np.square(state.seen).sum(axis=1))
        fresh = replace(state, alone=Partial(diagonal), given=left)
        for j in state.alone.subset:
            if j != index:
                fresh = self.add(fresh, j)
        return fresh

    def _blocks(self, view: View) -> tuple[Pairs, Pairs, Floats]:
        """L over the pool, over target and pool, and (q, q) over the target."""
        pool = kernel_pairs(view, self.similarity, self.array)
        cross = target_pairs(view, self.similarity, self.array)
        rows = view.target_array(self.array)
        inner = pairs(self.similarity, rows, reference=view.array(self.array))
        return pool, cross, np.array([dense_column(inner, j) for j in range(inner.shape[1])])
