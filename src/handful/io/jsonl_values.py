"""Values of JSON Lines as text, number, vector or object: what `handful.io.values` says, read from bytes.

The usual values never become Python objects: strings and whole numbers as text, numbers short enough to be
exact. The others are handed to `handful.io.values.convert` as JSON texts, so both mean the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.kernels import jsonl
from handful.kernels.jsonl_reference import Kind as ValueKind
from handful.kernels.strings import place, spans_end_to_end
from handful.pool import ColumnData, Kind, Strings

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]

_DIGITS = np.zeros(256, bool)
_DIGITS[[*b"-0123456789"]] = True


@dataclass(frozen=True, eq=False)
class Cells:
    """Where the values of one column lie, in rows that follow one another in one file.

    Args:
        buffer: (b,) uint8, the file.
        kinds: (m,) of `jsonl_reference.Kind`.
        firsts: (m,) Where each value begins.
        lasts: (m,) Where it ends.
        column: Its name.
        unsound: Rows among these that cannot be read.
        where: Names the i-th of these rows.
    """

    buffer: NDArray[np.uint8]
    kinds: NDArray[np.uint8]
    firsts: Rows
    lasts: Rows
    column: str
    unsound: Rows
    where: Callable[[int], str]

    def is_string(self) -> Mask:
        """(m,) Whether the value is a string."""
        strings: Mask = (self.kinds == ValueKind.PLAIN) | (self.kinds == ValueKind.ESCAPED)
        return strings

    def is_list(self) -> Mask:
        """(m,) Whether the value is a list."""
        lists: Mask = self.kinds == ValueKind.NESTED
        lists[lists] = self.buffer[self.firsts[lists]] == ord("[")
        return lists

    def json_spans(self) -> tuple[Rows, Rows]:
        """Spans of the values as JSON: strings with their quotes."""
        quotes = self.is_string()
        return self.firsts - quotes, self.lasts + quotes

    def object(self, row: int) -> Any:
        """A value as a Python object."""
        if self.kinds[row] == ValueKind.MISSING:
            return None
        first, last = (int(spans[row]) for spans in self.json_spans())
        return json.loads(self.buffer[first:last].tobytes())


def convert(cells: Cells, kind: Kind, width: Callable[[str], int]) -> ColumnData:
    """The values as one kind; the same as `handful.io.values.convert` gives for a column of them.

    Args:
        cells: Where the values lie.
        kind: As wanted.
        width: Gives the numbers in each vector of a column.
    """
    if kind == "text":
        return texts(cells)
    if kind == "number":
        return numbers(cells)
    return vectors(cells, width(cells.column)) if kind == "vector" else objects(cells)


def joined(parts: Sequence[Any], kind: Kind) -> ColumnData:
    """One column from those of several files."""
    if len(parts) == 1:
        return parts[0]  # type: ignore[no-any-return]
    if kind == "text":
        return Strings.concatenate(parts)
    if kind == "object":
        return [value for part in parts for value in part]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _asked(cells: Cells, rows: Rows, kind: Kind) -> Any:
    """Some of the values by way of Python."""
    import pyarrow as pa

    from handful.io import values

    firsts, lasts = (spans[rows] for spans in cells.json_spans())
    offsets = np.concatenate([[0], np.cumsum(lasts - firsts)]).astype(np.int64)
    data = spans_end_to_end(cells.buffer, firsts, lasts)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    column = pa.chunked_array([pa.Array.from_buffers(pa.large_string(), len(rows), buffers)])
    field = values.encoded_field(cells.column)
    return values.convert(column, field, kind, lambda row: cells.where(int(rows[row])))


# Text -------------------------------------------------------------------------------------------


def texts(cells: Cells) -> Strings:
    """Strings and whole numbers as they are written; the rest as compact JSON."""
    asked = np.flatnonzero(_needs_writing(cells))
    kinds = cells.kinds.copy()
    kinds[asked] = ValueKind.NULL
    plain = Strings(*jsonl.gather(cells.buffer, cells.firsts, cells.lasts, kinds))
    if not len(asked):
        return plain
    return spliced(plain, asked, _asked(cells, asked, "text"))


def _needs_writing(cells: Cells) -> Mask:
    """(m,) Values whose text is not the bytes at hand: lists, objects, numbers not plainly whole."""
    needs: Mask = cells.kinds == ValueKind.NESTED
    rows = np.flatnonzero(cells.kinds == ValueKind.NUMBER)
    if len(rows):
        firsts, lasts = cells.firsts[rows], cells.lasts[rows]
        data = spans_end_to_end(cells.buffer, firsts, lasts)
        ends = np.cumsum(lasts - firsts)
        others = np.concatenate([[0], np.cumsum(~_DIGITS[data])])
        minus_zero = (
            (data[ends - 1] == 0x30) & (cells.buffer[firsts] == 0x2D) & (lasts - firsts == 2)
        )
        needs[rows] = (others[ends] > others[ends - (lasts - firsts)]) | minus_zero
    return needs


def spliced(texts: Strings, rows: Rows, others: Strings) -> Strings:
    """The texts with some of them, empty so far, replaced.

    Example:
        >>> list(spliced(Strings.of(["a", "", "c"]), np.array([1]), Strings.of(["b"])))
        ['a', 'b', 'c']
    """
    lengths = texts.lengths
    lengths[rows] = others.lengths
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    out = np.empty(int(offsets[-1]), np.uint8)
    place(texts.data, texts.offsets[:-1], texts.offsets[1:], out, offsets[:-1])
    place(others.data, others.offsets[:-1], others.offsets[1:], out, offsets[rows])
    return Strings(out, offsets)


# Numbers ----------------------------------------------------------------------------------------


def numbers(cells: Cells) -> NDArray[Any]:
    """int64 where all are whole and there, else float64 with NaN for the missing."""
    from handful.kernels import json_numbers as kernel

    count = len(cells.kinds)
    wholes, reals = np.empty(count, np.int64), np.empty(count)
    states = np.empty(count, np.uint8)
    kernel.numbers(cells.buffer, cells.firsts, cells.lasts, cells.kinds, wholes, reals, states)
    asked = np.flatnonzero(states == kernel.ASK)
    answers = _asked(cells, asked, "number") if len(asked) else wholes[:0]
    whole = states == kernel.WHOLE
    if len(whole) == whole.sum() + len(asked) and answers.dtype == np.int64:
        wholes[asked] = answers
        return wholes
    reals[whole] = wholes[whole]
    reals[asked] = answers
    return reals


# Vectors and objects ----------------------------------------------------------------------------


def vectors(cells: Cells, width: int) -> NDArray[np.float32]:
    """(m, d) float32; null in a list is NaN, rows that cannot be read are zeros."""
    from handful.kernels import json_numbers as kernel

    out = np.zeros((len(cells.kinds), width), np.float32)
    rows = np.flatnonzero(cells.is_list())
    found = np.empty((len(rows), width), np.float32)
    states = np.empty(len(rows), np.uint8)
    kernel.vectors(cells.buffer, cells.firsts[rows], cells.lasts[rows], found, states)
    out[rows] = found
    asked = np.ones(len(cells.kinds), bool)
    asked[rows] = states == kernel.ASK
    asked[cells.unsound] = False
    for row in np.flatnonzero(asked).tolist():
        out[row] = _vector(cells, row, width)
    return out


def _vector(cells: Cells, row: int, width: int) -> NDArray[np.float32]:
    values = cells.object(row)
    if not isinstance(values, list):
        reason = "is missing" if values is None else f"holds {ValueKind(cells.kinds[row]).words}"
    elif not all(
        x is None or (isinstance(x, int | float) and x is not True and x is not False)
        for x in values
    ):
        reason = "holds something else than numbers"
    elif len(values) != width:
        reason = f"has {len(values)} numbers and not the {width} of the rows before"
    else:
        floats = np.array([np.nan if x is None else float(x) for x in values])
        with np.errstate(
            over="ignore"
        ):  # an infinity is found, and named, where arrays are checked
            return floats.astype(np.float32)
    raise errors.not_a_vector(cells.where(row), cells.column, reason)


def objects(cells: Cells) -> list[Any]:
    """Python objects; None for what is missing."""
    return [cells.object(row) for row in range(len(cells.kinds))]
