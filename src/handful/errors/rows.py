"""Rows of the pool and of targets that are not as they must be."""

from __future__ import annotations

from handful.errors._base import DataError


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


def empty_pool(where: str) -> DataError:
    """No rows."""
    return DataError(f"{where}: no rows. Check the path, and that the file is not empty.")


def empty_text(where: str, spec: str) -> DataError:
    """A row whose text is empty."""
    return DataError(
        f"{where}: the text ({spec}) is empty. Mend it, --exclude it, or pass --on-bad-row skip."
    )


def target_without_words(name: str) -> DataError:
    """A target from which nothing can be counted."""
    return DataError(
        f"Target {name!r} has no words in its text. Name the right column: --like-text COLUMN."
    )


def bad_score(where: str, column: str, value: float, count: int) -> DataError:
    """A score that is no number."""
    return DataError(
        f"{where}: {column} = {value} ({count} such rows), and a score must be finite. "
        "Mend it, or --exclude the rows."
    )


def unknown_labels(labels: object) -> DataError:
    """Something in place of classes; scikit-learn's own words, by which its checks know the error."""
    return DataError(f"Unknown label type: {labels!r}. y must hold classes or numbers.")
