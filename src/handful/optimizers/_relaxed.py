"""The most a modular function can reach under a budget that may be filled in fractions.

    max Σ_j ρ_j·z_j   with   0 ≤ z_j ≤ 1,  Σ_j z_j ≤ rows left,  Σ_j c_j·z_j ≤ amount left

The linear programme is at least what any set of whole rows reaches. Its dual has one price, μ, for a
unit of cost; every μ ≥ 0 gives a valid bound,

    μ·amount + the sum of the largest ρ_j − μ·c_j above 0, as many as rows are left,

convex in μ, and the least of them is the linear programme's value.

Source: Dantzig 1957, Discrete-variable extremum problems; Geoffrion 1974 for the dual.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handful.budget import Ledger
from handful.objectives._contract import Floats, Indices

HALVINGS = 60
"""Of the interval in which the price of cost lies; the bound holds wherever they stop."""


@dataclass(frozen=True, eq=False)
class Filled:
    """A relaxed filling.

    Args:
        value: What it reaches, rounded up.
        rows: The rows it takes whole.
        row_price: What one more row would add.
        cost_price: What one more unit of cost would add; None where no cost binds.
    """

    value: float
    rows: Indices
    row_price: float
    cost_price: float | None


class Filler:
    """Fills what a ledger has left, again and again under other weights.

    Args:
        ledger: As it was before any pick; rows taken beforehand are in every feasible set.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.n = ledger.n
        self.taken = np.array(ledger.taken, np.int64)
        every = np.arange(ledger.n)
        self.free = every[ledger.feasible(every)]
        self.rows = min(ledger.rows_left, len(self.free))
        self.costs: Floats | None = None
        left = ledger.amount_left
        if ledger.costs is not None and left is not None:
            # Costs rounded down and the amount up can only loosen the programme.
            self.costs = np.nextafter(ledger.costs[self.free].astype(np.float64), 0.0)
            self.amount = float(np.nextafter(float(left), np.inf))

    def fill(self, weights: Floats) -> Filled:
        """The relaxed best under (n,) weights. O(n), and 60 times that where a cost binds."""
        fixed = float(np.sum(weights[self.taken]))
        worth = weights[self.free]
        if self.costs is None:
            return self._filled(worth, 0.0, fixed)
        low, high = 0.0, 0.0
        if self._spent(worth, 0.0) > self.amount:
            paid = self.costs > 0
            high = float(
                np.max(worth[paid] / self.costs[paid])
            )  # at which nothing paid for is taken
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            if not low < middle < high:
                break
            if self._spent(worth, middle) > self.amount:
                low = middle
            else:
                high = middle
        return min(
            (self._filled(worth, price, fixed) for price in (high, low)), key=lambda f: f.value
        )

    def _filled(self, worth: Floats, price: float, fixed: float) -> Filled:
        net = worth if self.costs is None else worth - price * self.costs
        chosen = _largest(net, self.rows)
        total = float(np.sum(net[chosen]))
        if self.costs is not None:
            total += price * self.amount
        row_price = float(net[chosen].min()) if len(chosen) and len(chosen) == self.rows else 0.0
        rows = np.concatenate([self.taken, self.free[chosen]])
        return Filled(fixed + total, rows, row_price, None if self.costs is None else price)

    def _spent(self, worth: Floats, price: float) -> float:
        assert self.costs is not None
        return float(np.sum(self.costs[_largest(worth - price * self.costs, self.rows)]))


def _largest(net: Floats, rows: int) -> Indices:
    """Places of the largest values above 0, `rows` of them at most."""
    if rows <= 0:
        return np.zeros(0, np.int64)
    if rows < len(net):
        places = np.argpartition(net, len(net) - rows)[len(net) - rows :]
        return places[net[places] > 0]
    return np.flatnonzero(net > 0)
