"""Every message a user can meet, one named constructor per situation."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class HandfulError(ValueError):
    """The input or the request is at fault; the message says what, where and what to do.

    `exit_code` is what the command line ends with: 1 bad data, 2 usage, 3 constraints that cannot be
    met, 4 interrupted and resumable, 5 verify mismatch.
    """

    exit_code = 1


class DataError(HandfulError):
    """The data read is not as it must be (exit code 1)."""


class UsageError(HandfulError):
    """The request is not one that can be carried out as it is put (exit code 2)."""

    exit_code = 2


class InfeasibleError(HandfulError):
    """The constraints cannot be met together (exit code 3)."""

    exit_code = 3


class VerifyError(HandfulError):
    """A replay differs from its manifest (exit code 5)."""

    exit_code = 5


class HandfulWarning(UserWarning):
    """Something the user should know, though the work goes on."""


def nearest(name: str, known: Iterable[str], *, limit: int = 3) -> str:
    """Suggest the names most like `name`: " Nearest: 'less'." or an empty string.

    Example:
        >>> nearest("les", ["less", "dsir"])
        " Nearest: 'less'."
    """
    close = difflib.get_close_matches(name, list(known), n=limit, cutoff=0.5)
    return f" Nearest: {', '.join(map(repr, close))}." if close else ""


def _list(names: Iterable[object], *, limit: int = 8) -> str:
    shown = [str(name) for name in names]
    tail = f", … ({len(shown)} in all)" if len(shown) > limit else ""
    return ", ".join(shown[:limit]) + tail


# Names ------------------------------------------------------------------------------------------


def unknown_column(column: str, known: Iterable[str]) -> UsageError:
    """A column the pool does not have."""
    known = list(known)
    return UsageError(
        f"Unknown column {column!r}.{nearest(column, known)} There are: {_list(known)}."
    )


def unknown_method(name: str, known: Iterable[str]) -> UsageError:
    """A method nobody registered."""
    return UsageError(
        f"Unknown method {name!r}.{nearest(name, known)} See them all: handful methods."
    )


def unknown_parameter(name: str, owner: str, known: Iterable[str]) -> UsageError:
    """A parameter the method does not have."""
    known = list(known)
    there = f"It has: {_list(known)}." if known else "It has none."
    return UsageError(f"{owner} has no parameter {name!r}.{nearest(name, known)} {there}")


def unknown_choice(name: str, value: object, known: Iterable[str]) -> UsageError:
    """A value outside a closed set."""
    known = list(known)
    return UsageError(f"{name} {value!r} is not one of {_list(known)}.{nearest(str(value), known)}")


def bad_parameter(owner: str, name: str, value: object, expected: str) -> UsageError:
    """A parameter's value of the wrong type or out of range."""
    return UsageError(f"{owner}: {name}={value!r}, and it must be {expected}.")


# Budgets ----------------------------------------------------------------------------------------


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


# Selections -------------------------------------------------------------------------------------


def prefix_only() -> UsageError:
    """An index that is not a prefix."""
    return UsageError(
        "A selection is cut to its first m picks only: selection[:m]. For row numbers use .indices."
    )


def not_nested(method: str) -> UsageError:
    """A prefix of a method that is not nested."""
    return UsageError(
        f"{method} is not nested: the first m of its picks are not what it would pick at m. "
        "Select again with rows=m."
    )


def apply_length(length: int, n: int) -> UsageError:
    """Data other than what was chosen from."""
    return UsageError(
        f"This data has {length} rows, but the selection was made from {n}. Pass the data it was made from."
    )


def cannot_apply(kind: str) -> UsageError:
    """A type whose rows cannot be taken."""
    return UsageError(f"Rows cannot be taken from a {kind}. Use selection.indices with it.")


# Data -------------------------------------------------------------------------------------------


def no_text(known: Iterable[str]) -> UsageError:
    """A method wants text and the pool has no text column."""
    return UsageError(
        "No text column. Name it: --text COLUMN, or a template such as '{instruction}\\n{input}'. "
        f"There are: {_list(known)}."
    )


def not_finite(what: str, where: tuple[int, ...], value: float) -> DataError:
    """A NaN or an infinity among numbers that are computed with."""
    place = ", ".join(map(str, where))
    return DataError(
        f"{what}[{place}] = {value}, and it must be finite. Mend it, or --exclude the row."
    )


def similarity_shape(got: tuple[int, ...], wanted: tuple[int, int]) -> UsageError:
    """A similarity that does not fit the rows it compares."""
    return UsageError(f"The similarity has shape {got}, and these rows need {wanted}.")


def negative_similarity(i: int, j: int, value: float, objective: str) -> DataError:
    """A signed similarity where none may be."""
    return DataError(
        f"similarity[{i}, {j}] = {value:.6g}, and {objective} needs values ≥ 0. "
        "Shift it, or use the default, clipped_cosine."
    )


def weights_shape(got: tuple[int, ...], n: int) -> UsageError:
    """Weights that are not one a row."""
    return UsageError(f"weights have shape {got}, and must be one a row: ({n},).")


def negative_value(what: str, row: int, value: float, objective: str) -> DataError:
    """A negative or infinite number where only finite numbers ≥ 0 make sense."""
    return DataError(
        f"{what}[{row}] = {value:.6g}, and {objective} needs finite values ≥ 0. Shift or mend it."
    )


def asymmetric_similarity(objective: str) -> DataError:
    """A directed similarity where a mutual one is needed."""
    return DataError(
        f"The similarity is not symmetric, and {objective} needs s_ij = s_ji. Pass (s + s.T) / 2."
    )


def optimizer_refuses(optimizer: str, objective: str, reason: str, instead: str) -> UsageError:
    """An optimizer that cannot serve this objective or budget."""
    return UsageError(
        f"{optimizer} cannot maximise {objective}: it needs {reason}. Use --optimizer {instead}."
    )


def missing_extra(what: str, extra: str) -> UsageError:
    """An optional dependency that is not installed."""
    return UsageError(f"{what} needs an extra: pip install 'handful[{extra}]'.")


def bad_flag(flag: str, value: object, expected: str) -> UsageError:
    """A flag's value out of range."""
    return UsageError(f"{flag} {value}: it must be {expected}.")


def bad_spec(text: str) -> UsageError:
    """A name with parameters that cannot be read."""
    return UsageError(f"{text!r} cannot be read. Write NAME or NAME:key=value,key=value.")


def unknown_feature(key: str, known: Iterable[str]) -> UsageError:
    """Features nobody made."""
    known = list(known)
    return UsageError(f"Unknown features {key!r}.{nearest(key, known)} There are: {_list(known)}.")


def empty_id(where: str, column: str) -> DataError:
    """A row without an id."""
    return DataError(
        f"{where}: {column} is empty, and every row needs an id. Mend it, or drop --id."
    )


def duplicate_id(value: str, first: str, second: str, count: int) -> DataError:
    """An id that stands twice."""
    more = f" ({count} ids repeat in all)" if count > 1 else ""
    return DataError(
        f"{second}: id {value!r} already stands at {first}{more}. "
        "Make ids unique, or drop --id to use row numbers."
    )


# Requests ---------------------------------------------------------------------------------------


def several_arrays(names: Iterable[str]) -> UsageError:
    """Several feature arrays and none named."""
    return UsageError(
        f"There are several feature arrays ({_list(names)}). Name the one that similarity is measured on, "
        "for methods that take it by --param array=NAME, or pass one --array."
    )


def unknown_array(name: str, known: Iterable[str]) -> UsageError:
    """A feature array that was not given."""
    known = list(known)
    return UsageError(
        f"No feature array {name!r}.{nearest(name, known)} Pass it: --array {name}=FILE. "
        f"There are: {_list(known) or 'none'}."
    )


def no_target_array(name: str) -> UsageError:
    """The pool's features have no counterpart on the target's side."""
    return UsageError(
        f"The pool's features are the array {name!r}, and the target has none of that name. "
        f"Pass it: --like-array {name}=FILE."
    )


def no_target_text() -> UsageError:
    """Features are made from text, and a target has none."""
    return UsageError(
        "The target has no text to make features of. Name its column: --like-text COLUMN."
    )


def target_unlike_pool() -> UsageError:
    """Nothing that both pool and target have."""
    return UsageError(
        "The target shares nothing with the pool to compare by: both need text (--text, --like-text), "
        "or features of one name (--array NAME=FILE and --like-array NAME=FILE)."
    )


def arrays_of_several_targets() -> UsageError:
    """Arrays cannot be told apart between targets."""
    return UsageError(
        "--like-array goes with one target; with several --like, give each as a file that holds it."
    )


def params_with_object(name: str) -> UsageError:
    """Parameters beside a configured method."""
    return UsageError(
        f"{name!r} was given beside a configured method. Set it on the method itself."
    )


def not_a_method(kind: str) -> UsageError:
    """Neither a method nor an objective."""
    return UsageError(
        f"A {kind} is neither a method nor an objective. Pass a name (see: handful methods), or one of these."
    )


def needs_missing(key: str, missing: Iterable[str]) -> UsageError:
    """What a method needs was not given."""
    return UsageError(f"{key} needs " + "; and ".join(missing) + ".")


def not_honoured(key: str, constraint: str, honours: Iterable[str]) -> UsageError:
    """A constraint the method does not keep."""
    flags = {"amount": "--budget", "include": "--include", "rows": "--rows"}
    kept = ", ".join(flags.get(name, name) for name in honours)
    return UsageError(
        f"{key} does not honour {flags.get(constraint, constraint)}; it honours {kept}. "
        "Choose another method: handful methods."
    )


def empty_pool(where: str) -> DataError:
    """No rows."""
    return DataError(f"{where}: no rows. Check the path, and that the file is not empty.")


def nothing_left(n: int) -> InfeasibleError:
    """Every row is excluded or bad."""
    return InfeasibleError(
        f"None of the {n} rows may be picked: all are excluded or could not be read."
    )


def include_and_exclude(ids: Iterable[str]) -> InfeasibleError:
    """The same id on both lists, or a must-include that cannot be read."""
    return InfeasibleError(
        f"These ids are to be included, but are excluded or could not be read: {_list(ids)}. "
        "Take them off one list."
    )


def includes_over_budget(count: int, budget: object) -> InfeasibleError:
    """The must-includes alone break the budget."""
    return InfeasibleError(
        f"The {count} rows of --include exceed the budget {budget}. Raise it, or include fewer."
    )


def unknown_ids(flag: str, missing: list[str]) -> UsageError:
    """Ids the pool does not have."""
    shown = ", ".join(map(repr, missing[:3]))
    return UsageError(
        f"{flag}: {len(missing)} ids are not in the pool, such as {shown}. Mend the list, or check --id."
    )


def empty_text(where: str, spec: str) -> DataError:
    """A row whose text is empty."""
    return DataError(
        f"{where}: the text ({spec}) is empty. Mend it, --exclude it, or pass --on-bad-row skip."
    )


def bad_score(where: str, column: str, value: float, count: int) -> DataError:
    """A score that is no number."""
    return DataError(
        f"{where}: {column} = {value} ({count} such rows), and a score must be finite. "
        "Mend it, or --exclude the rows."
    )
