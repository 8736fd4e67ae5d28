"""How numbers, texts and tables are printed."""

from __future__ import annotations

import json
import re
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

_UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def print_json(record: Mapping[str, Any]) -> None:
    """One JSON object on stdout."""
    from handful.io.manifest import canonical

    sys.stdout.write(canonical(record).decode())


def bytes_of(size: float) -> str:
    """A number of bytes as one reads it.

    Example:
        >>> bytes_of(512), bytes_of(1_500_000)
        ('512 bytes', '1.5 MB')
    """
    if size < 1000:
        return f"{size:.0f} bytes"
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.95:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:,.1f} TB"


def number_of(value: float) -> str:
    """A number as one reads it.

    Example:
        >>> number_of(1234567), number_of(0.1 + 0.2), number_of(12.0)
        ('1,234,567', '0.3', '12')
    """
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.6g}"


def time_of(seconds: float) -> str:
    """A span of time, roughly.

    Example:
        >>> time_of(0.4), time_of(75), time_of(7300)
        ('under 1 s', '75 s', '2.0 h')
    """
    if seconds < 1:
        return "under 1 s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def span_of(seconds: float) -> str:
    """A span of time that was measured.

    Example:
        >>> span_of(0.0042), span_of(1.234), span_of(75)
        ('4 ms', '1.2 s', '75 s')
    """
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 10 else time_of(seconds)


def glimpse(text: str, width: int = 80) -> str:
    r"""The beginning of a text on one line; nothing in it moves the cursor.

    Example:
        >>> glimpse("one\ntwo\x1b[31m", 7)
        'one two'
    """
    line = " ".join(_UNPRINTED.sub(" ", text[: 8 * width]).split())
    return line[:width]


def table(head: Sequence[str], rows: Sequence[Sequence[str]], file: TextIO | None = None) -> None:
    """Columns as wide as they need; the last is wrapped where the terminal ends. `head` may be empty."""
    if not rows:
        return
    lines = [head, *rows] if head else rows
    widths = [max(len(line[i]) for line in lines) for i in range(len(rows[0]) - 1)]
    left = sum(widths) + 2 * len(widths)
    width = max(24, shutil.get_terminal_size((100, 24)).columns - left)
    for row in lines:
        first, *more = textwrap.wrap(row[-1], width) or [""]
        cells = [cell.ljust(w) for cell, w in zip(row, widths, strict=False)]
        print("  ".join([*cells, first]).rstrip(), file=file)
        for line in more:
            print(" " * left + line, file=file)


def json_text(value: Any) -> str:
    """A value in a line of text, as JSON has it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
