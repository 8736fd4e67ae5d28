"""What the JSON Lines kernels mean, in plain Python over the standard library's json: the full parser.

A row is a line that is not blank. It is sound where `json.loads` takes it (NaN and ±Infinity, which it
takes, are numbers here), and it is one object, in valid UTF-8, at most `MAX_DEPTH` levels deep.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from json.decoder import WHITESPACE, scanstring  # type: ignore[attr-defined]
from typing import Any

MAX_DEPTH = 256
"""Levels of nesting that every supported Python parses within its recursion limit."""

_LONE = re.compile("[\ud800-\udfff]")
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
"""Numbers stay text: any length is sound, and none loses digits."""


class Kind(IntEnum):
    """What stands at a field; PLAIN and ESCAPED are strings, without and with backslashes."""

    MISSING = 0
    NULL = 1
    PLAIN = 2
    ESCAPED = 3
    NUMBER = 4
    BOOLEAN = 5
    NESTED = 6

    @property
    def words(self) -> str:
        """For messages."""
        return _WORDS[self]


_WORDS = ("nothing", "null", "text", "text", "a number", "a truth value", "an object")


def lines(data: bytes) -> Iterator[tuple[int, int]]:
    r"""Give the spans of the non-blank lines; "\n" ends a line, a "\r" before it is left out too.

    Example:
        >>> list(lines(b"{}\r\n \n{}"))
        [(0, 2), (6, 8)]
    """
    start = 0
    for line in data.split(b"\n"):
        if line and not line.isspace():
            yield start, start + len(line.removesuffix(b"\r"))
        start += len(line) + 1


def fault(line: bytes) -> str | None:
    """Say what is wrong with a line that should be one JSON object, or None where it is sound.

    Example:
        >>> fault(b'{"a": 1}'), fault(b'{"a": "b')
        (None, 'not valid JSON (unterminated string at column 7)')
    """
    try:
        value = _DECODER.decode(line.decode())
    except UnicodeDecodeError as error:
        column = len(line[: error.start].decode()) + 1
        place = f"byte 0x{line[error.start]:02X} at column {column}"
        return f"not UTF-8 ({place}: Latin-1? Convert it: iconv -f LATIN1 -t UTF-8)"
    except json.JSONDecodeError as error:
        problem = error.msg.removesuffix(" at").removesuffix(" starting")
        return f"not valid JSON ({problem[:1].lower()}{problem[1:]} at column {error.pos + 1})"
    except RecursionError:
        return f"nested deeper than {MAX_DEPTH} levels"
    if not isinstance(value, dict):
        return f"not a JSON object but a {'list' if isinstance(value, list) else 'single value'}"
    return f"nested deeper than {MAX_DEPTH} levels" if _depth(value) > MAX_DEPTH else None


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [inner for inner in level if isinstance(inner, dict | list)]:
        depth += 1
        level = [
            x for inner in level for x in (inner.values() if isinstance(inner, dict) else inner)
        ]
    return depth


def fields(line: bytes, names: Sequence[str]) -> list[tuple[Kind, int, int]]:
    """Kind and byte span, within a sound line, of the value of each named top-level field.

    Where a key comes twice the last counts; a missing field has the span (0, 0).

    Example:
        >>> fields(b'{"a": "b", "c": [1]}', ["c", "a", "d"])
        [(<Kind.NESTED: 6>, 16, 19), (<Kind.PLAIN: 2>, 7, 8), (<Kind.MISSING: 0>, 0, 0)]
    """
    text = line.decode()
    found = {key: (kind, first, last) for key, kind, first, last in _items(text)}
    spans = [found.get(name, (Kind.MISSING, 0, 0)) for name in names]
    return [(kind, len(text[:i].encode()), len(text[:j].encode())) for kind, i, j in spans]


def _items(text: str) -> Iterator[tuple[str, Kind, int, int]]:
    place = _past_space(text, 0) + 1
    while text[place := _past_space(text, place)] == '"':
        key, place = scanstring(text, place + 1, True)
        first = _past_space(text, _past_space(text, place) + 1)
        value, last = _DECODER.raw_decode(text, first)
        place = _past_space(text, last)
        place += text[place] == ","
        if text[first] == '"':
            kind = Kind.ESCAPED if "\\" in text[first:last] else Kind.PLAIN
            first, last = first + 1, last - 1
        elif value is None:
            kind = Kind.NULL
        else:
            kind = Kind.BOOLEAN if isinstance(value, bool) else Kind.NUMBER
            kind = Kind.NESTED if isinstance(value, dict | list) else kind
        yield _LONE.sub("\ufffd", key), kind, first, last


def _past_space(text: str, place: int) -> int:
    match = WHITESPACE.match(text, place)
    return int(match.end())


def text(kind: Kind, raw: bytes) -> bytes:
    r"""Give a value's text in UTF-8: strings unescaped, null and missing empty, the rest as written.

    Example:
        >>> text(Kind.ESCAPED, rb"\ud83d\ude00 \ud83d").decode(), text(Kind.NESTED, b"[1, 2]")
        ('😀 \ufffd', b'[1, 2]')
    """
    if kind in (Kind.MISSING, Kind.NULL):
        return b""
    if kind is Kind.ESCAPED:
        return _LONE.sub("\ufffd", json.loads(b'"' + raw + b'"')).encode()
    return raw
