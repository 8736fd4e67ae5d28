"""The statistics say "better" of chance no more often than they promise, and their intervals cover."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.comparing.statistics import FEWEST_DRAWS, LEVEL, differences, holm, rank

numbers = st.floats(-100, 100, allow_nan=False).map(lambda x: round(x, 1))


@given(numbers, st.lists(numbers, min_size=39, max_size=60), st.booleans())
def test_the_rank_test_is_the_permutation_test_counted_out(value, draws, larger):
    everyone = [value, *draws] if larger else [-value, *(-d for d in draws)]
    at_least = sum(v >= everyone[0] for v in everyone) / len(everyone)
    at_most = sum(v <= everyone[0] for v in everyone) / len(everyone)
    place = rank(value, np.array(draws), larger_is_better=larger)
    assert math.isclose(place.p, min(1, 2 * at_least, 2 * at_most))
    assert (place.outcome == "same") == (place.p > float(LEVEL))
    if place.outcome == "better":
        assert at_least < at_most
    if place.outcome == "worse":
        assert at_most < at_least


@given(numbers, st.lists(numbers, min_size=39, max_size=120, unique=True), st.booleans())
def test_the_interval_of_the_lead_leaves_out_exactly_the_shifts_the_test_rejects(
    value, draws, larger
):
    draws = np.array(draws)
    place = rank(value, draws, larger_is_better=larger)
    sign = 1 if larger else -1
    for inside in (place.lead_low + 1e-6, place.lead_high - 1e-6):
        assert rank(value - sign * inside, draws, larger_is_better=larger).outcome == "same"
    assert (
        rank(value - sign * (place.lead_low - 1e-6), draws, larger_is_better=larger).outcome
        == "better"
    )
    assert (
        rank(value - sign * (place.lead_high + 1e-6), draws, larger_is_better=larger).outcome
        == "worse"
    )


@pytest.mark.parametrize("count", [39, 59, 79, 99, 199])
def test_a_random_value_takes_every_place_and_few_of_them_are_claims(count):
    draws = np.arange(1.0, count + 1)
    outcomes = [rank(v, draws, larger_is_better=True).outcome for v in np.arange(count + 1) + 0.5]
    assert outcomes.count("better") == outcomes.count("worse") == int(LEVEL / 2 * (count + 1))


def test_98_of_99_beaten_is_better_and_97_is_not():
    draws = np.arange(99.0)
    assert rank(97.5, draws, larger_is_better=True).outcome == "better"
    assert rank(96.5, draws, larger_is_better=True).outcome == "same"
    assert rank(0.5, draws, larger_is_better=False).outcome == "better"


def test_all_equal_is_no_claim():
    place = rank(1.0, np.ones(99), larger_is_better=True)
    assert (place.beaten, place.lost, place.p, place.outcome) == (0, 0, 1.0, "same")


def test_fewer_draws_than_any_claim_needs_are_refused():
    with pytest.raises(AssertionError):
        rank(1.0, np.ones(FEWEST_DRAWS - 1), larger_is_better=True)


def test_a_planted_shift_lies_in_the_interval_at_the_stated_rate():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(2000):
        draws, shift = rng.standard_exponential(99), rng.normal(0, 3)
        place = rank(rng.standard_exponential() + shift, draws, larger_is_better=True)
        covered += place.lead_low <= shift <= place.lead_high
    assert 0.945 <= covered / 2000 <= 0.975  # stated: 96 % with 99 draws; ±3.4 standard errors


def test_holm_is_the_closed_test_of_bonferroni():
    p = {"a": 0.011, "b": 0.02, "c": 0.9, "d": 0.013}
    for name in p:  # rejected where every set that holds it is rejected by Bonferroni
        sets = [s for size in range(1, 5) for s in itertools.combinations(p, size) if name in s]
        closed = max(min(1, min(p[m] for m in s) * len(s)) for s in sets)
        assert math.isclose(holm(p)[name][0], closed)


def _families(trials, methods, seeds, rng):
    for _ in range(trials):
        yield {f"m{m}": rng.standard_normal(seeds) * rng.uniform(0.1, 10) for m in range(methods)}


def _false_claims(trials, methods, seeds):
    rng = np.random.default_rng(7)
    families = _families(trials, methods, seeds, rng)
    return sum(any(d.outcome != "same" for d in differences(f).values()) for f in families)


def test_several_random_methods_are_rarely_called_better_or_worse():
    assert _false_claims(60, 6, 10) <= 8  # 5 % of 60 is 3; P(> 8) < 0.4 %


@pytest.mark.slow
@pytest.mark.parametrize(("methods", "seeds"), [(1, 5), (1, 10), (6, 10), (12, 10), (6, 20)])
def test_the_correction_holds_for_any_number_of_methods(methods, seeds):
    assert (
        _false_claims(500, methods, seeds) <= 35
    )  # 25 expected at most; P(> 35) < 2.5 %, seed fixed


def _coverage(trials, seeds, draw, mean):
    rng = np.random.default_rng(3)
    found = [differences({"m": draw(rng, seeds)})["m"] for _ in range(trials)]
    return np.mean([d.low <= mean <= d.high for d in found])


def test_the_interval_of_a_planted_difference_covers_it():
    assert (
        _coverage(200, 10, lambda rng, n: rng.normal(2, 1, n), 2) >= 0.91
    )  # 95 % − 2.6 standard errors


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [5, 8, 10, 20])
@pytest.mark.parametrize(
    ("draw", "mean"),
    [
        (lambda rng, n: rng.normal(2, 1, n), 2),
        (lambda rng, n: rng.standard_t(3, n) - 1, -1),
        (lambda rng, n: rng.uniform(-1, 3, n), 1),
    ],
    ids=["normal", "heavy tails", "uniform"],
)
def test_intervals_cover_planted_differences_at_the_stated_rate(seeds, draw, mean):
    assert _coverage(1000, seeds, draw, mean) >= 0.93  # 95 % − 2.9 standard errors


def test_an_interval_leaves_out_zero_exactly_where_the_corrected_test_rejects():
    rng = np.random.default_rng(5)
    for trial in range(40):
        planted = {f"m{m}": rng.normal(0.6 * m, 1, 10) for m in range(4)}
        for found in differences(planted, seed=trial).values():
            assert (found.outcome != "same") == (found.low > 0 or found.high < 0)


def test_where_seeds_are_too_few_for_so_many_methods_there_is_no_interval():
    five = np.array([0.11, -0.23, 0.42, 0.81, -0.98])  # 1 of 625 resamples repeats one of them
    assert all(np.std(np.full(5, value), ddof=1) > 0 for value in five), "which is rounding"
    many = {f"method {number}": five for number in range(100)}
    found = differences(many)["method 0"]
    assert (found.low, found.high, found.outcome) == (None, None, "same")


def test_too_few_seeds_give_a_mean_and_no_claim():
    found = differences({"m": np.array([5.0, 5.1, 4.9, 5.0])})["m"]
    assert (found.low, found.p, found.outcome) == (None, None, "same")


def test_equal_differences_that_are_not_zero_are_a_claim_and_zeros_are_none():
    found = differences({"one": np.ones(10), "zero": np.zeros(10)})
    assert (found["one"].outcome, found["zero"].outcome) == ("better", "same")
