import math
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.budget import (
    Budget,
    Ledger,
    exact,
    exact_sum,
    parse_amount,
    parse_fraction,
    parse_rows,
)
from handful.errors import InfeasibleError, UsageError

WHOLE = st.integers(0, 2**62)
SMALL = st.integers(0, 20)
DECIMAL = st.integers(0, 1000).map(lambda tenths: tenths / 10)
TINY = Fraction(1, 10**30)
FLOAT = st.floats(0, allow_nan=False, allow_infinity=False)
COSTS = st.one_of(
    st.lists(SMALL, min_size=1, max_size=30).map(lambda c: np.array(c, np.int64)),
    st.lists(WHOLE, min_size=1, max_size=30).map(lambda c: np.array(c, np.int64)),
    st.lists(st.integers(0, 255), min_size=1, max_size=30).map(lambda c: np.array(c, np.uint8)),
    st.lists(DECIMAL, min_size=1, max_size=30).map(np.array),
    st.lists(DECIMAL, min_size=1, max_size=30).map(lambda c: np.array(c, np.float32)),
    st.lists(FLOAT, min_size=1, max_size=30).map(np.array),
)


def as_written(cost):
    """What a cost is in a file: the decimal it prints as."""
    return Fraction(Decimal(repr(cost.item())))


def plain_filler(ledger, ranking):
    """The definition: go down the ranking, take what may be taken."""
    for row in ranking.tolist():
        if ledger.feasible(np.array([row]))[0]:
            ledger.take(row)


@st.composite
def ledgers(draw):
    """Costs, an amount near one of their sums, a number of rows, and a mask."""
    costs = draw(COSTS)
    n = len(costs)
    some = draw(st.sets(st.integers(0, n - 1)))
    total = sum((as_written(costs[i]) for i in some), Fraction(0))
    amount = max(Fraction(0), total + draw(st.sampled_from([0, -TINY, TINY, -1, 5])))
    rows = draw(st.integers(0, n + 2))
    eligible = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    ranking = np.array(draw(st.permutations(range(n))))
    return lambda: Ledger(n, rows=rows, costs=costs, amount=amount, eligible=eligible), ranking


@given(ledgers())
def test_the_amount_is_never_exceeded_and_spent_is_the_exact_sum(case):
    ledger, ranking = case[0](), case[1]
    ledger.take_ranked(ranking)
    total = sum((as_written(ledger.costs[row]) for row in ledger.taken), Fraction(0))
    assert ledger.spent == total <= ledger.amount
    assert len(ledger.taken) <= ledger.rows
    assert len(set(ledger.taken)) == len(ledger.taken)


@given(ledgers())
def test_what_is_left_is_less_than_the_cheapest_row_that_may_still_be_taken(case):
    make, ranking = case
    ledger = make()
    eligible = ledger.open.copy()
    ledger.take_ranked(ranking)
    left = [i for i in range(ledger.n) if eligible[i] and i not in ledger.taken]
    if left and len(ledger.taken) < ledger.rows:
        assert min(as_written(ledger.costs[i]) for i in left) > ledger.amount - ledger.spent


@given(ledgers())
def test_the_filler_takes_what_a_plain_loop_takes(case):
    make, ranking = case
    fast, slow = make(), make()
    taken = fast.take_ranked(ranking)
    plain_filler(slow, ranking)
    assert fast.taken == slow.taken == taken.tolist()
    assert fast.spent == slow.spent


@given(ledgers())
def test_a_row_is_feasible_exactly_when_it_can_be_taken(case):
    make, ranking = case
    ledger = make()
    for row in ranking.tolist():
        fits = bool(ledger.feasible(np.array([row]))[0])
        affordable = ledger.spent + as_written(ledger.costs[row]) <= ledger.amount
        assert fits == (bool(ledger.open[row]) and ledger.rows_left > 0 and affordable)
        if fits:
            ledger.take(row)
        else:
            with pytest.raises(InfeasibleError, match=f"Row {row} may not be taken"):
                ledger.take(row)


@given(st.lists(st.one_of(FLOAT, DECIMAL)).map(lambda c: np.array(c, np.float64)))
def test_sums_are_exact_in_any_order(costs):
    assert exact_sum(costs) == exact_sum(costs[::-1]) == sum(map(as_written, costs), Fraction(0))


def test_ten_rows_of_one_tenth_cost_one():
    ledger = Ledger(12, rows=12, costs=np.full(12, 0.1), amount=1)
    ledger.take_ranked(np.arange(12))
    assert len(ledger.taken) == 10
    assert ledger.spent == 1


def test_rows_that_cost_nothing_are_taken_when_nothing_is_left():
    ledger = Ledger(4, rows=4, costs=np.array([3.0, 0.0, 1.0, 0.0]), amount=3)
    ledger.take_ranked(np.arange(4))
    assert ledger.taken == [0, 1, 3]
    assert ledger.amount_left == 0


@pytest.mark.parametrize("dtype", [np.int64, np.float64])
def test_numbers_near_the_largest_there_are_do_not_overflow(dtype):
    largest = np.iinfo(dtype).max if dtype is np.int64 else np.finfo(dtype).max
    ledger = Ledger(3, rows=3, costs=np.full(3, largest, dtype), amount=2 * exact(dtype(largest)))
    ledger.take_ranked(np.arange(3))
    assert ledger.taken == [0, 1]


def test_an_amount_of_a_numpy_integer_does_not_overflow():
    amount = parse_amount(np.int64(2**62), "--budget")
    assert amount * 4 == 2**64


def test_a_row_that_is_not_eligible_is_never_feasible():
    ledger = Ledger(3, rows=3, eligible=np.array([True, False, True]))
    assert ledger.feasible(np.arange(3)).tolist() == [True, False, True]
    ledger.take_ranked(np.arange(3))
    assert ledger.taken == [0, 2]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("10000", 10000),
        ("10k", 10_000),
        ("1.5M", 1_500_000),
        ("10_000", 10_000),
        (" 2b ", 2 * 10**9),
        ("0.1", Fraction(1, 10)),
        (".5", Fraction(1, 2)),
        (0.1, Fraction(1, 10)),
        (7, 7),
    ],
)
def test_amounts_are_read_exactly(text, amount):
    assert parse_amount(text, "--budget") == amount


@pytest.mark.parametrize(
    "text", ["", "ten", "-1", "1e3", "1,000", "5%", math.nan, math.inf, -1, True]
)
def test_an_amount_that_is_no_number_is_refused_with_what_to_write(text):
    with pytest.raises(UsageError, match=re.escape(f"--budget {str(text)!r}")) as refused:
        parse_amount(text, "--budget")
    assert "Write 10000, 10k, 2.5M" in str(refused.value)


def test_half_a_row_is_refused():
    with pytest.raises(UsageError, match="--rows"):
        parse_rows("0.0015k")
    assert parse_rows("0.002k") == 2


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("5%", Fraction(1, 20)),
        ("0.05", Fraction(1, 20)),
        (0.05, Fraction(1, 20)),
        ("100%", 1),
        (0, 0),
    ],
)
def test_shares_are_read_exactly(text, share):
    assert parse_fraction(text) == share


@pytest.mark.parametrize("text", ["", "%", "five", "101%", "1.1", "-5%", math.nan, math.inf, "1/0"])
def test_a_share_outside_0_to_1_is_refused(text):
    with pytest.raises(UsageError, match="--fraction"):
        parse_fraction(text)


def test_where_several_limits_are_given_all_bind():
    assert Budget(100, fraction="5%").rows_of(1000) == 50
    assert Budget(10, fraction="5%").rows_of(1000) == 10
    assert Budget(10, fraction="5%").rows_of(5) == 0
    assert Budget(100).rows_of(7) == 7
    assert Budget(amount=5, cost="x").rows_of(7) == 7


def test_a_share_of_a_float_is_not_rounded_down_by_its_last_bits():
    assert Budget(fraction=0.29).rows_of(100) == 29
    assert Budget(fraction="29%").rows_of(100) == 29


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "No budget"),
        ({"amount": 5}, "--budget needs --cost"),
        ({"cost": "tokens"}, "No budget"),
        ({"rows": 5, "cost": "tokens"}, "--cost tokens needs --budget"),
    ],
)
def test_a_budget_that_says_too_little_is_refused(given, said):
    with pytest.raises(UsageError, match=said):
        Budget(**given)


def test_the_record_of_a_budget_is_exact():
    budget = Budget(10, fraction=0.1, amount=0.1, cost="tokens")
    assert budget.record() == {"rows": 10, "fraction": "1/10", "amount": "1/10", "cost": "tokens"}
