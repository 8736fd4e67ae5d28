"""Which limits stand against each other where they cannot be met together, and how that is said.

Source: Chinneck & Dravnieks 1991, Locating minimal infeasible constraint sets in linear programs, for the
deletion filter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from handful import errors
from handful.budget.feasibility import NODES, Counts, Floats, System, find
from handful.budget.quotas import Quotas


def conflict(
    system: System,
    low: Counts,
    high: Counts,
    prefixes: Sequence[Floats] | None,
    amount: float,
    budget_said: str,
) -> tuple[str, ...] | None:
    """Limits that cannot be met together, while any of them left out could.

    Returns:
        The limits in words; None where the programme gave up on one of its questions.
    """
    named = (*system.said, *([] if prefixes is None else [budget_said]))
    gave_up = False

    def conflicts(kept: Sequence[int]) -> bool:
        nonlocal gave_up
        lines = [place for place in kept if place < len(system.said)]
        some = system.some(lines).with_row(np.ones(len(low), np.int64), -1, "a row")
        ask: dict[str, Any] = {}
        if len(lines) < len(kept):
            ask = {"prefixes": prefixes, "amount": amount, "aim": "cheapest"}
        found = find(some, low, high, **ask)
        gave_up = gave_up or (found.y is None and not found.decided)
        return found.y is None and found.decided

    kept = irreducible(len(named), conflicts)
    return None if gave_up else tuple(named[place] for place in kept)


def irreducible(count: int, conflicts: Callable[[Sequence[int]], bool]) -> list[int]:
    """Limits that conflict, while any of them left out ends it: the deletion filter, in blocks.

    The filter leaves out one limit after the other for good, where the rest conflicts without it. Here the longest
    run of limits that can go together is found by doubling and halving, so that the answer is the filter's, and
    what takes a question a limit takes a few questions for each limit that stays, and fewer than twice as many
    as limits where nearly all stay.

    Args:
        count: Limits, all of which together conflict.
        conflicts: Whether those of some places, ascending, still do; fewer never do where more do not.

    Returns:
        Their places, ascending.

    Example:
        >>> asked = []
        >>> irreducible(40, lambda kept: asked.append(kept) or {7, 8} <= set(kept))
        [7, 8]
        >>> len(asked)
        13

    Source: Junker 2004, QuickXplain: preferred explanations and relaxations for over-constrained problems, for
    leaving out many at once.
    """
    kept: list[int] = []
    start = 0
    while start < count:
        # Without the limits from `start` up to `stop` the rest conflicts; up to `fails` it does not.
        stop, fails, step = start, count + 1, 1
        while stop < fails - 1 and stop < count:
            tried = (stop + fails) // 2 if fails <= count else min(count, stop + step)
            if conflicts([*kept, *range(tried, count)]):
                stop, step = tried, 2 * step
            else:
                fails = tried
        kept += [stop] if stop < count else []
        start = stop + 1
    return kept


def refusal(
    quotas: Quotas,
    system: System,
    low: Counts,
    high: Counts,
    prefixes: Sequence[Floats] | None,
    amount: float,
    amount_said: str,
) -> errors.HandfulError:
    """The error that names what stands against what."""
    for limit in quotas.limits:
        there = int(high[limit.members].sum())
        if limit.side == "min" and limit.bound.unit == "rows" and there < limit.bound.amount:
            return errors.quota_above_supply(limit.name, there, limit.value)
    names = conflict(system, low, high, prefixes, amount, f"--budget {amount_said}")
    if names is None:
        return errors.quotas_undecided(NODES)
    return errors.quotas_conflict(_joined(names), int(low.sum()))


def _joined(names: tuple[str, ...]) -> str:
    """Conflicting limits in words, as a sum of minima past a cap where that is what they are."""
    minima = [name for name in names if name.startswith("min ")]
    caps = [name for name in names if name.startswith("--")]
    if minima and len(caps) == 1 and len(minima) + 1 == len(names):
        return f"{' + '.join(minima)} exceed {caps[0]}"
    if minima and len(minima) == len(names) and all(name.endswith("%") for name in names):
        return f"{' + '.join(minima)} exceed 100%"
    return ", ".join(names)
