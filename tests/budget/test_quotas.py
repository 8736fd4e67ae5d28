import itertools
import re
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from handful.budget import Bound, Budget, Ledger, Quota, Quotas, audit, exact
from handful.budget.conflict import conflict, irreducible
from handful.budget.feasibility import System, find
from handful.budget.search import search
from handful.errors import InfeasibleError, UsageError
from handful.testing.oracles import quotas_of

SOME = settings.default.max_examples if settings.default.max_examples > 50 else 25


def holds(quotas, costs, rows, amount, subset):
    """The definition: whether a set keeps every limit, by counting."""
    if len(subset) > rows:
        return False
    exact_costs = [exact(costs[i]) for i in subset] if costs is not None else None
    if costs is not None and amount is not None and sum(exact_costs, Fraction(0)) > amount:
        return False
    kept = audit(quotas, np.array(subset, np.int64), exact_costs)
    return all(one.slack >= 0 for one in kept)


def families(quotas, costs, rows, amount, n, taken, open_rows):
    """Every set that may be the final pick."""
    free = [i for i in range(n) if open_rows[i]]
    found = []
    for size in range(len(free) + 1):
        for more in combinations(free, size):
            subset = (*taken, *more)
            if subset and holds(quotas, costs, rows, amount, subset):
                found.append(frozenset(subset))
    return found


BOUND = st.one_of(
    st.integers(0, 3).map(str), st.sampled_from(["10%", "25%", "50%", "66%", "100%", "0%"])
)


@st.composite
def cases(draw):
    n = draw(st.integers(1, 7))
    columns = {
        name: draw(st.lists(st.sampled_from("abc"), min_size=n, max_size=n)) for name in ("x", "y")
    }
    asked = []
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(["x", "y"]))
        value = draw(st.sampled_from([None, *sorted(set(columns[name]))]))
        side = draw(st.sampled_from(["min", "max"]))
        asked.append({"column": name, "value": value, side: draw(BOUND)})
    costs = draw(
        st.one_of(
            st.none(),
            st.lists(st.integers(0, 5), min_size=n, max_size=n).map(
                lambda c: np.array(c, np.int64)
            ),
            st.lists(st.integers(0, 2**61), min_size=n, max_size=n).map(np.array),
            st.lists(st.integers(0, 50), min_size=n, max_size=n).map(lambda c: np.array(c) / 10),
        )
    )
    amount = None
    if costs is not None:
        some = draw(st.sets(st.integers(0, n - 1)))
        total = sum((exact(costs[i]) for i in some), Fraction(0))
        amount = total + draw(st.sampled_from([0, 0, 1]))
    rows = draw(st.integers(0, n))
    eligible = np.array(
        draw(st.lists(st.sampled_from([True, True, False]), min_size=n, max_size=n))
    )
    ranking = np.array(draw(st.permutations(range(n))))
    return quotas_of(columns, asked), costs, rows, amount, eligible, ranking


def made(case):
    quotas, costs, rows, amount, eligible, _ = case
    return Ledger(
        len(eligible), rows=rows, costs=costs, amount=amount, eligible=eligible, quotas=quotas
    )


def settled(final, costs):
    """Under rows alone only the largest sets count."""
    if costs is None and final:
        most = max(map(len, final))
        return [one for one in final if len(one) == most]
    return final


def to_the_unit():
    """A pick that costs exactly the amount, and another that costs one unit more."""
    return (
        quotas_of({"x": list("acababa")}, ["x[a]:min=10%"]),
        np.array([0, 1, 0, 0, 1999999, 0, 0]),
        3,
        1999999,
        np.array([False, True, False, True, True, True, False]),
        np.arange(7),
    )


@given(cases())
@example(to_the_unit())
@settings(max_examples=SOME, deadline=None)
def test_a_row_is_feasible_exactly_when_the_pick_can_still_be_completed(case):
    quotas, costs, rows, amount, eligible, ranking = case
    n = len(eligible)
    final = settled(families(quotas, costs, rows, amount, n, (), eligible), costs)
    if not final:
        if rows:
            with pytest.raises(InfeasibleError):
                made(case)
        return
    ledger = made(case)
    for row in ranking.tolist():
        taken = frozenset(ledger.taken)
        wanted = [
            bool(i not in taken and any(one >= taken | {i} for one in final)) for i in range(n)
        ]
        assert ledger.feasible(np.arange(n)).tolist() == wanted
        if wanted[row]:
            ledger.take(row)
        else:
            with pytest.raises(InfeasibleError):
                ledger.take(row)
    assert frozenset(ledger.taken) in final


@given(cases())
@settings(max_examples=SOME, deadline=None)
def test_the_filler_takes_what_a_plain_loop_takes(case):
    try:
        fast, slow = made(case), made(case)
    except InfeasibleError:
        return
    taken = fast.take_ranked(case[-1])
    for row in case[-1].tolist():
        if slow.feasible(np.array([row]))[0]:
            slow.take(row)
    assert fast.taken == slow.taken == taken.tolist()
    assert fast.spent == slow.spent


@given(st.data())
@settings(max_examples=8, deadline=None)
def test_the_filler_and_the_plain_loop_agree_on_more_rows(data):
    seed = data.draw(st.integers(0, 10**6))
    rng = np.random.default_rng(seed)
    n = 150
    columns = {
        "x": rng.choice(list("abcdef"), n).tolist(),
        "y": rng.choice(list("uvw"), n).tolist(),
    }
    asked = data.draw(
        st.sampled_from(
            [
                ["x:min=10%", "y:max=40%"],
                ["x:min=3,max=12"],
                ["x[a]:min=12", "y[u]:max=10", "y[v]:max=50%"],
            ]
        )
    )
    costs = data.draw(st.sampled_from([None, rng.integers(0, 40, n), rng.integers(0, 99, n) / 10]))
    amount = None if costs is None else 3 * exact(costs.max()) * 10
    limits = {"rows": 40, "costs": costs, "amount": amount, "quotas": quotas_of(columns, asked)}
    ranking, fast, slow = rng.permutation(n), Ledger(n, **limits), Ledger(n, **limits)
    fast.take_ranked(ranking)
    for row in ranking.tolist():
        if slow.feasible(np.array([row]))[0]:
            slow.take(row)
    if fast.ahead.unproven == slow.ahead.unproven == 0:
        assert fast.taken == slow.taken
    assert holds(fast.quotas, costs, 40, amount, tuple(fast.taken))
    assert not fast.feasible(np.arange(n)).any()


@given(st.integers(0, 10**6))
@settings(max_examples=SOME, deadline=None)
def test_the_search_for_counts_finds_them_where_trying_all_does(seed):
    rng = np.random.default_rng(seed)
    s, q = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    system = System(rng.integers(-3, 4, (q, s)), rng.integers(-4, 5, q), ("",) * q)
    low = rng.integers(0, 3, s)
    sums = [[0, *np.cumsum(np.sort(rng.integers(0, 9, 4))).tolist()] for _ in range(s)]
    high = low + rng.integers(0, 7, s)
    amount = int(rng.integers(0, 20))
    found = search(system, low, high, sums, amount)

    def met(y):
        steps = list(zip(sums, (y - low).tolist(), strict=True))
        return (
            (system.slack(y) >= 0).all()
            and all(x < len(some) for some, x in steps)
            and sum(some[x] for some, x in steps) <= amount
        )

    ways = itertools.product(*map(range, low.tolist(), (high + 1).tolist()))
    assert found.decided
    assert (found.y is not None) == any(met(np.array(way)) for way in ways)
    assert found.y is None or met(found.y)


@pytest.mark.parametrize(
    ("text", "quota"),
    [
        ("language:min=10%", Quota("language", None, Bound(Fraction(1, 10), "%"))),
        (
            "source[dolly]:max=25%cost",
            Quota("source", "dolly", None, Bound(Fraction(1, 4), "%cost")),
        ),
        (
            "s[a:b]:min=5,max=1k",
            Quota("s", "a:b", Bound(Fraction(5), "rows"), Bound(Fraction(1000), "rows")),
        ),
        (
            {"column": "s", "value": "x", "min": 3, "max": ""},
            Quota("s", "x", Bound(Fraction(3), "rows")),
        ),
    ],
)
def test_quotas_are_read_and_kept_in_the_record(text, quota):
    assert Quota.parse(text) == quota
    assert Quota.parse(quota.record()) == quota


@pytest.mark.parametrize(
    "text",
    ["language", "language:", "language:min", "language:least=3", "language:min=1.5", ":min=3",
     "language:min=101%", "language:min=1,min=2", "l:min=1/3%", "l:max=0.00000000001%", 7],
)  # fmt: skip
def test_a_quota_that_cannot_be_read_is_refused_with_what_to_write(text):
    with pytest.raises(UsageError, match=r"--quota|not a number"):
        Quota.parse(text)


def test_quotas_of_cost_need_a_cost():
    with pytest.raises(UsageError, match="--cost"):
        Budget(10, quotas=["language:min=10%cost"])


def test_a_group_the_pool_does_not_have_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=re.escape("language[dee]") + ".*Nearest: 'de'"):
        quotas_of({"language": ["de", "fr"]}, ["language[dee]:min=1"])


def message(columns, asked, rows, **more):
    n = len(next(iter(columns.values())))
    with pytest.raises(InfeasibleError) as refused:
        Ledger(n, rows=rows, quotas=quotas_of(columns, asked), **more)
    return str(refused.value)


LANGUAGES = {"language": ["de"] * 6 + ["fr"] * 8 + ["en"] * 20}


def test_the_message_names_only_what_stands_against_each_other():
    asked = ["language[de]:min=4", "language[fr]:min=7", "language[en]:max=19"]
    said = message(LANGUAGES, asked, 10)
    assert "min of `de` 4 + min of `fr` 7 exceed --rows 10" in said
    assert "en" not in said.partition(":")[2]


def test_more_than_there_are_is_said_with_how_many_there_are():
    said = message(LANGUAGES, ["language[de]:min=7"], 20)
    assert "--quota language[de]:min=7, but 6 rows of 'de' may be picked" in said


def test_shares_past_the_whole_are_named():
    said = message(LANGUAGES, ["language[de]:min=60%", "language[fr]:min=50%"], 10)
    assert "min of `de` 60% + min of `fr` 50% exceed 100%" in said


def test_a_budget_too_small_for_the_minima_is_named():
    costs = np.array([5] * 6 + [1] * 28)
    said = message(
        LANGUAGES, ["language[de]:min=3", "language[fr]:min=2"], 34, costs=costs, amount=14
    )
    assert "min of `de` 3" in said
    assert "--budget 14" in said
    assert "fr" not in said


def test_a_share_of_the_pick_is_met_where_the_pick_falls_short():
    ledger = Ledger(34, rows=30, quotas=quotas_of(LANGUAGES, ["language[de]:min=30%"]))
    ledger.take_ranked(np.arange(34)[::-1])
    assert len(ledger.taken) == 20  # six of `de` are 30 % of no more
    assert sum(row < 6 for row in ledger.taken) == 6


def test_includes_that_break_a_quota_are_refused():
    quotas = quotas_of(LANGUAGES, ["language[de]:max=1"])
    with pytest.raises(InfeasibleError, match="2 rows of --include"):
        Ledger(34, rows=10, quotas=quotas, include=np.array([0, 1]))


def test_a_narrowed_ledger_looks_ahead_among_its_own_rows():
    ledger = Ledger(34, rows=10, quotas=quotas_of(LANGUAGES, ["language[de]:min=2"]))
    few = ledger.narrowed(np.array([0, 1, 20, 21, 22]))
    few.take_ranked(np.arange(34)[::-1])
    assert sorted(few.taken) == [0, 1, 20, 21, 22]
    with pytest.raises(InfeasibleError):
        ledger.narrowed(np.array([0, 20, 21]))
    assert ledger.rows_left == 10


def test_copies_go_their_own_way():
    costs = np.arange(34) + 1
    ledger = Ledger(
        34, rows=10, costs=costs, amount=90, quotas=quotas_of(LANGUAGES, ["language:min=2"])
    )
    ledger.take(3)
    twin = ledger.copy()
    twin.take_ranked(np.arange(34))
    before = ledger.feasible(np.arange(34)).tolist()
    fresh = Ledger(34, rows=10, costs=costs, amount=90, quotas=ledger.quotas, include=np.array([3]))
    assert before == fresh.feasible(np.arange(34)).tolist()


@st.composite
def cost_cases(draw):
    """As `cases`, with shares of the cost, and more rows."""
    seed = draw(st.integers(0, 10**6))
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 60))
    columns = {"x": rng.choice(list("abc"), n).tolist(), "y": rng.choice(list("uv"), n).tolist()}
    asked = draw(
        st.sampled_from(
            [
                ["x:min=10%cost"],
                ["x[a]:max=40%cost", "y:min=20%"],
                ["x[a]:min=25%cost", "y[u]:max=60%cost", "x[b]:min=1"],
                ["x:max=50%cost", "y[v]:min=30%cost,max=80%cost"],
            ]
        )
    )
    costs = draw(st.sampled_from([rng.integers(0, 30, n), rng.integers(1, 500, n) / 10]))
    amount = exact(np.float64(costs.sum())) * draw(st.sampled_from([1, Fraction(1, 3)]))
    rows = draw(st.sampled_from([n, max(1, n // 3)]))
    known = [value for quota in asked if "[" in quota for value in quota[2]]
    if any(value not in columns["x"] + columns["y"] for value in known):
        columns["x"][:3], columns["y"][:2] = ["a", "b", "c"], ["u", "v"]
    ranking = rng.permutation(n)
    return quotas_of(columns, asked), costs, rows, Fraction(int(amount)), np.ones(n, bool), ranking


@given(cost_cases())
@settings(max_examples=SOME, deadline=None)
def test_shares_of_the_cost_are_kept_exactly_whatever_is_taken(case):
    try:
        fast, slow = made(case), made(case)
    except InfeasibleError:
        return
    quotas, costs, rows, amount, _, ranking = case
    fast.take_ranked(ranking)
    for row in ranking.tolist():
        if slow.feasible(np.array([row]))[0]:
            slow.take(row)
    for ledger in (fast, slow):
        assert holds(quotas, costs, rows, amount, tuple(ledger.taken))
        assert not ledger.feasible(np.arange(ledger.n)).any()


def test_a_share_of_the_cost_spends_most_of_the_amount():
    rng = np.random.default_rng(0)
    n = 3000
    columns = {"x": rng.choice(list("abcd"), n, p=[0.7, 0.1, 0.1, 0.1]).tolist()}
    costs = np.maximum(1, rng.lognormal(4, 1, n)).astype(np.int64)
    quotas = quotas_of(columns, ["x[b]:min=20%cost", "x[a]:max=50%cost"])
    ledger = Ledger(n, rows=n, costs=costs, amount=int(costs.sum() // 10), quotas=quotas)
    ledger.take_ranked(rng.permutation(n))
    assert holds(quotas, costs, n, ledger.amount, tuple(ledger.taken))
    assert ledger.spent >= 0.97 * ledger.amount


@given(st.integers(0, 10**6))
@settings(max_examples=SOME, deadline=None)
def test_the_conflict_named_is_one_and_no_part_of_it_is(seed):
    rng = np.random.default_rng(seed)
    columns = {"x": rng.choice(list("abc"), 9).tolist(), "y": rng.choice(list("uv"), 9).tolist()}
    asked = [
        f"{name}:{side}={bound}"
        for name in ("x", "y")
        for side, bound in (
            ("min", rng.choice(["1", "2", "3", "4", "30%", "40%", "60%"])),
            ("max", rng.choice(["3", "2", "30%", "50%"])),
        )
    ]
    rows = int(rng.integers(1, 8))
    system = System.of(quotas_of(columns, asked), rows)
    quotas = quotas_of(columns, asked)
    low = np.zeros(quotas.count, np.int64)
    high = np.bincount(quotas.signature, minlength=quotas.count)
    some = np.ones(quotas.count, np.int64)
    if find(system.with_row(some, -1, "a row"), low, high).y is not None:
        return
    names = conflict(system, low, high, None, 0.0, "")
    places = [system.said.index(name) for name in dict.fromkeys(names)]
    counts = list(itertools.product(*(range(most + 1) for most in high.tolist())))[1:]

    def met(keep):
        part = system.some(keep)
        return any((part.slack(np.array(y)) >= 0).all() for y in counts)

    assert not met(places)
    assert all(met([p for p in places if p != place]) for place in places)


def one_after_the_other(count, conflicts):
    """The deletion filter as it is told."""
    kept = list(range(count))
    for place in range(count):
        rest = [other for other in kept if other != place]
        kept = rest if conflicts(rest) else kept
    return kept


@pytest.mark.parametrize("count", range(1, 9))
def test_leaving_out_in_blocks_ends_where_leaving_out_one_by_one_does(count):
    rng = np.random.default_rng(count)
    whole = frozenset(range(count))
    for _ in range(200):
        least = [frozenset(np.flatnonzero(rng.random(count) < rng.random()).tolist())]
        least += [frozenset(np.flatnonzero(rng.random(count) < rng.random()).tolist())]
        asked = []

        def conflicts(kept, least=least, asked=asked):
            asked.append(tuple(kept))
            return any(some <= set(kept) for some in least)

        wanted = one_after_the_other(count, conflicts)
        assert conflicts(whole)
        asked.clear()
        assert irreducible(count, conflicts) == wanted
        assert len(set(asked)) == len(asked) < 2 * count


def test_few_limits_of_many_are_found_by_few_questions():
    asked = []
    found = irreducible(1000, lambda kept: asked.append(0) or {70, 500, 501} <= set(kept))
    assert found == [70, 500, 501]
    assert len(asked) < 60


@pytest.mark.parametrize(
    "order",
    [
        "dearest first",
        pytest.param("by group", marks=pytest.mark.slow),
        pytest.param("shuffled", marks=pytest.mark.slow),
    ],
)
def test_shares_of_twenty_groups_do_not_keep_the_amount_from_being_spent(order):
    rng = np.random.default_rng(0)
    n, odds = 20_000, 1 / np.arange(1, 21)
    labels = [f"g{g:02}" for g in range(20)]
    codes = rng.choice(20, n, p=odds / odds.sum())
    quotas = Quotas.of([Quota.parse("g:min=2.5%,max=16%")], {"g": (codes, labels)}, n)
    costs = np.maximum(1, rng.lognormal(5, 1, n)).astype(np.int64)
    amount = int(costs.sum() // 50)
    ranking = {
        "by group": np.argsort(codes, kind="stable"),
        "dearest first": np.argsort(-costs, kind="stable"),
        "shuffled": rng.permutation(n),
    }[order]
    ledger = Ledger(n, rows=n, costs=costs, amount=amount, quotas=quotas)
    ledger.take_ranked(ranking)
    assert holds(quotas, costs, n, amount, tuple(ledger.taken))
    assert ledger.spent >= 0.998 * amount


@pytest.mark.parametrize("seed", range(8))
def test_no_row_that_would_fit_is_left_though_groups_are_many(seed):
    rng = np.random.default_rng(seed)
    n = 400  # of 24 signatures
    columns = {
        "x": rng.choice(list("abcdef"), n).tolist(),
        "y": rng.choice(list("uvwz"), n).tolist(),
    }
    asked = [["x:min=8%,max=30%", "y:max=40%"], ["x:min=3,max=14", "y:min=10%"]][seed % 2]
    costs = np.maximum(1, rng.lognormal(4, 1, n)).astype(np.int64)
    amount, quotas = int(costs.sum() // 8), quotas_of(columns, asked)
    ledger = Ledger(n, rows=n, costs=costs, amount=amount, quotas=quotas)
    ranking = rng.permutation(n) if seed % 3 else np.argsort(-costs, kind="stable")
    ledger.take_ranked(ranking)
    cheap = np.flatnonzero(ledger.open & (costs <= int(ledger.amount_left))).tolist()
    assert holds(quotas, costs, n, amount, tuple(ledger.taken))
    assert not any(holds(quotas, costs, n, amount, (*ledger.taken, row)) for row in cheap)
    assert ledger.spent >= 0.999 * amount
