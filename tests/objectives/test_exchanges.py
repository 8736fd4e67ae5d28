"""Exchanges and removals of facility location and its kin, against the definition."""

import numpy as np
import pytest

from handful import objectives
from handful.objectives import Arrays, FacilityLocation
from handful.testing.clustered import clustered

N, S = 60, (3, 17, 40, 8, 22)
X = clustered(N, 5)
VIEW = Arrays({"x": X}, target={"x": clustered(9, 5, 1)}, given={"x": clustered(9, 5, 2)})
KIN = {
    "pairs": FacilityLocation(),
    "euclidean": FacilityLocation(similarity="euclidean"),
    "matrix": FacilityLocation(similarity=np.maximum(X @ X.T, 0)),
    "function": FacilityLocation(similarity=lambda a, b: np.maximum(a @ b.T, 0)),
    "weights": FacilityLocation(weights=np.random.default_rng(0).integers(0, 4, N)),
    "graph": objectives.FacilityLocationGraph(neighbours=6),
    "small graph": objectives.FacilityLocationGraph(neighbours=1),
    "flqmi": objectives.FLQMI(),
    "flvmi": objectives.FLVMI(relevance=0.7),
    "flcg": objectives.FLCG(hardness=0.6),
    "flcmi": objectives.FLCMI(hardness=0.5),
}


def at(objective, rows):
    state = objective.start(VIEW)
    for row in rows:
        state = objective.add(state, row)
    return state


@pytest.mark.parametrize("key", KIN)
@pytest.mark.parametrize("subset", [S, S[:1]], ids=["five", "one"])
def test_each_candidate_is_given_its_best_exchange(key, subset):
    objective = KIN[key]
    rest = np.array([j for j in range(N) if j not in subset])
    places, wins = objective.exchanges(at(objective, subset), rest, 2)
    now = objective.value(VIEW, np.array(subset))
    table = np.array(
        [
            [objective.value(VIEW, np.array([*(p for p in subset if p != q), j])) for q in subset]
            for j in rest
        ]
    )
    np.testing.assert_allclose(wins, table.max(axis=1) - now, atol=1e-5)
    np.testing.assert_allclose(table[np.arange(len(rest)), places], table.max(axis=1), atol=1e-5)


@pytest.mark.parametrize("key", KIN)
def test_taking_a_row_out_leaves_what_the_others_give_bit_for_bit(key):
    objective, state = KIN[key], at(KIN[key], S)
    for row in S:
        left = objective.remove(objective.copy(state), row)
        fresh = at(objective, [p for p in S if p != row])
        np.testing.assert_array_equal(left.best, fresh.best)
        assert left.subset == fresh.subset


@pytest.mark.parametrize("key", KIN)
def test_swap_ends_where_no_exchange_wins_and_says_what_it_won(key):
    from handful.optimizers import maximize

    objective = KIN[key]
    greedy = maximize(objective, VIEW, rows=6, optimizer="lazy", certificate="off")
    picks = maximize(objective, VIEW, rows=6, optimizer="swap:passes=50", certificate="off")
    assert picks.value >= greedy.value
    assert picks.notes["won_by_exchanges"] == pytest.approx(picks.value - greedy.value, abs=1e-6)
    here = picks.indices
    rest = np.setdiff1d(np.arange(N), here)
    best = max(
        objective.value(VIEW, np.array([*np.delete(here, place), row]))
        for place in range(6)
        for row in rest
    )
    assert best <= picks.value * (1 + 1e-5) + 1e-6


def test_swap_wins_where_greedy_errs():
    """The middle is greedy's first pick; with two, the two sides are better."""
    from handful.optimizers import maximize

    line = np.array([0.0, 0.1, 1.0, 1.9, 2.0])
    similar = 4.0 - np.abs(line[:, None] - line)
    view, objective = Arrays(rows=5), FacilityLocation(similarity=similar)
    greedy = maximize(objective, view, rows=2, optimizer="greedy")
    picks = maximize(objective, view, rows=2, optimizer="swap")
    assert 2 in greedy.indices
    assert picks.value > greedy.value
    assert picks.notes["exchanges"] >= 1
