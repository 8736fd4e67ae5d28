"""Source tasks to draw from, and candidates to weigh."""

from __future__ import annotations

from collections.abc import Iterable

from handful.errors._base import DataError, InfeasibleError, UsageError, listed, nearest


def heads_shape(what: str, shape: object) -> DataError:
    """Heads, or a target head, of no shape that means something."""
    wanted = "(k, T), a column for each task" if what == "heads" else "(k,)"
    return DataError(f"The {what} have shape {shape}, and it must be {wanted}.")


def head_length(heads: tuple[int, ...], target: int) -> DataError:
    """A target head that is not of the same numbers as the others."""
    turned = (
        " They seem to be one row a task: pass heads.T." if target == heads[1] != heads[0] else ""
    )
    return DataError(
        f"The heads have {heads[0]} numbers each ({heads[1]} tasks), and the target's has {target}. "
        f"Fit all on one representation.{turned}"
    )


def task_names(names: int, tasks: int) -> UsageError:
    """Too many names, or too few."""
    return UsageError(f"{names} names for {tasks} tasks. Give one for each column of the heads.")


def bad_head(task: str, reason: str) -> DataError:
    """A head that is not finite, or that has no direction."""
    return DataError(f"The head of {task} {reason}. Fit it again, or leave it out.")


def no_relevant_task(penalty: float, most: float) -> UsageError:
    """A penalty that leaves no task, or tasks none of which points to the target."""
    if most <= 0.0:
        return UsageError("Every head is at a right angle to the target's: no task is relevant.")
    return UsageError(
        f"penalty={penalty:g} leaves no task. It must be below {most:.4g}, the largest product of a head and the "
        "target's; or pass none, for a grid."
    )


def few_samples(samples: int, needed: int, why: str) -> InfeasibleError:
    """A budget of samples that does not reach."""
    return InfeasibleError(
        f"{samples:,} samples, but {why} take {needed:,}. Raise the budget or the penalty, or lower least or fee."
    )


def fee_and_least() -> UsageError:
    """A fee for each task drawn from, where all must be drawn from."""
    return UsageError(
        "least asks for samples of every task, so every task would pay its fee. Give one of the two."
    )


def unknown_target_head(name: str, known: Iterable[str]) -> UsageError:
    """A target head that is neither a file nor a column of the heads."""
    known = list(known)
    return UsageError(
        f"--target {name}: no such file, and the heads have no such column.{nearest(name, known)} "
        f"They have: {listed(known)}."
    )


def scores_shape(what: str, got: object, wanted: object) -> DataError:
    """Arrays that do not belong together."""
    return DataError(f"{what} has shape {got}, and the relevance scores have {wanted}.")


def which_query() -> UsageError:
    """Scores one under the other, and nothing that says which belong together."""
    return UsageError(
        "Scores of one dimension need a query for each: pass query=, or arrays of lists × candidates."
    )


def query_of_lists() -> UsageError:
    """Queries for scores that stand in lists already."""
    return UsageError(
        "Scores of lists × candidates: row i is list i, so query= is not needed. Leave it out."
    )


def score_not_finite(what: str, place: object, value: object) -> DataError:
    """A score that is NaN or infinite."""
    return DataError(
        f"{what}{place} = {value}, and scores must be finite. Mark candidates that are not there with present=."
    )


def label_not_binary(place: object, value: object) -> DataError:
    """A label that is neither yes nor no."""
    return DataError(
        f"positive{place} = {value}, and a label is 1 (labelled relevant) or 0 (not labelled)."
    )


def candidate_twice(query: object, document: object) -> DataError:
    """A document twice in one list."""
    return DataError(
        f"Document {document} stands twice in the list of query {query}. Keep one of the two."
    )


def flag_needed(flag: str, command: str) -> UsageError:
    """A flag without which there is nothing to do."""
    return UsageError(f"{command} needs {flag}. See: {command} --help.")
