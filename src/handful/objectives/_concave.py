"""A concave curve over each feature's total: feature-based functions, coverage, and their like.

    f(S) = Σ_u w_u·φ(Σ_{j ∈ S} x_ju)        x ≥ 0, φ concave and increasing, φ(0) = 0

Monotone and submodular, in memory linear in the rows' nonzeros. Set cover is φ = min(·, 1) over 0/1
rows; probabilistic cover is φ = 1 − e^−· over −ln(1 − p).

Source: Stobbe & Krause 2010, Efficient minimization of decomposable submodular functions, section 2.
"""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from handful import errors
from handful.objectives._contract import Facts, Floats, Indices, Majorants, Objective, View
from handful.objectives._curves import Curve

NONZEROS = 1 << 20
"""Entries handled at once. A constant; each row's sum is its own, so no result depends on it."""


@dataclass(frozen=True, eq=False)
class Rows:
    """What each row adds to each feature.

    Args:
        start: (n + 1,) int64: row j has the entries start[j] to start[j + 1].
        feature: (nnz,) int64, ascending within a row.
        amount: (nnz,) float64 > 0; ∞ where one row is enough for certain.
        features: Number of features.
    """

    start: Indices
    feature: Indices
    amount: Floats
    features: int

    @classmethod
    def of(cls, matrix: Any, objective: str) -> Rows:
        """From a dense or CSR matrix, (n, L), refused where an entry is below 0 or not finite."""
        made = sparse.csr_array(matrix, dtype=np.float64, copy=True)
        made.sum_duplicates()
        bad = np.flatnonzero(~(np.isfinite(made.data) & (made.data >= 0)))
        if len(bad):
            row = int(np.searchsorted(made.indptr, bad[0], side="right")) - 1
            raise errors.negative_feature(row, float(made.data[bad[0]]), objective)
        made.eliminate_zeros()
        index = made.indices.astype(np.int64)
        return cls(made.indptr.astype(np.int64), index, made.data, int(made.shape[1]))

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.start) - 1

    def entries(self, row: int) -> tuple[Indices, Floats]:
        """Features and amounts of one row."""
        here = slice(self.start[row], self.start[row + 1])
        return self.feature[here], self.amount[here]

    def gather(self, rows: Indices) -> tuple[Indices, Indices]:
        """Places of all entries of some rows, and the (m,) number of entries of each."""
        counts = self.start[rows + 1] - self.start[rows]
        ends = np.cumsum(counts)
        places = np.arange(ends[-1] if len(ends) else 0)
        return places + np.repeat(self.start[rows] - (ends - counts), counts), counts


@dataclass(eq=False)
class State:
    """Where a run stands.

    Args:
        rows: As above.
        curve: φ.
        weights: (L,) w_u.
        have: (L,) Σ_{j ∈ S} x_ju.
        level: (L,) φ(have).
        bonus: (n,) ≥ 0, what each row is worth by itself, or None.
        subset: S.
    """

    rows: Rows
    curve: Curve
    weights: Floats
    have: Floats
    level: Floats
    bonus: Floats | None = None
    subset: tuple[int, ...] = ()


class Concave(Objective):
    """What they have in common. A gain costs the row's nonzeros."""

    facts: ClassVar[Facts] = Facts(monotone=True, submodular=True, removable=True, majorized=True)

    @abstractmethod
    def bind(self, view: View) -> tuple[Rows, Curve, Floats, Floats | None]:
        """What rows add, φ, w, and what each row is worth by itself (None: nothing)."""

    def start(self, view: View) -> State:
        """Nothing is had yet."""
        rows, curve, weights, bonus = self.bind(view)
        zeros = np.zeros(rows.features)
        return State(rows, curve, weights, zeros, zeros.copy(), bonus)

    def gains(self, state: State, candidates: Indices) -> Floats:
        """Σ_u w_u·(φ(a_u + x_ju) − φ(a_u)), in the order of features."""
        out = np.zeros(len(candidates))
        sizes = np.cumsum(state.rows.start[candidates + 1] - state.rows.start[candidates])
        cuts = np.searchsorted(sizes, np.arange(NONZEROS, sizes[-1] if len(sizes) else 0, NONZEROS))
        for run in np.split(np.arange(len(candidates)), np.unique(cuts)):
            places, counts = state.rows.gather(candidates[run])
            feature = state.rows.feature[places]
            rise = state.curve.value(state.have[feature] + state.rows.amount[places])
            rise = (rise - state.level[feature]) * state.weights[feature]
            owner = np.repeat(np.arange(len(run)), counts)
            out[run] = np.bincount(owner, rise, minlength=len(run)).astype(np.float64)
        return out if state.bonus is None else out + state.bonus[candidates]

    def add(self, state: State, index: int) -> State:
        """Add what the row has. O(nonzeros of the row)."""
        feature, amount = state.rows.entries(index)
        state.have[feature] += amount
        state.level[feature] = state.curve.value(state.have[feature])
        state.subset = (*state.subset, index)
        return state

    def copy(self, state: State) -> State:
        """Only what the picks changed."""
        return dataclasses.replace(state, have=state.have.copy(), level=state.level.copy())

    def remove(self, state: State, index: int) -> State:
        """Sum anew over the picks left, so that nothing drifts."""
        zeros = np.zeros_like(state.have)
        fresh = dataclasses.replace(state, have=zeros, level=zeros.copy(), subset=())
        for j in state.subset:
            if j != index:
                fresh = self.add(fresh, j)
        return fresh

    def majorants(self, state: State) -> Majorants:
        """Prices λ_u of having feature u; see `FeaturePrices`."""
        return FeaturePrices(state)


class FeaturePrices(Majorants):
    """A price λ_u for having feature u: it is had for that, or the picks pay for it.

        f(S) ≤ Σ_u w_u·λ_u + Σ_{j ∈ S} Σ_u w_u·c_u(x_ju),
        c_u(x) = p_u·x up to the t_u where the line λ_u + p_u·a touches φ, and φ(x) − λ_u beyond

    Above t the line asks too much of a row that alone has more. Let x ≥ t: φ(x + y) − φ(x) ≤ p·y for any y,
    and ≤ φ(y) − λ for y ≥ t, as φ(t + y) − φ(y) ≤ t·φ'(y) ≤ t·p = φ(t) − λ; so the sum above stays above φ
    row by row. With x = ∞ rows this is the same as the price of serving a row in facility location, and
    for set cover it is the dual of the linear programme. Convex in λ.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self.alone = state.curve.value(state.rows.amount)
        self.owner = np.repeat(np.arange(state.rows.n), np.diff(state.rows.start))

    def box(self) -> tuple[Floats, Floats]:
        """From 0 to the ceiling of φ."""
        return np.zeros(self.state.rows.features), np.full(
            self.state.rows.features, self.state.curve.ceiling
        )

    def tangent(self, subset: Indices) -> Floats:
        """The prices of the lines that touch φ at what the subset has."""
        have = np.zeros(self.state.rows.features)
        for j in subset:
            feature, amount = self.state.rows.entries(int(j))
            have[feature] += amount
        return np.asarray(self.state.curve.price(np.minimum(have, 1e300)))

    def at(self, theta: Floats) -> tuple[float, Floats]:
        """One pass over the entries."""
        line, rows = self.state.curve.line(theta), self.state.rows
        pay = self.alone - line.start[rows.feature]
        along = rows.amount <= line.touch[rows.feature]
        pay[along] = line.slope[rows.feature[along]] * rows.amount[along]
        pay *= self.state.weights[rows.feature]
        weights = np.bincount(self.owner, pay, minlength=rows.n).astype(np.float64)
        if self.state.bonus is not None:
            weights += self.state.bonus
        return float(np.sum(self.state.weights * line.start)), weights

    def slope(self, theta: Floats, subset: Indices) -> Floats:
        """w_u·(1 − Σ_{j ∈ S} min(x_ju / t_u, 1))."""
        touch, rows = self.state.curve.line(theta).touch, self.state.rows
        places, _ = rows.gather(subset)
        feature, amount = rows.feature[places], rows.amount[places]
        share = amount / np.maximum(touch[feature], 1e-300)
        paid = np.bincount(feature, np.minimum(share, 1.0), minlength=rows.features)
        return np.asarray(self.state.weights * (1.0 - paid), np.float64)
