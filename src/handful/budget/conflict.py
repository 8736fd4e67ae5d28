"""Which limits stand against each other where they cannot be met together, and how that is said.

Source: Chinneck & Dravnieks 1991, Locating minimal infeasible constraint sets in linear programs, for the
deletion filter.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    """Limits that cannot be met together, while any of them left out could: the deletion filter.

    Returns:
        The limits in words; None where the programme gave up on one of its questions.
    """
    places: list[int | None] = list(range(len(system.said)))
    if prefixes is not None:
        places.append(None)
    kept = list(places)
    for place in places:
        rest = [p for p in kept if p != place]
        lines = [p for p in rest if p is not None]
        some = system.some(lines).with_row(np.ones(len(low), np.int64), -1, "a row")
        ask: dict[str, Any] = {}
        if None in rest:
            ask = {"prefixes": prefixes, "amount": amount, "aim": "cheapest"}
        found = find(some, low, high, **ask)
        if found.y is None and not found.decided:
            return None
        if found.y is None:
            kept = rest
    return tuple(budget_said if p is None else system.said[p] for p in kept)


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
