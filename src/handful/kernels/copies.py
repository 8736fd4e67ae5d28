"""Which texts may be copies of some others: judged by how many of their runs of tokens are known.

A run is of `RUN` tokens. A text of more than `SHORT` bytes is looked at in four places, a quarter of it in all.
What is found here is a reason to compare two texts in full, and decides nothing.
"""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from handful.kernels.jit import kernel, part
from handful.kernels.text import BYTES, ROOM, TEXTS, folding, lower_exceptions, next_tokens
from handful.kernels.text_reference import FACTOR

RUN = 5
"""Tokens of a run."""
SHORT = 512
"""Bytes up to which a text is read whole."""
PLACES = 4
"""Places where a longer one is."""

_FACTOR = np.uint64(FACTOR)
_OLDEST = np.uint64(pow(FACTOR, RUN, 1 << 64))
_0, _29 = np.uint64(0), np.uint64(29)
_whole, _hash, _scratch = types.int64, types.uint64, types.uint8[:, ::1]
_table = types.uint8[::1]


@part(_whole(BYTES, _whole, _whole))
def _next_space(data, position, end):
    """The first place from `position` on where a token surely ends."""
    while position < end and data[position] > 0x20:
        position += 1
    return position


@part(
    types.Tuple((_hash, _whole, _whole))(
        *TEXTS[:1],
        _whole,
        _whole,
        TEXTS[2],
        _table,
        _hash,
        types.boolean,
        _scratch,
        _hash[::1],
        _hash[::1],
    )
)
def _look(data, position, end, folding, known, down, learn, scratch, carry, hashes):
    """Hash of a stretch, how many of its runs are known, and its tokens."""
    whole, rolling, seen, hits = _0, _0, 0, 0
    first, second, third, fourth, fifth = _0, _0, _0, _0, _0
    while position < end:
        position, found = next_tokens(data, position, end, folding, scratch, carry, hashes)
        for index in range(found):
            token = hashes[index]
            whole = whole * _FACTOR + token
            rolling = rolling * _FACTOR + token - _OLDEST * first
            first, second, third, fourth, fifth = second, third, fourth, fifth, token
            seen += 1
            if seen >= RUN:
                place = ((rolling ^ (rolling >> _29)) * _FACTOR) >> down
                if learn:
                    known[place] = 1
                hits += known[place]
    return whole, hits, seen


@kernel(types.void(*TEXTS[:3], _table, _whole, types.boolean, _hash[::1], _whole[::1], _whole[::1]))
def _look_all(data, offsets, folding, known, shift, learn, texts, hits, runs):
    scratch, carry = np.zeros((4, ROOM), np.uint8), np.zeros(1, np.uint64)
    hashes, down = np.empty(ROOM, np.uint64), np.uint64(shift)
    for row in range(offsets.shape[0] - 1):
        start, end = offsets[row], offsets[row + 1]
        size = end - start
        runs[row], hits[row], texts[row] = 0, 0, _0
        if size > SHORT and not learn:
            for place in range(PLACES):
                middle = start + size * (2 * place + 1) // (2 * PLACES)
                low = _next_space(data, middle - size // (8 * PLACES), end)
                high = _next_space(data, max(low, middle + size // (8 * PLACES)), end)
                _, known_here, seen = _look(
                    data, low, high, folding, known, down, learn, scratch, carry, hashes
                )
                hits[row] += 2 * known_here  # half as many will do
                runs[row] += max(0, seen - RUN + 1)
        if runs[row] == 0:
            texts[row], hits[row], seen = _look(
                data, start, end, folding, known, down, learn, scratch, carry, hashes
            )
            runs[row] = max(0, seen - RUN + 1)


def learn_runs(
    data: NDArray[np.uint8], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    """A table that marks the places of all runs of some texts, and the hash of each text.

    Args:
        data: UTF-8 bytes of all texts.
        offsets: (n + 1,).
    """
    size = max(10, min(24, (2 * (int(offsets[-1] - offsets[0]) + 1)).bit_length()))
    known = np.zeros(1 << size, np.uint8)
    return known, _run(data, offsets, known, learn=True)[0]


def known_runs(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], known: NDArray[np.uint8]
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """Of each text its hash where it was read whole, how many runs are known (or seem so), and of how many.

    Args:
        data: UTF-8 bytes of all texts.
        offsets: (n + 1,).
        known: From `learn_runs`.

    Returns:
        (n,) hashes, (n,) hits, (n,) runs. In a text read whole the hits are never too few. In one read in places
        they count twice: so a text of which two thirds are known is not missed for a part that is not. Cost: about
        1 ns a byte.
    """
    return _run(data, offsets, known, learn=False)


def _run(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], known: NDArray[np.uint8], *, learn: bool
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    data, offsets = lower_exceptions(data, offsets)
    n = len(offsets) - 1
    texts, hits, runs = np.zeros(n, np.uint64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    shift = 64 - (len(known).bit_length() - 1)
    _look_all(data, offsets, folding(), known, shift, learn, texts, hits, runs)
    return texts, hits, runs
