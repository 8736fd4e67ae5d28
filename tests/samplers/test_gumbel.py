"""Gumbel top-k draws with the odds it says, and each row's draw is its own."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from handful.rng import Draws
from handful.samplers import gumbel
from handful.samplers.gumbel import effective_sample_size, gumbel_top_k

DRAWS = 6_000
FALSE_ALARM = 1e-6


def plackett_luce(weights, k):
    """The chance of each ordered choice of k rows, by enumeration."""
    chances = {}
    for order in permutations(range(len(weights)), k):
        left, chance = sum(weights), 1.0
        for row in order:
            chance *= weights[row] / left
            left -= weights[row]
        chances[order] = chance
    return chances


def observed(sample, temperature=1.0):
    log_weights = np.log(np.array([1.0, 2.0, 5.0, 0.5]))
    counts = {}
    for draw in range(DRAWS):
        keys = np.arange(4 * draw, 4 * draw + 4, dtype=np.uint64)
        picks = sample(log_weights, keys, Draws(11), "test", k=2, temperature=temperature)
        counts[tuple(picks.tolist())] = counts.get(tuple(picks.tolist()), 0) + 1
    return counts


def is_far_from(counts, weights):
    chances = plackett_luce(weights, 2)
    statistic = sum((counts.get(o, 0) - DRAWS * p) ** 2 / (DRAWS * p) for o, p in chances.items())
    return statistic > chi2.isf(FALSE_ALARM, len(chances) - 1)


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_rows_come_in_plackett_luce_order(temperature):
    weights = np.array([1.0, 2.0, 5.0, 0.5]) ** (1 / temperature)
    assert not is_far_from(observed(gumbel_top_k, temperature), weights)


def test_the_odds_check_catches_noise_of_the_wrong_sign():
    def flipped(log_weights, keys, rng, purpose, *, k, temperature):
        noisy = log_weights / temperature - rng.gumbels(purpose, keys)
        return np.argsort(-noisy)[:k]

    assert is_far_from(observed(flipped), np.array([1.0, 2.0, 5.0, 0.5]))


@given(
    st.lists(st.sampled_from([-np.inf, -3.0, 0.0, 0.5, 0.5, 700.0]), max_size=40),
    st.one_of(st.none(), st.integers(0, 50)),
    st.sampled_from([0.0, 0.3, 1.0]),
    st.integers(1, 9),
    st.integers(0, 9),
)
def test_stretches_give_what_sorting_all_rows_gives(values, k, temperature, stretch, seed):
    log_weights = np.array(values, float)
    n = len(values)
    keys, rank = np.arange(100, 100 + n, dtype=np.uint64), np.arange(n)[::-1].copy()
    noisy = log_weights.copy()
    if temperature:
        noisy = noisy / temperature + Draws(seed).gumbels("p", keys)
    order = [int(i) for i in np.lexsort((rank, -noisy)) if noisy[i] > -np.inf]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gumbel, "_STRETCH", stretch)
        picks = gumbel_top_k(
            log_weights, keys, Draws(seed), "p", k=k, temperature=temperature, rank=rank
        )
    assert picks.tolist() == order[:k]


def test_a_rows_draw_does_not_depend_on_the_rest_of_the_pool():
    log_weights = np.random.default_rng(0).normal(size=500)
    keys = np.arange(500, dtype=np.uint64)
    picks = gumbel_top_k(log_weights, keys, Draws(3), "p", k=40)
    shuffled = np.random.default_rng(1).permutation(500)[:300]
    some = gumbel_top_k(log_weights[shuffled], keys[shuffled], Draws(3), "p")
    assert [i for i in picks if i in shuffled] == [i for i in shuffled[some] if i in picks]


def test_another_seed_or_purpose_is_another_draw():
    log_weights, keys = np.zeros(200), np.arange(200, dtype=np.uint64)
    first = gumbel_top_k(log_weights, keys, Draws(3), "p", k=20).tolist()
    assert first == gumbel_top_k(log_weights, keys, Draws(3), "p", k=20).tolist()
    assert first != gumbel_top_k(log_weights, keys, Draws(4), "p", k=20).tolist()
    assert first != gumbel_top_k(log_weights, keys, Draws(3), "q", k=20).tolist()


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=30), st.floats(0.2, 5.0))
def test_effective_sample_size_is_its_formula(values, temperature):
    weights = np.exp(np.array(values) / temperature)
    expected = weights.sum() ** 2 / (weights**2).sum()
    size = effective_sample_size(np.array([*values, -np.inf]) + 1000.0, temperature)
    assert size == pytest.approx(expected)


def test_effective_sample_size_of_nothing_is_zero():
    assert effective_sample_size(np.zeros(0)) == 0.0
    assert effective_sample_size(np.full(3, -np.inf)) == 0.0
