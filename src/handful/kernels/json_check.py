"""Is a line one JSON object in valid UTF-8? Judged without building anything.

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
_IS_ESCAPE = np.zeros(256, np.bool_)
_IS_ESCAPE[[*b'"\\/bfnrt']] = True
_PLACE = numba.int64(BYTES, numba.int64, numba.int64)


@part(numba.boolean(BYTES, numba.int64, numba.int64))
def _is_ascii(buffer, place, end):
    line, seen = buffer[place:end], np.uint8(0)
    for at in range(len(line)):
        seen |= line[at]
    return seen < 0x80


@part(numba.boolean(BYTES, numba.int64, numba.int64))
def _is_utf8(buffer, place, end):
    """Whether an object is valid UTF-8 (RFC 3629, §4), its brackets and so its ends being sound.

    A byte must follow another where one of the three before it opens a character that long, and only
    there. No branch, so that the compiler makes the loop wide.
    """
    third = buffer[place + 2]  # the first two are ASCII, as is the last
    wrong = (0x80 <= third < 0xC2) | (third > 0xF4)
    before3, before2 = buffer[place : end - 3], buffer[place + 1 : end - 2]
    before, bytes_ = buffer[place + 2 : end - 1], buffer[place + 3 : end]
    for at in range(len(bytes_)):
        byte, last = bytes_[at], before[at]
        follows = (last >= 0xC0) | (before2[at] >= 0xE0) | (before3[at] >= 0xF0)
        wrong |= follows != (byte & 0xC0 == 0x80)
        wrong |= (byte == 0xC0) | (byte == 0xC1) | (byte > 0xF4)
        wrong |= ((last == 0xE0) & (byte < 0xA0)) | ((last == 0xED) & (byte > 0x9F))
        wrong |= ((last == 0xF0) & (byte < 0x90)) | ((last == 0xF4) & (byte > 0x8F))
    return not wrong


@part(numba.int64(BYTES, WORDS, numba.int64, numba.int64))
def _after_string(buffer, words, place, end):
    """Past the string whose body begins at `place`."""
    while True:
        place = plain_until(buffer, words, place, end)
        if place >= end:
            return ~end
        if buffer[place] == QUOTE:
            return place + 1
        if buffer[place] != BACKSLASH:
            return ~place
        while place < end and buffer[place] == BACKSLASH:  # escapes come in runs
            name = buffer[place + 1] if place + 1 < end else np.uint8(0)
            if name == LETTER_U and hexadecimal(buffer, place + 2, end) >= 0:
                place += 6
            elif _IS_ESCAPE[name]:
                place += 2
            else:
                return ~place


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


@kernel(numba.void(BYTES, WORDS, PLACES, PLACES, numba.int64[::1]), allocates=False)
def check(buffer, words, starts, ends, faults):
    """Write for each line -1, or where it breaks: the beginning of one that is not UTF-8."""
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        place = after_space(buffer, start, end)
        depth = np.int64(place < end and buffer[place] == OPEN_OBJECT)
        place = place + 1 if depth else ~place
        objects, expected = np.uint64(1), _FIRST_KEY  # objects: a bit a level, the inmost lowest
        while depth and place >= 0:
            place = after_space(buffer, place, end)
            byte = buffer[place] if place < end else np.uint8(0)
            within = objects & np.uint64(1)
            if place >= end:
                place = ~place
            elif expected == _NEXT and byte == COMMA:
                place, expected = place + 1, (_KEY if within else _VALUE)
            elif byte == QUOTE and expected != _NEXT:
                place = _after_string(buffer, words, place + 1, end)
                if expected <= _KEY and place >= 0:
                    place = after_space(buffer, place, end)
                    colon = place < end and buffer[place] == COLON
                    place, expected = (place + 1 if colon else ~place), _VALUE
                else:
                    expected = _NEXT
            elif byte | BRACKETS == CLOSE_OBJECT and expected != _KEY and expected != _VALUE:
                same = byte == (CLOSE_OBJECT if within else CLOSE_LIST)
                depth, objects = depth - 1, objects >> np.uint64(1)
                place, expected = (place + 1 if same else ~place), _NEXT
            elif expected <= _KEY or expected == _NEXT:
                place = ~place
            elif byte | BRACKETS == OPEN_OBJECT:
                opens = np.uint64(byte == OPEN_OBJECT)
                objects, expected = (
                    (objects << np.uint64(1)) | opens,
                    _FIRST_KEY if opens else _FIRST_VALUE,
                )
                place, depth = (place + 1 if depth < SURE_DEPTH else ~place), depth + 1
            else:
                place, expected = _after_bare(buffer, place, end), _NEXT
        if place < 0:
            faults[row] = ~place
            continue
        place = after_space(buffer, place, end)
        faults[row] = -1 if place == end else place
        if place == end and not _is_ascii(buffer, start, end) and not _is_utf8(buffer, start, end):
            faults[row] = start
