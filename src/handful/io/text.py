r"""How a row becomes text: a column, or a template over columns such as '{instruction}\n{input}'."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.io.chat import chat_texts
from handful.pool import Kind, Source, Strings, TextSpec

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_ESCAPE = re.compile(r"\\([nt\\])")
_ESCAPED = {"n": "\n", "t": "\t", "\\": "\\"}

_USUAL = (
    "{text}",
    "{messages}",
    "{conversations}",
    "{instruction}\n{input}\n{output}",
    "{instruction}\n{output}",
    "{instruction}\n{response}",
    "{prompt}\n{completion}",
    "{prompt}\n{response}",
    "{question}\n{answer}",
    "{content}",
    "{document}",
)
"""Tried in this order where no text is named."""


@dataclass(frozen=True)
class Field:
    """The value of a column; of a column of chats, perhaps one role's turns alone."""

    column: str
    role: str | None = None


@dataclass(frozen=True)
class Template:
    """Columns and the text between them: a `handful.pool.TextSpec`.

    Args:
        spec: As the user wrote it.
        pieces: In order.
    """

    spec: str
    pieces: tuple[str | Field, ...]

    def render(self, source: Source, start: int, stop: int) -> Strings:
        """Texts of rows [start, stop): each column is read once, and no Python object made for a row."""
        fields = [piece for piece in self.pieces if isinstance(piece, Field)]
        plain: dict[str, Kind] = {f.column: "text" for f in fields if not _may_be_chat(source, f)}
        read = source.read(plain, start, stop) if plain else {}
        parts: list[bytes | Strings] = []
        for piece in self.pieces:
            if isinstance(piece, str):
                parts.append(piece.encode())
            elif piece.column in read:
                parts.append(_strings(read[piece.column]))
            else:
                parts.append(chat_texts(source, piece.column, piece.role, start, stop))
        if len(parts) == 1 and isinstance(parts[0], Strings):
            return parts[0]
        return side_by_side(parts, stop - start)


def _strings(column: object) -> Strings:
    assert isinstance(column, Strings)
    return column


def _may_be_chat(source: Source, field: Field) -> bool:
    return source.schema[field.column] == "object"


def side_by_side(parts: list[bytes | Strings], rows: int) -> Strings:
    """Join texts within each row; bytes are the same in all.

    Example:
        >>> list(side_by_side([Strings.of(["a", "b"]), b"-", Strings.of(["1", "2"])], 2))
        ['a-1', 'b-2']
    """
    from handful.kernels.strings import place

    lengths = sum(
        (np.int64(len(p)) if isinstance(p, bytes) else p.lengths for p in parts),
        np.zeros(rows, np.int64),
    )
    offsets: NDArray[np.int64] = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    out, at = np.empty(int(offsets[-1]), np.uint8), offsets[:-1].copy()
    for part in parts:
        if isinstance(part, bytes):
            data, firsts = np.frombuffer(part, np.uint8), np.zeros(rows, np.int64)
            lasts = firsts + len(part)
        else:
            data, firsts, lasts = part.data, part.offsets[:-1], part.offsets[1:]
        place(data, firsts, lasts, out, at)
        at += lasts - firsts
    return Strings(out, offsets)


def text_spec(spec: str, source: Source) -> TextSpec:
    r"""Read what the user wrote: the name of a column, or a template of '{column}' and '{chat:role}'.

    In a template, \n and \t are line end and tab, and a brace is written twice. Where a column's name has
    a colon in it, the whole is tried first.

    Args:
        spec: Such as 'text', '{instruction}\n{input}', '{messages}' or '{messages:user}'.
        source: Must have the columns.

    Example:
        >>> from handful.io.open import open_source
        >>> source = open_source({"q": ["Why?"], "a": ["So."]})
        >>> list(text_spec("Q: {q}\\nA: {a}", source).render(source, 0, 1))
        ['Q: Why?\nA: So.']
    """
    if "{" not in spec and "}" not in spec:
        return Template(spec, (_field(spec, None, source),))
    pieces = tuple(_pieces(spec, source))
    if not any(isinstance(piece, Field) for piece in pieces):
        raise errors.bad_template(spec, "it names no column")
    return Template(spec, pieces)


def _pieces(spec: str, source: Source) -> Iterator[str | Field]:
    place = 0
    held = ""
    for found in _PIECE.finditer(spec):
        held += _unescaped(spec[place : found.start()])
        place = found.end()
        if found[0] in {"{{", "}}"}:
            held += found[0][0]
            continue
        if found[0] in {"{", "}"}:
            raise errors.bad_template(spec, f"the {found[0]} at {found.start() + 1} has no partner")
        if held:
            yield held
        held = ""
        yield _named(found[1], source)
    if held := held + _unescaped(spec[place:]):
        yield held


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPED[found[1]], text)


def _named(name: str, source: Source) -> Field:
    column, colon, role = name.rpartition(":")
    if colon and name not in source.schema:
        return _field(column, role, source)
    return _field(name, None, source)


def _field(column: str, role: str | None, source: Source) -> Field:
    if column not in source.schema:
        raise errors.unknown_column(column, source.schema)
    if role is not None and source.schema[column] != "object":
        raise errors.no_turns(column, role)
    return Field(column, role)


def default_text(source: Source) -> TextSpec | None:
    """The text of a pool that names none: the usual columns, else its only column of texts, else None."""
    known = list(source.schema)
    for usual in _USUAL:
        columns = re.findall(r"\{(\w+)\}", usual)
        if all(column in known and source.schema[column] != "number" for column in columns):
            spec = columns[0] if len(columns) == 1 else usual
            return text_spec(spec, source)
    texts = [column for column in known if source.schema[column] == "text"]
    return text_spec(texts[0], source) if len(texts) == 1 else None
