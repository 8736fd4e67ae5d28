"""Which texts may be copies of some others: hashes of whole texts, and how many of their shingles are known.

A shingle is a run of `width` tokens. The hashes tell which texts are worth a look; they decide nothing.
"""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from handful.kernels.jit import kernel
from handful.kernels.text import ROOM, TEXTS, folding, lower_exceptions, next_tokens
from handful.kernels.text_reference import FACTOR

_FACTOR = np.uint64(FACTOR)
_whole, _hash = types.int64, types.uint64


@kernel(
    types.void(
        *TEXTS,
        types.Array(types.uint8, 1, "C", readonly=True),
        _whole,
        types.boolean,
        types.uint8[::1],
        _hash[::1],
        _whole[::1],
        _whole[::1],
    )
)
def _look(data, offsets, folding, width, known, shift, learn, learnt, texts, hits, tokens):
    scratch, carry = np.zeros((4, ROOM), np.uint8), np.zeros(1, np.uint64)
    hashes, ring = np.empty(ROOM, np.uint64), np.zeros(width, np.uint64)
    oldest = np.uint64(1)
    for _ in range(width):
        oldest *= _FACTOR
    down = np.uint64(shift)
    for row in range(offsets.shape[0] - 1):
        position, end, seen, found_hits = offsets[row], offsets[row + 1], 0, 0
        whole, rolling = np.uint64(0), np.uint64(0)
        ring[:] = np.uint64(0)
        while position < end:
            position, found = next_tokens(data, position, end, folding, scratch, carry, hashes)
            for index in range(found):
                token = hashes[index]
                whole = whole * _FACTOR + token
                rolling = rolling * _FACTOR + token - oldest * ring[seen % width]
                ring[seen % width] = token
                seen += 1
                if seen >= width:
                    mixed = (rolling ^ (rolling >> np.uint64(29))) * _FACTOR
                    place = mixed >> down
                    if learn:
                        learnt[place] = 1
                    found_hits += known[place]
        texts[row], hits[row], tokens[row] = whole, found_hits, seen


def learn_shingles(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], *, width: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    """A table that marks the places of all shingles of some texts, and the hash of each text.

    Args:
        data: UTF-8 bytes of all texts.
        offsets: (n + 1,).
        width: Tokens of a shingle, ≥ 1.
    """
    size = max(10, min(24, (8 * (int(offsets[-1] - offsets[0]) + 1)).bit_length()))
    known = np.zeros(1 << size, np.uint8)
    texts, hits, tokens = _run(data, offsets, width, known, learn=True)
    del hits, tokens
    return known, texts


def shingle_hits(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], known: NDArray[np.uint8], *, width: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """The hash of each text, how many of its shingles are known (or seem so), and its tokens.

    Args:
        data: UTF-8 bytes of all texts.
        offsets: (n + 1,).
        known: From `learn_shingles`.
        width: As there.

    Returns:
        (n,) hashes, (n,) hits, never too few, (n,) tokens. Cost: about 2 ns a byte.
    """
    return _run(data, offsets, width, known, learn=False)


def _run(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    width: int,
    known: NDArray[np.uint8],
    *,
    learn: bool,
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    data, offsets = lower_exceptions(data, offsets)
    n = len(offsets) - 1
    texts, hits, tokens = np.zeros(n, np.uint64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    shift = 64 - (len(known).bit_length() - 1)
    learnt = known if learn else np.zeros(1, np.uint8)
    _look(data, offsets, folding(), width, known, shift, learn, learnt, texts, hits, tokens)
    return texts, hits, tokens
