"""Names that are not known."""

from __future__ import annotations

from collections.abc import Iterable

from handful.errors._base import UsageError, listed, nearest


def unknown_column(column: str, known: Iterable[str]) -> UsageError:
    """A column the pool does not have."""
    known = list(known)
    return UsageError(
        f"Unknown column {column!r}.{nearest(column, known)} There are: {listed(known)}."
    )


def unknown_method(name: str, known: Iterable[str]) -> UsageError:
    """A method nobody registered."""
    return UsageError(
        f"Unknown method {name!r}.{nearest(name, known)} See them all: handful methods."
    )


def unknown_parameter(name: str, owner: str, known: Iterable[str]) -> UsageError:
    """A parameter the method does not have."""
    known = list(known)
    there = f"It has: {listed(known)}." if known else "It has none."
    return UsageError(f"{owner} has no parameter {name!r}.{nearest(name, known)} {there}")


def unknown_choice(name: str, value: object, known: Iterable[str]) -> UsageError:
    """A value outside a closed set."""
    known = list(known)
    return UsageError(
        f"{name} {value!r} is not one of {listed(known)}.{nearest(str(value), known)}"
    )


def bad_parameter(owner: str, name: str, value: object, expected: str) -> UsageError:
    """A parameter's value of the wrong type or out of range."""
    return UsageError(f"{owner}: {name}={value!r}, and it must be {expected}.")


def unknown_feature(key: str, known: Iterable[str]) -> UsageError:
    """Features nobody made."""
    known = list(known)
    return UsageError(f"Unknown features {key!r}.{nearest(key, known)} There are: {listed(known)}.")
