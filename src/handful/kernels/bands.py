"""Rows that nearly agree, from their signatures, by bands; `duplicates_reference.near_pairs` defines them.

Rows that agree in all places of a band meet in a table; those that also agree in enough places altogether
are joined in a forest. A row equal to an earlier one in all places is joined to it at once and meets no
other. Rows wait in the table in chains; each is compared with the last `window` of its chain, so that a
band shared by a million rows does not cost a million squared.
"""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from handful.kernels.jit import kernel, part
from handful.kernels.text_reference import FACTOR

BAND = 4
"""Places of a band: four of 16 bits are one key of 64."""

_FACTOR = np.uint64(FACTOR)
_0, _1, _32 = np.uint64(0), np.uint64(1), np.uint64(32)

whole = types.int64
_keys = types.Array(types.uint64, 2, "C", readonly=True)
_places = types.Array(types.uint16, 2, "C", readonly=True)
_forest = types.int32[::1]


@part(whole(_forest, whole))
def _root(forest, row):
    """The least row of a row's tree; paths are halved on the way."""
    while forest[row] != row:
        forest[row] = forest[forest[row]]
        row = forest[row]
    return row


@part(types.void(_forest, whole, whole))
def _join(forest, left, right):
    left, right = _root(forest, left), _root(forest, right)
    if left < right:
        forest[right] = left
    else:
        forest[left] = right


@part(whole(_places, whole, whole))
def _agreeing(places, left, right):
    """In how many places two signatures agree."""
    same = 0
    for i in range(places.shape[1]):
        same += places[left, i] == places[right, i]
    return same


@part(whole(types.uint64, whole))
def _slot(key, shift):
    mixed = key * _FACTOR
    return np.int64(((mixed ^ (mixed >> _32)) * _FACTOR) >> np.uint64(shift))


@kernel(types.void(_keys, types.boolean[::1], _forest, _forest, whole))
def _join_copies(keys, copies, forest, heads, shift):
    """Join each row to the first that is equal in all places, and mark it."""
    heads[:] = -1
    last = heads.shape[0] - 1
    for row in range(keys.shape[0]):
        mixed = _0
        for band in range(keys.shape[1]):
            mixed = (mixed ^ keys[row, band]) * _FACTOR
            mixed ^= mixed >> _32
        slot = _slot(mixed, shift)
        while heads[slot] >= 0:
            first = heads[slot]
            same = True
            for band in range(keys.shape[1]):
                same &= keys[row, band] == keys[first, band]
            if same:
                copies[row] = True
                forest[row] = first
                break
            slot = (slot + 1) & last
        if not copies[row]:
            heads[slot] = row


@kernel(
    types.UniTuple(whole, 2)(
        _keys,
        _places,
        whole,
        types.boolean[::1],
        whole,
        whole,
        _forest,
        types.uint64[::1],
        _forest,
        _forest,
        whole,
    )
)
def _join_band(keys, places, band, copies, needed, window, forest, table, heads, chain, shift):
    """Join the rows that meet in one band; returns pairs compared, and rows whose chain was too long."""
    heads[:] = -1
    last = heads.shape[0] - 1
    compared = cut = 0
    for row in range(keys.shape[0]):
        if copies[row]:
            continue
        key = keys[row, band]
        slot = _slot(key, shift)
        while heads[slot] >= 0 and table[slot] != key:
            slot = (slot + 1) & last
        table[slot] = key
        chain[row] = heads[slot]
        heads[slot] = row
        other, seen = chain[row], 0
        while other >= 0 and seen < window:
            if _root(forest, row) != _root(forest, other):
                compared += 1
                if _agreeing(places, row, other) >= needed:
                    _join(forest, row, other)
            other, seen = chain[other], seen + 1
        cut += other >= 0
    return compared, cut


def join_near(
    signatures: NDArray[np.uint16], *, needed: int, window: int
) -> tuple[NDArray[np.int64], int, int]:
    """Components of the rows that agree in a band and in `needed` places altogether.

    Args:
        signatures: (n, m) uint16, m a multiple of `BAND`; may be memory-mapped.
        needed: Places in which two rows must agree to be joined, 1 to m.
        window: Rows of a chain that a row is compared with, at most.

    Returns:
        (n,) int64, for each row the least of its component; pairs compared; rows whose chain was cut off.
        Cost: m/4 look-ups a row, m steps a pair compared; memory 33 bytes a row beside the signatures.

    Example:
        >>> rows = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [1, 2, 3, 4]], np.uint16)
        >>> join_near(rows, needed=4, window=8)[0].tolist()
        [0, 1, 0]
    """
    n, m = signatures.shape
    assert m % BAND == 0
    assert n < 2**31
    keys = np.ascontiguousarray(signatures).view(np.uint64)
    bits = max(4, int(2 * n).bit_length())
    heads, table = np.empty(1 << bits, np.int32), np.empty(1 << bits, np.uint64)
    forest, chain = np.arange(n, dtype=np.int32), np.empty(n, np.int32)
    copies = np.zeros(n, np.bool_)
    _join_copies(keys, copies, forest, heads, 64 - bits)
    compared = cut = 0
    for band in range(m // BAND):
        found = _join_band(
            keys, signatures, band, copies, needed, window, forest, table, heads, chain, 64 - bits
        )
        compared, cut = compared + found[0], cut + found[1]
    return roots(forest), compared, cut


def roots(forest: NDArray[np.int32]) -> NDArray[np.int64]:
    """(n,) the least row of each row's tree; in a forest, no row's parent comes after it.

    Example:
        >>> roots(np.array([0, 0, 1, 3], np.int32)).tolist()
        [0, 0, 0, 3]
    """
    out = np.empty(len(forest), np.int64)
    _find_roots(forest, out)
    return out


def join_pairs(
    forest: NDArray[np.int32], left: NDArray[np.int64], right: NDArray[np.int64]
) -> None:
    """Join pairs of rows in a forest, in place."""
    _join_all(forest, np.ascontiguousarray(left), np.ascontiguousarray(right))


@kernel(types.void(_forest, whole[::1]))
def _find_roots(forest, out):
    for row in range(forest.shape[0]):
        parent = np.int64(forest[row])
        out[row] = row if parent == row else out[parent]


@kernel(types.void(_forest, whole[::1], whole[::1]))
def _join_all(forest, left, right):
    for pair in range(left.shape[0]):
        _join(forest, left[pair], right[pair])
