"""Chats of JSON Lines as text, straight from the bytes; what the text is, `handful.io.chat.chat_text` says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handful.io.chat import chat_text
from handful.io.jsonl_values import Cells, spliced
from handful.kernels import jsonl
from handful.kernels.json_lists import elements
from handful.kernels.jsonl_reference import Kind
from handful.kernels.strings import place
from handful.pool import Strings

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


def render(cells: Cells, roles: frozenset[str] | None) -> Strings:
    """(m,) texts of a column's values; those of an unusual make go by way of Python objects."""
    lists = cells.is_list()
    spans = (np.where(lists, ends, 0) for ends in (cells.firsts, cells.lasts))
    kinds, firsts, lasts, offsets = elements(cells.buffer, *spans)
    turns = _turns(cells.buffer, kinds, firsts, lasts)
    strange = np.concatenate([[0], np.cumsum(turns.strange)])
    asked = (cells.kinds >= Kind.NUMBER) & ~lists
    asked |= strange[offsets[1:]] > strange[offsets[:-1]]
    row_of = np.repeat(np.arange(len(lists)), np.diff(offsets))
    wanted = ~asked[row_of] & turns.says & turns.spoken_by(roles)
    texts = _by_row(turns.texts(wanted), row_of[wanted], len(lists))
    alone = np.flatnonzero(cells.is_string())
    if len(alone) and roles is None:
        firsts, lasts, kinds = cells.firsts[alone], cells.lasts[alone], cells.kinds[alone]
        texts = spliced(texts, alone, Strings(*jsonl.gather(cells.buffer, firsts, lasts, kinds)))
    rows = np.flatnonzero(asked)
    if len(rows):
        plain = [chat_text(cells.object(row), roles) for row in rows.tolist()]
        texts = spliced(texts, rows, Strings.of(plain))
    return texts


@dataclass(frozen=True, eq=False)
class _Turns:
    """Turns of all rows, one after the other; each field (m,).

    `strange` turns are no objects, or name no speaker, or say what is no text.
    """

    buffer: NDArray[np.uint8]
    strange: Mask
    speakers: tuple[Rows, Rows, NDArray[np.uint8]]
    contents: tuple[Rows, Rows, NDArray[np.uint8]]

    @property
    def says(self) -> Mask:
        """Whether there is anything between the quotes."""
        firsts, lasts, kinds = self.contents
        return (kinds > Kind.NULL) & (lasts > firsts)

    def texts(self, wanted: Mask) -> Strings:
        """What some of the turns say."""
        firsts, lasts, kinds = self.contents
        found = jsonl.gather(self.buffer, firsts[wanted], lasts[wanted], kinds[wanted])
        return Strings(*found)

    def spoken_by(self, roles: frozenset[str] | None) -> Mask:
        """Whether the speaker has one of these names."""
        if roles is None:
            return np.ones(len(self.strange), bool)
        data, offsets = jsonl.gather(self.buffer, *self.speakers)
        lengths = np.diff(offsets)
        found = np.zeros(len(lengths), bool)
        for name in sorted(roles):
            letters = np.frombuffer(name.encode(), np.uint8)
            turns = np.flatnonzero(lengths == len(letters))
            letters_of = data[offsets[turns][:, None] + np.arange(len(letters))]
            found[turns] |= (letters_of == letters).all(axis=1)
        return found


def _turns(
    buffer: NDArray[np.uint8], kinds: NDArray[np.uint8], firsts: Rows, lasts: Rows
) -> _Turns:
    objects = kinds == Kind.NESTED
    objects[objects] = buffer[firsts[objects]] == ord("{")
    starts, ends = np.where(objects, firsts, 0), np.where(objects, lasts, 0)
    found = jsonl.extract(buffer, starts, ends, ["role", "from", "content", "value"])
    every = np.arange(len(kinds))
    strings = (found.kinds == Kind.PLAIN) | (found.kinds == Kind.ESCAPED)
    who = np.where(strings[0], 0, 1)
    what = np.where(found.kinds[2] > Kind.NULL, 2, 3)
    speakers, contents = (
        (found.firsts[field, every], found.lasts[field, every], found.kinds[field, every])
        for field in (who, what)
    )
    strange = ~strings[who, every] | (contents[2] > Kind.ESCAPED)
    return _Turns(buffer, strange, speakers, contents)


def _by_row(texts: Strings, row_of: Rows, rows: int) -> Strings:
    r"""Texts of one row joined by newlines.

    Example:
        >>> list(_by_row(Strings.of(["a", "b", "c"]), np.array([0, 0, 2]), 3))
        ['a\nb', '', 'c']
    """
    lengths = texts.lengths + 1
    before = np.cumsum(lengths) - lengths
    heads = np.searchsorted(row_of, np.arange(rows))
    spent = np.concatenate([before, [int(lengths.sum())]])[np.append(heads, len(row_of))]
    sizes = np.diff(spent)
    offsets = np.concatenate([[0], np.cumsum(sizes - (sizes > 0))]).astype(np.int64)
    out = np.full(int(offsets[-1]), ord("\n"), np.uint8)
    at = offsets[row_of] + before - spent[row_of]
    place(texts.data, texts.offsets[:-1], texts.offsets[1:], out, at)
    return Strings(out, offsets)
