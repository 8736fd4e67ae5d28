"""Selections used for what they are not."""

from __future__ import annotations

from handful.errors._base import UsageError


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
