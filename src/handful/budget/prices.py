"""Linear programmes over counts: what a limit costs, and counts with room on every limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from handful.budget.feasibility import Counts, Floats, System


def limit_prices(system: System, low: Counts, prefixes: Sequence[Floats]) -> Floats | None:
    """(Q,) ≥ 0, what one unit less of each limit would save in the linear programme of least cost.

    None where the linear programme has no solution.
    """
    from scipy import sparse

    count = len(low)
    most = np.array([len(p) - 1 for p in prefixes])
    table, offsets, scale = _tangents(prefixes)
    weight = np.maximum(1, np.abs(system.d).max(axis=1, initial=1)).astype(np.float64)
    needs = sparse.hstack(
        [sparse.csr_array(-system.d / weight[:, None]), sparse.csr_array((len(weight), count))]
    )
    solved = linear(
        np.concatenate([np.zeros(count), np.ones(count)]),
        sparse.vstack([needs, table]),
        np.concatenate([system.slack(low) / weight, offsets]),
        np.append(most, np.full(count, np.inf)),
    )
    if solved is None:
        return None
    return np.asarray(np.maximum(0.0, -solved.ineqlin.marginals[: len(weight)]) * scale / weight)


def roomy(
    system: System, low: Counts, prefixes: Sequence[Floats], amount: float, room: int
) -> Counts | None:
    """Counts that meet every limit with rows to spare, as far as the amount allows.

    The linear programme max Σ_q t_q − ε·cost with D_q·y + h_q ≥ m_q·t_q, 0 ≤ t_q ≤ `room`, where m_q is what the
    row that weighs most takes of the limit; rounded to whole rows.

    Args:
        system: The limits.
        low: (S,) the least of the counts.
        prefixes: For each signature what 0, 1, 2, … rows more than `low` cost.
        amount: Cost at most, of the rows beyond `low`.
        room: Rows to spare sought on each limit.

    Returns:
        (S,) counts that keep every limit, or None where rounding spoils them or there are none.
    """
    from scipy import sparse

    count, limits = len(low), len(system.h)
    most = np.array([len(p) - 1 for p in prefixes])
    table, offsets, scale = _tangents(prefixes)
    weight = np.maximum(1, np.abs(system.d).max(axis=1, initial=1)).astype(np.float64)
    needs = [
        -system.d / weight[:, None],
        sparse.csr_array((limits, count)),
        sparse.eye(limits),
    ]
    costs = np.concatenate([np.zeros(count), np.ones(count), np.zeros(limits)])
    paid = float(amount) / scale
    solved: Any = linear(
        np.concatenate(
            [np.zeros(count), np.full(count, 0.1 / max(paid, 1e-9)), -np.ones(limits) / room]
        ),
        sparse.vstack(
            [
                sparse.hstack(needs),
                sparse.hstack([table, sparse.csr_array((len(offsets), limits))]),
                sparse.csr_array(costs[None]),
            ]
        ),
        np.concatenate([system.slack(low) / weight, offsets, [paid]]),
        np.concatenate([most, np.full(count, np.inf), np.full(limits, float(room))]),
    )
    if solved is None:
        return None
    y = low + np.minimum(np.rint(solved.x[:count]).astype(np.int64), most)
    return None if (system.slack(y) < 0).any() else y


def linear(c: Floats, table: Any, bars: Floats, most: Floats) -> Any:
    """The solution of min c·x with table·x ≤ bars, 0 ≤ x ≤ most; None where there is none."""
    from scipy.optimize import linprog

    solved: Any = linprog(
        c,
        A_ub=table,
        b_ub=bars,
        bounds=np.column_stack([np.zeros(len(c)), most]),
        method="highs",
    )
    return None if solved.x is None or solved.status != 0 else solved


def _tangents(prefixes: Sequence[Floats]) -> tuple[Any, Floats, float]:
    """w_s ≥ rise·x_s + offset at a few places of each signature, as T·(x, w) ≤ offsets; and the unit of cost."""
    from scipy import sparse

    count = len(prefixes)
    lines: list[tuple[int, float, float]] = []
    for s, prefix in enumerate(prefixes):
        most = len(prefix) - 1
        places = {0, *(2**i for i in range(24) if 2**i < most), most}
        for x in sorted(places):
            if x < most:
                rise = float(prefix[x + 1] - prefix[x])
                lines.append((s, rise, float(prefix[x]) - rise * x))
    scale = max((rise for _, rise, _ in lines), default=1.0) or 1.0
    of = np.array([s for s, _, _ in lines], np.int64)
    rises = np.array([rise for _, rise, _ in lines]) / scale
    at = np.arange(len(lines))
    table = sparse.csr_array(
        (
            np.concatenate([rises, -np.ones(len(lines))]),
            (np.tile(at, 2), np.append(of, count + of)),
        ),
        shape=(len(lines), 2 * count),
    )
    return table, -np.array([o for _, _, o in lines]) / scale, scale
