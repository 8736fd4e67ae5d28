"""Equal and nearly equal texts, straight from UTF-8 bytes; `duplicates_reference.py` defines them.

The tokens are those of `text.py`, whose loops these kernels share. All release the interpreter lock and
keep nothing, so threads call them on blocks of rows.
"""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from handful.kernels.duplicates_reference import EMPTY
from handful.kernels.jit import kernel, part
from handful.kernels.text import (
    KINDS,
    ROOM,
    SPACE,
    TEXTS,
    _classify,
    _read,
    folding,
    hash64,
    lower_exceptions,
    next_tokens,
    whole,
)
from handful.kernels.text_reference import FACTOR

__all__ = ["normal_texts", "shingle_sets", "signatures"]

MAX_SHINGLE = 16
MAX_PLACES = 1024

_FACTOR = np.uint64(FACTOR)
_32 = np.uint64(32)
_LARGEST = np.uint64(0xFFFFFFFFFFFFFFFF)
_EMPTY = np.uint16(EMPTY)
_BLANK = np.uint8(0x20)


@kernel(types.void(*TEXTS[:3], types.uint8[::1], whole[::1]))
def _normalise(data, offsets, folding, out, ends):
    scratch = np.zeros((4, ROOM), np.uint8)
    lowered, kinds = scratch[0], scratch[KINDS]
    written = 0
    for row in range(offsets.shape[0] - 1):
        position, end, first = offsets[row], offsets[row + 1], written
        kinds[0] = SPACE
        before = SPACE
        while position < end:
            position, filled = _classify(data, position, end, folding, scratch)
            for place in range(filled):
                kind = kinds[place + 1]
                if kind != SPACE:
                    if kind != before and written > first:
                        out[written] = _BLANK
                        written += 1
                    out[written] = lowered[place]
                    written += 1
                before = kind
        ends[row + 1] = written


@part(hash64(hash64))
def _fold(gram):
    mixed = gram * _FACTOR
    return mixed ^ (mixed >> _32)


@part(hash64(hash64[::1], hash64))
def _next_shingle(grams, token):
    """Take a token in; grams[k] is then of the k + 1 tokens that end there. The shingle of all of them."""
    for longer in range(grams.shape[0] - 1, 0, -1):
        grams[longer] = grams[longer - 1] * _FACTOR + token
    grams[0] = token
    return _fold(grams[grams.shape[0] - 1])


@part(types.void(hash64, _read(hash64), _read(hash64), hash64[::1]))
def _offer(shingle, multipliers, increments, least):
    """Lower the running minima by one shingle."""
    for i in range(least.shape[0]):
        value = multipliers[i] * shingle + increments[i]
        least[i] = min(least[i], value)


@kernel(types.void(*TEXTS, _read(hash64), _read(hash64), types.Array(types.uint16, 2, "C")))
def _sign(data, offsets, folding, width, multipliers, increments, out):
    scratch, carry = np.zeros((4, ROOM), np.uint8), np.zeros(1, np.uint64)
    hashes = np.empty(ROOM, np.uint64)
    grams = np.zeros(width, np.uint64)
    least = np.empty(multipliers.shape[0], np.uint64)
    for row in range(offsets.shape[0] - 1):
        position, end, seen = offsets[row], offsets[row + 1], 0
        least[:] = _LARGEST
        while position < end:
            position, found = next_tokens(data, position, end, folding, scratch, carry, hashes)
            for index in range(found):
                seen += 1
                shingle = _next_shingle(grams, hashes[index])
                if seen >= width:
                    _offer(shingle, multipliers, increments, least)
        if 0 < seen < width:
            _offer(_fold(grams[seen - 1]), multipliers, increments, least)
        for i in range(least.shape[0]):
            out[row, i] = np.uint16(least[i] >> _32) if seen else _EMPTY


@kernel(types.void(*TEXTS, hash64[::1], whole[::1]))
def _shingle(data, offsets, folding, width, out, ends):
    scratch, carry = np.zeros((4, ROOM), np.uint8), np.zeros(1, np.uint64)
    hashes, grams = np.empty(ROOM, np.uint64), np.zeros(width, np.uint64)
    written = 0
    for row in range(offsets.shape[0] - 1):
        position, end, seen = offsets[row], offsets[row + 1], 0
        named = np.uint64(row) << _32
        while position < end:
            position, found = next_tokens(data, position, end, folding, scratch, carry, hashes)
            for index in range(found):
                seen += 1
                shingle = _next_shingle(grams, hashes[index])
                if seen >= width:
                    out[written] = named | (shingle >> _32)
                    written += 1
        if 0 < seen < width:
            out[written] = named | (_fold(grams[seen - 1]) >> _32)
            written += 1
        ends[row + 1] = written


def normal_texts(
    data: NDArray[np.uint8], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Each text as `duplicates_reference.normal` has it, one after the other.

    Args:
        data: UTF-8 bytes of all texts.
        offsets: (n + 1,), row i is data[offsets[i]:offsets[i + 1]].

    Returns:
        Bytes and offsets of the texts so written.

    Example:
        >>> data, ends = normal_texts(np.frombuffer(b"A  B!a b !", np.uint8), np.array([0, 5, 10]))
        >>> bytes(data), ends.tolist()
        (b'a b !a b !', [0, 5, 10])
    """
    data, offsets = lower_exceptions(data, offsets)
    room = int(offsets[-1] - offsets[0]) * 5 // 2 + 16  # lower case may widen; a blank a token
    out, ends = np.empty(room, np.uint8), np.zeros(len(offsets), np.int64)
    _normalise(data, offsets, folding(), out, ends)
    return out[: ends[-1]], ends


def signatures(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    multipliers: NDArray[np.uint64],
    increments: NDArray[np.uint64],
    *,
    width: int,
) -> NDArray[np.uint16]:
    """The MinHash signature of each text, as `duplicates_reference.signature` has it.

    Args:
        data: UTF-8 bytes of all texts.
        offsets: (n + 1,), row i is data[offsets[i]:offsets[i + 1]].
        multipliers: (m,) a_i, odd.
        increments: (m,) b_i.
        width: Tokens of a shingle, 1 to 16.

    Returns:
        (n, m) uint16. Cost: a token's bytes once, and m multiply-adds a shingle.
    """
    assert 1 <= width <= MAX_SHINGLE
    assert len(multipliers) == len(increments) <= MAX_PLACES
    out = np.empty((len(offsets) - 1, len(multipliers)), np.uint16)
    _sign(*lower_exceptions(data, offsets), folding(), width, multipliers, increments, out)
    return out


def shingle_sets(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], *, width: int, most: int
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The set of shingles of each text, as `duplicates_reference.small_set` has it.

    Args:
        data: UTF-8 bytes of all texts.
        offsets: (n + 1,), row i is data[offsets[i]:offsets[i + 1]].
        width: Tokens of a shingle, 1 to 16.
        most: Members at most: those with the smallest hashes.

    Returns:
        All values one after the other, ascending within a text, and where each text's end.
    """
    assert 1 <= width <= MAX_SHINGLE
    data, offsets = lower_exceptions(data, offsets)
    n = len(offsets) - 1
    found = np.empty(int(offsets[-1] - offsets[0]) + n, np.uint64)
    ends = np.zeros(n + 1, np.int64)
    _shingle(data, offsets, folding(), width, found, ends)
    members = np.unique(found[: ends[-1]])  # by row, then by hash
    row = (members >> _32).astype(np.int64)
    ends = np.searchsorted(row, np.arange(n + 1))
    place = np.arange(len(members)) - ends[row]
    kept = members[place < most]
    return kept.astype(np.uint32), np.concatenate([[0], np.cumsum(np.minimum(np.diff(ends), most))])
