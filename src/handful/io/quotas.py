"""Quotas from a file: a CSV with columns column,value,min,max."""

from __future__ import annotations

import csv
import os
from pathlib import Path

from handful import errors

COLUMNS = ("column", "value", "min", "max")


def read_quota_file(path: str | os.PathLike[str]) -> list[dict[str, str]]:
    """One mapping a line; an empty value stands for every value, an empty bound for none."""
    try:
        text = Path(path).read_text("utf-8-sig")
    except FileNotFoundError:
        raise errors.missing_file(str(path)) from None
    except UnicodeDecodeError as error:
        raise errors.wrong_encoding(str(path), error) from None
    lines = list(csv.DictReader(text.splitlines()))
    known = set(lines[0]) if lines else set()
    if "column" not in known or known - set(COLUMNS):
        raise errors.bad_quota_file(str(path), COLUMNS)
    return [{name: cell or "" for name, cell in line.items()} for line in lines]
