"""Shares of the cost are met, proven impossible, or said to be undecided: against every subset of small pools."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handful.budget import Ledger, Quotas, audit, exact, spending
from handful.budget.spending import Classes
from handful.errors import InfeasibleError
from handful.testing.oracles import quotas_of

SOME = settings.default.max_examples if settings.default.max_examples > 50 else 40


def keeping(quotas, costs, rows, amount, must=()):
    """Every subset that keeps all limits, by counting."""
    n, found = len(costs), []
    price = [exact(cost) for cost in costs]
    for size in range(1, n + 1):
        for some in combinations(range(n), size):
            if not set(must) <= set(some) or (rows is not None and size > rows):
                continue
            if amount is not None and sum((price[i] for i in some), Fraction(0)) > amount:
                continue
            kept = audit(quotas, np.array(some), [price[i] for i in some])
            if all(one.slack >= 0 for one in kept):
                found.append(some)
    return found


SHARES = ["10%cost", "25%cost", "40%cost", "50%cost", "60%cost", "75%cost"]


@st.composite
def cases(draw):
    n = draw(st.integers(2, 8))
    columns = {
        name: draw(st.lists(st.sampled_from("ab"), min_size=n, max_size=n)) for name in ("x", "y")
    }
    asked = []
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(["x", "y"]))
        value = draw(st.sampled_from([None, *sorted(set(columns[name]))]))
        side = draw(st.sampled_from(["min", "max"]))
        bound = draw(st.sampled_from([*SHARES, "1", "2", "50%"]))
        asked.append({"column": name, "value": value, side: bound})
    asked.append({"column": "x", "value": columns["x"][0], "min": draw(st.sampled_from(SHARES))})
    whole = st.lists(st.integers(0, 9), min_size=n, max_size=n).map(np.array)
    equal = st.integers(1, 9).map(lambda cost: np.full(n, cost))
    costs = draw(st.one_of(whole, equal, whole.map(lambda costs: costs / 10)))
    amount = sum(map(exact, costs.tolist()), Fraction(0)) * draw(
        st.sampled_from([1, Fraction(1, 2), Fraction(1, 4)])
    )
    return columns, asked, costs, draw(st.integers(1, n)), amount


@given(cases())
@settings(max_examples=SOME, deadline=None)
def test_of_small_pools_it_is_decided_and_the_answer_is_that_of_trying_all(case):
    columns, asked, costs, rows, amount = case
    quotas = quotas_of(columns, asked)
    there_are = bool(keeping(quotas, costs, rows, amount))
    try:
        ledger = Ledger(len(costs), rows=rows, costs=costs, amount=amount, quotas=quotas)
    except InfeasibleError as refused:
        assert not there_are
        assert "not decided" not in str(refused)
        return
    assert there_are
    ledger.take_ranked(np.arange(len(costs)))
    assert all(
        one.slack >= 0
        for one in audit(quotas, np.array(ledger.taken), [exact(costs[i]) for i in ledger.taken])
    )


@given(cases())
@settings(max_examples=SOME, deadline=None)
def test_the_limits_named_conflict_and_any_but_one_of_them_do_not(case):
    columns, asked, costs, rows, amount = case
    quotas = quotas_of(columns, asked)
    if keeping(quotas, costs, rows, amount):
        return
    ledger = Ledger(len(costs), rows=rows, costs=costs, amount=amount)
    with pytest.raises(InfeasibleError) as refused:
        ledger.under(quotas)
    said = str(refused.value).partition("together: ")[2].rstrip(".")
    assert said
    assert "Perhaps" not in said
    names = said.split(", ")

    def met(kept):
        some = Quotas(quotas.signature, tuple(one for one in quotas.limits if one.said in kept))
        some = some if some.limits else quotas_of(columns, ["x:max=100%"])
        most = rows if f"--rows {rows:,}" in kept else None
        left = amount if f"--budget {amount}" in kept else None
        return bool(keeping(some, costs, most, left))

    assert not met(names)
    assert all(met([name for name in names if name != left_out]) for left_out in names)


def test_what_is_barely_possible_is_found():
    # Only rows 0 and 3 cost a quarter and three quarters of what they cost together.
    columns = {"x": list("aabb")}
    costs = np.array([5, 7, 14, 15])
    quotas = quotas_of(columns, ["x[a]:min=25%cost,max=25%cost"])
    ledger = Ledger(4, rows=2, costs=costs, amount=20, quotas=quotas)
    ledger.take_ranked(np.array([1, 2, 3, 0]))
    assert sorted(ledger.taken) == [0, 3]


def test_with_ranges_of_costs_it_says_that_it_does_not_know_where_it_does_not(monkeypatch):
    monkeypatch.setattr(spending, "CLASSES", 2)
    quotas = quotas_of({"x": list("aabb")}, ["x[a]:min=25%cost,max=25%cost"])
    ask = {"rows": 2, "amount": 20, "quotas": quotas}
    with pytest.raises(InfeasibleError, match="whether there is one was not decided"):
        Ledger(4, costs=np.array([4, 7, 14, 16]), **ask)
    # Out of reach of any cost within the ranges: that is proven.
    costs = np.array([70, 80, 1, 2])
    with pytest.raises(
        InfeasibleError, match=r"together: min of `a` 25%cost, max of `a` 25%cost\.$"
    ):
        Ledger(4, costs=costs, **{**ask, "amount": 90})
    # Whether fewer limits conflict is not asked of many limits and classes, and then it says so.
    monkeypatch.setattr(spending, "FEW", 1)
    monkeypatch.setattr(spending, "SURE", 1)
    with pytest.raises(InfeasibleError, match=r"together: .*Perhaps fewer of them"):
        Ledger(4, costs=costs, **{**ask, "amount": 90})


def test_a_class_holds_rows_of_one_signature_and_near_costs(monkeypatch):
    rng = np.random.default_rng(0)
    signature, costs = rng.integers(0, 3, 200), rng.random(200)
    monkeypatch.setattr(spending, "CLASSES", 20)
    made = Classes.of(signature, costs, np.ones(200, bool))
    assert sorted(np.concatenate(made.rows)) == list(range(200))
    assert len(made.rows) <= 23
    for rows, s, least, most in zip(made.rows, made.signature, made.least, made.most, strict=True):
        assert set(signature[rows]) == {s}
        assert (costs[rows].min(), costs[rows].max()) == (least, most)


def test_includes_count_in_what_is_spent():
    quotas = quotas_of({"x": list("aabb")}, ["x[a]:max=40%cost"])
    costs = np.array([10, 1, 5, 6])
    with pytest.raises(
        InfeasibleError, match=r"with the 1 rows of --include\): max of `a` 40%cost"
    ):
        Ledger(4, rows=4, costs=costs, amount=99, quotas=quotas, include=np.array([0]))
    ledger = Ledger(
        4, rows=4, costs=np.array([4, 1, 5, 6]), amount=99, quotas=quotas, include=np.array([0])
    )
    ledger.take_ranked(np.arange(4))
    assert 0 in ledger.taken


def test_a_group_is_told_from_one_of_the_same_name_in_another_column():
    quotas = quotas_of(
        {"x": list("aab"), "y": list("acc")}, ["x[a]:min=1", "y[a]:max=2", "x[b]:max=1"]
    )
    assert [limit.said for limit in quotas.limits] == [
        "min of `x[a]` 1",
        "max of `y[a]` 2",
        "max of `b` 1",
    ]
