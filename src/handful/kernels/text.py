"""Hashed word n-grams of many texts at once, straight from UTF-8 bytes; `text_reference.py` defines them.

Bytes become token hashes, token hashes become buckets, buckets are counted or scored: three short loops
over a scratch of a few thousand tokens, so that no row is too long, no object is made for a token, and no
branch depends on where a word ends (a wrong guess there costs more than the hash). All of it releases the
interpreter lock and keeps nothing: threads call it on blocks of rows, and whole counts add up exactly.

Two code points lower by context or into two (capital sigma, dotted capital I): Python lowers the texts
that hold one, before the kernels see them.
"""

from __future__ import annotations

import functools
import re

import numpy as np
from numba import types
from numpy.typing import NDArray

from handful.kernels.jit import kernel
from handful.kernels.text_reference import CHAIN, FNV_OFFSET, FNV_PRIME, HASH_NAME, MIX_1, MIX_2

__all__ = ["HASH_NAME", "MAX_BUCKETS", "MAX_ORDER", "count_ngrams", "score_ngrams"]

MAX_ORDER = 5
MAX_BUCKETS = 2**31

SPACE, WORD, OTHER = 0, 1, 2
STRETCH = 4096  # bytes turned into tokens at a time: their hashes stay in the second-level cache

_OFFSET, _PRIME, _CHAIN = np.uint64(FNV_OFFSET), np.uint64(FNV_PRIME), np.uint64(CHAIN)
_MIX_1, _MIX_2 = np.uint64(MIX_1), np.uint64(MIX_2)
_6, _12, _18, _32, _33 = (np.uint64(shift) for shift in (6, 12, 18, 32, 33))
_TAIL, _TAIL_BITS, _HALF = np.uint64(0x80), np.uint64(0x3F), np.uint64(0xFFFFFFFF)
_POINT_BITS, _KIND_SHIFT, _SIX = np.uint32(0x1FFFFF), np.uint32(24), np.uint32(6)

whole, _hash, _point = types.int64, types.uint64, types.uint32


def _read(scalar: types.Type, dimensions: int = 1) -> types.Array:
    """Arrow lends arrays that must not be written to; writable ones pass too."""
    return types.Array(scalar, dimensions, "C", readonly=True)


TEXTS = (_read(types.uint8), _read(whole), _read(_point), whole)  # data, offsets, folding, order


@kernel(types.Tuple((_point, whole))(_read(types.uint8), whole, whole))
def _decode(data, position, end):
    """The code point at `position` and its width; short of valid UTF-8, no byte from `end` on is read."""
    first = np.uint32(data[position])
    if first >= 0xF0:
        width, point = 4, first & np.uint32(0x07)
    elif first >= 0xE0:
        width, point = 3, first & np.uint32(0x0F)
    else:
        width, point = 2, first & np.uint32(0x1F)
    width = min(width, end - position)
    for step in range(1, width):
        point = (point << _SIX) | (np.uint32(data[position + step]) & np.uint32(0x3F))
    return min(point, np.uint32(0x10FFFF)), width


@kernel(_hash(_hash, _hash))
def _absorb(state, point):
    """FNV-1a over the UTF-8 bytes of one code point."""
    if point < 0x80:
        return (state ^ point) * _PRIME
    if point < 0x800:
        state = (state ^ (np.uint64(0xC0) | (point >> _6))) * _PRIME
    else:
        if point < 0x10000:
            state = (state ^ (np.uint64(0xE0) | (point >> _12))) * _PRIME
        else:
            state = (state ^ (np.uint64(0xF0) | (point >> _18))) * _PRIME
            state = (state ^ (_TAIL | ((point >> _12) & _TAIL_BITS))) * _PRIME
        state = (state ^ (_TAIL | ((point >> _6) & _TAIL_BITS))) * _PRIME
    return (state ^ (_TAIL | (point & _TAIL_BITS))) * _PRIME


@kernel(_hash(_hash))
def _mix(state):
    state = (state ^ (state >> _33)) * _MIX_1
    state = (state ^ (state >> _33)) * _MIX_2
    return state ^ (state >> _33)


@kernel(
    types.Tuple((whole, whole, _hash, _point))(
        _read(types.uint8), whole, whole, _read(_point), _hash, _point, _hash[::1]
    )
)
def next_tokens(data, position, end, folding, state, kind, hashes):
    """Hash the tokens that end in the next stretch of data[position:end].

    Returns:
        The next position, the tokens written, and the state and kind of the token left open.
    """
    written = 0
    stop = min(end, position + STRETCH)
    while position < stop:
        # Each step writes the hash of the token so far, and keeps it only if the token just ended.
        hashes[written] = state
        if data[position] < 0x80:
            entry = folding[data[position]]
            next_kind = entry >> _KIND_SHIFT
            changed = next_kind != kind
            written += np.int64(changed and kind != SPACE)
            state = ((_OFFSET if changed else state) ^ np.uint64(entry & _POINT_BITS)) * _PRIME
            position += 1
        else:
            point, width = _decode(data, position, end)
            entry = folding[point]
            next_kind = entry >> _KIND_SHIFT
            changed = next_kind != kind
            written += np.int64(changed and kind != SPACE)
            state = _absorb(_OFFSET if changed else state, np.uint64(entry & _POINT_BITS))
            position += width
        kind = next_kind
    if position >= end and kind != SPACE:
        hashes[written] = state
        written += 1
    return position, written, state, kind


@kernel(whole(_hash[::1], whole, whole, whole, _hash[::1], whole, types.int32[::1]))
def next_buckets(hashes, count, order, bucket_count, grams, seen, places):
    """Write the bucket of each n-gram that ends at one of the tokens, and return how many.

    `grams[k]` is the hash of the (k+1)-gram ending at the token before, `seen` the tokens before.
    """
    wide = np.uint64(bucket_count)
    written = 0
    for index in range(count):
        token = _mix(hashes[index])
        gram = token
        seen += 1
        for length in range(1, min(order, seen) + 1):
            high, low = (gram >> _32) * wide, (gram & _HALF) * wide
            places[written] = np.int32((high + (low >> _32)) >> _32)  # ⌊gram · bucket_count / 2⁶⁴⌋
            written += 1
            if length < order:
                shorter = grams[length - 1]
                grams[length - 1] = gram
                gram = _mix(shorter * _CHAIN + token)
    return written


@kernel(types.void(*TEXTS, whole[::1], whole[::1]))
def _count(data, offsets, folding, order, counts, tokens):
    hashes, grams = np.empty(STRETCH + 1, np.uint64), np.zeros(order, np.uint64)
    places = np.empty((STRETCH + 1) * order, np.int32)
    for row in range(offsets.shape[0] - 1):
        position, end, seen = offsets[row], offsets[row + 1], 0
        state, kind = _OFFSET, np.uint32(SPACE)
        while position < end:
            position, found, state, kind = next_tokens(
                data, position, end, folding, state, kind, hashes
            )
            written = next_buckets(hashes, found, order, counts.shape[0], grams, seen, places)
            seen += found
            for index in range(written):
                counts[places[index]] += 1
        tokens[row] = seen


@kernel(types.void(*TEXTS, _read(types.float64, 2), types.float64[:, ::1], whole[::1]))
def _score(data, offsets, folding, order, weights, scores, tokens):
    hashes, grams = np.empty(STRETCH + 1, np.uint64), np.zeros(order, np.uint64)
    places = np.empty((STRETCH + 1) * order, np.int32)
    for row in range(offsets.shape[0] - 1):
        position, end, seen = offsets[row], offsets[row + 1], 0
        state, kind = _OFFSET, np.uint32(SPACE)
        while position < end:
            position, found, state, kind = next_tokens(
                data, position, end, folding, state, kind, hashes
            )
            written = next_buckets(hashes, found, order, weights.shape[1], grams, seen, places)
            seen += found
            for target in range(weights.shape[0]):
                score = scores[row, target]
                for index in range(written):
                    score += weights[target, places[index]]
                scores[row, target] = score
        tokens[row] = seen


@kernel(whole(_read(types.uint8), _read(whole), types.boolean[::1]))
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
        >>> count_ngrams(data, np.array([0, 18]), counts, order=2), counts.sum()
        (array([6]), np.int64(11))
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
