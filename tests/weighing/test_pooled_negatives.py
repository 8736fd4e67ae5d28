"""pooled_negatives: weights by enumeration, draws with their odds, and what the sources warn of."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

import handful
from handful import errors

SCORES = st.floats(-6, 6)


def enumerated(rho, sigma, labelled):
    """P(irrelevant) and P(not pooled), given whether it was labelled, from all four worlds."""
    worlds = {
        (pooled, relevant): (sigma if pooled else 1 - sigma) * (rho if relevant else 1 - rho)
        for pooled, relevant in itertools.product((True, False), repeat=2)
    }
    there = {w: p for w, p in worlds.items() if all(w) == labelled}
    whole = sum(there.values())
    irrelevant = sum(p for (_, relevant), p in there.items() if not relevant) / whole
    not_pooled = sum(p for (pooled, _), p in there.items() if not pooled) / whole
    return irrelevant, not_pooled


def naive(rho, sigma):
    """A double: the chance of being irrelevant, as if nothing were known of pooling."""
    return 1 - rho


@given(SCORES, SCORES)
def test_an_unlabelled_candidate_weighs_its_chance_of_being_irrelevant(r, s):
    found = handful.pooled_negatives([[r]], [[s]], [[0]])
    irrelevant, not_pooled = enumerated(expit(r), expit(s), labelled=False)
    assert found.relevance[0, 0] == pytest.approx(irrelevant, rel=1e-6)
    assert found.selection[0, 0] == pytest.approx(not_pooled, rel=1e-6)


def test_the_enumeration_catches_weights_that_forget_pooling():
    irrelevant, _ = enumerated(0.8, 0.9, labelled=False)
    assert naive(0.8, 0.9) < 0.5 * irrelevant


def test_weights_make_losses_over_what_is_labelled_estimate_losses_over_what_is_relevant():
    rng = np.random.default_rng(0)
    lists, candidates = 4000, 5
    r, s = rng.normal(size=(2, lists, candidates))
    relevant = rng.random(r.shape) < expit(r)
    labelled = relevant & (rng.random(r.shape) < expit(s))
    found = handful.pooled_negatives(r, s, labelled, clip=1e6)
    reference = expit(s).max(axis=1, keepdims=True)
    loss = np.cos(3 * r)  # any number of a candidate
    weighed = (found.relevance / reference * loss * labelled).sum()
    assert weighed == pytest.approx((loss * relevant).sum(), abs=4 * np.sqrt(lists * candidates))
    assert abs((loss * labelled).sum() - (loss * relevant).sum()) > 20 * np.sqrt(candidates)
    others = ~labelled
    assert found.relevance[others].sum() == pytest.approx((others & ~relevant).sum(), rel=0.02)


def test_what_looks_relevant_and_was_hardly_pooled_is_dropped():
    found = handful.pooled_negatives(
        [[4.0, 3.0, 3.0, -5.0]], [[2.0, -5.0, 5.0, -5.0]], [[1, 0, 0, 0]]
    )
    assert found.keep.tolist() == [[False, False, True, True]]
    assert found.drop.tolist() == [[False, True, False, False]]
    assert not (found.keep & found.drop).any()
    assert found.record["result"]["kept"] == 2


def test_labelled_candidates_weigh_by_the_lists_likeliest_and_no_more_than_the_clip():
    s = np.array([[3.0, 0.0, -9.0]])
    found = handful.pooled_negatives(np.zeros((1, 3)), s, [[1, 1, 1]], clip=4)
    expected = np.minimum(expit(3.0) / expit(s), 4)
    np.testing.assert_allclose(found.relevance, expected)
    assert found.relevance.tolist()[0][0] == 1.0
    assert found.relevance.tolist()[0][2] == 4.0


@given(st.floats(-100, 100), st.integers(0, 10**6))
def test_scores_of_list_wise_losses_have_no_zero(shift, seed):
    r, s = np.random.default_rng(seed).normal(size=(2, 3, 4))
    one = handful.pooled_negatives(r, s, np.eye(3, 4), scores="list")
    other = handful.pooled_negatives(r + shift, s - shift, np.eye(3, 4), scores="list")
    np.testing.assert_allclose(one.relevance, other.relevance, rtol=1e-6)
    rho = np.exp(r) / np.exp(r).sum(axis=1, keepdims=True)
    sigma = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
    off = np.eye(3, 4) == 0
    np.testing.assert_allclose(one.relevance[off], ((1 - rho) / (1 - rho * sigma))[off])


@pytest.mark.parametrize("scores", ["logit", "list"])
def test_scores_however_large_give_finite_weights(scores):
    big = np.array([[1e4, -1e4, 800.0, 0.0]])
    for r, s in itertools.product((big, -big, big[:, ::-1]), repeat=2):
        found = handful.pooled_negatives(r, s, [[1, 0, 0, 0]], scores=scores)
        for weights in (found.relevance, found.selection):
            assert np.isfinite(weights).all()
            assert (weights >= 0).all()
            assert weights.max() <= 10


# Long format ------------------------------------------------------------------------------------


def long(r, s, y, order):
    q, d = np.divmod(np.arange(r.size), r.shape[1])
    flat = [np.ravel(x)[order] for x in (r, s, y)]
    return flat, {"query": q[order], "document": d[order]}


@given(st.integers(0, 10**6))
def test_rows_one_under_the_other_in_any_order_weigh_and_draw_as_lists_do(seed):
    rng = np.random.default_rng(seed)
    r, s = rng.normal(size=(2, 4, 6))
    y = rng.random((4, 6)) < 0.2
    whole = handful.pooled_negatives(r, s, y)
    order = rng.permutation(24)
    flat, ids = long(r, s, y, order)
    other = handful.pooled_negatives(*flat, **ids)
    assert other.relevance.tobytes() == whole.relevance.ravel()[order].tobytes()
    assert other.sample(2, seed=3).tolist() == whole.sample(2, seed=3).ravel()[order].tolist()


def test_a_candidate_that_is_not_there_changes_nothing():
    r, s = np.random.default_rng(0).normal(size=(2, 2, 3))
    one = handful.pooled_negatives(r, s, np.eye(2, 3), scores="list")
    padded = [np.pad(x, ((0, 0), (0, 2)), constant_values=np.nan) for x in (r, s, np.eye(2, 3))]
    there = np.pad(np.ones((2, 3), bool), ((0, 0), (0, 2)))
    other = handful.pooled_negatives(*padded, present=there, scores="list")
    assert other.relevance[:, :3].tolist() == one.relevance.tolist()
    assert not other.relevance[:, 3:].any()
    assert not other.keep[:, 3:].any()
    assert not other.sample(9)[:, 3:].any()


# Draws ------------------------------------------------------------------------------------------


def test_draws_have_the_odds_of_their_weights_clipped_and_never_what_is_dropped():
    r, s = np.array([[2.0, -1.0, 1.5, 6.0, -4.0]]), np.array([[0.0, 0.0, -2.0, -5.0, -2.0]])
    lists = 20_000  # alike, so one draw of each is as many draws of one
    alike = [np.repeat(x, lists, axis=0) for x in (r, s, np.array([[1, 0, 0, 0, 0]]))]
    found = handful.pooled_negatives(*alike, clip=2, keep=0.05)
    weights = np.where(found.keep[0], found.relevance[0], 0)
    odds = np.where(weights > 0, np.maximum(weights, weights.max() / 2), 0)
    drawn = found.sample(1).sum(axis=0)
    assert is_drawn_by(drawn, odds)
    assert drawn[0] == drawn[3] == 0
    for double in (weights, (weights > 0).astype(float)):  # unclipped, and all alike
        assert not is_drawn_by(drawn, double)


def is_drawn_by(drawn, odds):
    """Counts as odds would have them, within 5.5 deviations: a false alarm in less than 10⁻⁶."""
    expected = drawn.sum() * odds / odds.sum()
    return (np.abs(drawn - expected) / np.sqrt(np.maximum(expected, 1))).max() < 5.5


def test_a_draw_is_of_so_many_and_the_same_for_one_seed():
    rng = np.random.default_rng(0)
    r, s = rng.normal(size=(2, 30, 20)) - 1
    found = handful.pooled_negatives(r, s, rng.random((30, 20)) < 0.1)
    drawn = found.sample(4, seed=1)
    assert (drawn.sum(axis=1) == np.minimum(4, found.keep.sum(axis=1))).all()
    assert not (drawn & ~found.keep).any()
    assert (drawn == found.sample(4, seed=1)).all()
    assert (drawn != found.sample(4, seed=2)).any()
    assert (found.sample(99) == found.keep).all()
    assert (drawn <= found.sample(5, seed=1)).all()


# Caveats of the source --------------------------------------------------------------------------


def test_the_same_features_in_both_models_are_warned_of():
    r = np.random.default_rng(0).normal(size=(10, 10))
    y = np.zeros((10, 10))
    assert "cannot be told apart" in handful.pooled_negatives(r, 2 * r + 1, y).warnings[0]
    assert not handful.pooled_negatives(r, r[::-1], y).warnings


def test_weights_are_numbers_and_hold_nothing_of_a_model():
    found = handful.pooled_negatives([[1.0, 0.0]], [[0.0, 1.0]], [[1, 0]])
    assert type(found.relevance) is np.ndarray
    assert found.relevance.dtype == np.float64
    assert found.record["result"]["lists_without_positive"] == 0
    assert found.record == handful.pooled_negatives([[1.0, 0.0]], [[0.0, 1.0]], [[1, 0]]).record


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"selection": np.zeros((2, 2))}, r"selection has shape \(2, 2\)"),
        ({"selection": [[0.0, np.nan, 0.0]] * 2}, r"selection\[0, 1\] = nan"),
        ({"positive": [[0, 2, 0]] * 2}, r"positive\[0, 1\] = 2"),
        ({"query": ["a", "b"]}, "not needed"),
        ({"relevance": np.zeros(6)}, "query"),
        ({"relevance": np.zeros((0, 3))}, "no rows|empty"),
        ({"document": [["a", "a", "b"], ["a", "b", "c"]]}, "twice in the list of query 0"),
        ({"clip": 0.5}, "clip"),
        ({"scores": "odds"}, "logit"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(change, says):
    asked = {"relevance": np.zeros((2, 3)), "selection": np.zeros((2, 3)), "positive": np.eye(2, 3)}
    with pytest.raises(errors.HandfulError, match=says):
        handful.pooled_negatives(**{**asked, **change})
