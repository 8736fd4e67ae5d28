"""Hashed word n-grams of many texts at once, straight from UTF-8 bytes; `text_reference.py` defines them.

A stretch of bytes is put in lower case and told apart into words, spaces and the rest; its runs are
hashed; hashes of tokens become buckets of n-grams, which are counted or scored. Each step is a short
loop over a scratch of a few thousand bytes, most of which the compiler turns into vector instructions, and
no branch depends on where a word ends: a wrong guess there costs more than the hash. No row is too long,
and no object is made for a token. All of it releases the interpreter lock and keeps nothing: threads call it
on blocks of rows, and whole counts add up exactly.

Two code points lower by context or into two (capital sigma, dotted capital I): Python lowers the texts
that hold one, before the kernels see them.
"""

from __future__ import annotations

import functools
import re

import numpy as np
from numba import types
from numpy.typing import NDArray

from handful.kernels.jit import kernel, part
from handful.kernels.text_reference import BASE, FACTOR, HASH_NAME

__all__ = ["HASH_NAME", "MAX_BUCKETS", "MAX_ORDER", "count_ngrams", "score_ngrams"]

MAX_ORDER = 5
MAX_BUCKETS = 2**31

SPACE, WORD, OTHER = 0, 1, 2
PIECE = 256  # bytes classified together: by vectors where all are ASCII
STRETCH = (
    16 * PIECE
)  # bytes turned into tokens together: all scratch stays in the second-level cache
ROOM = STRETCH * 3 // 2 + 16  # two bytes may become three in lower case

_BASE, _FACTOR = np.uint64(BASE), np.uint64(FACTOR)
_0, _1, _6, _12, _18, _32 = (np.uint64(number) for number in (0, 1, 6, 12, 18, 32))
_BIT, _UPPER_BIT = np.uint8(1), np.uint8(5)
_SIX, _KIND_SHIFT, _POINT_BITS = np.uint32(6), np.uint32(24), np.uint32(0x1FFFFF)
_TAIL, _TAIL_BITS = np.uint32(0x80), np.uint32(0x3F)
_2_BYTES, _3_BYTES, _4_BYTES = np.uint32(0xC0), np.uint32(0xE0), np.uint32(0xF0)

whole, point, hash64 = types.int64, types.uint32, types.uint64
_scratch = types.uint8[:, ::1]
LOWERED, KINDS, SAME, ENDED = range(4)  # the rows of the scratch


def _read(scalar: types.Type, dimensions: int = 1) -> types.Array:
    """Arrow lends arrays that must not be written to; writable ones pass too."""
    return types.Array(scalar, dimensions, "C", readonly=True)


BYTES = _read(types.uint8)
TEXTS = (BYTES, _read(whole), _read(point), whole)  # data, offsets, folding, order


@part(types.uint8(BYTES, types.uint8[::1], types.uint8[::1]))
def _classify_ascii(text, lowered, kinds):
    """Lower case and kind of each byte; where one is not ASCII, that is void and ≥ 0x80 returned."""
    high = np.uint8(0)
    for place in range(text.shape[0]):
        byte = text[place]
        high |= byte
        upper = (byte >= 0x41) & (byte <= 0x5A)
        letter = upper | ((byte >= 0x61) & (byte <= 0x7A))
        word = letter | ((byte >= 0x30) & (byte <= 0x39)) | (byte == 0x5F)
        space = (byte == 0x20) | ((byte >= 9) & (byte <= 13)) | ((byte >= 28) & (byte <= 31))
        lowered[place] = byte | (np.uint8(upper) << _UPPER_BIT)
        kinds[place] = np.uint8(word) | (np.uint8((word | space) == 0) << _BIT)
    return high


@part(types.Tuple((point, whole))(BYTES, whole, whole))
def _decode(data, position, end):
    """The code point at `position` and its width; short of valid UTF-8, no byte from `end` on is read."""
    first = np.uint32(data[position])
    if first < 0x80:
        return first, 1
    if first >= 0xF0:
        width, found = 4, first & np.uint32(0x07)
    elif first >= 0xE0:
        width, found = 3, first & np.uint32(0x0F)
    else:
        width, found = 2, first & np.uint32(0x1F)
    width = min(width, end - position)
    for step in range(1, width):
        found = (found << _SIX) | (np.uint32(data[position + step]) & _TAIL_BITS)
    return min(found, np.uint32(0x10FFFF)), width


@part(whole(point, types.uint8[::1], whole))
def _encode(lowered, out, filled):
    """Write the UTF-8 bytes of a code point at out[filled:]; returns where they end."""
    if lowered < 0x80:
        out[filled] = lowered
        return filled + 1
    tail = _TAIL | (lowered & _TAIL_BITS)
    lowered >>= _SIX
    if lowered < 0x20:
        out[filled] = _2_BYTES | lowered
        out[filled + 1] = tail
        return filled + 2
    second = _TAIL | (lowered & _TAIL_BITS)
    lowered >>= _SIX
    if lowered < 0x10:
        out[filled] = _3_BYTES | lowered
        out[filled + 1] = second
        out[filled + 2] = tail
        return filled + 3
    out[filled] = _4_BYTES | (lowered >> _SIX)
    out[filled + 1] = _TAIL | (lowered & _TAIL_BITS)
    out[filled + 2] = second
    out[filled + 3] = tail
    return filled + 4


@part(types.UniTuple(whole, 2)(BYTES, whole, whole, _read(point), _scratch))
def _classify(data, position, end, folding, scratch):
    """Fill the scratch with a stretch of text in lower case, and the kind of each byte behind kinds[0].

    Returns:
        The next position, a whole character further, and the bytes written.
    """
    lowered, kinds = scratch[LOWERED], scratch[KINDS]
    stop, filled = min(end, position + STRETCH), 0
    while position < stop:
        piece = data[position : min(stop, position + PIECE)]
        size = piece.shape[0]
        kind_here = kinds[filled + 1 : filled + 1 + size]
        if _classify_ascii(piece, lowered[filled : filled + size], kind_here) < 0x80:
            position += size
            filled += size
            continue
        until = position + size
        while position < until:
            found, width = _decode(data, position, end)
            entry = folding[found]
            after = _encode(entry & _POINT_BITS, lowered, filled)
            for place in range(filled, after):
                kinds[place + 1] = entry >> _KIND_SHIFT
            position += width
            filled = after
    return position, filled


@part(
    types.UniTuple(whole, 2)(BYTES, whole, whole, _read(point), _scratch, hash64[::1], hash64[::1])
)
def next_tokens(data, position, end, folding, scratch, carry, hashes):
    """Hash the tokens that end in the next stretch of data[position:end].

    The kind of the byte before is scratch[KINDS, 0], the hash of a token left open carry[0].

    Returns:
        The next position, and the tokens written.
    """
    position, filled = _classify(data, position, end, folding, scratch)
    lowered, kinds = scratch[LOWERED], scratch[KINDS]
    same, ended = scratch[SAME], scratch[ENDED]
    for place in range(filled):
        alike = kinds[place + 1] == kinds[place]
        same[place] = alike
        ended[place] = (kinds[place] != SPACE) & (not alike)
    state, written = carry[0], _0
    for place in range(filled):
        # Each step writes the hash of the token so far, and keeps it only if the token just ended.
        hashes[written] = state
        written += np.uint64(ended[place])
        state = (state & (_0 - np.uint64(same[place]))) * _BASE + np.uint64(lowered[place])
    carry[0] = state
    kinds[0] = kinds[filled]
    if position >= end:
        hashes[written] = state
        written += np.uint64(kinds[0] != SPACE)
        kinds[0] = SPACE
    for index in range(np.int64(written)):
        mixed = hashes[index] * _FACTOR
        hashes[index] = (mixed ^ (mixed >> _32)) * _FACTOR
    return position, np.int64(written)


@part(whole(hash64[::1], whole, whole, whole, hash64[::1], whole, types.int32[::1]))
def next_buckets(hashes, count, order, bucket_count, carry, seen, places):
    """Write the bucket of each n-gram that ends at one of the tokens, and return how many.

    carry[k] is the hash of the k-gram ending at the token before, `seen` the tokens before.
    """
    wide, written = np.uint64(bucket_count), _0
    for index in range(count):
        gram = token = hashes[index]
        places[written] = np.int32(((gram >> _32) * wide) >> _32)
        written += _1
        for length in range(1, order):
            longer = carry[length] * _FACTOR + token
            carry[length] = gram
            gram = longer
            places[written] = np.int32(((gram >> _32) * wide) >> _32)
            written += np.uint64(seen + index >= length)
    return np.int64(written)


@kernel(types.void(*TEXTS, whole[::1], whole[::1]))
def _count(data, offsets, folding, order, counts, tokens):
    scratch, carry = np.zeros((4, ROOM), np.uint8), np.zeros(order, np.uint64)
    hashes, places = np.empty(ROOM, np.uint64), np.empty(ROOM * order, np.int32)
    for row in range(offsets.shape[0] - 1):
        position, end, seen = offsets[row], offsets[row + 1], 0
        while position < end:
            position, found = next_tokens(data, position, end, folding, scratch, carry, hashes)
            written = next_buckets(hashes, found, order, counts.shape[0], carry, seen, places)
            seen += found
            for index in range(written):
                counts[places[index]] += 1
        tokens[row] = seen


@kernel(types.void(*TEXTS, _read(types.float64, 2), types.float64[:, ::1], whole[::1]))
def _score(data, offsets, folding, order, weights, scores, tokens):
    scratch, carry = np.zeros((4, ROOM), np.uint8), np.zeros(order, np.uint64)
    hashes, places = np.empty(ROOM, np.uint64), np.empty(ROOM * order, np.int32)
    for row in range(offsets.shape[0] - 1):
        position, end, seen = offsets[row], offsets[row + 1], 0
        while position < end:
            position, found = next_tokens(data, position, end, folding, scratch, carry, hashes)
            written = next_buckets(hashes, found, order, weights.shape[1], carry, seen, places)
            seen += found
            for target in range(weights.shape[0]):
                score = scores[row, target]
                for index in range(written):
                    score += weights[target, places[index]]
                scores[row, target] = score
        tokens[row] = seen


@kernel(whole(BYTES, _read(whole), types.boolean[::1]))
def _find_exceptions(data, offsets, found):
    """Mark the rows that hold U+03A3 or U+0130, as bytes CE A3 or C4 B0, and return how many."""
    total = 0
    for row in range(offsets.shape[0] - 1):
        text, hits = data[offsets[row] : offsets[row + 1]], np.uint8(0)
        for place in range(text.shape[0] - 1):
            first, second = text[place], text[place + 1]
            hits |= ((first == 0xCE) & (second == 0xA3)) | ((first == 0xC4) & (second == 0xB0))
        found[row] = hits
        total += hits
    return total


@functools.cache
def folding() -> NDArray[np.uint32]:
    """What each code point lowers to, and the kind of that: (0x110000,), `kind << 24 | lowered`.

    Asked of Python itself, so that both follow one version of Unicode.
    """
    lowered = np.arange(0x110000, dtype="<u4")
    kinds = np.full(0x110000, OTHER, np.uint32)
    for first, last in ((0, 0x130), (0x131, 0xD800), (0xE000, 0x110000)):
        text = lowered[first:last].tobytes().decode("utf-32-le")
        for kind, pattern in ((SPACE, r"\s+"), (WORD, r"\w+")):
            for run in re.finditer(pattern, text):
                kinds[first + run.start() : first + run.end()] = kind
        lowered[first:last] = np.frombuffer(text.lower().encode("utf-32-le"), "<u4")
    table = (kinds[lowered] << _KIND_SHIFT) | lowered
    table.flags.writeable = False
    return table


def lower_exceptions(
    data: NDArray[np.uint8], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The same texts, with Python's lower case where no table of code points can give it."""
    found = np.zeros(len(offsets) - 1, np.bool_)
    if not _find_exceptions(data, offsets, found):
        return data, offsets
    lengths = np.diff(offsets)
    pieces, done = [], offsets[0]
    for row in np.flatnonzero(found):
        first, last = offsets[row], offsets[row + 1]
        text = data[first:last].tobytes().decode().lower().encode()
        pieces += [data[done:first], np.frombuffer(text, np.uint8)]
        lengths[row], done = len(text), last
    pieces.append(data[done : offsets[-1]])
    return np.concatenate(pieces), np.concatenate(([0], np.cumsum(lengths)))


def count_ngrams(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], counts: NDArray[np.int64], *, order: int
) -> NDArray[np.int64]:
    """Add the n-grams of orders 1 to `order` of each text to `counts`.

    Args:
        data: UTF-8 bytes of all texts, one after the other.
        offsets: (n + 1,), row i is data[offsets[i]:offsets[i + 1]].
        counts: (bucket_count,), added to in place.
        order: 1 ≤ order ≤ 5.

    Returns:
        (n,) tokens in each text.

    Example:
        >>> data, counts = np.frombuffer(b"to be or not to be", np.uint8), np.zeros(8, np.int64)
        >>> count_ngrams(data, np.array([0, 18]), counts, order=2), int(counts.sum())
        (array([6]), 11)
    """
    check_sizes(order, len(counts))
    tokens = np.zeros(len(offsets) - 1, np.int64)
    _count(*lower_exceptions(data, offsets), folding(), order, counts, tokens)
    return tokens


def score_ngrams(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], weights: NDArray[np.float64], *, order: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sum a weight per bucket over the n-grams of each text, one by one in reading order.

    Args:
        data: UTF-8 bytes of all texts, one after the other.
        offsets: (n + 1,), row i is data[offsets[i]:offsets[i + 1]].
        weights: (targets, bucket_count), one table a target; the texts are read once for all.
        order: 1 ≤ order ≤ 5.

    Returns:
        (n, targets) sums, and (n,) tokens in each text.
    """
    check_sizes(order, weights.shape[1])
    scores = np.zeros((len(offsets) - 1, len(weights)))
    tokens = np.zeros(len(offsets) - 1, np.int64)
    _score(*lower_exceptions(data, offsets), folding(), order, weights, scores, tokens)
    return scores, tokens


def check_sizes(order: int, bucket_count: int) -> None:
    """What the kernels take on trust."""
    assert 1 <= order <= MAX_ORDER
    assert 1 <= bucket_count <= MAX_BUCKETS
