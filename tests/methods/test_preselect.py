"""PreSelect learns which texts rank models as a benchmark does, and picks their like."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import handful
from handful import errors
from handful.methods.data.preselect import predictive_strength


@given(
    st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=6),
    st.lists(st.integers(0, 2), min_size=4, max_size=4).filter(lambda s: len(set(s)) > 1),
)
def test_strength_is_the_share_of_pairs_ranked_alike(losses, scores):
    expected = []
    for row in losses:
        pairs = [(a, b) for a, b in combinations(range(4), 2) if scores[a] != scores[b]]
        pairs = [(a, b) if scores[a] > scores[b] else (b, a) for a, b in pairs]
        expected.append(sum(row[a] < row[b] for a, b in pairs) / len(pairs))
    np.testing.assert_allclose(predictive_strength(losses, scores), expected)


def test_losses_per_token_and_per_byte_are_all_the_same():
    losses = np.random.default_rng(0).random((9, 5))
    lengths = np.arange(1, 10)[:, None]
    scores = [0.1, 0.5, 0.2, 0.9, 0.4]
    assert (
        predictive_strength(losses, scores) == predictive_strength(losses * lengths, scores)
    ).all()


def sample(rng, size=40):
    """Texts of two kinds: on the first, better models have lower losses; on the second, noise."""
    clean = [
        " ".join(rng.choice(["theorem", "proof", "lemma", "the", "of"], 20)) for _ in range(size)
    ]
    noisy = [" ".join(rng.choice(["buy", "now", "click", "the", "of"], 20)) for _ in range(size)]
    losses = np.concatenate([[[3.0, 2.0, 1.0]] * size, rng.random((size, 3)) + np.arange(3)])
    return clean + noisy, losses.astype(np.float32)


def select(texts, losses, pool, rows, benchmark="0.2+0.3+0.5", **options):
    params = {"benchmark": benchmark, **options.pop("params", {})}
    return handful.select(
        pool,
        rows=rows,
        like=texts,
        like_arrays={"losses": losses},
        method="preselect",
        params=params,
        cache=False,
        **options,
    )


def test_the_classifier_carries_over_to_the_pool_and_the_order_of_the_sample_does_not_matter():
    rng = np.random.default_rng(0)
    texts, losses = sample(rng)
    pool, _ = sample(rng, 30)
    chosen = select(texts, losses, pool, 25)
    assert max(chosen.indices) < 30
    assert chosen.notes["positives"] == 40
    assert chosen.notes["least_strength_of_positives"] == 1.0
    order = rng.permutation(len(texts))
    moved = select([texts[i] for i in order], losses[order], pool, 25)
    assert set(moved.indices.tolist()) == set(chosen.indices.tolist())


def test_each_text_is_judged_by_itself():
    """The released code joins all texts; here a text's neighbours in the pool do not change its place."""
    rng = np.random.default_rng(0)
    texts, losses = sample(rng)
    pool, _ = sample(rng, 10)
    first = [pool[i] for i in select(texts, losses, pool, 20).indices]
    backwards = pool[::-1]
    assert first == [backwards[i] for i in select(texts, losses, backwards, 20).indices]


def test_a_share_of_the_characters_is_a_budget():
    rng = np.random.default_rng(0)
    texts, losses = sample(rng)
    pool, _ = sample(rng, 30)
    sizes = np.array([len(text) for text in pool])
    chosen = handful.select(
        pool,
        budget=float(sizes.sum() // 10),
        cost="@bytes",
        like=texts,
        like_arrays={"losses": losses},
        method="preselect:benchmark=1+2+3",
        cache=False,
    )
    assert 0 < sizes[chosen.indices].sum() <= sizes.sum() // 10


def test_the_threshold_is_that_of_the_whole_pool_however_it_is_sorted():
    """The released code takes it from the first three parts of its output."""
    rng = np.random.default_rng(0)
    texts, losses = sample(rng)
    pool, _ = sample(rng, 200)  # all clean rows first
    asked = {
        "budget": 0.1 * sum(map(len, pool)),
        "cost": "@bytes",
        "like": texts,
        "like_arrays": {"losses": losses},
        "method": "preselect:benchmark=1+2+3",
        "cache": False,
    }
    one = {pool[i] for i in handful.select(pool, **asked)}
    other = {pool[::-1][i] for i in handful.select(pool[::-1], **asked)}
    assert (
        len(one & other) >= len(one | other) - 2
    )  # the last that fits may differ by the order of ties


def test_what_cannot_be_learnt_from_is_refused():
    rng = np.random.default_rng(0)
    texts, losses = sample(rng, 5)
    for benchmark, message in (
        ("1+2", "3 columns"),
        ("1+1+1", "same benchmark score"),
        ("1+x+2", "numbers"),
    ):
        with pytest.raises((errors.DataError, errors.UsageError), match=message):
            select(texts, losses, texts, 2, benchmark)
    with pytest.raises(errors.DataError, match="nothing to learn"):
        select(texts, np.ones((10, 3), np.float32), texts, 2)
    with pytest.raises(errors.UsageError, match="--param benchmark"):
        select(texts, losses, texts, 2, "")
