"""Functions of the user's that do not answer as they must."""

from __future__ import annotations

from collections.abc import Sequence

from handful.errors._base import DataError, UsageError, listed


def utility_shape(got: tuple[int, ...], wanted: tuple[int, ...]) -> UsageError:
    """An answer that is not one number a row."""
    return UsageError(
        f"The utility was asked about {wanted[0]} rows and gave an answer of shape {got}; it must be {wanted}: "
        "one number a row, in the order of the rows."
    )


def utility_not_finite(rows: Sequence[int], value: float) -> DataError:
    """A NaN or an infinity for some rows."""
    return DataError(
        f"The utility gave {value} for {len(rows)} of the rows it was asked about: {listed(rows)}. "
        "Give a finite number for each, or leave the rows out by --exclude."
    )


def too_few_probes(method: str, found: int, least: int) -> UsageError:
    """A utility known of too few rows to learn from."""
    return UsageError(
        f"{method} learns from at least {least} rows with a utility, and there are {found}. Probe a random few "
        "first (handful select --method random), and write what you find into the column."
    )


def bad_stage(given: object) -> UsageError:
    """A stage that is not S/COUNT."""
    return UsageError(
        f"--stage {given}: give the stage and how many there are, as 2/4, from 1 to the last."
    )


def empty_stage(stage: str, n: int) -> UsageError:
    """A pool so small that no row falls to a stage."""
    return UsageError(f"--stage {stage}: none of the {n} rows falls to it. Ask for fewer stages.")
