"""Byte loops under the JSON kernels: eight bytes at a time through strings, one at a time elsewhere.

A buffer comes in twice: as bytes, and as the little-endian 64-bit words that tile its beginning (see
`as_words`). In a word, "some byte equals b" is the classic test for a zero byte of x = word ^ b…b:
(x − 01…01) & ~x & 80…80. Its lowest set bit is always right, and only the lowest is used.
"""

import numba
import numpy as np
import numpy.typing as npt

from handful.kernels.jit import part

BYTES = numba.types.Array(numba.uint8, 1, "C", readonly=True)
WORDS = numba.types.Array(numba.uint64, 1, "C", readonly=True)
PLACES = numba.types.Array(numba.int64, 1, "C", readonly=True)
PAIR = numba.types.UniTuple(numba.int64, 2)

QUOTE, BACKSLASH, COMMA, COLON, LETTER_U = 0x22, 0x5C, 0x2C, 0x3A, 0x75
OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST = 0x7B, 0x7D, 0x5B, 0x5D
BRACKETS = 0x20  # the bit in which [ ] differ from { }
TAB, NEWLINE, RETURN, SPACE = 0x09, 0x0A, 0x0D, 0x20

_EACH = np.uint64(0x0101010101010101)
_HIGH = np.uint64(0x8080808080808080)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_QUOTES = np.uint64(0x2222222222222222)
_BACKSLASHES = np.uint64(0x5C5C5C5C5C5C5C5C)
_SPACES = np.uint64(0x2020202020202020)
_LETTERS = np.uint64(0x6161616161616161)  # no loop stops at an "a"
_ORDER = np.uint64(0x0001020304050607)  # (1 << 8·k) · this has k in its top byte
_DIGIT = np.full(256, 16)  # the value of a hexadecimal digit; 16 for what is none
_DIGIT[[*b"0123456789abcdef"]] = _DIGIT[[*b"0123456789ABCDEF"]] = range(16)
_NONE, _ONE, _SEVEN, _TOP = np.uint64(0), np.uint64(1), np.uint64(7), np.uint64(56)


def as_words(buffer: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """The 64-bit words that tile the beginning of a buffer; at most its last 7 bytes are left over.

    Args:
        buffer: (b,) uint8, contiguous, aligned to 8 bytes (any array of its own, any file map).
    """
    assert buffer.ctypes.data % 8 == 0, "the buffer is not aligned to 8 bytes"
    return buffer[: len(buffer) & ~7].view("<u8")


@part(numba.int64(numba.uint64))
def _lowest(hits):
    """Which byte of a word, the lowest being 0, holds the lowest set bit of `hits` (80…80 masked)."""
    lowest = hits & (~hits + _ONE)
    return np.int64(((lowest >> _SEVEN) * _ORDER) >> _TOP)


@part(numba.uint64(WORDS, numba.int64))
def _word_from(words, place):
    """The word holding byte `place`, the bytes before that place made letters."""
    keep = _ALL << np.uint64((place & 7) << 3)
    return (words[place >> 3] & keep) | (_LETTERS & ~keep)


@part(numba.int64(BYTES, WORDS, numba.int64, numba.int64))
def plain_until(buffer, words, place, end):
    """First byte in [place, end) that is a quote, a backslash or a control character; else `end`."""
    at = place >> 3
    if place < end and at < len(words):
        word = _word_from(words, place)
        while True:
            quote, slash = word ^ _QUOTES, word ^ _BACKSLASHES
            hits = ((quote - _EACH) & ~quote) | ((slash - _EACH) & ~slash)
            hits = (hits | ((word - _SPACES) & ~word)) & _HIGH
            if hits != _NONE:
                return min((at << 3) + _lowest(hits), end)
            at += 1
            place = at << 3
            if place >= end or at >= len(words):
                break
            word = words[at]
    while place < end:
        byte = buffer[place]
        if byte == QUOTE or byte == BACKSLASH or byte < SPACE:
            return place
        place += 1
    return end


@part(numba.int64(BYTES, WORDS, numba.int64, numba.int64, numba.uint8, numba.uint8))
def either_until(buffer, words, place, end, one, other):
    """First byte in [place, end) equal to `one` or `other`, neither of them "a"; else `end`."""
    at = place >> 3
    if place < end and at < len(words):
        ones, others = np.uint64(one) * _EACH, np.uint64(other) * _EACH
        word = _word_from(words, place)
        while True:
            first, second = word ^ ones, word ^ others
            hits = (((first - _EACH) & ~first) | ((second - _EACH) & ~second)) & _HIGH
            if hits != _NONE:
                return min((at << 3) + _lowest(hits), end)
            at += 1
            place = at << 3
            if place >= end or at >= len(words):
                break
            word = words[at]
    while place < end:
        if buffer[place] == one or buffer[place] == other:
            return place
        place += 1
    return end


@part(numba.int64(BYTES, numba.int64, numba.int64))
def after_space(buffer, place, end):
    """Past the space characters of JSON (RFC 8259, §2)."""
    while place < end:
        byte = buffer[place]
        if byte > SPACE or not (byte == SPACE or byte == NEWLINE or byte == RETURN or byte == TAB):
            break
        place += 1
    return place


@part(numba.int64(BYTES, numba.int64, numba.int64))
def hexadecimal(buffer, place, end):
    """The number written in the four hexadecimal digits at `place`, or -1."""
    if place + 4 > end:
        return -1
    one, two = _DIGIT[buffer[place]], _DIGIT[buffer[place + 1]]
    three, four = _DIGIT[buffer[place + 2]], _DIGIT[buffer[place + 3]]
    if (one | two | three | four) > 15:
        return -1
    return (one << 12) | (two << 8) | (three << 4) | four
