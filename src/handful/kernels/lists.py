"""Lists of the pairs that still matter, one a candidate, and sums over them.

Tiles of similarities are cut down to the pairs above each row's bound. The entries a tile leaves stand
together, candidate after candidate; a candidate's list is its pieces over all blocks of rows, so rows ascend.
"""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from handful.kernels.jit import kernel

Tile = NDArray[np.float32]
Places = NDArray[np.uint16]
Ends = NDArray[np.int32]
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_TILE = types.Array(types.float32, 2, "C", readonly=True)
_SINGLES = types.Array(types.float32, 1, "C", readonly=True)
_DOUBLES = types.Array(types.float64, 1, "C", readonly=True)
_INDICES = types.Array(types.int64, 1, "C", readonly=True)
_PLACES, _VALUES, _ENDS = types.uint16[::1], types.float32[::1], types.int32[::1]
_OUT = types.float64[::1]


@kernel(types.int64(_TILE, _SINGLES, _PLACES, _VALUES, _ENDS))
def keep(tile: Tile, bound: Tile, places: Places, values: Tile, ends: Ends) -> int:
    """List, for each row of a tile as a candidate, the columns whose entry exceeds their bound.

    Args:
        tile: (a, b) s_ij.
        bound: (b,) of the columns.
        places: (a·b + 1,) written: places of the columns within the tile.
        values: (a·b + 1,) written: their entries.
        ends: (a,) written: where each candidate's entries end.

    Returns:
        How many entries were written.
    """
    rows, columns = tile.shape
    size = 0
    for i in range(rows):
        line = tile[i]
        for j in range(columns):  # written always and kept by moving on: no branch to guess wrong
            places[size], values[size] = j, line[j]
            size += line[j] > bound[j]
        ends[i] = size
    return size


_LISTS = (types.int64[:, ::1], types.int32[:, ::1], _PLACES, _VALUES, types.int64)


@kernel(types.void(*_LISTS, _INDICES, _DOUBLES, _DOUBLES, _DOUBLES, types.float64, _OUT, _OUT))
def list_sums(
    starts: Indices,
    ends: Ends,
    places: Places,
    values: Tile,
    block: int,
    candidates: Indices,
    low: Floats,
    high: Floats,
    weights: Floats,
    error: float,
    total: Floats,
    reach: Floats,
) -> None:
    """Σ_i w_i · (min(s_ij, high_i) − low_i)⁺ over the lists of some candidates, and its reach.

    Args:
        starts: (blocks, blocks) where the entries of a tile begin: rows' block, candidates' block.
        ends: (blocks, n) where each candidate's entries of a block of rows end, counted from there.
        places: Of the entries: the row's place in its block.
        values: Of the entries: s_ij.
        block: Rows in a block.
        candidates: (m,) whose sums are wanted.
        low: (n,) what each row has.
        high: (n,) the most it can use.
        weights: (n,) ≥ 0.
        error: Of one similarity.
        total: (m,) written.
        reach: (m,) written: the weight of the rows with s_ij > low_i − error.

    Cost: about 2 ns an entry; sums are in the order of rows.
    """
    for c in range(len(candidates)):
        j = candidates[c]
        own, first = j // block, j % block == 0
        gain, touched = 0.0, 0.0
        for b in range(len(starts)):
            start = 0 if first else ends[b, j - 1]
            base, rows = starts[b, own], b * block
            least, most, weight = low[rows:], high[rows:], weights[rows:]
            for e in range(base + start, base + ends[b, j]):  # no branch to guess wrong
                i = places[e]
                rise = min(np.float64(values[e]), most[i]) - least[i]
                touched += weight[i] if rise > -error else 0.0
                gain += weight[i] * (rise if rise > 0.0 else 0.0)
        total[c], reach[c] = gain, touched


@kernel(types.int64(*_LISTS, types.int64, _DOUBLES, types.float64, types.int64[::1]))
def list_rows(
    starts: Indices,
    ends: Ends,
    places: Places,
    values: Tile,
    block: int,
    candidate: int,
    low: Floats,
    error: float,
    rows: Indices,
) -> int:
    """Write the rows of a candidate's list with s_ij > low_i − error; return how many there are."""
    own, first, size = candidate // block, candidate % block == 0, 0
    for b in range(len(starts)):
        start = 0 if first else ends[b, candidate - 1]
        base = starts[b, own]
        for e in range(base + start, base + ends[b, candidate]):
            i = b * block + places[e]
            if values[e] > low[i] - error:
                rows[size] = i
                size += 1
    return size


@kernel(
    [
        types.void(
            _INDICES,
            types.Array(types.int32, 1, "C", readonly=True),
            values,
            _INDICES,
            _DOUBLES,
            _DOUBLES,
            _DOUBLES,
            _OUT,
        )
        for values in (_SINGLES, _DOUBLES)
    ]
)
def sparse_sums(
    starts: Indices,
    rows: NDArray[np.int32],
    values: Tile | Floats,
    candidates: Indices,
    low: Floats,
    room: Floats,
    weights: Floats,
    total: Floats,
) -> None:
    """Σ_i w_i · min((s_ij − low_i)⁺, room_i) over the columns of a sparse matrix, in the order of rows.

    Args:
        starts: (n + 1,) where each candidate's entries begin.
        rows: Of the entries.
        values: Of the entries.
        candidates: (m,) whose sums are wanted.
        low: (n,) what each row has.
        room: (n,) how much more it can use; empty: no limit.
        weights: (n,) ≥ 0; empty: ones.
        total: (m,) written.
    """
    for c in range(len(candidates)):
        j, gain = candidates[c], 0.0
        for e in range(starts[j], starts[j + 1]):
            i = rows[e]
            rise = max(np.float64(values[e]) - low[i], 0.0)
            if len(room):
                rise = min(rise, room[i])
            gain += rise * weights[i] if len(weights) else rise
        total[c] = gain
