r"""CSV and TSV read in place: where records begin, how many fields they have, and the texts of fields.

What they mean is Python's own `csv.reader` (not strict): a field that begins with a quote runs to the
quote that closes it, over line ends too; a doubled quote in it is one; what follows the closing quote
is taken as it is; a quote elsewhere is a character. A record ends at "\n", "\r\n" or "\r"; blank lines
are none.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from handful.kernels.jit import kernel, part

_BYTES = numba.types.Array(numba.uint8, 1, "C", readonly=True)
_PLACES = numba.types.Array(numba.int64, 1, "C", readonly=True)
_SPANS = numba.int64[:, ::1]
_KINDS = numba.uint8[:, ::1]
_i8 = numba.int64
_QUOTE, _NEWLINE, _RETURN = 0x22, 0x0A, 0x0D
_PLAIN, _QUOTED = 0, 1


class Records(NamedTuple):
    """Records found: (n,) where each begins, (n,) its number of fields; where looking stopped.

    `unclosed` is the place of a quote that is never closed, or -1; the record it stands in is left out.
    """

    starts: NDArray[np.int64]
    fields: NDArray[np.int64]
    next: int
    unclosed: int


def records(
    buffer: NDArray[np.uint8], start: int, stop: int, delimiter: str, limit: int
) -> Records:
    r"""Find records from `start`, where one begins; `limit` at most. About 1 ns a byte.

    Example:
        >>> data = np.frombuffer(b'a,b\r\n"x\ny",2\n\nz', np.uint8)
        >>> found = records(data, 0, len(data), ",", 10)
        >>> found.starts.tolist(), found.fields.tolist(), found.unclosed
        ([0, 5, 14], [2, 2, 1], -1)
    """
    starts, fields = np.empty(limit, np.int64), np.empty(limit, np.int64)
    count, after, unclosed = _records(buffer, start, stop, ord(delimiter), starts, fields)
    return Records(starts[:count], fields[:count], after, unclosed)


def texts(
    buffer: NDArray[np.uint8],
    starts: NDArray[np.int64],
    stop: int,
    delimiter: str,
    columns: NDArray[np.int64],
) -> list[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    r"""The texts of some columns, each as bytes and (n + 1,) offsets; a field that is not there is empty.

    Args:
        buffer: (b,) uint8.
        starts: (n,) where each record begins.
        stop: Where the last ends, at the latest.
        delimiter: One ASCII character.
        columns: Places of the columns wanted, ascending.

    Example:
        >>> data = np.frombuffer(b'1,"a ""b"" c"\n2,d', np.uint8)
        >>> [(text, offsets)] = texts(data, np.array([0, 14]), len(data), ",", np.array([1]))
        >>> text.tobytes(), offsets.tolist()
        (b'a "b" cd', [0, 7, 8])
    """
    shape = (len(columns), len(starts))
    firsts, lasts, kinds = (
        np.empty(shape, np.int64),
        np.empty(shape, np.int64),
        np.empty(shape, np.uint8),
    )
    _cells(buffer, starts, stop, ord(delimiter), columns, firsts, lasts, kinds)
    found = []
    for first, last, kind in zip(firsts, lasts, kinds, strict=True):
        out = np.empty(int(last.sum() - first.sum()), np.uint8)
        offsets = np.zeros(len(starts) + 1, np.int64)
        size = _gather(buffer, first, last, kind, out, offsets)
        found.append((out[:size], offsets))
    return found


@part(numba.types.UniTuple(_i8, 2)(_BYTES, _i8, _i8))
def _after_quoted(buffer, place, stop):
    """Past the closing quote of the field that opens at `place` (-1: none), and the quotes doubled in it."""
    doubled = 0
    place += 1
    while place < stop:
        if buffer[place] == _QUOTE:
            if place + 1 >= stop or buffer[place + 1] != _QUOTE:
                return place + 1, doubled
            doubled += 1
            place += 1
        place += 1
    return -1, doubled


@part(_i8(_BYTES, _i8, _i8, _i8))
def _after_plain(buffer, place, stop, delimiter):
    """The delimiter or line end at or past `place`, or `stop`."""
    while place < stop:
        byte = buffer[place]
        if byte == delimiter or byte == _NEWLINE or byte == _RETURN:  # noqa: PLR1714, SIM109
            break
        place += 1
    return place


@kernel(
    numba.types.UniTuple(_i8, 3)(_BYTES, _i8, _i8, _i8, numba.int64[::1], numba.int64[::1]),
)
def _records(buffer, place, stop, delimiter, starts, fields):
    """Note where records begin and how many fields they have: (records, place, quote not closed)."""
    count = 0
    while place < stop and count < len(starts):
        if buffer[place] == _NEWLINE or buffer[place] == _RETURN:
            place += 1
            continue
        starts[count], fields[count] = place, 1
        while True:
            if place < stop and buffer[place] == _QUOTE:
                quote = place
                place, _ = _after_quoted(buffer, place, stop)
                if place < 0:
                    return count, stop, quote
            place = _after_plain(buffer, place, stop, delimiter)
            if place >= stop or buffer[place] != delimiter:
                break
            fields[count] += 1
            place += 1
        count += 1
    return count, place, -1


@kernel(numba.void(_BYTES, _PLACES, _i8, _i8, _PLACES, _SPANS, _SPANS, _KINDS))
def _cells(buffer, starts, stop, delimiter, columns, firsts, lasts, kinds):
    """Spans of the wanted fields, without quotes that merely enclose; kind 1 has quotes to take out."""
    for row in range(len(starts)):
        place, column, wanted = starts[row], 0, 0
        while wanted < len(columns):
            first, last, kind = place, -1, _PLAIN
            if place < stop and buffer[place] == _QUOTE:
                place, doubled = _after_quoted(buffer, place, stop)
                place = stop if place < 0 else place
                last = place
                kind = _QUOTED if doubled else _PLAIN
            place = _after_plain(buffer, place, stop, delimiter)
            if column == columns[wanted]:
                if last == place and kind == _PLAIN:
                    first, place_ = first + 1, place - 1
                else:
                    kind = _QUOTED if last >= 0 else _PLAIN
                    place_ = place
                firsts[wanted, row], lasts[wanted, row], kinds[wanted, row] = first, place_, kind
                wanted += 1
            if place >= stop or buffer[place] != delimiter:
                break
            place += 1
            column += 1
        while wanted < len(columns):
            firsts[wanted, row] = lasts[wanted, row] = kinds[wanted, row] = 0
            wanted += 1


@kernel(_i8(_BYTES, _PLACES, _PLACES, _BYTES, numba.uint8[::1], numba.int64[::1]))
def _gather(buffer, firsts, lasts, kinds, out, offsets):
    """Write the texts of spans end to end; returns the bytes written."""
    at = 0
    for row in range(len(kinds)):
        place, last = firsts[row], lasts[row]
        if kinds[row] == _QUOTED:
            closed, _ = _after_quoted(buffer, place, last)
            inside = closed - 1
            place += 1
            while place < inside:
                out[at] = buffer[place]
                place += 2 if buffer[place] == _QUOTE else 1
                at += 1
            place = closed
        while place < last:
            out[at] = buffer[place]
            at += 1
            place += 1
        offsets[row + 1] = at
    return at
