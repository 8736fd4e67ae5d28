"""JSON Lines read in place: where the rows are, whether they are sound, where a field's value lies.

Nothing is built: a row is a span of bytes in a (memory-mapped) buffer, a value another. Three steps,
one pass each:

- `lines` and `check`: the non-blank lines of a byte range; for each -1, or where it breaks;
- `extract`: for fields of the top level by name, kind and span of the value in each row;
- `gather`: the texts of such values, unescaped, end to end (Arrow's large_string).

What they mean is `jsonl_reference`, plain Python over the standard library's json. What `check`
passes is sound; a line it faults goes to `jsonl_reference.fault`, which decides and words the error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from handful.kernels import json_check, json_values
from handful.kernels.jit import kernel
from handful.kernels.json_bytes import (
    BYTES,
    NEWLINE,
    PAIR,
    RETURN,
    SPACE,
    TAB,
    WORDS,
    as_words,
    either_until,
)
from handful.kernels.jsonl_reference import Kind

__all__ = ["Fields", "Kind", "Lines", "check", "extract", "gather", "lines"]


class Lines(NamedTuple):
    """Non-blank lines: their spans without line ends, and the place where looking stopped."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    next: int


class Fields(NamedTuple):
    """Values of named fields: (fields, rows) kinds of `jsonl_reference.Kind`, and spans."""

    kinds: NDArray[np.uint8]
    firsts: NDArray[np.int64]
    lasts: NDArray[np.int64]


def lines(buffer: NDArray[np.uint8], start: int, stop: int, limit: int) -> Lines:
    r"""Find the lines that are rows: those of [start, stop) that are not blank, `limit` at most.

    Only "\n" ends a line; a "\r" before it belongs to the line end. A line of ASCII white space is
    blank. What follows the last "\n" is a line too. Cost: 1 byte read once, about 0.2 ns.

    Args:
        buffer: (b,) uint8, aligned to 8 bytes.
        start: Where a line begins (past the byte order mark, if any).
        stop: Where a line begins, or `b`.
        limit: ≥ 0.

    Example:
        >>> data = np.frombuffer(b'{"a": 1}\r\n\n{"a": 2}', np.uint8)
        >>> found = lines(data, 0, len(data), 10)
        >>> found.starts.tolist(), found.ends.tolist(), found.next
        ([0, 11], [8, 19], 19)
    """
    starts, ends = np.empty(limit, np.int64), np.empty(limit, np.int64)
    count, after = _lines(buffer, as_words(buffer), start, stop, starts, ends)
    return Lines(starts[:count], ends[:count], after)


def check(
    buffer: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.int64]:
    r"""Is each line one JSON object in valid UTF-8? -1 if so, else where it breaks.

    What passes is sound. What does not is `jsonl_reference.fault`'s to decide: objects nested deeper
    than 64 levels fail here and may yet be sound. Cost: about 1 ns a byte.

    Example:
        >>> data = np.frombuffer(b'{"a": 1}\n{"a": 01}', np.uint8)
        >>> check(data, *lines(data, 0, len(data), 10)[:2]).tolist()
        [-1, 16]
    """
    faults = np.empty(len(starts), np.int64)
    json_check.check(buffer, as_words(buffer), starts, ends, faults)
    return faults


def extract(
    buffer: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    names: Sequence[str],
) -> Fields:
    """Find the values of top-level fields in sound lines; where a key comes twice, the last counts.

    Spans of strings leave out the quotes. Keys may be written with escapes. Any span of a sound
    object is as good as a line. Cost: about 0.7 ns a byte.

    Args:
        buffer: (b,) uint8, aligned to 8 bytes.
        starts: (n,) Where each object's line begins.
        ends: (n,) Where it ends.
        names: Fields to find.

    Example:
        >>> data = np.frombuffer(b'{"id": 7, "text": "ab"}', np.uint8)
        >>> found = extract(data, *lines(data, 0, len(data), 1)[:2], ["text", "id", "no"])
        >>> [Kind(kind).name for kind in found.kinds[:, 0]]
        ['PLAIN', 'NUMBER', 'MISSING']
        >>> found.firsts[:, 0].tolist(), found.lasts[:, 0].tolist()
        ([19, 7, 0], [21, 8, 0])
    """
    encoded = [name.encode("utf-8", "surrogatepass") for name in names]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    packed = np.frombuffer(b"".join(encoded), np.uint8)
    shape = (len(names), len(starts))
    longest = max(map(len, encoded), default=0)
    scratch = np.empty(
        6 * longest, np.uint8
    )  # a longer key, though escaped, is longer than any name
    fields = Fields(np.empty(shape, np.uint8), np.empty(shape, np.int64), np.empty(shape, np.int64))
    json_values.extract(
        buffer,
        as_words(buffer),
        starts,
        ends,
        packed,
        offsets,
        scratch,
        fields[1],
        fields[2],
        fields[0],
    )
    return fields


def gather(
    buffer: NDArray[np.uint8],
    firsts: NDArray[np.int64],
    lasts: NDArray[np.int64],
    kinds: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    r"""Write the texts of values end to end: (bytes,) uint8, valid UTF-8, and (n + 1,) offsets.

    Strings lose their escapes (a lone surrogate becomes U+FFFD), numbers, booleans and nested values
    are their JSON text, null and missing are empty. Cost: a copy, and about 2 ns an escape.

    Example:
        >>> data = np.frombuffer(b'{"a": "x\\ny"}', np.uint8)
        >>> found = extract(data, *lines(data, 0, len(data), 1)[:2], ["a"])
        >>> text, offsets = gather(data, found.firsts[0], found.lasts[0], found.kinds[0])
        >>> text.tobytes(), offsets.tolist()
        (b'x\ny', [0, 3])
    """
    out = np.empty(int(lasts.sum() - firsts.sum()), np.uint8)
    offsets = np.empty(len(kinds) + 1, np.int64)
    size = json_values.gather(buffer, as_words(buffer), firsts, lasts, kinds, out, offsets)
    return out[:size], offsets


@kernel(
    PAIR(BYTES, WORDS, numba.int64, numba.int64, numba.int64[::1], numba.int64[::1]),
    allocates=False,
)
def _lines(buffer, words, place, stop, starts, ends):
    """Note non-blank lines from `place` until `stop` or until the arrays are full: (count, place)."""
    count = 0
    while place < stop and count < len(starts):
        end = either_until(buffer, words, place, stop, NEWLINE, NEWLINE)
        after = end + 1
        if end > place and buffer[end - 1] == RETURN:
            end -= 1
        first = place
        while first < end and (buffer[first] == SPACE or TAB <= buffer[first] <= RETURN):
            first += 1
        if first < end:
            starts[count], ends[count] = place, end
            count += 1
        place = after
    return count, min(place, stop)
