"""Texts, templates and the models that read them."""

from __future__ import annotations

from collections.abc import Iterable

from handful.errors._base import UsageError, listed


def no_text(known: Iterable[str]) -> UsageError:
    """A method wants text and the pool has no text column."""
    return UsageError(
        "No text column. Name it: --text COLUMN, or a template such as '{instruction}\\n{input}'. "
        f"There are: {listed(known)}."
    )


def bad_template(spec: str, problem: str) -> UsageError:
    """A template that cannot be read."""
    return UsageError(
        f"--text {spec!r}: {problem}. Write columns in braces, '{{instruction}}\\n{{input}}', "
        "and a brace itself twice."
    )


def no_turns(column: str, role: str) -> UsageError:
    """A role asked of a column that holds no chats."""
    return UsageError(
        f"'{{{column}:{role}}}' asks for the turns of one role, but {column} holds no chats. "
        f"Write '{{{column}}}'."
    )


def missing_extra(what: str, extra: str) -> UsageError:
    """An optional dependency that is not installed."""
    return UsageError(f"{what} needs an extra: pip install 'handful[{extra}]'.")


def model_not_here(name: str) -> UsageError:
    """A model that is not on this machine."""
    return UsageError(
        f"No model {name!r} on this machine. Pass its folder: --features sentence_model:model=FOLDER. "
        "handful fetches none by itself."
    )
