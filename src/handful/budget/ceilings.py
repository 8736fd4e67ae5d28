"""What a row of each signature may cost at most: proven by the prices of a linear programme."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful.budget.amounts import below
from handful.budget.feasibility import Counts, Floats, System
from handful.budget.prices import limit_prices
from handful.budget.shelves import Number, Shelves


class Ceilings:
    """A cost for each signature above which no row of it can be taken; they only fall.

    Any prices λ ≥ 0 of the limits bound the cost of every completion: what must be paid beside a row of s is at
    least −λ·(D·taken + h) − λ·D_s − Σ_u Σ_j (λ·D_u − c_uj)⁺, with c_uj the costs of open rows.

    Args:
        count: S, the number of signatures.
        costs: (n,) of rows; the ceilings are of their kind.

    Attributes:
        most: (S,) the ceilings.
        priced: What was left when prices were last asked for; 0 before.
    """

    def __init__(self, count: int, costs: NDArray[Any]) -> None:
        whole = costs.dtype.kind != "f"
        top = np.iinfo(np.int64).max if whole else np.inf
        self.most = np.full(count, top, np.int64 if whole else np.float64)
        self.priced: Number = 0
        self._prices: Floats | None = None
        self._gained = 0.0

    def copy(self) -> Ceilings:
        """Ceilings that go their own way."""
        twin = copy.copy(self)
        twin.most = self.most.copy()
        return twin

    def lower(self, s: int, cost: Number) -> None:
        """No row of s that costs so much, or more, can be taken."""
        self.most[s] = min(self.most[s], below(cost, self.most.dtype, strictly=True))

    def lower_by_prices(self, system: System, taken: Counts, left: Number) -> None:
        """Lower them by the prices there are, whatever state they were found in."""
        if self._prices is None:
            return
        beside = np.maximum(0.0, self._owed(system, taken) - self._prices @ system.d) * (1 - 1e-9)
        most = (float(left) - beside) * (1 + 1e-12)
        if self.most.dtype.kind == "i":
            most = np.minimum(np.floor(most + 1e-9 * abs(most)), 2.0**62).astype(np.int64)
        self.most = np.minimum(self.most, np.maximum(most, -1))

    def price(
        self, system: System, taken: Counts, left: Number, shelves: Shelves, rows: int
    ) -> None:
        """Find the prices of the cheapest completion of what is taken, of at most so many rows."""
        self.priced = left
        prefixes = shelves.prefixes(rows)
        prices = limit_prices(system, taken, prefixes)
        if prices is None:
            return
        self._prices, worth = prices, prices @ system.d
        self._gained = sum(
            float(np.sum(np.maximum(0.0, w - np.diff(p))))
            for w, p in zip(worth.tolist(), prefixes, strict=True)
            if w > 0
        )
        self.lower_by_prices(system, taken, left)

    def least(self, system: System, taken: Counts) -> float | None:
        """What any completion costs at least, by the prices there are."""
        return None if self._prices is None else self._owed(system, taken)

    def _owed(self, system: System, taken: Counts) -> float:
        assert self._prices is not None
        return -float(self._prices @ system.slack(taken)) - self._gained
