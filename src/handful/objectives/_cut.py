"""Graph cut and its conditional form: what rows stand for, less what they say twice.

    f(S) = Σ_{i ∈ V, j ∈ S} s_ij − λ·Σ_{i, j ∈ S} s_ij − 2λν·Σ_{j ∈ S, p ∈ P} s_pj

Submodular while s ≥ 0. Gains are kept up to date: O(n²·d) once, then O(n·d) a pick.
"""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from handful import errors
from handful.graphs._contract import Pairs
from handful.objectives._bind import refuse_signed
from handful.objectives._contract import Floats, Indices, Objective, View


@dataclass(frozen=True, eq=False)
class Terms:
    """What is summed.

    Args:
        pool: s_ij, symmetric.
        alike: λ.
        given: s_pj, or None where nothing is owned.
        owned: 2λν.
    """

    pool: Pairs
    alike: float
    given: Pairs | None = None
    owned: float = 0.0

    def total(self, j: int) -> float:
        """What row j adds to the first and third sum, in a fixed order."""
        total = float(self.pool.column(j)[1].sum())
        if self.given is None:
            return total
        return total - self.owned * float(self.given.column(j)[1].sum())


@dataclass(eq=False)
class State:
    """Where a run stands.

    Args:
        terms: As above.
        totals: (n,) what each row adds to the first and third sum.
        error: (n,) how far each may be from the exact total.
        exact_totals: Exact ones, for the rows where they were needed.
        own: (n,) s_jj.
        near: (n,) Σ_{i ∈ S} s_ij.
        subset: S, in the order picked.
    """

    terms: Terms
    totals: Floats
    error: Floats
    exact_totals: dict[int, float]
    own: Floats
    near: Floats
    subset: tuple[int, ...] = ()


class Cut(Objective):
    """What the two have in common."""

    @abstractmethod
    def bind(self, view: View) -> Terms:
        """What is summed under this view."""

    def value(self, view: View, subset: Indices) -> float:
        """The sums, as written."""
        terms, value = self.bind(view), 0.0
        for j in subset:
            rows, similar = terms.pool.column(int(j))
            value += terms.total(int(j))
            value -= terms.alike * float(similar[np.isin(rows, subset)].sum())
        return value

    def start(self, view: View) -> State:
        """All totals, in one pass over all pairs."""
        terms, name = self.bind(view), type(self).__name__
        refuse_signed(terms.pool, name)
        if not terms.pool.symmetric:
            raise errors.asymmetric_similarity(name)
        totals = terms.pool.totals()
        error = 2.0**-44 * totals
        if terms.given is not None:
            refuse_signed(terms.given, name)
            owned = terms.owned * terms.given.totals()
            totals, error = totals - owned, error + 2.0**-44 * owned
        return State(terms, totals, error, {}, terms.pool.diagonal(), np.zeros(view.n))

    def gains(self, state: State, candidates: Indices) -> Floats:
        """T_j − 2λν·Σ_p s_pj − λ·(2·Σ_{i ∈ S} s_ij + s_jj)."""
        return state.totals[candidates] - _alike(state, candidates)

    def error(self, state: State, candidates: Indices, gains: Floats) -> Floats:
        """That of the totals: the rounding of n·d float64 products."""
        return state.error[candidates]

    def exact(self, state: State, candidates: Indices) -> Floats:
        """The same, from totals summed in a fixed order."""
        for j in candidates.tolist():
            if j not in state.exact_totals:
                state.exact_totals[j] = state.terms.total(j)
        totals = np.array([state.exact_totals[j] for j in candidates.tolist()], np.float64)
        return totals - _alike(state, candidates)

    def add(self, state: State, index: int) -> State:
        """Add the pick's similarities. O(n·d)."""
        rows, similar = state.terms.pool.column(index)
        state.near[rows] += similar
        state.subset = (*state.subset, index)
        return state

    def copy(self, state: State) -> State:
        """Only what the picks changed."""
        return dataclasses.replace(state, near=state.near.copy())

    def remove(self, state: State, index: int) -> State:
        """Sum anew over the picks left, so that nothing drifts. O(n·k·d)."""
        fresh = dataclasses.replace(state, near=np.zeros_like(state.near), subset=())
        for j in state.subset:
            if j != index:
                fresh = self.add(fresh, j)
        return fresh


def _alike(state: State, candidates: Indices) -> Floats:
    return state.terms.alike * (2.0 * state.near[candidates] + state.own[candidates])
