"""The most a modular function can reach under a budget that may be filled in fractions.

    max Σ_j ρ_j·z_j   with   0 ≤ z_j ≤ 1,  Σ_j z_j ≤ rows left,  Σ_j c_j·z_j ≤ amount left

The linear programme is at least what any set of whole rows reaches. Its dual has one price, μ, for a
unit of cost; every μ ≥ 0 gives a valid bound,

    μ·amount + the sum of the largest ρ_j − μ·c_j above 0, as many as rows are left,

convex in μ, and the least of them is the linear programme's value. Each limit of a quota, D_q·y + h_q ≥ 0 in
the counts y of signatures, has a price λ_q ≥ 0 too: λ·(D·taken + h) is added, and λ·D_s to the worth of each
row of signature s. So has a limit in % of the cost, Σ_s a_qs·cost_s ≥ 0: λ_q·a_qs·c_j is added. The prices come
from a linear programme over bins of similar rows; the bound is computed with all rows, so that it is valid
whatever the bins.

Source: Dantzig 1957, Discrete-variable extremum problems; Geoffrion 1974, Lagrangean relaxation for integer
programming, for the dual.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from handful.budget import Ledger
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


@dataclass(frozen=True, eq=False)
class Bars:
    """The limits of quotas, Σ_j (rows_qs + paid_qs·c_j)·z_j + base_q ≥ 0 with s the signature of row j.

    Args:
        signature: (n,) of each row.
        rows: (Q, S) of limits on rows; 0 for those on cost.
        paid: (Q, S) of limits on cost; 0 for those on rows.
        base: (Q,) what the rows taken beforehand leave of each.
        units: (Q,) the name, its sign, and what one row of it, or one unit of cost, is in units of the limit.
    """

    signature: Indices
    rows: Floats
    paid: Floats
    base: Floats
    units: tuple[tuple[str, int, float], ...]

    @classmethod
    def of(cls, ledger: Ledger) -> Bars:
        """Those of a ledger with quotas."""
        ahead, quotas = ledger.ahead, ledger.quotas
        assert ahead is not None
        assert quotas is not None
        rows, base = ahead.system.d.astype(np.float64), ahead.system.slack(ahead.taken)
        paid, owed, units = (
            [np.zeros_like(rows)],
            [base.astype(np.float64)],
            list(ahead.system.units),
        )
        taken = np.array(ledger.taken, np.int64)
        for limit in quotas.limits:
            if limit.bound.unit == "%cost":
                assert ledger.costs is not None
                share, side = float(limit.bound.amount), 1.0 if limit.side == "min" else -1.0
                line: Floats = side * (limit.members.astype(np.float64) - share)
                spent = ledger.costs[taken].astype(np.float64)
                paid.append(line[None])
                owed.append(np.array([float(np.sum(line[ahead.signature[taken]] * spent))]))
                units.append((limit.name, 1 if limit.side == "max" else -1, 1))
        more = len(paid) - 1
        rows = np.vstack([rows, np.zeros((more, rows.shape[1]))])
        return cls(ahead.signature, rows, np.vstack(paid), np.concatenate(owed), tuple(units))

    def lift(self, prices: Floats, free: Indices, costs: Floats | None) -> Floats:
        """What the prices add to the worth of each open row."""
        signatures = self.signature[free]
        lifted: Floats = (prices @ self.rows)[signatures]
        return lifted if costs is None else lifted + (prices @ self.paid)[signatures] * costs

    def named(self, prices: Floats) -> dict[str, float]:
        """Prices of one row, or of one unit of cost, by limit; "row" for the number of rows."""
        named = {"row": 0.0}
        for price, (name, sign, units) in zip(prices.tolist(), self.units, strict=True):
            if name == "row":
                named["row"] += sign * price
            elif price * units > 0:
                named[name] = price * units
        return named


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
        self.bars = None if ledger.ahead is None else Bars.of(ledger)
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
        return self.costs is None and self.bars is None

    def fill(self, weights: Floats) -> Filled:
        """The relaxed best under (n,) weights. O(n), and 60 times that where a cost binds."""
        fixed = float(np.sum(weights[self.taken]))
        worth = weights[self.free]
        bars = self.bars
        if bars is None:
            return self._priced(worth, fixed)
        prices = self._limit_prices(bars, worth)
        owed = float(prices @ bars.base) + ROUNDED * float(prices @ np.abs(bars.base))
        lifted = bars.lift(prices, self.free, self.costs)
        error = ROUNDED * float(np.abs(lifted).max(initial=0.0)) * max(1, self.rows)
        filled = self._priced(worth + lifted, fixed + owed + error)
        per_row, bare = bars.named(prices), self._priced(worth, fixed)
        if bare.value <= filled.value:
            return bare
        row_price = filled.row_price + per_row.pop("row", 0.0)
        return replace(filled, row_price=max(0.0, row_price), limit_prices=per_row)

    def _limit_prices(self, bars: Bars, worth: Floats) -> Floats:
        """(Q,) ≥ 0, the prices of the limits in the linear programme over bins."""
        from scipy import sparse
        from scipy.optimize import linprog

        of, size, value, cost = _bins(bars.signature[self.free], worth, self.costs)
        table = bars.rows[:, of] + bars.paid[:, of] * cost
        weight = np.abs(table).max(axis=1, initial=0.0)
        weight[weight == 0] = 1.0
        rows, limits = [-table / weight[:, None]], [bars.base / weight]
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
