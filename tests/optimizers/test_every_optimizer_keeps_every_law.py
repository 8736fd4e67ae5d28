"""Every optimizer there is, found by walking the folder, against every law."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handful import objectives, optimizers
from handful.budget import Ledger
from handful.objectives import FacilityLocation, FeatureBased, GraphCut, Modular, SaturatedCoverage
from handful.testing import strategies
from handful.testing.laws import FOR_OPTIMIZERS, Task

SOME = max(25, settings.default.max_examples)
OBJECTIVES = [
    FacilityLocation(),
    FeatureBased(),
    SaturatedCoverage(saturation=0.3),
    GraphCut(trade_off=1.0),
    0.5 * FacilityLocation() + 2.0 * Modular(),
    objectives.DisparityMin(),
    objectives.LogDet(),
]


@pytest.mark.parametrize("key", optimizers.classes())
@given(data=st.data())
@settings(max_examples=SOME, deadline=None)
def test_every_optimizer_keeps_every_law(key, data):
    optimizer = optimizers.classes()[key]()
    objective = data.draw(st.sampled_from(OBJECTIVES))
    view = data.draw(strategies.views(most=6))
    ledger = data.draw(strategies.ledgers(view.n))
    task = Task(objective, view, ledger, seed=data.draw(st.integers(0, 3)))
    for law in FOR_OPTIMIZERS:
        law(optimizer, task)


@pytest.mark.parametrize("key", optimizers.classes())
def test_a_pool_of_equal_rows_is_picked_in_the_order_of_ids_or_at_least_whole(key):
    optimizer = optimizers.classes()[key]()
    rank = np.array([2, 0, 3, 1])
    view = objectives.Arrays({"x": np.ones((4, 2), np.float32)}, rank=rank)
    some = [FacilityLocation(), objectives.DisparityMin()]
    objective = next(one for one in some if optimizer.refuses(one, Ledger(4, rows=4)) is None)
    for rows in (0, 1, 4, 9):
        picks = optimizers.maximize(objective, view, rows, optimizer=optimizer)
        assert len(set(picks.indices.tolist())) == min(rows, 4)
        if optimizer.facts.as_greedy:
            assert rank[picks.indices].tolist() == list(range(min(rows, 4)))
