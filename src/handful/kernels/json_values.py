"""Fields of sound lines: where a value's bytes lie, what kind it is, and its text.

Lines come here after `json_check` (or the reference) has passed them, so strings close and brackets
match; every loop still stops at the line's end. What the answers mean is `jsonl_reference`.
"""

import numba
import numpy as np

from handful.kernels.jit import kernel, part
from handful.kernels.json_bytes import (
    BACKSLASH,
    BRACKETS,
    BYTES,
    CLOSE_OBJECT,
    COMMA,
    LETTER_U,
    OPEN_OBJECT,
    PAIR,
    PLACES,
    QUOTE,
    WORDS,
    after_space,
    either_until,
    hexadecimal,
)
from handful.kernels.jsonl_reference import Kind

MISSING, NULL, PLAIN, ESCAPED = (
    int(Kind.MISSING),
    int(Kind.NULL),
    int(Kind.PLAIN),
    int(Kind.ESCAPED),
)
NUMBER, BOOLEAN, NESTED = int(Kind.NUMBER), int(Kind.BOOLEAN), int(Kind.NESTED)

_MEANT = np.arange(256, dtype=np.uint8)  # what a letter behind a backslash means
_MEANT[[*b"bfnrt"]] = [*b"\b\f\n\r\t"]
_ENDS_BARE = np.zeros(256, np.bool_)
_ENDS_BARE[[*b" \t\r,]}"]] = True

_OUT = numba.uint8[::1]
_SPANS = numba.int64[:, ::1]
_KINDS = numba.uint8[:, ::1]


@part(PAIR(BYTES, WORDS, numba.int64, numba.int64))
def _closing_quote(buffer, words, place, end):
    """Where the string whose body begins at `place` ends, and whether it is PLAIN or ESCAPED."""
    kind = PLAIN
    place = either_until(buffer, words, place, end, QUOTE, BACKSLASH)
    while place < end and buffer[place] == BACKSLASH:
        kind = ESCAPED
        place = either_until(buffer, words, min(place + 2, end), end, QUOTE, BACKSLASH)
    return place, kind


@part(numba.int64(BYTES, numba.int64, numba.int64))
def _after_bare(buffer, place, end):
    """Past a number or a word."""
    while place < end and not _ENDS_BARE[buffer[place]]:
        place += 1
    return place


@part(numba.types.UniTuple(numba.int64, 4)(BYTES, WORDS, numba.int64, numba.int64))
def value_at(buffer, words, place, end):
    """Of the value at `place`: its kind, its span (without the quotes of a string), the place past it."""
    first, depth = place, 0
    while place < end:
        byte = buffer[place]
        if byte == QUOTE:
            body = place + 1
            place, kind = _closing_quote(buffer, words, body, end)
            if depth == 0:
                return kind, body, place, place + 1
        elif byte | BRACKETS == OPEN_OBJECT:
            depth += 1
        elif byte | BRACKETS == CLOSE_OBJECT:
            depth -= 1
        elif depth == 0:
            place = _after_bare(buffer, place, end)
            truth = byte == 0x74 or byte == 0x66  # t, f
            return (NULL if byte == 0x6E else (BOOLEAN if truth else NUMBER)), first, place, place
        place += 1
        if depth <= 0:
            break
    return NESTED, first, min(place, end), place


@part(numba.int64(numba.int64, _OUT, numba.int64))
def _encode(code, out, at):
    """Write a character as UTF-8; the place after it."""
    if code < 0x80:
        out[at] = code
        return at + 1
    bits = 6 if code < 0x800 else (12 if code < 0x10000 else 18)
    out[at] = (0xC0 if bits == 6 else (0xE0 if bits == 12 else 0xF0)) | code >> bits
    while bits:
        bits, at = bits - 6, at + 1
        out[at] = 0x80 | (code >> bits & 0x3F)
    return at + 1


@part(numba.int64(BYTES, numba.int64, numba.int64, _OUT, numba.int64))
def _copy(buffer, first, last, out, at):
    """Write a span as it is; the place after it."""
    source, target = buffer[first:last], out[at : at + last - first]
    for step in range(len(target)):  # over slices: a loop the compiler makes wide
        target[step] = source[step]
    return at + len(target)


@part(numba.int64(BYTES, WORDS, numba.int64, numba.int64, _OUT, numba.int64))
def _unescape(buffer, words, place, end, out, at):
    r"""Write the text of a string's body; the place after it.

    Two \u escapes that are a surrogate pair are one character; a lone surrogate becomes U+FFFD.
    """
    while True:
        stop = either_until(buffer, words, place, end, BACKSLASH, BACKSLASH)
        at, place = _copy(buffer, place, stop, out, at), stop
        if place + 1 >= end:
            return at
        while place + 1 < end and buffer[place] == BACKSLASH:  # escapes come in runs
            name = buffer[place + 1]
            if name != LETTER_U:
                out[at] = _MEANT[name]
                at, place = at + 1, place + 2
                continue
            code, place = hexadecimal(buffer, place + 2, end), place + 6
            if 0xD800 <= code < 0xDC00 and place + 1 < end and buffer[place + 1] == LETTER_U:
                low = hexadecimal(buffer, place + 2, end) if buffer[place] == BACKSLASH else -1
                if 0xDC00 <= low < 0xE000:
                    code, place = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00), place + 6
            at = _encode(0xFFFD if code < 0 or 0xD800 <= code < 0xE000 else code, out, at)


@part(numba.boolean(BYTES, numba.int64, BYTES, numba.int64, numba.int64))
def _same(one, first, other, second, length):
    """Are the two spans of `length` bytes equal?"""
    for step in range(length):
        if one[first + step] != other[second + step]:
            return False
    return True


@kernel(
    numba.void(BYTES, WORDS, PLACES, PLACES, BYTES, PLACES, _OUT, _SPANS, _SPANS, _KINDS),
    allocates=False,
)
def extract(buffer, words, starts, ends, names, offsets, scratch, firsts, lasts, kinds):
    """Find the values of named fields: (fields, rows) kinds and spans; of equal keys the last counts."""
    fields = len(kinds)
    for row in range(len(starts)):
        for field in range(fields):
            firsts[field, row] = lasts[field, row] = kinds[field, row] = MISSING
        end = ends[row]
        place = after_space(buffer, after_space(buffer, starts[row], end) + 1, end)
        while place < end and buffer[place] == QUOTE:
            key = place + 1
            after, kind = _closing_quote(buffer, words, key, end)
            length = after - key
            escaped = kind == ESCAPED and length <= len(scratch)
            if escaped:
                length = _unescape(buffer, words, key, after, scratch, 0)
            place = after_space(buffer, after_space(buffer, after + 1, end) + 1, end)
            if place >= end:
                break
            value_kind, first, last, place = value_at(buffer, words, place, end)
            for field in range(fields):
                name = offsets[field]
                if offsets[field + 1] - name != length:
                    continue
                if escaped:
                    same = _same(scratch, 0, names, name, length)
                else:
                    same = _same(buffer, key, names, name, length)
                if same:
                    kinds[field, row] = value_kind
                    firsts[field, row], lasts[field, row] = first, last
            place = after_space(buffer, place, end)
            if place < end and buffer[place] == COMMA:
                place = after_space(buffer, place + 1, end)


@kernel(numba.int64(BYTES, WORDS, PLACES, PLACES, BYTES, _OUT, numba.int64[::1]), allocates=False)
def gather(buffer, words, firsts, lasts, kinds, out, offsets):
    """Write the texts of values end to end; offsets (n + 1,). Returns the bytes written."""
    at = 0
    offsets[0] = 0
    for row in range(len(kinds)):
        if kinds[row] == ESCAPED:
            at = _unescape(buffer, words, firsts[row], lasts[row], out, at)
        elif kinds[row] > NULL:
            at = _copy(buffer, firsts[row], lasts[row], out, at)
        offsets[row + 1] = at
    return at
