"""A heap of numbered keys in two arrays: the largest key on top; of equal ones the smallest name."""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from handful.kernels.jit import kernel, part

Keys = NDArray[np.float64]
Names = NDArray[np.int64]

_KEYS, _NAMES, _SIZE = types.float64[::1], types.int64[::1], types.int64
_NEW = (
    types.Array(types.float64, 1, "C", readonly=True),
    types.Array(types.int64, 1, "C", readonly=True),
)


@part(types.boolean(_KEYS, _NAMES, _SIZE, _SIZE))
def _before(keys: Keys, names: Names, a: int, b: int) -> bool:
    """Whether place a belongs above place b. Without a branch, for none could be foreseen."""
    return bool((keys[a] > keys[b]) | ((keys[a] == keys[b]) & (names[a] < names[b])))


@part(types.void(_KEYS, _NAMES, _SIZE, _SIZE))
def _swap(keys: Keys, names: Names, a: int, b: int) -> None:
    keys[a], keys[b] = keys[b], keys[a]
    names[a], names[b] = names[b], names[a]


@part(types.void(_KEYS, _NAMES, _SIZE, _SIZE))
def _rise(keys: Keys, names: Names, at: int, top: int) -> None:
    """Move what is at a place up to where it belongs, but not past `top`."""
    while at > top and _before(keys, names, at, (at - 1) // 2):
        _swap(keys, names, at, (at - 1) // 2)
        at = (at - 1) // 2


@part(types.void(_KEYS, _NAMES, _SIZE, _SIZE))
def _sink(keys: Keys, names: Names, size: int, at: int) -> None:
    """Move what is at a place down to the leaves, whatever it is, and up again.

    It came from a leaf, and seldom belongs far from one, so this compares half as often.
    """
    top, key, name = at, keys[at], names[at]
    while 2 * at + 2 < size:
        child = 2 * at + 1
        child += int(_before(keys, names, child + 1, child))
        keys[at], names[at] = keys[child], names[child]
        at = child
    if 2 * at + 1 < size:
        keys[at], names[at] = keys[2 * at + 1], names[2 * at + 1]
        at = 2 * at + 1
    keys[at], names[at] = key, name
    _rise(keys, names, at, top)


@kernel(types.int64(_KEYS, _NAMES, _SIZE, *_NEW))
def push(keys: Keys, names: Names, size: int, new_keys: Keys, new_names: Names) -> int:
    """Put new keys on a heap of `size`; return its new size. O(m log n), or O(n + m) where m is larger.

    Args:
        keys: (n,) room for all that may be on it at once; the first `size` are.
        names: (n,) theirs.
        size: How many there are.
        new_keys: (m,) to put on it.
        new_names: (m,) theirs; no name is on it twice.
    """
    for i in range(len(new_keys)):
        keys[size + i], names[size + i] = new_keys[i], new_names[i]
    total = size + len(new_keys)
    if len(new_keys) > size:
        for at in range(total // 2 - 1, -1, -1):
            _sink(keys, names, total, at)
        return total
    for at in range(size, total):
        _rise(keys, names, at, 0)
    return total


@kernel(types.int64(_KEYS, _NAMES, _SIZE, types.float64, _NAMES))
def pop(keys: Keys, names: Names, size: int, least: float, out: Names) -> int:
    """Take the top keys off a heap of `size`, as many as `out` has room for and none below `least`.

    Returns:
        How many were taken: their names are the first of `out`, best first. O(taken · log n).
    """
    taken = 0
    while taken < min(len(out), size) and keys[0] >= least:
        out[taken] = names[0]
        taken += 1
        _swap(keys, names, 0, size - taken)
        _sink(keys, names, size - taken, 0)
    return taken
