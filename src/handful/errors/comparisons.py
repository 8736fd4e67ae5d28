"""Comparisons and probes."""

from __future__ import annotations

from collections.abc import Iterable

from handful.errors._base import DataError, UsageError


def no_probe() -> UsageError:
    """Nothing to train on."""
    return UsageError(
        "Nothing to probe: without labels, text or features no model can be trained on a pick. Pass --label, "
        "--text or --embeddings, or a command of your own: --probe-command './train.sh {subset}'."
    )


def too_few_seeds(seeds: int) -> UsageError:
    """Nothing would be tried."""
    return UsageError(f"--seeds {seeds}: at least 1, and 5 for an interval. Leave it out for 10.")


def too_few_to_hold_out(n: int) -> UsageError:
    """No row to test on."""
    return UsageError(
        f"A comparison holds out a fifth of the rows to test on, and of {n} rows that is none. Name rows to test "
        "on: --test FILE."
    )


def probe_needs(key: str, missing: Iterable[str]) -> UsageError:
    """A probe without what it learns from."""
    how = {"labels": "labels (--label COLUMN)", "numbers": "a numeric --label COLUMN"}
    how |= {"texts": "text (--text COLUMN)"}
    how |= {
        "features": "features (--embeddings FILE; of a target --like-embeddings, of --test --test-embeddings)"
    }
    return UsageError(f"The probe {key} needs {' and '.join(how[m] for m in missing)}.")


def command_without_subset(command: str) -> UsageError:
    """A command that would never see the rows."""
    return UsageError(
        f"--probe-command {command!r}: it must name the picked rows, such as './train.sh {{subset}}'."
    )


def command_failed(command: str, code: int, said: str) -> DataError:
    """The user's own command ended badly."""
    return DataError(
        f"{command}: ended with {code}. It said: {said.strip() or 'nothing'}. Mend it, or run it by hand to see."
    )


def command_without_number(command: str, last: str) -> DataError:
    """The user's own command printed no number."""
    return DataError(
        f"{command}: the last line it printed is {last!r}, and it must be a finite number. Print it last."
    )


def probe_not_finite(value: float) -> DataError:
    """The user's own function returned no number to compare by."""
    return DataError(f"The probe returned {value}, and it must return a finite number.")


def too_few_draws(draws: int, fewest: int) -> UsageError:
    """Too few random picks for any of them to be called rare."""
    return UsageError(
        f"--draws {draws}: with fewer than {fewest} random picks nothing can be called better or worse. "
        f"Ask for at least {fewest}, or for none: --draws 0."
    )
