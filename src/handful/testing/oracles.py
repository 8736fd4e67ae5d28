"""The right answer by enumeration, for small n."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from handful.budget import Ledger, Quota, Quotas
from handful.objectives._contract import Objective, View


def best(objective: Objective, view: View, ledger: Ledger) -> tuple[float, tuple[int, ...]]:
    """The largest value any feasible set has, and such a set; rows taken already are in all of them.

    Cost: 2^n values; n ≤ 12 or so.

    Example:
        >>> from handful.objectives import Arrays, Modular
        >>> scores = Arrays(scores={"quality": np.array([5.0, 4.0, 3.0])})
        >>> best(Modular(), scores, Ledger(3, rows=2, costs=np.array([3, 2, 1]), amount=4))
        (8.0, (0, 2))
    """
    free = [j for j in range(ledger.n) if j not in ledger.taken]
    value, chosen = -np.inf, tuple(ledger.taken)
    for size in range(min(ledger.rows_left, len(free)) + 1):
        for more in combinations(free, size):
            if not allowed(ledger, more):
                continue
            subset = (*ledger.taken, *more)
            here = float(objective.value(view, np.array(sorted(subset), np.int64)))
            if here > value:
                value, chosen = here, tuple(sorted(subset))
    return value, chosen


def allowed(ledger: Ledger, rows: tuple[int, ...]) -> bool:
    """Whether the ledger would take all these rows, in some order; it is left as it was."""
    trial = copy.deepcopy(ledger)
    for row in rows:
        if not trial.feasible(np.array([row]))[0]:
            return False
        trial.take(row)
    return True


def quotas_of(columns: Mapping[str, Sequence[str]], asked: Sequence[Any]) -> Quotas:
    """Quotas on plain lists of labels.

    Args:
        columns: For each column n labels.
        asked: As for `Quota.parse`.

    Example:
        >>> quotas_of({"language": ["de", "fr"]}, ["language[de]:min=1"]).signature.tolist()
        [0, 1]
    """
    groups = {}
    for name, labels in columns.items():
        known = sorted(set(labels))
        groups[name] = (np.array([known.index(label) for label in labels], np.int64), known)
    n = len(next(iter(columns.values())))
    return Quotas.of([Quota.parse(quota) for quota in asked], groups, n)
