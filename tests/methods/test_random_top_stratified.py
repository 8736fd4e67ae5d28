"""`random`, `top` and `stratified` against enumeration and exact laws.

Each check of chance states its false-alarm rate; seeds are fixed, so a pass is a pass for good.
"""

import math
from collections import Counter
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.budget import Ledger, Quota, Quotas
from handful.methods._contract import View
from handful.methods.data.random import Random
from handful.methods.data.stratified import Stratified, largest_remainder
from handful.methods.data.top import Top
from handful.rng import Draws
from handful.samplers.in_proportion import in_proportion

METHODS = (Random(), Top(), Stratified())


def view(n, *, scores=None, groups=None, rank=None, keys=None):
    return View(
        n=n,
        keys=np.arange(n, dtype=np.uint64) if keys is None else keys,
        scores=None if scores is None else (lambda name: np.asarray(scores, np.float64)),
        group=None if groups is None else groups,
        rank=rank,
    )


def any_view(n, **more):
    codes = np.arange(n) % 3
    return view(n, scores=np.cos(np.arange(n)), groups=(codes, ["a", "b", "c"]), **more)


def run(method, seen, k, *, seed=0, **ledger):
    taken = Ledger(seen.n, rows=k, **ledger)
    return method.run(seen, taken, Draws(seed))


def most_off(counts, trials, probability):
    """Standard deviations the worst of some binomial counts is away from its mean."""
    deviation = math.sqrt(trials * probability * (1 - probability))
    return max(abs(count - trials * probability) for count in counts) / deviation


# Random -----------------------------------------------------------------------------------------

TRIALS = 6000


def test_every_subset_is_as_likely_as_any_other():
    # 10 subsets, 5.5 standard deviations each: a false alarm below 10⁻⁶ in all.
    seen = Counter(
        tuple(sorted(run(Random(), view(5), 2, seed=s).indices.tolist())) for s in range(TRIALS)
    )
    assert set(seen) == set(combinations(range(5), 2))
    assert most_off(seen.values(), TRIALS, 1 / 10) < 5.5


def test_every_order_is_as_likely_as_any_other():
    # 24 orders, 5.5 standard deviations each: a false alarm below 10⁻⁶ in all.
    seen = Counter(tuple(run(Random(), view(4), 4, seed=s).indices.tolist()) for s in range(TRIALS))
    assert set(seen) == set(permutations(range(4)))
    assert most_off(seen.values(), TRIALS, 1 / 24) < 5.5


def test_weighted_sums_over_random_picks_are_unbiased():
    # The mean of 6,000 estimates is off by more than 5.5 of its standard errors with a chance below 10⁻⁷.
    values = np.array([1.0, 10.0, 100.0, 1000.0, -50.0])
    estimates = []
    for seed in range(TRIALS):
        picks = run(Random(), view(5), 2, seed=seed)
        estimates.append(np.sum(picks.weights * values[picks.indices]))
    error = np.std(estimates) / math.sqrt(TRIALS)
    assert abs(np.mean(estimates) - values.sum()) < 5.5 * error


def test_a_rows_draw_does_not_depend_on_the_rest_of_the_pool():
    keys = np.arange(50, dtype=np.uint64)
    whole = keys[run(Random(), view(50), 50).indices]
    part = keys[::2]
    alone = part[run(Random(), view(25, keys=part), 25).indices]
    assert alone.tolist() == [key for key in whole.tolist() if key % 2 == 0]


def test_weights_are_given_only_where_chances_are_equal():
    assert run(Random(), view(10), 4).weights.tolist() == [2.5] * 4
    assert run(Random(), view(10), 4).weight_kind == "inclusion"
    assert run(Random(), view(10), 4, costs=np.ones(10), amount=3).weights is None
    included = Ledger(10, rows=4)
    included.take(7)
    assert Random().run(view(10), included, Draws(0)).weights is None


# Top --------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.integers(0, 22), st.randoms())
def test_top_is_sorting_with_ties_in_the_order_of_ids(scores, k, random):
    rank = np.array(random.sample(range(len(scores)), len(scores)))
    picks = run(Top(), view(len(scores), scores=scores, rank=rank), k)
    plain = sorted(range(len(scores)), key=lambda row: (-scores[row], rank[row]))
    assert picks.indices.tolist() == plain[:k]
    assert picks.gains.tolist() == [scores[row] for row in plain[:k]]
    assert picks.value == sum(scores[row] for row in plain[:k])


def test_top_passes_over_what_does_not_fit():
    scores, costs = [9, 8, 7, 6], np.array([5, 4, 2, 1])
    picks = run(Top(), view(4, scores=scores), 4, costs=costs, amount=8)
    assert picks.indices.tolist() == [0, 2, 3]


# Stratified -------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 40), max_size=8), st.data())
def test_seats_are_shared_by_largest_remainder(sizes, data):
    total = sum(sizes)
    k = data.draw(st.integers(0, total))
    quota = largest_remainder(np.array(sizes, np.int64), k)
    assert quota.sum() == k
    exact = [size * k / max(1, total) for size in sizes]
    assert all(
        math.floor(e - 1e-9) <= q <= math.ceil(e + 1e-9) for q, e in zip(quota, exact, strict=True)
    )
    assert (quota <= sizes).all()
    for q, size, e in zip(quota, sizes, exact, strict=True):
        for r, other, f in zip(quota, sizes, exact, strict=True):
            if q == math.floor(e) < e and r > f:  # one was rounded down, another up
                assert f - math.floor(f) >= e - math.floor(e) - 1e-9, (size, other)


def test_seats_left_over_by_equal_remainders_go_to_larger_groups_then_to_earlier_ones():
    assert largest_remainder(np.array([1, 3]), 2).tolist() == [0, 2]
    assert largest_remainder(np.array([2, 2, 2]), 4).tolist() == [2, 1, 1]


def test_seats_are_shared_exactly_where_numbers_are_huge():
    sizes = np.array([2**61, 2**61 - 1, 1])
    assert largest_remainder(sizes, 4).tolist() == [2, 2, 0]


GROUPS = (np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2]), ["a", "b", "c"])


def test_each_group_gets_its_share_and_every_row_of_it_the_same_chance():
    # 10 rows, 5.5 standard deviations each: a false alarm below 10⁻⁶ in all.
    counts = np.zeros(10)
    for seed in range(TRIALS):
        picks = run(Stratified(), view(10, groups=GROUPS), 5, seed=seed).indices
        assert np.bincount(GROUPS[0][picks]).tolist() == [2, 2, 1]
        counts[picks] += 1
    assert most_off(counts, TRIALS, 1 / 2) < 5.5


def test_weighted_means_over_stratified_picks_are_unbiased():
    # As for random: a chance below 10⁻⁷ of a false alarm.
    values = np.array([1.0, 2.0, 4.0, 8.0, 100.0, 200.0, 300.0, 700.0, -5.0, 5.0])
    estimates = []
    for seed in range(TRIALS):
        picks = run(Stratified(), view(10, groups=GROUPS), 4, seed=seed)
        assert picks.weights.sum() == pytest.approx(10)
        estimates.append(np.average(values[picks.indices], weights=picks.weights))
    error = np.std(estimates) / math.sqrt(TRIALS)
    assert abs(np.mean(estimates) - values.mean()) < 5.5 * error


def test_a_group_too_small_for_a_row_is_said():
    codes = np.array([0] * 99 + [1])
    picks = run(Stratified(), view(100, groups=(codes, ["big", "small"])), 10)
    assert picks.notes["rows_per_group"] == {"big": 10, "small": 0}


def test_stratified_picks_do_not_come_group_by_group():
    codes = np.repeat(np.arange(2), 50)
    picks = run(Stratified(), view(100, groups=(codes, ["a", "b"])), 40).indices
    assert 5 < codes[picks[:20]].sum() < 15


# All --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("k", [0, 1, 7, 20, 25])
def test_as_many_distinct_rows_come_out_as_may(method, k):
    picks = run(method, any_view(20), k).indices
    assert picks.dtype == np.int64
    assert len(set(picks.tolist())) == len(picks) == min(k, 20)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
def test_a_seed_repeats_and_another_differs(method):
    first = run(method, any_view(40), 15).indices.tolist()
    assert run(method, any_view(40), 15).indices.tolist() == first
    other = run(method, any_view(40), 15, seed=1).indices.tolist()
    assert (other == first) == isinstance(method, Top)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
def test_the_order_of_the_rows_does_not_matter(method):
    turned = np.arange(40)[::-1].copy()
    codes, labels = np.arange(40) % 3, ["a", "b", "c"]
    scores = np.cos(np.arange(40))
    straight = run(method, view(40, scores=scores, groups=(codes, labels)), 15).indices
    seen = view(
        40,
        scores=scores[turned],
        groups=(codes[turned], labels),
        keys=turned.astype(np.uint64),
        rank=turned,
    )
    assert turned[run(method, seen, 15).indices].tolist() == straight.tolist()


@pytest.mark.parametrize(
    "method", [m for m in METHODS if m.facts.nested], ids=lambda m: type(m).__name__
)
def test_a_nested_methods_prefixes_are_its_smaller_picks(method):
    whole = run(method, any_view(30), 20).indices.tolist()
    for k in range(20):
        assert run(method, any_view(30), k).indices.tolist() == whole[:k]


@pytest.mark.parametrize(
    "method", [m for m in METHODS if m.facts.nested], ids=lambda m: type(m).__name__
)
def test_rows_that_must_be_in_come_first_and_count(method):
    ledger = Ledger(20, rows=6)
    ledger.take(13)
    ledger.take(4)
    picks = method.run(any_view(20), ledger, Draws(0)).indices.tolist()
    assert picks[:2] == [13, 4]
    assert len(picks) == 6
    alone = [row for row in run(method, any_view(20), 20).indices.tolist() if row not in {13, 4}]
    assert picks[2:] == alone[:4]


# Stratified under limits, against brute force ---------------------------------------------------


def filled_by_hand(seen, seed, k, *, first=(), fits):
    """Turns in proportion to the seats, then to what is left of the groups; each row that fits, one by one."""
    codes, labels = seen.group
    draws = Draws(seed).uniforms("stratified", seen.keys)
    sizes = np.bincount(codes, minlength=len(labels))
    quota = largest_remainder(sizes, k)
    queues = {
        g: [r for r in first if codes[r] == g]
        + sorted((r for r in range(seen.n) if codes[r] == g and r not in first), key=lambda r: draws[r])
        for g in range(len(labels))
    }  # fmt: skip
    picks = list(first)
    for turns in (in_proportion(quota), in_proportion(sizes - quota)):
        for group in turns.tolist():
            row = queues[group].pop(0)
            if row not in picks and len(picks) < k and fits([*picks, row]):
                picks.append(row)
    return picks


@given(st.integers(0, 10**6))
def test_under_a_cost_stratified_fills_by_shares_and_passes_over_what_does_not_fit(seed):
    draw = np.random.default_rng(seed)
    n = int(draw.integers(1, 30))
    costs, amount = draw.integers(0, 9, n), int(draw.integers(0, 60))
    k, seen = int(draw.integers(0, n + 1)), any_view(n)
    picks = run(Stratified(), seen, k, seed=seed, costs=costs, amount=amount)
    wanted = filled_by_hand(seen, seed, k, fits=lambda rows: costs[rows].sum() <= amount)
    assert picks.indices.tolist() == wanted
    assert picks.weights is None


@given(st.integers(0, 10**6))
def test_under_quotas_stratified_takes_what_some_pick_that_keeps_them_has(seed):
    draw = np.random.default_rng(seed)
    n, k = 9, int(draw.integers(1, 8))
    column = draw.integers(0, 2, n)
    least, most = int(draw.integers(0, 3)), int(draw.integers(2, 6))
    keeping = [
        set(rows)
        for size in range(k + 1)
        for rows in combinations(range(n), size)
        if least <= column[list(rows)].sum() <= most
    ]
    if not any(keeping) or not column.any():
        return
    asked = [Quota.parse(f"c[y]:min={least}"), Quota.parse(f"c[y]:max={most}")]
    quotas = Quotas.of(asked, {"c": (column, ["x", "y"])}, n)
    size = max(map(len, keeping))
    seen = any_view(n)
    picks = run(Stratified(), seen, k, seed=seed, quotas=quotas).indices.tolist()
    wanted = filled_by_hand(
        seen, seed, size, fits=lambda rows: any(set(rows) <= kept for kept in keeping if len(kept) == size)
    )  # fmt: skip
    assert picks == wanted


def test_must_includes_count_in_the_share_of_their_group():
    ledger = Ledger(10, rows=5)
    for row in (9, 1):
        ledger.take(row)
    seen = view(10, groups=GROUPS)
    picks = Stratified().run(seen, ledger, Draws(3))
    assert picks.indices.tolist() == filled_by_hand(seen, 3, 5, first=[9, 1], fits=bool)
    assert picks.notes["rows_per_group"] == {"a": 2, "b": 2, "c": 1}
    assert picks.weights is None


@pytest.mark.parametrize("seed", range(20))
def test_every_beginning_of_picks_that_all_fit_is_in_proportion(seed):
    codes = np.random.default_rng(seed).integers(0, 4, 60)
    seen = view(60, groups=(codes, list("abcd")))
    sizes = np.bincount(codes, minlength=4)
    picks = run(Stratified(), seen, 60, seed=seed, costs=np.ones(60, int), amount=23).indices
    assert len(picks) == 23
    for t in range(1, 24):
        held = np.bincount(codes[picks[:t]], minlength=4)
        assert ((held >= t * sizes // 60) & (held <= -(-t * sizes // 60))).all()


def test_a_filler_that_goes_by_draws_alone_is_caught():
    seen, costs = any_view(20), np.ones(20, int)
    draws = Random().run(seen, Ledger(20, rows=20, costs=costs, amount=12), Draws(0)).indices
    wanted = filled_by_hand(seen, 0, 20, fits=lambda rows: costs[rows].sum() <= 12)
    assert draws.tolist() != wanted
