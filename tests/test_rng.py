import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from handful import rng
from handful.rng import Draws

SEEDS = st.integers(-(2**70), 2**70)
PURPOSES = st.text(max_size=20)
KEYS = arrays(np.uint64, st.integers(0, 40))


def numpy_philox(seed, purpose, counter):
    """The first output of numpy's Philox at a counter; numpy counts up once before it answers."""
    key = np.array(rng.key(seed, purpose), np.uint64)
    return np.random.Philox(counter=(counter - 1) % 2**256, key=key).random_raw()


@given(SEEDS, PURPOSES, st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=8))
def test_raw_draws_are_those_of_numpys_philox(seed, purpose, counters):
    drawn = rng.raw(seed, purpose, np.array(counters, np.uint64))
    assert drawn.tolist() == [numpy_philox(seed, purpose, counter) for counter in counters]


@given(SEEDS, PURPOSES, KEYS, st.randoms(use_true_random=False))
def test_a_rows_draw_does_not_depend_on_order_or_on_other_rows(seed, purpose, keys, random):
    order = list(range(len(keys)))
    random.shuffle(order)
    some = order[: len(order) // 2]
    drawn = rng.uniforms(seed, purpose, keys)
    assert np.array_equal(rng.uniforms(seed, purpose, keys[some]), drawn[some])


def test_a_draw_does_not_depend_on_the_block_it_falls_in():
    keys = np.arange(2 * rng._BLOCK + 7, dtype=np.uint64)
    drawn = rng.raw(3, "blocks", keys)
    for row in (0, rng._BLOCK - 1, rng._BLOCK, 2 * rng._BLOCK + 6):
        assert drawn[row] == rng.raw(3, "blocks", keys[row : row + 1])[0]


def test_the_smallest_and_largest_bits_give_draws_strictly_between_0_and_1(monkeypatch):
    bits = np.array([0, 2**64 - 1], np.uint64)
    monkeypatch.setattr(rng, "raw", lambda seed, purpose, keys: bits)
    low, high = rng.uniforms(0, "any", bits)
    assert 0 < low < 2**-50
    assert 1 - 2**-50 < high < 1
    assert np.isfinite(rng.gumbels(0, "any", bits)).all()


def test_uniforms_are_uniform_and_gumbels_are_gumbel():
    # Kolmogorov–Smirnov at n = 100,000: P(D > 0.0087) < 10⁻⁶ by the bound 2·exp(−2nD²).
    keys = np.arange(100_000, dtype=np.uint64)
    steps = np.arange(1, 100_001) / 100_000
    uniforms = np.sort(rng.uniforms(7, "law", keys))
    gumbels = np.sort(rng.gumbels(7, "law", keys))
    assert np.abs(uniforms - steps).max() < 0.0087
    assert np.abs(np.exp(-np.exp(-gumbels)) - steps).max() < 0.0087


def test_draws_of_two_purposes_or_two_seeds_are_not_correlated():
    # |r| of 100,000 independent pairs passes 0.016 with a chance below 10⁻⁶ (5 standard deviations).
    keys = np.arange(100_000, dtype=np.uint64)
    first = rng.uniforms(0, "a", keys)
    for other in (rng.uniforms(0, "b", keys), rng.uniforms(1, "a", keys), np.roll(first, 1)):
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.016


def test_ids_that_are_numbers_are_their_own_keys_and_texts_are_hashed_apart():
    assert rng.id_keys(np.array([5, 2**63], np.uint64)).tolist() == [5, 2**63]
    hashed = rng.id_keys([b"a", b"b", b""])
    assert hashed.dtype == np.uint64
    assert len(set(hashed.tolist())) == 3
    assert rng.id_keys([b"b"])[0] == hashed[1]


def test_a_generator_of_its_own_repeats_and_differs_between_purposes():
    first, again = (Draws(5).generator("x").random(3) for _ in range(2))
    assert first.tolist() == again.tolist()
    assert first.tolist() != Draws(5).generator("y").random(3).tolist()
    assert first.tolist() != Draws(6).generator("x").random(3).tolist()


def test_draws_pass_on_the_seed():
    keys = np.arange(4, dtype=np.uint64)
    assert np.array_equal(Draws(9).uniforms("p", keys), rng.uniforms(9, "p", keys))
    assert np.array_equal(Draws(9).gumbels("p", keys), rng.gumbels(9, "p", keys))


@pytest.mark.parametrize("before", [0, 12345])
def test_the_global_random_state_is_neither_read_nor_changed(before):
    np.random.seed(before)  # noqa: NPY002
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    drawn = Draws(0).uniforms("p", np.arange(3, dtype=np.uint64))
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002
    # Frozen: a change here changes what every seed picks, and calls for new versions of all methods.
    assert drawn.tolist() == [0.4308313276197834, 0.3455883064892652, 0.15274742725759805]
