"""The bound is one number: neither memory, nor threads, nor what a run has kept of its sums changes it."""

import numpy as np
import pytest

from handful import objectives
from handful.objectives import Arrays, FacilityLocation, _prices
from handful.optimizers import maximize

N = 1100
MEANS = [{"memory_bytes": 10**9}, {"memory_bytes": 10**5, "threads": 2}, {"memory_bytes": 10**7}]
"""Lists of all pairs that matter fit, none do, and some; whole matrices are held, or are not."""
MAKERS = {
    "facility_location": FacilityLocation,
    "facility_location_of_distances": lambda: FacilityLocation(similarity="euclidean"),
    "saturated_coverage": lambda: objectives.SaturatedCoverage(saturation=0.05),
    "graph_cut": objectives.GraphCut,
    "flqmi": objectives.FLQMI,
    "flcmi": lambda: objectives.FLCMI(hardness=0.5),
    "weighted_sum": lambda: FacilityLocation() + objectives.SaturatedCoverage(),
    "weighted_sum_without_majorants": lambda: FacilityLocation() + objectives.LogDet(),
}


def rows(n=N):
    return np.random.default_rng(0).standard_normal((n, 16)).astype(np.float32)


def told(objective, level, means, costs):
    """All that is said of some picks."""
    x = rows()
    near = {"target": {"x": x[:300] + 0.1}, "given": {"x": x[300:340] - 0.1}}
    budget = {} if costs is None else {"costs": costs, "amount": 50}
    picks = maximize(objective, Arrays({"x": x}, **near, **means), 20, **budget, certificate=level)
    return picks.indices.tolist(), picks.value, picks.upper_bound, picks.notes


@pytest.mark.parametrize("paid", [False, True])
@pytest.mark.parametrize("level", ["fast", "tight"])
@pytest.mark.parametrize("key", MAKERS)
def test_memory_and_threads_change_no_digit_of_the_bound(key, level, paid):
    costs = 1 + np.arange(N) % 7 if paid else None
    first, *others = (told(MAKERS[key](), level, means, costs) for means in MEANS)
    assert first[2] is not None
    for other in others:
        assert other == first


def test_prices_are_swept_where_the_pairs_are_too_many_to_list(monkeypatch):
    listed = told(FacilityLocation(), "tight", MEANS[0], None)
    monkeypatch.setattr(_prices, "ENTRIES", 10)
    swept, again = (told(FacilityLocation(), "tight", means, None) for means in MEANS[:2])
    assert swept == again
    assert swept[2] == pytest.approx(listed[2], rel=0.02)  # no floor is under the prices then


def test_gains_hold_although_another_state_has_since_made_other_lists():
    made = FacilityLocation().start(Arrays({"x": rows(400)}, memory_bytes=10**9)).tiled
    made.gains(np.arange(400))
    made.best[:] = 0.6
    made.raised()
    made.gains(np.arange(1))
    made.of(np.full(400, 0.9))._sweep()
    fresh = FacilityLocation().start(Arrays({"x": rows(400)})).tiled.of(made.best)
    off = made.gains(np.arange(400)) - fresh.gains(np.arange(400))
    errors = [one.errors(np.arange(400)) for one in (made, fresh)]
    assert (np.abs(off) <= errors[0] + errors[1]).all()
