"""The most a modular function can reach under a budget that may be filled in fractions.

    max Σ_j ρ_j·z_j   with   0 ≤ z_j ≤ 1,  Σ_j z_j ≤ rows left,  Σ_j c_j·z_j ≤ amount left

The linear programme is at least what any set of whole rows reaches. Its dual has one price, μ, for a
unit of cost; every μ ≥ 0 gives a valid bound,

    μ·amount + the sum of the largest ρ_j − μ·c_j above 0, as many as rows are left,

convex in μ, and the least of them is the linear programme's value. Each limit of a quota, D_q·y + h_q ≥ 0 in
the counts y of signatures, has a price λ_q ≥ 0 too: λ·(D·taken + h) is added, and λ·D_s to the worth of each
row of signature s. The prices come from a linear programme over bins of similar rows; the bound is computed
with all rows, so that it is valid whatever the bins.

Source: Dantzig 1957, Discrete-variable extremum problems; Geoffrion 1974, Lagrangean relaxation for integer
programming, for the dual.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from handful.budget import Ledger
from handful.budget.lookahead import Lookahead
from handful.objectives._contract import Floats, Indices

HALVINGS = 60
"""Of the interval in which the price of cost lies; the bound holds wherever they stop."""
SINGLE = 64
"""Rows of a signature that are bins of their own."""
ROUNDED = 1e-12
"""Relative error allowed in the sums of prices times counts."""


@dataclass(frozen=True, eq=False)
class Filled:
    """A relaxed filling.

    Args:
        value: What it reaches, rounded up.
        rows: The rows it takes whole.
        row_price: What one more row would add.
        cost_price: What one more unit of cost would add; None where no cost binds.
        limit_prices: What one row more, or less, of a limit would add, by its name; those above 0.
    """

    value: float
    rows: Indices
    row_price: float
    cost_price: float | None
    limit_prices: Mapping[str, float] = field(default_factory=dict)


class Filler:
    """Fills what a ledger has left, again and again under other weights.

    Args:
        ledger: As it was before any pick; rows taken beforehand are in every feasible set.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.n = ledger.n
        self.taken = np.array(ledger.taken, np.int64)
        every = np.arange(ledger.n)
        # Under quotas the ledger may pass over a row it cannot decide on: a bound must not.
        self.ahead = ledger.ahead if isinstance(ledger.ahead, Lookahead) else None
        plain = ledger if ledger.ahead is None else ledger.without_quotas()
        self.free = every[plain.feasible(every)]
        self.rows = min(ledger.rows_left, len(self.free))
        self.costs: Floats | None = None
        left = ledger.amount_left
        if ledger.costs is not None and left is not None:
            # Costs rounded down and the amount up can only loosen the programme.
            self.costs = np.nextafter(ledger.costs[self.free].astype(np.float64), 0.0)
            self.amount = float(np.nextafter(float(left), np.inf))

    @property
    def plain(self) -> bool:
        """Whether the number of rows is all that binds: only the largest weights count then."""
        return self.costs is None and self.ahead is None

    def fill(self, weights: Floats) -> Filled:
        """The relaxed best under (n,) weights. O(n), and 60 times that where a cost binds."""
        fixed = float(np.sum(weights[self.taken]))
        worth = weights[self.free]
        if self.ahead is None:
            return self._priced(worth, fixed)
        prices = self._limit_prices(self.ahead, worth)
        slack = self.ahead.system.slack(self.ahead.taken)
        owed = float(prices @ slack) + ROUNDED * float(prices @ np.abs(slack))
        lifted = (prices @ self.ahead.system.d)[self.ahead.signature[self.free]]
        error = ROUNDED * float(np.abs(lifted).max(initial=0.0)) * max(1, self.rows)
        filled = self._priced(worth + lifted, fixed + owed + error)
        per_row, bare = self._named(self.ahead, prices), self._priced(worth, fixed)
        if bare.value <= filled.value:
            return bare
        row_price = filled.row_price + per_row.pop("row", 0.0)
        return replace(filled, row_price=max(0.0, row_price), limit_prices=per_row)

    def _limit_prices(self, ahead: Lookahead, worth: Floats) -> Floats:
        """(Q,) ≥ 0, the prices of the limits in the linear programme over bins."""
        from scipy import sparse
        from scipy.optimize import linprog

        signatures = ahead.signature[self.free]
        of, size, value, cost = _bins(signatures, worth, self.costs)
        d, slack = ahead.system.d[:, of], ahead.system.slack(ahead.taken)
        weight = np.maximum(1, np.abs(ahead.system.d).max(axis=1, initial=1)).astype(np.float64)
        rows, limits = [-d / weight[:, None]], [slack / weight]
        if self.costs is not None:
            scale = float(cost.max(initial=0.0)) or 1.0
            rows.append(cost[None] / scale)
            limits.append(np.array([self.amount / scale]))
        top = float(np.abs(value).max(initial=0.0)) or 1.0
        solved = linprog(
            -value / top,
            A_ub=sparse.csr_array(np.vstack(rows)),
            b_ub=np.concatenate(limits),
            bounds=np.column_stack([np.zeros(len(of)), size]),
            method="highs",
        )
        if solved.status != 0 or solved.x is None:
            return np.zeros(len(weight))
        found = -np.asarray(solved.ineqlin.marginals[: len(weight)]) * top / weight
        prices: Floats = np.maximum(0.0, found)
        return prices

    def _named(self, ahead: Lookahead, prices: Floats) -> dict[str, float]:
        """Prices of one row, by limit; "row" for the number of rows."""
        named = {"row": 0.0}
        for price, (name, sign, units) in zip(prices.tolist(), ahead.system.units, strict=True):
            if name == "row":
                named["row"] += sign * price
            elif price * units > 0:
                named[name] = price * units
        return named

    def _priced(self, worth: Floats, fixed: float) -> Filled:
        """The relaxed best without limits; the price of cost by halving."""
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
        total = float(np.sum(np.sort(net[chosen])))  # in an order that rows left out cannot change
        if self.costs is not None:
            total += price * self.amount
        row_price = float(net[chosen].min()) if len(chosen) and len(chosen) == self.rows else 0.0
        rows = np.concatenate([self.taken, self.free[chosen]])
        return Filled(fixed + total, rows, row_price, None if self.costs is None else price)

    def _spent(self, worth: Floats, price: float) -> float:
        assert self.costs is not None
        return float(np.sum(self.costs[_largest(worth - price * self.costs, self.rows)]))


def _bins(
    signatures: Indices, worth: Floats, costs: Floats | None
) -> tuple[Indices, NDArray[np.int64], Floats, Floats]:
    """Rows of one signature and about one worth (a cost) together: signature, rows, mean worth, mean cost.

    Bins hold one row each at the top and grow downwards.
    """
    by = worth if costs is None else worth / (costs + (float(costs.mean()) or 1.0))
    order = np.lexsort((-by, signatures))
    starts = np.searchsorted(signatures[order], np.unique(signatures))
    edges = []
    for start, stop in zip(starts, np.append(starts[1:], len(order)), strict=True):
        steps = np.cumsum(_growing(int(stop - start)))
        edges.append(start + steps[steps < stop - start])
    cuts = np.sort(np.concatenate([starts, *edges])).astype(np.int64)
    size = np.diff(np.append(cuts, len(order)))
    paid = np.zeros(len(order)) if costs is None else costs[order]
    means = [np.add.reduceat(x, cuts) / size for x in (worth[order], paid)]
    return signatures[order[cuts]], size, means[0], means[1]


def _growing(rows: int) -> NDArray[np.int64]:
    """Sizes of bins: 1 for the first `SINGLE`, then a tenth more each."""
    more = np.ceil(1.1 ** np.arange(1, 160)) if rows > SINGLE else np.zeros(0)
    return np.concatenate([np.ones(min(rows, SINGLE)), more]).astype(np.int64)


def _largest(net: Floats, rows: int) -> Indices:
    """Places of the largest values above 0, `rows` of them at most."""
    if rows <= 0:
        return np.zeros(0, np.int64)
    if rows < len(net):
        places = np.argpartition(net, len(net) - rows)[len(net) - rows :]
        return places[net[places] > 0]
    return np.flatnonzero(net > 0)
