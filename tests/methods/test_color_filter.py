"""CoLoR-Filter ranks by the fall of the loss, over the candidates it is told to draw."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import handful
from handful import errors

losses = st.integers(0, 9).map(float)


def select(prior, tuned, rows, **options):
    data = {"loss_prior": np.array(prior, float), "loss_conditional": np.array(tuned, float)}
    return handful.select(data, rows=rows, method="color_filter", cache=False, **options)


@given(st.lists(st.tuples(losses, losses), min_size=1, max_size=20), st.integers(0, 20))
def test_the_picks_are_the_largest_falls_and_ties_go_to_the_earlier_row(pairs, k):
    prior, tuned = map(list, zip(*pairs, strict=True))
    expected = sorted(range(len(pairs)), key=lambda i: (tuned[i] - prior[i], i))[:k]
    assert select(prior, tuned, k).indices.tolist() == expected
    alone = sorted(range(len(pairs)), key=lambda i: (tuned[i], i))[:k]
    assert select(prior, tuned, k, params={"prior": "none"}).indices.tolist() == alone


def test_candidates_are_drawn_once_whatever_their_losses_and_the_best_of_them_picked():
    rng = np.random.default_rng(0)
    prior, tuned = rng.random(300), rng.random(300)
    few = select(prior, tuned, 10, params={"candidates": 3}, seed=4)
    assert few.notes["candidates"] == 30
    falls = prior - tuned
    assert falls[few.indices].mean() < falls[select(prior, tuned, 10).indices].mean()
    again = select(tuned, prior, 30, params={"candidates": 1}, seed=4)  # all 30 drawn are picked
    assert set(few.indices.tolist()) <= set(again.indices.tolist())
    assert falls[few.indices].min() >= np.sort(falls[again.indices])[-10]
    other = select(prior, tuned, 10, params={"candidates": 3}, seed=5)
    assert few.indices.tolist() != other.indices.tolist()


def test_row_0_is_picked_though_it_is_last_and_rows_are_64_bits_wide():
    """The released code strips zeros from the end of its ids, and keeps 32 bits of them."""
    chosen = select([0.0, 5.0, 3.0], [0.0, 0.0, 0.0], 3)
    assert chosen.indices.tolist() == [1, 2, 0]
    assert chosen.indices.dtype == np.int64


def test_losses_are_matched_by_row_when_rows_are_left_out():
    data = {
        "name": ["a", "b", "c", "d"],
        "loss_prior": [9.0, 1.0, 5.0, 2.0],
        "loss_conditional": [0.0, 0.0, 0.0, 0.0],
    }
    chosen = handful.select(
        data, rows=2, id="name", exclude=["a"], method="color_filter", cache=False
    )
    assert chosen.ids.tolist() == ["c", "d"]


def test_a_cost_and_must_includes_are_kept():
    data = {"loss_prior": [4.0, 3.0, 2.0, 1.0], "loss_conditional": [0.0] * 4, "size": [5, 2, 2, 1]}
    chosen = handful.select(
        data, budget=5, cost="size", include=[3], method="color_filter", cache=False
    )
    assert chosen.indices.tolist() == [3, 1, 2]


def test_a_column_that_is_not_there_or_not_a_number_is_named():
    with pytest.raises(errors.UsageError, match="'loss_prior': name yours by --param prior=COLUMN"):
        handful.select({"text": ["a"]}, rows=1, method="color_filter", cache=False)
    with pytest.raises(errors.DataError, match="loss_conditional"):
        select([1.0, 1.0], [1.0, np.nan], 1)


def test_copies_share_their_score_and_dedup_leaves_one():
    data = {
        "text": ["ship sail", "ship sail", "court", "oven"],
        "loss_prior": [5.0, 5.0, 3.0, 1.0],
        "loss_conditional": [0.0] * 4,
    }
    asked = {"rows": 2, "method": "color_filter", "cache": False}
    assert handful.select(data, **asked).indices.tolist() == [0, 1]
    assert handful.select(data, dedup="exact", **asked).indices.tolist() == [0, 2]
