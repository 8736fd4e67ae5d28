"""Budgets that make no sense, or cannot be kept."""

from __future__ import annotations

from collections.abc import Iterable

from handful.errors._base import DataError, InfeasibleError, UsageError, listed, nearest


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
        f"The {count} rows of --include exceed the budget: {budget}. Raise it, or include fewer."
    )


def bad_quota(given: object) -> UsageError:
    """A quota that cannot be read."""
    return UsageError(
        f"--quota {given}: it cannot be read. Write 'language:min=10%', 'source[dolly]:max=500' or "
        "'source[dolly]:min=5%cost,max=10%cost', or name a CSV file with columns column,value,min,max."
    )


def quota_without_cost() -> UsageError:
    """A share of a cost that nobody named."""
    return UsageError(
        "A quota in %cost needs --cost: a numeric column, @bytes, @words or @tokens:FILE."
    )


def unknown_group(column: str, value: str, known: Iterable[str]) -> UsageError:
    """A quota on a group that the pool does not have."""
    known = list(known)
    return UsageError(
        f"--quota {column}[{value}]: no row of the pool has {value!r} there.{nearest(value, known)} "
        f"There are: {listed(known)}."
    )


def too_many_groups(column: str, limits: int, signatures: int) -> UsageError:
    """Quotas on what is hardly a group."""
    return UsageError(
        f"The quotas are {limits:,} limits on {signatures:,} combinations of groups, which is more than can be "
        f"looked ahead for. Is {column!r} a column of groups? Name single values: --quota '{column}[VALUE]:…'."
    )


def quota_above_supply(name: str, there: int, value: str) -> InfeasibleError:
    """A minimum of more rows than there are."""
    return InfeasibleError(
        f"--quota {name}, but {there:,} rows of {value!r} may be picked. Ask for at most {there:,}."
    )


def quotas_conflict(what: str, included: int = 0, *, smallest: bool = True) -> InfeasibleError:
    """Constraints of which any but one can be met, or, where it is not the smallest set, perhaps fewer."""
    besides = f" (with the {included:,} rows of --include)" if included else ""
    more = "" if smallest else " Perhaps fewer of them conflict: that was not settled."
    return InfeasibleError(f"These constraints cannot be met together{besides}: {what}.{more}")


def quotas_undecided(nodes: int) -> InfeasibleError:
    """The integer programme gave up."""
    return InfeasibleError(
        f"Whether the quotas can be met was not decided within {nodes:,} nodes of the integer programme. "
        "Ask for fewer overlapping quotas, or leave them more room."
    )


def bad_quota_file(path: str, columns: Iterable[str]) -> UsageError:
    """A file of quotas with other columns, or none."""
    return UsageError(
        f"{path}: a file of quotas has a first line {','.join(columns)}, and a line for each quota."
    )


def include_breaks_quotas(count: int, what: str) -> InfeasibleError:
    """The must-includes, or they with the quotas."""
    return InfeasibleError(f"The {count:,} rows of --include break a quota: {what}")


def cost_quotas_undecided(names: str) -> InfeasibleError:
    """No pick was found under shares of the cost, and none is ruled out."""
    return InfeasibleError(
        f"No pick was found that keeps all of these, and whether there is one was not decided: {names}. "
        "Sums of the costs there are hit a share only nearly: leave them more room, or give them in rows."
    )


def quota_against_similarity(
    quota: str, got: object, limit: object, similarity: float
) -> InfeasibleError:
    """Rows that a quota needs, all too close to picks."""
    return InfeasibleError(
        f"{quota} is not met: {got} of {limit}, for the rows left are closer to a pick than --max-similarity "
        f"{similarity:g} allows. Raise --max-similarity, or ask for less."
    )
