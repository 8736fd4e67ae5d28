"""Rows of a Cholesky factor, brought up to date one by one."""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from handful.kernels.jit import kernel
from handful.kernels.lanes import LANES
from handful.kernels.products import wide_dot

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
        types.Array(types.float64, 2, "C", readonly=True),
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
    roots: Floats,
    picked: Floats,
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
        roots: (k,) √pivot: of what was left of each when it was picked.
        picked: (≥ k, d) their rows, as float64.
        factor: (n, a multiple of LANES ≥ k) written: c, with zeros beyond what a row has met.
        met: (n,) written: how many picks each row has met.
        left: (n,) written: what is left of each row's variance.

    Cost: O(d + k) for each row and pick it has not met. Sums are in lanes: the same whenever a row is asked for.
    """
    row = np.empty(rows.shape[1])
    for c in range(len(candidates)):
        j = candidates[c]
        own, rest = factor[j], left[j]
        if met[j] == len(picks):
            continue
        for e in range(len(row)):
            row[e] = rows[j, e]
        for t in range(met[j], len(picks)):
            known = (t + LANES - 1) // LANES * LANES
            value = wide_dot(row, picked[t]) / noise
            value -= wide_dot(own[:known], factor[picks[t], :known])
            value = (value + (1.0 if j == picks[t] else 0.0)) / roots[t]
            own[t] = value
            rest -= value * value
        left[j], met[j] = rest, len(picks)
