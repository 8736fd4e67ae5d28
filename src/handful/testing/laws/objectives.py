"""Laws of objectives, by enumeration: n ≤ 10, all subsets."""

from __future__ import annotations

import copy
import dataclasses
import itertools

import numpy as np

from handful.objectives._contract import Arrays, Counterexample, Indices
from handful.testing.laws._law import close, require
from handful.testing.laws.case import Case, Subset


def nothing_is_worth_nothing(case: Case) -> None:
    """f(∅) = 0, so that gains add up to the value."""
    require(case.value(()) == 0.0, "value(∅) =", case.value(()))


def gains_are_differences_of_value(case: Case) -> None:
    """gains(S, j) = f(S + j) − f(S), for every S, reached in ascending and in descending order."""
    for subset in case.subsets():
        for order in {subset, subset[::-1]}:
            gains = case.objective.gains(case.state(order), case.rest(subset))
            wanted = case.differences(subset)
            require(gains.dtype == np.float64, "gains are", gains.dtype, "and must be float64")
            require(gains.shape == wanted.shape, "gains have shape", gains.shape)
            slack = _error(case, order)
            require(
                bool((np.abs(gains - wanted) <= slack + 1e-9 * max(1.0, case.scale)).all()),
                f"gains after {order} are {gains}, and differences of value are {wanted}",
            )


def exact_gains_are_within_the_stated_error(case: Case) -> None:
    """|gains − exact| ≤ error, and exact gains are differences of value to float64 rounding."""
    for subset in case.subsets():
        state, rest = case.state(subset), case.rest(subset)
        exact, gains = case.exact(state, rest), case.objective.gains(state, rest)
        wanted = case.differences(subset)
        require(close(exact, wanted, case.scale), f"exact gains of {subset}: {exact}, not {wanted}")
        far = np.abs(gains - exact) - _error(case, subset)
        require(
            bool((far <= 0).all()), f"gains of {subset} are {far.max(initial=0)} past their error"
        )


def monotone_where_claimed(case: Case) -> None:
    """No row lowers the value."""
    if case.objective.facts.monotone:
        for subset in case.subsets():
            lowest = case.differences(subset).min(initial=0.0)
            require(
                lowest >= -1e-9 * max(1.0, case.scale), f"a row added to {subset} gains {lowest}"
            )


def diminishing_returns_where_claimed(case: Case) -> None:
    """A row gains no more at S + i than at S."""
    if case.objective.facts.submodular:
        for subset in case.subsets():
            _compare_gains(case, subset, lambda more, less: more <= less)


def gains_never_change_where_modular(case: Case) -> None:
    """A row gains the same at S + i as at S."""
    if case.objective.facts.modular:
        for subset in case.subsets():
            _compare_gains(case, subset, lambda more, less: close(more, less, case.scale))


def claims_not_made_are_shown_false(case: Case) -> None:
    """Not monotone, or not submodular: a stored counterexample shows it."""
    facts = case.objective.facts
    for name in ("monotone", "submodular"):
        if getattr(facts, name):
            continue
        stored: Counterexample | None = case.objective.counterexamples.get(name)
        require(stored is not None, f"not {name}, and no counterexample is stored")
        assert stored is not None
        other = Case(case.objective, stored.view)
        at = [
            other.value((*s, stored.row)) - other.value(s) for s in (stored.smaller, stored.larger)
        ]
        limit = 0.0 if name == "monotone" else at[0]
        require(set(stored.smaller) <= set(stored.larger), "a counterexample needs S ⊆ T")
        shown = at[1] < limit if name == "monotone" else at[1] > limit
        require(shown, f"the counterexample shows gains {at}, which are {name}")


def duplicates_tie(case: Case) -> None:
    """Rows equal in everything have gains of equal bits, whatever was added before."""
    twins = _twins(case)
    for subset in case.subsets():
        state = case.state(subset)
        for i, j in twins:
            if i not in subset and j not in subset:
                gains = case.exact(state, np.array([i, j]))
                require(gains[0] == gains[1], f"equal rows {i}, {j} gain {gains} after {subset}")


def reordering_rows_reorders_gains(case: Case) -> None:
    """The pool read backwards gives the same gains, backwards."""
    if not isinstance(case.view, Arrays):
        return
    n = case.view.n
    back = Case(case.objective, _reordered(case.view, np.arange(n)[::-1]))
    for subset in case.subsets():
        mirrored = tuple(n - 1 - j for j in subset)
        here = case.exact(case.state(subset), case.rest(subset))
        there = back.exact(back.state(mirrored), back.rest(mirrored))[::-1]
        require(close(here, there, case.scale), f"gains after {subset}: {here}; backwards: {there}")


def a_gain_does_not_depend_on_its_batch(case: Case) -> None:
    """The gains that decide have the same bits alone, together, and in any order."""
    for subset in case.subsets():
        rest = case.rest(subset)
        state = case.state(subset)
        together = case.exact(state, rest)
        require((case.exact(state, rest[::-1])[::-1] == together).all(), "order changes gains")
        alone = [case.exact(state, rest[at : at + 1])[0] for at in range(len(rest))]
        require(bool((np.array(alone) == together).all()), f"alone {alone}, together {together}")


def gains_leave_everything_untouched(case: Case) -> None:
    """Asking for gains changes neither the candidates, nor the view, nor the answer."""
    before = copy.deepcopy(case.view)
    for subset in case.subsets():
        state, rest = case.state(subset), case.rest(subset)
        asked = rest.copy()
        first = case.objective.gains(state, asked).copy()
        require((asked == rest).all(), "gains changed the candidates it was given")
        again = case.objective.gains(state, asked)
        require(bool((first == again).all()), f"gains asked twice: {first}, then {again}")
    require(_same(before, case.view), "the view changed")


def a_copy_is_independent(case: Case) -> None:
    """Adding to a copy leaves the original's gains as they were."""
    if not hasattr(case.objective, "copy"):
        return
    for subset in case.subsets():
        state, rest = case.state(subset), case.rest(subset)
        before = case.objective.gains(state, rest).copy()
        other = case.objective.copy(state)
        for row in rest.tolist():
            other = case.objective.add(other, row)
        after = case.objective.gains(state, rest)
        require(bool((before == after).all()), f"gains were {before}, and {after} once a copy grew")


def removing_undoes_adding(case: Case) -> None:
    """Where `remove` is given, the gains at S + j − j are those at S."""
    if not case.objective.facts.removable:
        return
    for subset in case.subsets():
        rest = case.rest(subset)
        wanted = case.exact(case.state(subset), rest)
        for row in rest.tolist():
            state = case.objective.add(case.state(subset), row)
            gains = case.exact(case.objective.remove(state, row), rest)
            require(
                close(gains, wanted, case.scale), f"{subset} + {row} − {row}: {gains}, not {wanted}"
            )


def exchanges_win_what_they_say(case: Case) -> None:
    """Where `exchanges` is given: the win of each candidate is that of its place, and no place has a better.

    To one part in 10,000, for they are priced in float32 and checked exactly before they are carried out.
    """
    if not case.objective.facts.exchangeable:
        return
    for subset in case.subsets():
        rest = case.rest(subset)
        if not (len(subset) and len(rest)):
            continue
        places, wins = case.objective.exchanges(case.state(subset), rest, 1)
        for j, place, win in zip(rest.tolist(), places.tolist(), wins.tolist(), strict=True):
            others = [subset[:at] + subset[at + 1 :] for at in range(len(subset))]
            real = [case.value((*other, j)) - case.value(subset) for other in others]
            slack = 1e-4 * max(1.0, case.scale)
            require(
                abs(real[place] - win) <= slack and max(real) <= win + slack,
                f"{j} for {subset[place]} of {subset} is said to win {win}; real wins are {real}",
            )


def estimates_are_right_in_the_mean(case: Case) -> None:
    """Where `estimates` is given: over all rows they are the gains, and so is their mean over all samples.

    Samples of one row, of two, and of one drawn with unequal chances; to within the rounding that is stated.
    """
    if not case.objective.facts.estimable:
        return
    for subset in case.subsets():
        state, rest, n = case.state(subset), case.rest(subset), case.view.n
        wanted = case.exact(state, rest)
        slack = 1e-9 * max(1.0, case.scale)
        whole, off = case.objective.estimates(state, rest, None)
        require(
            bool((np.abs(whole - wanted) <= off + slack).all()),
            f"over all rows gains of {subset} are {whole}, not {wanted}",
        )
        for size in (1, 2)[:n]:
            samples = [np.array(rows) for rows in itertools.combinations(range(n), size)]
            told = [case.objective.estimates(state, rest, rows) for rows in samples]
            mean, off = (np.mean([part[at] for part in told], axis=0) for at in (0, 1))
            require(
                bool((np.abs(mean - wanted) <= off + slack).all()),
                f"over samples of {size} the gains of {subset} are {mean} in the mean, not {wanted}",
            )
        chances = 2.0 * np.arange(1, n + 1) / (n * (n + 1))
        told = [
            case.objective.estimates(state, rest, np.array([row]), chances[[row]])
            for row in range(n)
        ]
        mean, off = (np.dot(chances, [part[at] for part in told]) for at in (0, 1))
        require(
            bool((np.abs(mean - wanted) <= off + slack).all()),
            f"over rows of unequal chances the gains of {subset} are {mean} in the mean, not {wanted}",
        )


def majorants_lie_above(case: Case) -> None:
    """Where majorants are given: above every value for every θ, tight at `tangent`, sloped as stated.

    They are rounded up by the error of float32 similarities, so tight means to one part in 10,000.
    """
    if not case.objective.facts.majorized:
        return
    made = case.objective.majorants(case.state(()))
    thetas = [np.clip(made.tangent(_rows(s)), *made.box()) for s in case.subsets()]
    thetas += [(a + b) / 2 for a, b in itertools.pairwise(thetas)]
    tiny = 1e-6 * max(1.0, case.scale, *(case.value(s) for s in case.subsets()))
    for theta in thetas:
        constant, weights = made.at(theta)
        for subset in case.subsets():
            bound = constant + weights[list(subset)].sum()
            require(
                bound >= case.value(subset) - tiny, f"{bound} < f{subset} = {case.value(subset)}"
            )
    for subset, theta in zip(case.subsets(), thetas, strict=False):
        constant, weights = made.at(theta)
        bound = constant + weights[list(subset)].sum()
        require(bound <= case.value(subset) + 100 * tiny, f"{bound} is not tight at f{subset}")
        slope = made.slope(theta, _rows(subset))
        for other in thetas[:: max(1, len(thetas) // 8)]:
            constant, weights = made.at(other)
            there = constant + weights[list(subset)].sum()
            line = bound + float(slope @ (other - theta))
            require(
                there >= line - 100 * tiny,
                f"the slope at {subset} promises {line}, and there is {there}",
            )


def _compare_gains(case: Case, subset: Subset, holds) -> None:  # type: ignore[no-untyped-def]
    less = dict(zip(case.rest(subset).tolist(), case.differences(subset).tolist(), strict=True))
    slack = 1e-9 * max(1.0, case.scale)
    for added in case.rest(subset).tolist():
        larger = (*subset, added)
        for j, gain in zip(case.rest(larger).tolist(), case.differences(larger), strict=True):
            require(
                holds(gain - slack, less[j]), f"{j} gains {less[j]} at {subset}, {gain} at {larger}"
            )


def _error(case: Case, order: Subset) -> float:
    if case.objective.facts.exact_gains:
        return 0.0
    state, rest = case.state(order), case.rest(order)
    error = case.objective.error(state, rest, case.objective.gains(state, rest))
    return float(np.max(error, initial=0.0))


def _rows(subset: Subset) -> Indices:
    return np.array(subset, np.int64)


def _twins(case: Case) -> list[tuple[int, int]]:
    view = case.view
    if not isinstance(view, Arrays):
        return []
    columns = [*view.arrays.values(), *(s[:, None] for s in view.scores.values())]
    return [
        (i, j)
        for i in range(view.n)
        for j in range(i)
        if all((_row(c, i) == _row(c, j)).all() for c in columns)
    ]


def _row(column, i: int):  # type: ignore[no-untyped-def]
    return column[[i]].toarray() if hasattr(column, "toarray") else np.asarray(column[i])


def _reordered(view: Arrays, order: Indices) -> Arrays:
    return dataclasses.replace(
        view,
        arrays={name: array[order] for name, array in view.arrays.items()},
        scores={name: score[order] for name, score in view.scores.items()},
        rank=None if view.rank is None else view.rank[order],
    )


def _same(a: object, b: object) -> bool:
    if not (isinstance(a, Arrays) and isinstance(b, Arrays)):
        return True
    pairs = [(a.arrays, b.arrays), (a.target, b.target), (a.given, b.given), (a.scores, b.scores)]
    return all(
        (abs(x[name] - y[name])).max() == 0 for x, y in pairs for name in x if x[name].shape[0]
    )
