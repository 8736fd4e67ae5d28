"""Which optimizer serves: by declared facts, the budget and the number of rows; refused with the reason."""

import numpy as np
import pytest

from handful import objectives
from handful.budget import Ledger
from handful.errors import UsageError
from handful.objectives import Arrays, FacilityLocation
from handful.optimizers import classes, maximize
from handful.optimizers.choose import ALL_PAIRS, default, name_of

MANY = ALL_PAIRS + 1


@pytest.mark.parametrize(
    ("objective", "rows", "name"),
    [
        (FacilityLocation(), ALL_PAIRS, "lazy"),
        (FacilityLocation(), MANY, "partitioned"),
        (0.5 * FacilityLocation() + 0.5 * objectives.Modular(), MANY, "partitioned"),
        (FacilityLocation(weights=np.ones(MANY)), MANY, "lazy"),  # weights are not dealt out
        (objectives.FacilityLocationGraph(), MANY, "lazy"),
        (objectives.FLQMI(), MANY, "lazy"),
        (objectives.FeatureBased(), MANY, "lazy"),
        (objectives.GraphCut(), 10, "greedy"),
        (objectives.DisparitySum(), 10, "greedy"),
    ],
)
def test_the_default_follows_from_the_facts_and_the_number_of_rows(objective, rows, name):
    assert name_of(default(objective, Ledger(rows, rows=5))) == name


class Bare(objectives.Objective):
    """Claims nothing and gives nothing beyond the least."""

    facts = objectives.Facts(monotone=False, submodular=False)

    def value(self, view, subset):
        return float(np.sum(view.array()[subset]))

    def start(self, view):
        return view.array()[:, 0].astype(np.float64)

    def gains(self, state, candidates):
        return state[candidates]

    def add(self, state, index):
        return state


REASONS = {
    "lazy": "a submodular objective",
    "swap": "gives `remove`",
    "drop_add": "the smallest distance",
    "threshold": "monotone submodular",
    "sieve_streaming": "monotone submodular",
}


@pytest.mark.parametrize("name", classes())
def test_each_optimizer_serves_or_says_which_fact_it_lacks(name):
    view = Arrays({"x": np.arange(6.0)[:, None]})
    if name not in REASONS:
        assert len(maximize(Bare(), view, rows=2, optimizer=name).indices) == 2
        return
    with pytest.raises(UsageError) as refused:
        maximize(Bare(), view, rows=2, optimizer=name)
    assert name in str(refused.value)
    assert "greedy" in str(refused.value)
