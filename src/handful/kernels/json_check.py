"""Is a line one JSON object in valid UTF-8? The first byte at fault, found without building anything.

Each `_after_…` takes the place where something begins and gives the place past it, or, where it is
broken, ~(the byte at fault), which is negative. What is sound is `jsonl_reference.fault`.
"""

import numba
import numpy as np

from handful.kernels.jit import kernel, part
from handful.kernels.json_bytes import (
    BACKSLASH,
    BRACKETS,
    BYTES,
    CLOSE_LIST,
    CLOSE_OBJECT,
    COLON,
    COMMA,
    LETTER_U,
    OPEN_OBJECT,
    PLACES,
    QUOTE,
    SPACE,
    WORDS,
    after_space,
    hexadecimal,
    plain_until,
)

SURE_DEPTH = 64
"""Levels of nesting the kernel follows; what lies deeper it faults, for the reference to decide."""

_FIRST_KEY, _KEY, _FIRST_VALUE, _VALUE, _NEXT = range(5)  # what the grammar expects
_MINUS, _PLUS, _POINT, _ZERO, _NINE, _LETTER_E, _LETTER_I = 0x2D, 0x2B, 0x2E, 0x30, 0x39, 0x65, 0x49
_TRUE, _FALSE, _NULL, _NAN, _INFINITY = (
    np.uint64(int.from_bytes(word, "little"))
    for word in (b"true", b"false", b"null", b"NaN", b"Infinity")
)
_PLACE = numba.int64(BYTES, numba.int64, numba.int64)


@part(_PLACE)
def _after_character(buffer, place, end):
    """Past a UTF-8 character of two to four bytes (RFC 3629, §4)."""
    lead = buffer[place]
    if lead < 0xC2 or lead > 0xF4:
        return ~place
    length = 2 + np.int64(lead >= 0xE0) + np.int64(lead >= 0xF0)
    if place + length > end:
        return ~place
    second = buffer[place + 1]
    low = 0xA0 if lead == 0xE0 else (0x90 if lead == 0xF0 else 0x80)
    high = 0x9F if lead == 0xED else (0x8F if lead == 0xF4 else 0xBF)
    if second < low or second > high:
        return ~place
    for step in range(2, length):
        if buffer[place + step] & 0xC0 != 0x80:
            return ~place
    return place + length


@part(numba.int64(BYTES, WORDS, numba.int64, numba.int64))
def _after_string(buffer, words, place, end):
    """Past the string whose body begins at `place`."""
    while True:
        place = plain_until(buffer, words, place, end)
        if place >= end:
            return ~end
        byte = buffer[place]
        if byte == QUOTE:
            return place + 1
        if byte == BACKSLASH:
            name = buffer[place + 1] if place + 1 < end else np.uint8(0)
            if name == LETTER_U and hexadecimal(buffer, place + 2, end) >= 0:
                place += 6
                continue
            for known in (0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74):  # " \ / b f n r t
                if name == known:
                    break
            else:
                return ~place
            place += 2
        elif byte < SPACE:
            return ~place
        while 0 <= place < end and buffer[place] >= 0x80:
            place = _after_character(buffer, place, end)
        if place < 0:
            return place


@part(_PLACE)
def _after_digits(buffer, place, end):
    """Past one or more digits."""
    first = place
    while place < end and _ZERO <= buffer[place] <= _NINE:
        place += 1
    return place if place > first else ~place


@part(_PLACE)
def after_number(buffer, place, end):
    """Past a JSON number: -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?."""
    if buffer[place] == _MINUS:
        place += 1
    zero = place < end and buffer[place] == _ZERO
    place = place + 1 if zero else _after_digits(buffer, place, end)
    if 0 <= place < end and buffer[place] == _POINT:
        place = _after_digits(buffer, place + 1, end)
    if 0 <= place < end and buffer[place] | 0x20 == _LETTER_E:
        place += 1
        if place < end and (buffer[place] == _PLUS or buffer[place] == _MINUS):
            place += 1
        place = _after_digits(buffer, place, end)
    return place


@part(_PLACE)
def _after_bare(buffer, place, end):
    """Past a number or a word that json.loads takes, NaN, Infinity and -Infinity among them."""
    at = place
    if buffer[at] == _MINUS and at + 1 < end and buffer[at + 1] == _LETTER_I:
        at += 1
    lead = buffer[at]
    if lead == 0x74:
        letters, count = _TRUE, 4
    elif lead == 0x66:
        letters, count = _FALSE, 5
    elif lead == 0x6E:
        letters, count = _NULL, 4
    elif lead == 0x4E:
        letters, count = _NAN, 3
    elif lead == _LETTER_I:
        letters, count = _INFINITY, 8
    else:
        return after_number(buffer, place, end)
    for step in range(count):
        if at + step >= end or buffer[at + step] != np.uint8(letters >> np.uint64(8 * step)):
            return ~(at + step)
    return at + count


@part(numba.int64(BYTES, WORDS, numba.int64, numba.int64))
def _fault(buffer, words, place, end):
    """The first byte at fault of a line that should be one JSON object, or -1."""
    place = after_space(buffer, place, end)
    if place >= end or buffer[place] != OPEN_OBJECT:
        return place
    place += 1
    depth, objects, expected = 1, np.uint64(1), _FIRST_KEY  # objects: a bit a level, inmost lowest
    while depth:
        place = after_space(buffer, place, end)
        if place >= end:
            return end
        byte = buffer[place]
        within = objects & np.uint64(1)
        closes = byte == (CLOSE_OBJECT if within else CLOSE_LIST)
        if expected == _NEXT and byte == COMMA:
            place, expected = place + 1, (_KEY if within else _VALUE)
        elif closes and expected != _KEY and expected != _VALUE:
            depth, objects = depth - 1, objects >> np.uint64(1)
            place, expected = place + 1, _NEXT
        elif expected <= _KEY and byte == QUOTE:
            place = _after_string(buffer, words, place + 1, end)
            if place < 0:
                return ~place
            place = after_space(buffer, place, end)
            if place >= end or buffer[place] != COLON:
                return place
            place, expected = place + 1, _VALUE
        elif expected <= _KEY or expected == _NEXT:
            return place
        elif byte | BRACKETS == OPEN_OBJECT:
            if depth == SURE_DEPTH:
                return place
            opens = np.uint64(byte == OPEN_OBJECT)
            depth, objects = depth + 1, (objects << np.uint64(1)) | opens
            place, expected = place + 1, (_FIRST_KEY if opens else _FIRST_VALUE)
        else:
            if byte == QUOTE:
                place = _after_string(buffer, words, place + 1, end)
            else:
                place = _after_bare(buffer, place, end)
            if place < 0:
                return ~place
            expected = _NEXT
    place = after_space(buffer, place, end)
    return -1 if place == end else place


@kernel(numba.void(BYTES, WORDS, PLACES, PLACES, numba.int64[::1]))
def check(buffer, words, starts, ends, faults):
    """Write for each line the place of its first byte at fault, or -1."""
    for row in range(len(starts)):
        faults[row] = _fault(buffer, words, starts[row], ends[row])
