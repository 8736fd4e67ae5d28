"""Rows of a Cholesky factor, brought up to date one by one."""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from handful.kernels.jit import kernel
from handful.kernels.products import LANES, dot

Rows = NDArray[np.float32]
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_ROWS = types.Array(types.float32, 2, "C", readonly=True)
_NAMES = types.Array(types.int64, 1, "C", readonly=True)
_DOUBLES = types.Array(types.float64, 1, "C", readonly=True)


@kernel(
    types.void(
        _ROWS,
        types.float64,
        _NAMES,
        _NAMES,
        _DOUBLES,
        types.float64[:, ::1],
        types.int64[::1],
        types.float64[::1],
    )
)
def catch_up(
    rows: Rows,
    noise: float,
    candidates: Indices,
    picks: Indices,
    pivots: Floats,
    factor: Floats,
    met: Indices,
    left: Floats,
) -> None:
    """Extend the factor of I + XXᵀ/σ² by the columns that some rows lack.

        c_jt = (⟨x_j, x_p⟩/σ² + [j = p] − Σ_{s<t} c_js·c_ps) / √pivot_t,    left_j −= c_jt²,    p = picks_t

    Args:
        rows: (n, d) X.
        noise: σ².
        candidates: (m,) rows to bring up to date.
        picks: (k,) in order; each was up to date when it was picked.
        pivots: (k,) what was left of each when it was picked.
        factor: (n, ≥ k) written: c.
        met: (n,) written: how many picks each row has met.
        left: (n,) written: what is left of each row's variance.

    Cost: O(d + k) for each row and pick it has not met. Each row's sums are in the order of picks.
    """
    lanes = np.zeros(LANES)
    for c in range(len(candidates)):
        j = candidates[c]
        own = factor[j]
        for t in range(met[j], len(picks)):
            p = picks[t]
            value = dot(rows[j], rows[p], lanes) / noise
            if j == p:
                value += 1.0
            theirs = factor[p]
            for s in range(t):
                value -= own[s] * theirs[s]
            value /= np.sqrt(pivots[t])
            own[t] = value
            left[j] -= value * value
        met[j] = len(picks)
