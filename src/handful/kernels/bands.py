"""Rows that are nearly the same, by bands of their signatures; `duplicates_reference` defines them.

A band is four places: neighbours, or a quarter of the signature apart, so that each place is in two bands.
Rows that agree in all places of a band meet in a table; those that also agree in enough places altogether,
and whose sets of shingles overlap enough where sets are given, are joined in a forest. A row equal to an
earlier one is joined to it at once and meets no other. Rows wait in the table in chains; each is compared
with the last `window` of its chain, so that a band shared by a million rows does not cost a million squared.
"""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from handful.kernels.jit import kernel, part
from handful.kernels.text_reference import FACTOR

BAND = 4
"""Places of a band: four of 16 bits make one key of 64."""

MOST = 1024
"""Members of a set, at most: those with the smallest hashes."""

_FACTOR = np.uint64(FACTOR)
_0, _16, _32 = np.uint64(0), np.uint64(16), np.uint64(32)

whole = types.int64
_keys = types.Array(types.uint64, 2, "C", readonly=True)
_places = types.Array(types.uint16, 2, "C", readonly=True)
_forest = types.int32[::1]
_sets = types.Array(types.uint32, 1, "C", readonly=True)
_ends = types.Array(whole, 1, "C", readonly=True)


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


@part(types.uint64(_places, whole, whole, whole))
def _key(places, row, first, step):
    """The four places of a band as one number."""
    key = _0
    for i in range(BAND):
        key = (key << _16) | np.uint64(places[row, first + i * step])
    return key


@part(types.boolean(_sets, _ends, whole, whole))
def _equal(sets, ends, left, right):
    """Whether two rows have the same set."""
    size = ends[left + 1] - ends[left]
    if size != ends[right + 1] - ends[right]:
        return False
    same = True
    for i in range(size):
        same &= sets[ends[left] + i] == sets[ends[right] + i]
    return same


@part(types.boolean(_sets, _ends, whole, whole, types.float64))
def _overlap(sets, ends, left, right, threshold):
    """Whether the Jaccard similarity of two sets reaches the threshold; of large ones, of their smallest."""
    i, j, stop, end = ends[left], ends[right], ends[left + 1], ends[right + 1]
    most = MOST if max(stop - i, end - j) >= MOST else 2 * MOST
    union = both = 0
    while (i < stop or j < end) and union < most:
        if j == end or (i < stop and sets[i] < sets[j]):
            i += 1
        elif i == stop or sets[j] < sets[i]:
            j += 1
        else:
            both += 1
            i += 1
            j += 1
        union += 1
    return both >= threshold * union - 1e-9


@part(whole(types.uint64, whole))
def _slot(key, shift):
    mixed = key * _FACTOR
    return np.int64(((mixed ^ (mixed >> _32)) * _FACTOR) >> np.uint64(shift))


@kernel(types.void(_keys, _sets, _ends, types.boolean[::1], _forest, _forest, whole))
def _join_copies(keys, sets, ends, copies, forest, heads, shift):
    """Join each row to the first that is equal in all places, and as a set, and mark it."""
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
            if same and (ends.shape[0] == 0 or _equal(sets, ends, row, first)):
                copies[row] = True
                forest[row] = first
                break
            slot = (slot + 1) & last
        if not copies[row]:
            heads[slot] = row


@kernel(
    types.UniTuple(whole, 2)(
        _places,
        whole,
        whole,
        types.boolean[::1],
        _sets,
        _ends,
        types.float64,
        whole,
        whole,
        _forest,
        types.uint64[::1],
        _forest,
        _forest,
        whole,
    )
)
def _join_band(
    places,
    first,
    step,
    copies,
    sets,
    ends,
    threshold,
    needed,
    window,
    forest,
    table,
    heads,
    chain,
    shift,
):
    """Join the rows that meet in one band; returns pairs compared, and rows whose chain was too long."""
    heads[:] = -1
    last = heads.shape[0] - 1
    compared = cut = 0
    for row in range(places.shape[0]):
        if copies[row]:
            continue
        key = _key(places, row, first, step)
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
                if _agreeing(places, row, other) >= needed and (
                    ends.shape[0] == 0 or _overlap(sets, ends, row, other, threshold)
                ):
                    _join(forest, row, other)
            other, seen = chain[other], seen + 1
        cut += other >= 0
    return compared, cut


def join_near(
    signatures: NDArray[np.uint16],
    *,
    needed: int,
    window: int,
    sets: tuple[NDArray[np.uint32], NDArray[np.int64]] | None = None,
    threshold: float = 0.0,
) -> tuple[NDArray[np.int64], int, int]:
    """Components of the rows that agree in a band, in `needed` places altogether, and as sets.

    Args:
        signatures: (n, m) uint16, m a multiple of `BAND`; may be memory-mapped.
        needed: Places in which two rows must agree to be joined, 1 to m.
        window: Rows of a chain that a row is compared with, at most.
        sets: Values and (n + 1,) ends of each row's set, ascending, of at most `MOST` values; None: no sets.
        threshold: Jaccard similarity of the sets of two rows from which they are joined.

    Returns:
        (n,) int64, for each row the least of its component; pairs compared; rows whose chain was cut off.
        Cost: m/2 look-ups a row, m steps a pair compared; memory 33 bytes a row beside the signatures.

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
    values, ends = (np.zeros(0, np.uint32), np.zeros(0, np.int64)) if sets is None else sets
    _join_copies(keys, values, ends, copies, forest, heads, 64 - bits)
    compared = cut = 0
    bands = [(first, 1) for first in range(0, m, BAND)]
    bands += [(first, m // BAND) for first in range(m // BAND)]
    for first, step in bands:
        found = _join_band(
            signatures,
            first,
            step,
            copies,
            values,
            ends,
            threshold,
            needed,
            window,
            forest,
            table,
            heads,
            chain,
            64 - bits,
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
