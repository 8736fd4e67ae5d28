"""Whether counts are there that an amount covers to the unit: decided in whole numbers, one count after the other.

An integer programme in float64 calls a cost equal to the amount where it is a millionth above. Where its
answer costs a little too much, only arithmetic without rounding tells whether another would do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from handful.budget.feasibility import Counts, Found, System
from handful.budget.shelves import Number

STEPS = 5_000
"""Counts that one search may try; a number, never a time."""
DEEP = 64
"""Signatures at most."""


def search(
    system: System, low: Counts, high: Counts, sums: Sequence[Sequence[Number]], amount: Number
) -> Found:
    """Counts that meet all limits at a cost of at most `amount`, exactly. Depth first.

    Args:
        system: The limits.
        low: (S,) the least of the counts.
        high: (S,) the most of them.
        sums: For each signature what 0, 1, 2, … rows more than `low` cost, exactly; ascending.
        amount: Cost at most, of the rows beyond `low`.

    Returns:
        Counts, or None: proven where `decided`, else the search gave up after `STEPS` counts.
    """
    high = np.minimum(high, low + np.array([len(some) - 1 for some in sums], np.int64))
    if len(low) > DEEP or (low > high).any():
        return Found(None, decided=len(low) <= DEEP)
    order = sorted(range(len(low)), key=lambda s: -sums[s][-1])
    helped = np.maximum(system.d, 0) * (high - low)  # the most that each signature adds to a slack
    y, steps = low.copy(), 0

    def descend(depth: int, slack: Counts, hope: Counts, left: Number) -> bool | None:
        nonlocal steps
        if depth == len(order):
            return True
        s = order[depth]
        hope = hope - helped[:, s]
        for x in range(int(high[s] - low[s]) + 1):
            if sums[s][x] > left:
                break
            steps += 1
            if steps > STEPS:
                return None
            here = slack + x * system.d[:, s]
            if (here + hope >= 0).all():
                y[s] = low[s] + x
                if (found := descend(depth + 1, here, hope, left - sums[s][x])) is not False:
                    return found
        y[s] = low[s]
        return False

    found = descend(0, system.slack(low), helped.sum(axis=1), amount)
    return Found(y if found else None, decided=found is not None)
