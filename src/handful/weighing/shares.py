"""Whole numbers in proportion to shares, that sum exactly to a budget."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from handful.selection import Floats, Indices


def apportion(shares: Floats, total: int, least: int = 0) -> Indices:
    """(T,) whole numbers ≥ `least` that sum to `total`, as near to c·share as whole numbers can be.

        quota_t = max(least, c·share_t),    Σ quota_t = total
        n_t = ⌊quota_t⌋, and what is left goes one each to the largest remainders; ties to the earlier task

    Shares are taken as the exact numbers they are, so nothing is lost to rounding.

    Args:
        shares: (T,) ≥ 0, finite, not all 0.
        total: ≥ least·T.
        least: ≥ 0.

    Example:
        >>> apportion(np.array([5.0, 3.0, 0.0]), 10).tolist()
        [6, 4, 0]
        >>> apportion(np.array([8.0, 1.0, 0.0]), 10, least=2).tolist()
        [6, 2, 2]

    Source: Hamilton's method (largest remainder); the floors by filling up from the smallest.
    """
    assert total >= least * len(shares), "the floors fit the budget"
    exact = [Fraction(float(share)) for share in shares]
    floored: set[int] = set()
    while True:
        free = [t for t in range(len(exact)) if t not in floored]
        whole = sum((exact[t] for t in free), Fraction(0))
        left = total - least * len(floored)
        quotas = {t: exact[t] * left / whole if whole else Fraction(0) for t in free}
        low = {t for t in free if quotas[t] < least}
        if not low:
            break
        floored |= low
    counts = np.full(len(exact), least, np.int64)
    counts[free] = [int(quotas[t]) for t in free]
    spare = total - int(counts.sum())
    by_remainder = sorted(free, key=lambda t: (int(quotas[t]) - quotas[t], t))
    counts[by_remainder[:spare]] += 1
    return counts


def with_fees(shares: Floats, total: int, fee: int) -> Indices | None:
    """As `apportion`, where each task that is drawn from at all costs a fee besides.

        Σ n_t + fee·#{t: n_t > 0} = total

    A task whose share comes to no whole sample is not drawn from, and pays nothing.

    Returns:
        (T,) counts; None where the fees leave less than a sample for each task.
    """
    used = np.flatnonzero(shares)
    while total - fee * len(used) >= len(used):
        found = apportion(shares[used], total - fee * len(used))
        if (found > 0).all():
            counts = np.zeros(len(shares), np.int64)
            counts[used] = found
            return counts
        used = used[found > 0]
    return None
