"""Lists of ids, for rows that must or must not be picked."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from handful import errors
from handful.io.open import format_of, open_source
from handful.io.values import json_text
from handful.pool import Pool


def read_id_list(given: Any, column: str | None = None) -> list[str]:
    """Ids as text, in the order given.

    Args:
        given: A path, or ids themselves (texts or whole numbers). A file of JSON Lines, CSV, Parquet or
            Arrow has them in a column; any other file is text, one id a line, blank lines left out.
        column: The column where a file has columns; where None or not there: "id", else the only one.

    Example:
        >>> read_id_list([7, "b"])
        ['7', 'b']
    """
    if not isinstance(given, str | os.PathLike):
        values: Iterable[Any] = given.tolist() if hasattr(given, "tolist") else given
        return [json_text(value) for value in values]
    name = os.fspath(given)
    path = Path(name)
    if not path.is_file():
        folder = path.parent
        near = [str(folder / p.name) for p in folder.iterdir()] if folder.is_dir() else []
        raise errors.missing_file(name, near)
    if _has_columns(name):
        return _from_columns(name, column)
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise errors.wrong_encoding(name, error) from None
    return [line.strip() for line in text.split("\n") if line.strip()]


def _has_columns(name: str) -> bool:
    try:
        return format_of(name) != "npy"
    except errors.UsageError:
        return False


def _from_columns(name: str, column: str | None) -> list[str]:
    source = open_source(name)
    names = list(source.schema)
    if column not in names:
        column = "id" if "id" in names else names[0]
        if column != "id" and len(names) > 1:
            raise errors.unknown_column("id", names)
    return list(Pool(source).strings(column))
