"""Turns are water-filling at every budget; strata are shared as the paper's loop shares them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.samplers.score_strata import over_strata
from handful.samplers.water_filling import in_turns


def water_filled(sizes, k):
    """The loop of the papers: from the smallest class up, each gets an equal part of what is left, or all."""
    got = [0] * len(sizes)
    for done, place in enumerate(sorted(range(len(sizes)), key=lambda c: sizes[c])):
        got[place] = min(sizes[place], (k - sum(got)) // (len(sizes) - done))
    return got


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(0, 10**6))
def test_every_prefix_is_water_filled(sizes, seed):
    rng = np.random.default_rng(seed)
    classes = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    order = rng.permutation(len(classes))
    ranking = in_turns(order, classes)
    assert sorted(ranking.tolist()) == list(range(len(classes)))
    for k in range(len(classes) + 1):
        got = np.bincount(classes[ranking[:k]], minlength=len(sizes))
        assert sorted(got.tolist()) == sorted(water_filled(sizes, k))
    for one in range(len(sizes)):  # within a class the order stays
        mine = [row for row in order.tolist() if classes[row] == one]
        assert [row for row in ranking.tolist() if classes[row] == one] == mine


def test_a_share_in_proportion_is_not_what_is_given():
    classes = np.repeat([0, 1], [90, 10])
    assert np.bincount(classes[in_turns(np.arange(100), classes)[:20]]).tolist() == [10, 10]
    assert round(20 * 90 / 100) == 18


@pytest.mark.parametrize("sign", [1, -1])
def test_strata_have_equal_parts_of_every_prefix_whatever_the_sign_of_the_scores(sign):
    """Strata up to 1.0001 times the largest score lose the row on top where that is below 0."""
    rng = np.random.default_rng(0)
    scores = sign * (10 + rng.exponential(size=1000))
    inside, outside = over_strata(scores, rng.random(1000), bins=10, trim=0.0)
    assert len(inside) == 1000 and len(outside) == 0
    edges = np.linspace(scores.min(), scores.max(), 11)
    own = np.clip(np.searchsorted(edges, scores, side="left") - 1, 0, 9)
    sizes = np.bincount(own, minlength=10).tolist()
    for k in (10, 50, 200, 900):
        got = np.bincount(own[inside[:k]], minlength=10).tolist()
        assert sorted(got) == sorted(water_filled(sizes, k))
    assert int(scores.argmax()) in inside
    assert (scores < 1.0001 * scores.max()).all() == (sign > 0)


def test_both_ends_are_left_for_last_the_nearest_first():
    scores = np.arange(100.0)
    inside, outside = over_strata(scores, np.linspace(0.1, 0.9, 100), bins=5, trim=0.05)
    assert sorted(inside.tolist()) == list(range(5, 95))
    assert sorted(outside[:2].tolist()) == [4, 95]
    assert sorted(outside[-2:].tolist()) == [0, 99]
    assert inside[:5].tolist() == [77, 59, 41, 23, 5]  # the first of each stratum, from the top


def test_equal_scores_and_no_scores():
    inside, outside = over_strata(np.ones(5), np.array([0.5, 0.1, 0.9, 0.3, 0.7]))
    assert inside.tolist() == [1, 3, 0, 4, 2]
    assert outside.tolist() == []
    assert [len(rows) for rows in over_strata(np.zeros(0), np.zeros(0))] == [0, 0]
