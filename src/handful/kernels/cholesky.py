"""Rows of a Cholesky factor, brought up to date one by one."""

from __future__ import annotations

import numpy as np
from numba import types
from numpy.typing import NDArray

from handful.kernels.jit import kernel, part
from handful.kernels.products import wide_dot

Rows = NDArray[np.float32]
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_ROWS = types.Array(types.float32, 2, "C", readonly=True)
_NAMES = types.Array(types.int64, 1, "C", readonly=True)
_DOUBLES = types.Array(types.float64, 1, "C", readonly=True)


@part(types.void(types.float64[::1], types.float64[:, ::1], _NAMES, types.int64, types.int64))
def _eliminate(own: Floats, factor: Floats, picks: Indices, first: int, last: int) -> None:
    """own_t −= Σ_{s<first} own_s·c_ps, p = picks_t, first ≤ t < last ≤ first + 4, s ascending.

    Four sums side by side; of fewer, the last is computed again and is the same.
    """
    t, u, v = first, min(first + 1, last - 1), min(first + 2, last - 1)
    a, b, c, d = factor[picks[t]], factor[picks[u]], factor[picks[v]], factor[picks[last - 1]]
    at_a, at_b, at_c, at_d = own[t], own[u], own[v], own[last - 1]
    for s in range(first):
        known = own[s]
        at_a -= known * a[s]
        at_b -= known * b[s]
        at_c -= known * c[s]
        at_d -= known * d[s]
    own[t], own[u], own[v], own[last - 1] = at_a, at_b, at_c, at_d


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
        factor: (n, ≥ k) written: c.
        met: (n,) written: how many picks each row has met.
        left: (n,) written: what is left of each row's variance.

    Cost: O(d + k) for each row and pick it has not met. Each row's sums are in the order of picks.
    """
    row = np.empty(rows.shape[1])
    for c in range(len(candidates)):
        j = candidates[c]
        own = factor[j]
        if met[j] == len(picks):
            continue
        for e in range(len(row)):
            row[e] = rows[j, e]
        rest = left[j]
        for first in range(met[j], len(picks), 4):
            last = min(first + 4, len(picks))
            for t in range(first, last):
                own[t] = wide_dot(row, picked[t]) / noise
                if j == picks[t]:
                    own[t] += 1.0
            _eliminate(own, factor, picks, first, last)
            for t in range(first, last):
                value, theirs = own[t], factor[picks[t]]
                for s in range(first, t):
                    value -= own[s] * theirs[s]
                value /= roots[t]
                own[t] = value
                rest -= value * value
        left[j], met[j] = rest, len(picks)
