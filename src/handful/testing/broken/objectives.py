"""Objectives that break one law each."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from handful.objectives._contract import (
    Arrays,
    Counterexample,
    Facts,
    Floats,
    Indices,
    Objective,
    View,
)
from handful.objectives.facility_location import FacilityLocation

EXAMPLE = Arrays({"x": np.array([[1.0, 0.0], [1.0, 0.0], [0.25, 1.0], [0.0, 0.5]])})
"""Rows 0 and 1 are equal; every double below breaks its law here."""


class Widest(Objective):
    """A sound objective to break: f(S) = Σ_u max_{j ∈ S} x_ju."""

    facts: Facts = Facts(monotone=True, submodular=True)

    def value(self, view: View, subset: Indices) -> float:
        """As written."""
        x = view.array()
        return float(x[subset].max(axis=0, initial=0.0).sum())

    def start(self, view: View) -> Any:
        """The features, and the largest of each so far."""
        x = np.asarray(view.array(), np.float64)
        return [x, np.zeros(x.shape[1])]

    def gains(self, state: Any, candidates: Indices) -> Floats:
        """What each raises."""
        x, most = state
        return np.asarray(np.maximum(x[candidates] - most, 0.0).sum(axis=1), np.float64)

    def add(self, state: Any, index: int) -> Any:
        """Raise."""
        x, most = state
        return [x, np.maximum(most, x[index])]


class PaysForNothing(Widest):
    """Worth 1 before anything is picked."""

    breaks: ClassVar = "nothing_is_worth_nothing"

    def value(self, view: View, subset: Indices) -> float:
        """One too many."""
        return super().value(view, subset) + 1.0


class ForgetsOverlap(Widest):
    """Counts every row as if it were the first."""

    breaks: ClassVar = "gains_are_differences_of_value"

    def add(self, state: Any, index: int) -> Any:
        """Remember nothing."""
        return state


class UnderstatesItsError(Widest):
    """Gains off by 1/8, said to be off by 1/16."""

    breaks: ClassVar = "exact_gains_are_within_the_stated_error"
    facts = Facts(monotone=True, submodular=True, exact_gains=False)

    def gains(self, state: Any, candidates: Indices) -> Floats:
        """Too much."""
        return super().gains(state, candidates) + 0.125

    def exact(self, state: Any, candidates: Indices) -> Floats:
        """What they are."""
        return super().gains(state, candidates)

    def error(self, state: Any, candidates: Indices, gains: Floats) -> Floats:
        """Too little."""
        return np.full(len(candidates), 0.0625)


class Tires(Widest):
    """Loses 1/2 for each row, and claims to be monotone."""

    breaks: ClassVar = "monotone_where_claimed"

    def value(self, view: View, subset: Indices) -> float:
        """Less for more."""
        return super().value(view, subset) - 0.5 * len(subset)


class LikesCompany(Widest):
    """Pairs are worth more than their rows, and it claims to be submodular."""

    breaks: ClassVar = "diminishing_returns_where_claimed"

    def value(self, view: View, subset: Indices) -> float:
        """The square of the size comes on top."""
        return super().value(view, subset) + len(subset) ** 2


class ClaimsToBeASum(Widest):
    """Rows overlap, and it claims to be modular."""

    breaks: ClassVar = "gains_never_change_where_modular"
    facts = Facts(monotone=True, submodular=True, modular=True)


class DoubtsItself(Widest):
    """Does not claim to be monotone, and shows no counterexample."""

    breaks: ClassVar = "claims_not_made_are_shown_false"
    facts = Facts(monotone=False, submodular=True)


class DoubtsItselfWrongly(Widest):
    """Stores a counterexample that shows nothing."""

    breaks: ClassVar = "claims_not_made_are_shown_false"
    facts = Facts(monotone=True, submodular=False)
    counterexamples: ClassVar = {"submodular": Counterexample(EXAMPLE, (), (0,), 2)}


class PrefersLateRows(Widest):
    """Adds a trace of the row number, so that equal rows differ."""

    breaks: ClassVar = "duplicates_tie"

    def gains(self, state: Any, candidates: Indices) -> Floats:
        """A trace too much."""
        return super().gains(state, candidates) + 1e-15 * (1 + candidates)


class ReadsTheOrder(Widest):
    """Weighs rows by their place in the pool, consistently."""

    breaks: ClassVar = "reordering_rows_reorders_gains"

    def start(self, view: View) -> Any:
        """Later rows count more."""
        x, most = super().start(view)
        return [x * (1 + np.arange(len(x)))[:, None], most]

    def value(self, view: View, subset: Indices) -> float:
        """The same weights."""
        x = np.asarray(view.array()) * (1 + np.arange(view.n))[:, None]
        return float(x[subset].max(axis=0, initial=0.0).sum())


class SharesBetweenCandidates(Widest):
    """Subtracts a trace of the mean over the batch."""

    breaks: ClassVar = "a_gain_does_not_depend_on_its_batch"

    def gains(self, state: Any, candidates: Indices) -> Floats:
        """A trace that depends on the company."""
        gains = super().gains(state, candidates)
        return gains - 1e-12 * gains.mean() if len(gains) else gains


class SortsItsQuestion(Widest):
    """Sorts the candidates where they lie."""

    breaks: ClassVar = "gains_leave_everything_untouched"

    def gains(self, state: Any, candidates: Indices) -> Floats:
        """Numbers rows anew."""
        gains = super().gains(state, candidates)
        candidates[:] = candidates[::-1].copy()
        return gains


class Learns(Widest):
    """Answers less when asked again."""

    breaks: ClassVar = "gains_leave_everything_untouched"

    def gains(self, state: Any, candidates: Indices) -> Floats:
        """Each question tires it."""
        gains = super().gains(state, candidates)
        state[1] = state[1] + 0.125
        return gains


class CopiesTheName(Widest):
    """Hands back the state itself as its copy, and grows in place."""

    breaks: ClassVar = "a_copy_is_independent"

    def copy(self, state: Any) -> Any:
        """No copy."""
        return state

    def add(self, state: Any, index: int) -> Any:
        """In place."""
        np.maximum(state[1], state[0][index], out=state[1])
        return state


class RemovesNothing(Widest):
    """Leaves the state as it is when a row is taken out."""

    breaks: ClassVar = "removing_undoes_adding"
    facts = Facts(monotone=True, submodular=True, removable=True)

    def remove(self, state: Any, index: int) -> Any:
        """Nothing."""
        return state


class ForgetsWhatIsLost(Widest):
    """Prices an exchange by what comes in alone."""

    breaks: ClassVar = "exchanges_win_what_they_say"
    facts = Facts(monotone=True, submodular=True, exchangeable=True)

    def exchanges(self, state: Any, candidates: Indices, threads: int) -> tuple[Indices, Floats]:
        """The gains, at no loss."""
        return np.zeros(len(candidates), np.int64), self.gains(state, candidates)


class ReadsTheFirstRows(Widest):
    """Estimates from the first rows, whichever were drawn."""

    breaks: ClassVar = "estimates_are_right_in_the_mean"
    facts = Facts(monotone=True, submodular=True, estimable=True)

    def estimates(
        self,
        state: Any,
        candidates: Indices,
        rows: Indices | None,
        chances: Floats | None = None,
    ) -> tuple[Floats, Floats]:
        """A sum over features, as if it were one over rows."""
        x, most = state
        share = 1.0 if rows is None else len(rows) / len(x)
        first = slice(0, max(1, round(share * x.shape[1])))
        gains = np.maximum(x[candidates, first] - most[first], 0.0).sum(axis=1) / share
        return gains, np.zeros(len(candidates))


class ForgetsTheRest(Widest):
    """Estimates without scaling up from the rows read to all."""

    breaks: ClassVar = "estimates_are_right_in_the_mean"
    facts = Facts(monotone=True, submodular=True, estimable=True)

    def estimates(
        self,
        state: Any,
        candidates: Indices,
        rows: Indices | None,
        chances: Floats | None = None,
    ) -> tuple[Floats, Floats]:
        """Right over all rows, and too small over some."""
        share = 1.0 if rows is None else len(rows) / len(state[0])
        return share * self.gains(state, candidates), np.zeros(len(candidates))


class ForgetsTheChances(FacilityLocation):
    """Estimates as if each row had been as likely to be read as any other."""

    breaks: ClassVar = "estimates_are_right_in_the_mean"

    def estimates(
        self,
        state: Any,
        candidates: Indices,
        rows: Indices | None,
        chances: Floats | None = None,
    ) -> tuple[Floats, Floats]:
        """Right in the mean over samples of equal chances alone."""
        return super().estimates(state, candidates, rows)


class Majorant:
    """Bounds `Widest` by the sum of its rows' totals, raised by `extra`; one parameter that does nothing."""

    def __init__(self, x: Floats, extra: float, slope: float) -> None:
        self.x, self.extra, self._slope = x, extra, slope

    def box(self) -> tuple[Floats, Floats]:
        """The unit interval."""
        return np.zeros(1), np.ones(1)

    def tangent(self, subset: Indices) -> Floats:
        """Any."""
        return np.zeros(1)

    def at(self, theta: Floats) -> tuple[float, Floats]:
        """The same everywhere."""
        return self.extra, self.x.sum(axis=1)

    def slope(self, theta: Floats, subset: Indices) -> Floats:
        """As given."""
        return np.full(1, self._slope)


class BoundsTooLow(Widest):
    """A majorant below the value."""

    breaks: ClassVar = "majorants_lie_above"
    facts = Facts(monotone=True, submodular=True, majorized=True)

    def majorants(self, state: Any) -> Any:
        """Too low by 2."""
        return Majorant(state[0], -2.0, 0.0)


class BoundsTooHigh(Widest):
    """A majorant that touches nowhere."""

    breaks: ClassVar = "majorants_lie_above"
    facts = Facts(monotone=True, submodular=True, majorized=True)

    def majorants(self, state: Any) -> Any:
        """Too high by 2."""
        return Majorant(state[0], 2.0, 0.0)
