"""Hypothesis strategies for small views and budgets. Needs hypothesis, a development dependency."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy import sparse

from handful.budget import Ledger
from handful.objectives._contract import Arrays

GRID = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Feature values: few, so that rows tie, touch 0 and 1, and repeat."""


@st.composite
def matrices(draw: Any, rows: int, features: int) -> Any:
    """A (rows, features) float32 matrix in [0, 1], with repeated rows, dense."""
    cells = st.lists(st.sampled_from(GRID), min_size=features, max_size=features)
    some = draw(st.lists(cells, min_size=1, max_size=max(1, rows)))
    pick = st.integers(0, len(some) - 1)
    chosen = draw(st.lists(pick, min_size=rows, max_size=rows))
    return np.array([some[i] for i in chosen], np.float32).reshape(rows, features)


@st.composite
def views(draw: Any, most: int = 5, least: int = 1) -> Arrays:
    """A view with everything an objective may ask for: features, a target, owned rows, a score."""
    n, d = draw(st.integers(least, most)), draw(st.integers(1, 3))
    spread = draw(st.booleans())
    x = draw(matrices(n, d))
    score = draw(st.lists(st.sampled_from(GRID), min_size=n, max_size=n))
    return Arrays(
        {"x": sparse.csr_array(x) if spread else x},
        target={"x": draw(matrices(draw(st.integers(1, 3)), d))},
        given={"x": draw(matrices(draw(st.integers(1, 2)), d))},
        scores={"quality": np.array(score, np.float64)},
        rank=np.array(draw(st.permutations(range(n))), np.int64),
    )


@st.composite
def ledgers(draw: Any, n: int, *, costs: bool = True) -> Ledger:
    """A budget over n rows: a row count, at times a cost, rows excluded and rows included."""
    rows = draw(st.integers(0, n))
    spend = None
    if costs and draw(st.booleans()):
        spend = np.array(draw(st.lists(st.integers(0, 4), min_size=n, max_size=n)), np.int64)
    eligible = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool)
    amount = None if spend is None else draw(st.integers(0, 8))
    ledger = Ledger(n, rows=rows, costs=spend, amount=amount, eligible=eligible)
    for row in draw(st.permutations(range(n)))[: draw(st.integers(0, 2))]:
        if ledger.feasible(np.array([row]))[0]:
            ledger.take(row)
    return ledger
