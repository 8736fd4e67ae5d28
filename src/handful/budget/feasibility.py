"""Whether limits on groups can be met together: an integer programme over counts, one variable a signature.

    D·y + h ≥ 0,    low ≤ y ≤ high,    Σ_s C_s(y_s) ≤ amount

y_s is how many rows of signature s are picked, C_s(x) the least that x more rows of it cost: a sum of sorted
costs, and so convex. A few of its tangents stand for it; where a solution shows that they lie below, the
tangents at that solution are added, until the cost of what is found is true.

Source: Kelley 1960, The cutting-plane method for solving convex programs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from handful.budget.quotas import Limit, Quotas

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
NODES = 20_000
"""Nodes that one programme may take; a number, never a time, so that the answer is the same everywhere."""
ROUNDS = 40
"""Rounds of tangents."""


@dataclass(frozen=True, eq=False)
class System:
    """Limits on counts in whole numbers, D·y + h ≥ 0.

    Args:
        d: (Q, S) int64.
        h: (Q,) int64.
        said: (Q,) each limit in words.
        units: (Q,) its name ("row" for the number of rows), its sign, and what one row of it is in units of h.
    """

    d: NDArray[np.int64]
    h: NDArray[np.int64]
    said: tuple[str, ...]
    units: tuple[tuple[str, int, int], ...] = ()

    @classmethod
    def of(cls, quotas: Quotas, rows: int, *, exactly: int | None = None) -> System:
        """The limits on rows of some quotas, and the number of rows.

        Args:
            quotas: Limits in % of the cost are left out: they are no matter of counts.
            rows: Rows at most.
            exactly: The number of rows where it is settled; shares are then numbers.
        """
        said = [f"--rows {rows:,}"]
        most = rows if exactly is None else exactly
        units = [("row", 1, 1)]
        lines = [(-np.ones(quotas.count, np.int64), most)]
        if exactly is not None:
            said.append(f"the {exactly:,} rows that fit")
            units.append(("row", -1, 1))
            lines.append((np.ones(quotas.count, np.int64), -exactly))
        for limit in quotas.limits:
            if limit.bound.unit != "%cost":
                said.append(limit.said)
                share = limit.bound.unit == "%" and exactly is None
                sign = 1 if limit.side == "max" else -1
                units.append((limit.name, sign, limit.bound.amount.denominator if share else 1))
                lines.append(_line(limit, exactly))
        d, h = np.stack([d for d, _ in lines]), np.array([h for _, h in lines])
        return cls(d, h, tuple(said), tuple(units))

    def some(self, places: Sequence[int]) -> System:
        """Only some of the limits."""
        keep = list(places)
        return System(self.d[keep], self.h[keep], tuple(self.said[i] for i in keep))

    def slack(self, y: Counts) -> Counts:
        """(Q,) D·y + h."""
        return np.asarray(self.d @ y + self.h)

    def with_row(self, coefficients: Counts, constant: int, said: str) -> System:
        """One limit more."""
        return System(
            np.vstack([self.d, coefficients]), np.append(self.h, constant), (*self.said, said)
        )


def _line(limit: Limit, exactly: int | None) -> tuple[Counts, int]:
    """±(Σ_members y − bound) ≥ 0; a share p/q of all rows as ±(q·Σ_members y − p·Σ y) ≥ 0."""
    sign, members = (1 if limit.side == "min" else -1), limit.members.astype(np.int64)
    if limit.bound.unit == "rows":
        return sign * members, -sign * int(limit.bound.amount)
    if exactly is not None:
        bar = limit.at(exactly)
        rows = math.ceil(bar) if limit.side == "min" else math.floor(bar)
        return sign * members, -sign * rows
    share = limit.bound.amount
    return sign * (share.denominator * members - share.numerator), 0


@dataclass(frozen=True, eq=False)
class Found:
    """What a programme found.

    Args:
        y: (S,) counts that meet every limit, or None.
        decided: Whether None means that there are none; else the programme gave up.
        at_least: A proven bound on the cost of any such counts, where cost was minimised.
    """

    y: Counts | None
    decided: bool
    at_least: float = 0.0


def find(
    system: System,
    low: Counts,
    high: Counts,
    *,
    aim: Literal["any", "most", "cheapest"] = "any",
    prefixes: Sequence[Floats] | None = None,
    amount: float = math.inf,
    nodes: int = NODES,
) -> Found:
    """Counts that meet all limits: any, as many rows as possible, or the cheapest.

    Args:
        system: The limits.
        low: (S,) the least of the counts.
        high: (S,) the most of them.
        aim: What is sought among them.
        prefixes: For each signature what 0, 1, 2, … rows more than `low` cost at least, ascending
            increments; as long as high − low + 1, or shorter where no more can be afforded.
        amount: Cost at most, of the rows beyond `low`.
        nodes: Nodes that one programme may take.

    Returns:
        The counts. Their cost was computed in float64: who needs it exact adds it up again.
    """
    if prefixes is not None:
        high = np.minimum(high, low + np.array([len(p) - 1 for p in prefixes], np.int64))
    if (low > high).any():
        return Found(None, decided=True)
    if prefixes is None:
        return _plain(system, low, high, aim, nodes)
    return _priced(system, low, high, prefixes, amount, aim, nodes)


def _plain(system: System, low: Counts, high: Counts, aim: str, nodes: int) -> Found:
    weights = -np.ones(len(low)) if aim == "most" else np.zeros(len(low))
    y, decided, _ = _milp(system, low, high, weights, None, [], np.inf, nodes)
    return Found(y, decided)


def _priced(
    system: System,
    low: Counts,
    high: Counts,
    prefixes: Sequence[Floats],
    amount: float,
    aim: str,
    nodes: int,
) -> Found:
    """Kelley's method: solve, look where the tangents lie, add those that were missing."""
    count = len(low)
    steps = [float(p[-1]) / (len(p) - 1) for p in prefixes if len(p) > 1 and p[-1] > 0]
    scale = float(np.mean(steps)) if steps else 1.0
    cuts = [cut for s in range(count) for cut in _first_cuts(s, low, high, prefixes)]
    seen = {(s, x) for s, x, *_ in cuts}
    weights = -np.ones(count) if aim == "most" else np.zeros(count)
    least = 0.0
    for _ in range(ROUNDS):
        lines = [(s, rise / scale, offset / scale) for s, _, rise, offset in cuts]
        limit = np.inf if aim == "cheapest" else amount / scale * (1 + 1e-9) + 1e-9
        y, decided, least = _milp(
            system, low, high, weights, lines, [aim == "cheapest"], limit, nodes
        )
        if y is None:
            return Found(None, decided)
        if least * scale * (1 - 1e-9) > amount:
            return Found(None, decided=True)
        x = (y - low).tolist()
        cost = sum(float(prefixes[s][x[s]]) for s in range(count))
        fresh = [
            cut
            for s in range(count)
            if (s, x[s]) not in seen
            for cut in _tangents(s, x[s], low, prefixes[s])
        ]
        if cost <= amount or not fresh:
            return Found(y, decided=True, at_least=least * scale * (1 - 1e-9))
        seen |= {(s, x[s]) for s in range(count)}
        cuts += fresh
    return Found(None, decided=False)


def _first_cuts(
    s: int, low: Counts, high: Counts, prefixes: Sequence[Floats]
) -> list[tuple[int, int, float, float]]:
    """Tangents at both ends and at a few places between."""
    most = int(high[s] - low[s])
    places = [x for x in (0, 1, 2, 3, 4, 6, 8, 16, 64, 256, 1024, 4096) if x < most] + [most]
    places = places if most else []
    return [cut for x in places for cut in _tangents(s, x, low, prefixes[s])]


def _tangents(s: int, x: int, low: Counts, prefix: Floats) -> list[tuple[int, int, float, float]]:
    """(s, x, rise, offset) of w ≥ rise·y + offset, from the left and from the right of x."""
    here = float(prefix[x])
    rises = [float(prefix[x] - prefix[x - 1])] if x > 0 else []
    rises += [float(prefix[x + 1] - prefix[x])] if x + 1 < len(prefix) else []
    return [(s, x, rise, here - rise * (x + int(low[s]))) for rise in rises]


def _milp(
    system: System,
    low: Counts,
    high: Counts,
    weights: Floats,
    cuts: list[tuple[int, float, float]] | None,
    cheapest: list[bool],
    amount: float,
    nodes: int,
) -> tuple[Counts | None, bool, float]:
    """One call of HiGHS: (counts or None, whether that is proven, a bound on the cost)."""
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    count, priced = len(low), cuts is not None
    scale = np.maximum(1, np.abs(system.d).max(axis=1, initial=1)).astype(np.float64)
    d = sparse.csr_array(system.d / scale[:, None])
    # In whole numbers D·y + h ≥ 0 is D·y + h ≥ −½, which rounding cannot spoil.
    least = (-system.h - 0.5) / scale
    c, integral = weights, np.ones(count, np.int64)
    lower, upper = low.astype(np.float64), high.astype(np.float64)
    constraints = [LinearConstraint(d, least, np.inf)]
    if priced:
        assert cuts is not None
        c = np.concatenate([weights, np.ones(count) if cheapest[0] else np.zeros(count)])
        integral = np.concatenate([integral, np.zeros(count, np.int64)])
        lower = np.concatenate([lower, np.zeros(count)])
        upper = np.concatenate([upper, np.full(count, np.inf)])
        spread = sparse.hstack([d, sparse.csr_array((len(scale), count))])
        constraints = [LinearConstraint(spread, least, np.inf)]
        if cuts:
            at = np.arange(len(cuts))
            of = np.array([s for s, _, _ in cuts])
            rises = np.array([rise for _, rise, _ in cuts])
            table = sparse.csr_array(
                (
                    np.concatenate([np.ones(len(cuts)), -rises]),
                    (np.concatenate([at, at]), np.concatenate([count + of, of])),
                ),
                shape=(len(cuts), 2 * count),
            )
            offsets = np.array([offset for _, _, offset in cuts])
            constraints.append(LinearConstraint(table, offsets, np.inf))
        if math.isfinite(amount):
            total = np.concatenate([np.zeros(count), np.ones(count)])[None]
            constraints.append(LinearConstraint(total, -np.inf, amount))
    solved = milp(
        c,
        integrality=integral,
        bounds=Bounds(lower, upper),
        constraints=constraints,
        options={"node_limit": nodes, "mip_rel_gap": 0.0},
    )
    if solved.x is None:
        return None, solved.status == 2, 0.0
    y = np.rint(solved.x[:count]).astype(np.int64)
    if (system.slack(y) < 0).any():
        return None, False, 0.0
    bound = solved.mip_dual_bound if priced and cheapest[0] else 0.0
    return y, True, float(bound or 0.0)
