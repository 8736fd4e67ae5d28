"""The kinds of errors, and how they suggest names."""

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


for _kind in (HandfulError, DataError, UsageError, InfeasibleError, VerifyError, HandfulWarning):
    _kind.__module__ = "handful.errors"  # as users import it, and as tracebacks name it


def nearest(name: str, known: Iterable[str], *, limit: int = 3) -> str:
    """Suggest the names most like `name`: " Nearest: 'less'." or an empty string.

    Example:
        >>> nearest("les", ["less", "dsir"])
        " Nearest: 'less'."
    """
    close = difflib.get_close_matches(name, list(known), n=limit, cutoff=0.5)
    return f" Nearest: {', '.join(map(repr, close))}." if close else ""


def listed(names: Iterable[object], *, limit: int = 8) -> str:
    """Names with commas between, and how many there are where not all are shown."""
    shown = [str(name) for name in names]
    tail = f", … ({len(shown)} in all)" if len(shown) > limit else ""
    return ", ".join(shown[:limit]) + tail
