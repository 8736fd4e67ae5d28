"""Every objective there is, found by walking the folder, against every law."""

import pytest
from hypothesis import given, settings

from handful import objectives
from handful.objectives import FacilityLocation, GraphCut, Modular, WeightedSum
from handful.objectives.log_det_mi import LogDetMI
from handful.testing import strategies
from handful.testing.laws import FOR_OBJECTIVES, Case

SOME = max(6, settings.default.max_examples // 6)


def members():
    """One of each class with its defaults, and the settings that change what it claims."""
    for key, cls in objectives.classes().items():
        if cls is not WeightedSum:
            yield pytest.param(cls(), id=key)
    yield pytest.param(0.5 * FacilityLocation() + 2.0 * Modular(), id="weighted_sum")
    yield pytest.param(3.0 * GraphCut(trade_off=1.0), id="weighted_sum_of_a_cut")
    for trade_off in (0.0, 0.75, 1.0, 3.0):
        yield pytest.param(GraphCut(trade_off=trade_off), id=f"graph_cut_{trade_off}")
    for cls in (objectives.FeatureBased, objectives.COM):
        yield pytest.param(cls(curve="log1p"), id=f"{cls.__name__}_log1p")
        yield pytest.param(cls(curve="saturating"), id=f"{cls.__name__}_saturating")
    yield pytest.param(objectives.FeatureBased(signed="split"), id="feature_based_split")
    yield pytest.param(
        objectives.ProbabilisticCover(mention=0.3), id="probabilistic_cover_of_counts"
    )
    yield pytest.param(objectives.GCCG(hardness=0.0), id="gccg_free")
    yield pytest.param(objectives.FLCMI(relevance=0.5, hardness=0.75), id="flcmi_tight")
    yield pytest.param(objectives.LogDet(noise=0.01, similarity="rbf"), id="log_det_sharp")
    yield pytest.param(LogDetMI(noise=0.1, relevance=0.5), id="log_det_mi_loose")
    yield pytest.param(objectives.DisparitySum(distance="cosine"), id="disparity_sum_cosine")


@pytest.mark.parametrize("objective", list(members()))
@given(view=strategies.views(most=4))
@settings(max_examples=SOME, deadline=None)
def test_every_objective_keeps_every_law(objective, view):
    case = Case(objective, view)
    for law in FOR_OBJECTIVES:
        law(case)
