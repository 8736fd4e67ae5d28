"""Each row's nearest and next nearest pick, kept in step while one pick is exchanged for another."""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from handful.kernels.jit import kernel

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Mask = NDArray[np.bool_]

_FLOATS = types.float64[::1]
_TABLE = types.float64[:, ::1]
_PLACES = types.int64[::1]
_FIXED = types.Array(types.int64, 1, "C", readonly=True)
_MASK = types.Array(types.boolean, 1, "C", readonly=True)


@kernel(types.void(_TABLE, types.int64, _FLOATS, _PLACES, _FLOATS, _PLACES), allocates=False)
def measure_anew(
    distances: Floats, row: int, near: Floats, who: Places, following: Floats, second: Places
) -> None:
    """Find one row's nearest pick and the next; of equally near ones the first. O(k)."""
    near[row], who[row], following[row], second[row] = np.inf, 0, np.inf, 0
    for place in range(distances.shape[1]):
        distance = distances[row, place]
        if distance < near[row]:
            following[row], second[row] = near[row], who[row]
            near[row], who[row] = distance, place
        elif distance < following[row]:
            following[row], second[row] = distance, place


@kernel(
    types.void(_TABLE, types.int64, _FLOATS, _FLOATS, _PLACES, _FLOATS, _PLACES), allocates=False
)
def exchange(
    distances: Floats,
    place: int,
    column: Floats,
    near: Floats,
    who: Places,
    following: Floats,
    second: Places,
) -> None:
    """Put another pick in a place. O(n), and O(k) for each row whose nearest or next nearest pick went.

    Args:
        distances: (n, k) of each row to each pick; the column of `place` is overwritten.
        place: Which pick goes.
        column: (n,) the distance of each row to the one that comes.
        near: (n,) of each row to its nearest pick.
        who: (n,) the place of that pick.
        following: (n,) the distance to the next nearest.
        second: (n,) its place.
    """
    for row in range(len(column)):
        distance = column[row]
        distances[row, place] = distance
        if who[row] == place or second[row] == place:
            measure_anew(distances, row, near, who, following, second)
        elif distance < near[row]:
            following[row], second[row] = near[row], who[row]
            near[row], who[row] = distance, place
        elif distance < following[row]:
            following[row], second[row] = distance, place


_ASKED = (_FLOATS, _PLACES, _FLOATS, types.int64, _MASK, _FIXED, _MASK, _PLACES, types.int64)


@kernel(types.int64(*_ASKED, types.float64, _FIXED), allocates=False)
def farthest_without(
    near: Floats,
    who: Places,
    following: Floats,
    place: int,
    fits: Mask,
    signature: Places,
    room: Mask,
    until: Places,
    now: int,
    highest: float,
    rank: Places,
) -> int:
    """The row farthest from all picks but one, or −1; of equally far rows the one of the lowest rank. O(n).

    Args:
        near: (n,) distance to the nearest pick.
        who: (n,) its place.
        following: (n,) distance to the next nearest.
        place: The pick that goes.
        fits: (n,) rows that may come.
        signature: (n,) of each row.
        room: (S,) of which signatures one may come.
        until: (n,) the move up to which a row stays out, unless it would be farther than `highest`.
        now: The move.
        highest: See `until`.
        rank: (n,) by which ties break.
    """
    best, distance = -1, -np.inf
    for row in range(len(near)):
        far = following[row] if who[row] == place else near[row]
        if far < distance or not fits[row] or not room[signature[row]]:
            continue
        if until[row] > now and far <= highest:
            continue
        if far > distance or best < 0 or rank[row] < rank[best]:
            best, distance = row, far
    return best
