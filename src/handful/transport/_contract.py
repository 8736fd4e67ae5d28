"""What a solved transport is, however it was solved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Transport:
    """Prices at which moving rows onto targets costs least, and between what that least cost lies.

        max_{f, g} Σ_i a_i·f_i + Σ_j b_j·g_j    where f_i + g_j ≤ c_ij;    Σ_j b_j·g_j = 0 by convention

    A row of large f is far from what the targets still need: the cost grows by f_i, less the mean of f, for mass
    moved onto row i. So *small* f is wanted.

    Args:
        rows: (n,) f, one a row.
        targets: (m,) g, one a target.
        cost: Of a plan that moves everything: an upper bound of the least cost.
        bound: Of prices that nobody can beat: a lower bound of the least cost.
        scale: What it costs to move each row to all targets alike; the gap is told in it.
        epsilon: Smoothing at the end, in units of cost; 0 where solved exactly.
        sweeps: Passes over all pairs.
    """

    rows: Floats
    targets: Floats
    cost: float
    bound: float
    scale: float
    epsilon: float = 0.0
    sweeps: int = 0

    @property
    def gap(self) -> float:
        """(cost − bound) / scale: how far from the least cost it can be."""
        return (self.cost - self.bound) / self.scale if self.scale > 0.0 else 0.0


def centred(f: Floats, g: Floats, b: Floats) -> tuple[Floats, Floats]:
    """The same prices, with Σ b·g = 0: only f + g means anything."""
    shift = float(b @ g)
    return f + shift, g - shift


def weights(given: Floats | None, count: int) -> Floats:
    """(count,) weights > 0 that sum to 1; equal ones where none are given."""
    if given is None:
        return np.full(count, 1.0 / count)
    given = np.asarray(given, np.float64)
    assert given.shape == (count,), "one weight for each"
    assert (given > 0.0).all(), "weights are > 0"
    return np.asarray(given / given.sum())
