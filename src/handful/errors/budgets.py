"""Budgets that make no sense, or cannot be kept."""

from __future__ import annotations

from collections.abc import Iterable

from handful.errors._base import DataError, InfeasibleError, UsageError, listed


def no_budget() -> UsageError:
    """Nothing says how much to pick."""
    return UsageError(
        "No budget. Say how much to pick: --rows 10000, --fraction 5%, or --budget 5M --cost COLUMN."
    )


def budget_without_cost() -> UsageError:
    """An amount of what?"""
    return UsageError("--budget needs --cost: a numeric column, @bytes, @words or @tokens:FILE.")


def cost_without_budget(cost: str) -> UsageError:
    """A cost, but no amount."""
    return UsageError(
        f"--cost {cost} needs --budget: the most that may be spent. Or drop it and pass --rows."
    )


def bad_amount(text: str, flag: str) -> UsageError:
    """A number that cannot be read."""
    return UsageError(f"{flag} {text!r} is not a number ≥ 0. Write 10000, 10k, 2.5M.")


def bad_fraction(text: object, flag: str) -> UsageError:
    """A share that cannot be read."""
    return UsageError(f"{flag} {text!r} is not a share between 0 and 1. Write 5% or 0.05.")


def bad_cost(where: str, column: str, value: object) -> DataError:
    """A cost no budget can be kept with."""
    return DataError(
        f"{where}: {column} = {value}, and a cost must be finite and ≥ 0. Mend it, or --exclude the row."
    )


def budget_below_cheapest(amount: object, cheapest: object) -> InfeasibleError:
    """Not even one row can be paid for."""
    return InfeasibleError(
        f"--budget {amount} is less than the cheapest row costs ({cheapest}). Raise it to at least that."
    )


def not_feasible(row: int) -> InfeasibleError:
    """A row taken against the ledger."""
    return InfeasibleError(
        f"Row {row} may not be taken: it is excluded, already taken, or over the budget."
    )


def nothing_left(n: int) -> InfeasibleError:
    """Every row is excluded or bad."""
    return InfeasibleError(
        f"None of the {n} rows may be picked: all are excluded or could not be read."
    )


def include_and_exclude(ids: Iterable[str]) -> InfeasibleError:
    """The same id on both lists, or a must-include that cannot be read."""
    return InfeasibleError(
        f"These ids are to be included, but are excluded or could not be read: {listed(ids)}. "
        "Take them off one list."
    )


def update_over_budget(there: int, fit: int) -> InfeasibleError:
    """Yesterday's picks alone break the budget."""
    return InfeasibleError(
        f"{there} picks of --update are still there, and only {fit} of them fit the budget and what else is "
        "asked. Raise it, or --exclude some of them."
    )


def includes_too_close(first: str, second: str, limit: float) -> InfeasibleError:
    """Two must-includes that may not both be picked."""
    return InfeasibleError(
        f"The rows {first!r} and {second!r} are both to be included, and are closer to each other than "
        f"--max-similarity {limit:g} allows. Raise it, or include one of them."
    )


def includes_over_budget(count: int, budget: object) -> InfeasibleError:
    """The must-includes alone break the budget."""
    return InfeasibleError(
        f"The {count} rows of --include exceed the budget {budget}. Raise it, or include fewer."
    )
