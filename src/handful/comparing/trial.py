"""The trial a verdict rests on: the same method at the same rate, with a fifth held out to judge by.

Of a large pool a seeded sub-pool is tried. With a target, a fifth of its rows is held out and the method
sees the rest; without one, a fifth of the sub-pool's rows. The pick the user gets is made from everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.budget import Apart, Ledger, Quotas
from handful.comparing.draws import lowest
from handful.comparing.narrow import narrow_target, narrow_view, remembered
from handful.methods._contract import Target, View
from handful.rng import Draws, Keys
from handful.selection import Indices

MOST_ROWS = 20_000
FEWEST_ROWS = 10
FOLDS = 5
FEWEST_PICKS = 30


@dataclass(frozen=True, eq=False)
class Case:
    """A choice to be judged.

    Args:
        view: What was chosen from.
        method: What chose, configured.
        rows: Rows allowed.
        seed: Of the choice, and of every draw here.
        costs: (n,), or None where no amount binds.
        amount: Cost allowed.
        included: Rows that had to be picked.
        features: Whether features are at hand, the user's own or the method's.
        array: The name of the array that similarity is measured on; None: the default.
        targets_have_features: Whether the targets have that array too.
        labels: (n,) whole numbers, or None.
        scored: Whether the rows have a score.
        apart: Keeps picks apart, or None.
    """

    view: View
    method: Any
    rows: int
    seed: int = 0
    costs: NDArray[Any] | None = None
    amount: Fraction | None = None
    included: Indices | None = None
    features: bool = False
    array: str | None = None
    targets_have_features: bool = False
    labels: Indices | None = None
    scored: bool = False
    apart: Apart | None = None
    quotas: Quotas | None = None

    @property
    def optimises(self) -> tuple[str, ...]:
        """What the method says it strives for, or the objective of the user's own."""
        own = getattr(getattr(self.method, "objective", None), "optimises", ())
        traded = ("score",) if getattr(self.method, "score_share", 0) else ()
        return (*self.method.facts.optimises, *own, *traded)


class NoTrialError(Exception):
    """There can be no trial; the message says why, and goes into the verdict."""


@dataclass(frozen=True, eq=False)
class Trial:
    """What the method and the random picks choose from, and what is held out.

    Args:
        view: The rows to choose from, and what may be seen of the targets.
        held_view: The rows held out; none where a part of the target is.
        rows: Those rows, numbered as in the case.
        held: "target" or "pool".
        held_rows: Rows of the case held out; empty where the target is.
        held_targets: The held-out part of each target.
        ledger: Makes a fresh ledger of at most so many rows (None: as the budget has it).
        counts_cost: Whether the budget is an amount of some cost.
    """

    view: View
    held_view: View
    rows: Indices
    held: Literal["target", "pool"]
    held_rows: Indices
    held_targets: tuple[Target, ...]
    ledger: Callable[[int | None], Ledger]
    counts_cost: bool


def prepare_trial(case: Case) -> Trial:
    """Cut the sub-pool, hold out a fifth, and scale the budget to what is left.

    Raises:
        NoTrialError: There are too few rows, or nothing is left to choose.
    """
    rng, n = Draws(case.seed), case.view.n
    sub_pool = lowest(rng.uniforms("verdict: sub-pool", case.view.keys), min(n, MOST_ROWS))
    seen, held_targets = _hold_out_of_targets(case.view.targets, rng)
    held_rows = np.zeros(0, np.int64)
    if not held_targets:
        fold = rng.uniforms("verdict: rows held out", case.view.keys[sub_pool])
        held_rows = sub_pool[lowest(fold, len(sub_pool) // FOLDS)]
    rows = np.setdiff1d(sub_pool, held_rows, assume_unique=True)
    if len(rows) < FEWEST_ROWS:
        raise NoTrialError(f"{n} rows are too few to hold some out and compare")
    tried = remembered(narrow_view(case.view, sub_pool, ()))
    return Trial(
        view=narrow_view(tried, np.searchsorted(sub_pool, rows), seen),
        held_view=narrow_view(tried, np.searchsorted(sub_pool, held_rows), ()),
        rows=rows,
        held="target" if held_targets else "pool",
        held_rows=held_rows,
        held_targets=held_targets,
        **_budget(case, rows),
    )


def run_method(case: Case, trial: Trial) -> Indices:
    """The method's own pick in the trial. Certificates are left out: they change no pick."""
    method = case.method
    if getattr(method, "certify", "off") != "off":
        method = replace(method, certify="off")
    picks = method.run(trial.view, trial.ledger(None), Draws(case.seed))
    return np.asarray(picks.indices, np.int64)


def _budget(case: Case, rows: Indices) -> dict[str, Any]:
    """The ledger and its rows: the budget's share of the trial's rows, and at least 30 of what was asked."""
    n, m = case.view.n, len(rows)
    share = Fraction(m, n)
    own = np.zeros(0, np.int64) if case.included is None else np.sort(case.included)
    included = np.searchsorted(rows, own[np.isin(own, rows)])
    scaled = int(case.rows * share + Fraction(1, 2))
    may_pick = min(m, max(scaled, min(case.rows, FEWEST_PICKS), len(included)))
    amount = None if case.amount is None else case.amount * share
    costs = None if case.costs is None else case.costs[rows]
    quotas = None if case.quotas is None else case.quotas.scaled(rows, share)
    if may_pick == m and amount is None:
        raise NoTrialError("nearly all rows are picked, and so they are at random")
    if costs is not None and amount is not None and Fraction(costs.min().item()) > amount:
        raise NoTrialError("the budget's share of the rows tried does not pay for one of them")

    def ledger(most: int | None) -> Ledger:
        apart = None if case.apart is None else case.apart.narrowed(rows)
        allowed = may_pick if most is None else most
        made = Ledger(m, rows=allowed, costs=costs, amount=amount, apart=apart)
        for row in included.tolist():
            if not made.feasible(np.array([row]))[0]:
                raise NoTrialError(
                    "the must-includes among the rows tried exceed the budget's share"
                )
            made.take(row)
        if quotas is None:
            return made
        try:
            return made.under(quotas)
        except errors.InfeasibleError as refused:
            raise NoTrialError(f"the quotas cannot be met by the rows tried ({refused})") from None

    return {"ledger": ledger, "counts_cost": amount is not None}


def _hold_out_of_targets(
    targets: tuple[Target, ...], rng: Draws
) -> tuple[tuple[Target, ...], tuple[Target, ...]]:
    """What the method sees of the targets, and the fifth of each held out (of those with five rows)."""
    seen, held = [], []
    for target in targets:
        keys: Keys = np.arange(target.n, dtype=np.uint64)
        draws = rng.uniforms(f"verdict: target {target.name} held out", keys)
        fold = lowest(draws, target.n // FOLDS)
        if len(fold):
            held.append(narrow_target(target, fold))
        rest = np.setdiff1d(np.arange(target.n), fold, assume_unique=True)
        seen.append(narrow_target(target, rest))
    return tuple(seen), tuple(held)
