"""The bound is never below the best, tight where it should be, and given only where it is valid."""

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from handful import objectives
from handful.budget import Ledger
from handful.objectives import Arrays, FacilityLocation, FeatureBased, GraphCut, Modular
from handful.optimizers import maximize
from handful.optimizers._relaxed import Filler
from handful.optimizers.certificate import certify
from handful.optimizers.choose import choose
from handful.rng import Draws
from handful.testing import oracles

MAKERS = {
    "facility_location": lambda rng: FacilityLocation(),
    "facility_location_graph": lambda rng: FacilityLocation(similarity=graph(rng)),
    "facility_location_of_neighbours": lambda rng: objectives.FacilityLocationGraph(neighbours=2),
    "facility_location_weighted": lambda rng: FacilityLocation(weights=rng.integers(0, 4, 7)),
    "saturated_coverage": lambda rng: objectives.SaturatedCoverage(saturation=0.3),
    "feature_based": lambda rng: FeatureBased(curve="sqrt"),
    "feature_based_log1p": lambda rng: FeatureBased(curve="log1p"),
    "feature_based_saturating": lambda rng: FeatureBased(curve="saturating"),
    "set_cover": lambda rng: objectives.SetCover(),
    "probabilistic_cover": lambda rng: objectives.ProbabilisticCover(),
    "graph_cut": lambda rng: GraphCut(),
    "log_det": lambda rng: objectives.LogDet(noise=0.1),
    "modular": lambda rng: Modular(),
    "flqmi": lambda rng: objectives.FLQMI(),
    "flvmi": lambda rng: objectives.FLVMI(),
    "gcmi": lambda rng: objectives.GCMI(),
    "com": lambda rng: objectives.COM(),
    "flcg": lambda rng: objectives.FLCG(hardness=0.5),
    "flcmi": lambda rng: objectives.FLCMI(hardness=0.5),
    "weighted_sum": lambda rng: 0.5 * FacilityLocation() + 0.25 * FeatureBased() + Modular(),
}


def graph(rng):
    return sparse.random(7, 7, density=0.4, random_state=rng, format="csr")


def instance(rng, n=7):
    """Features in [0, 1], half of them zero, some rows twice; a budget with a cost half of the time."""
    x = (rng.random((n, 3)) * (rng.random((n, 3)) < 0.5)).astype(np.float32)
    x[rng.integers(n)] = x[rng.integers(n)]
    more = {name: {"x": rng.random((2, 3)).astype(np.float32)} for name in ("target", "given")}
    view = Arrays({"x": x}, scores={"quality": rng.random(n)}, **more)
    costs = rng.integers(0, 5, n) if rng.random() < 0.5 else None
    ledger = Ledger(
        n,
        rows=int(rng.integers(1, n)),
        costs=costs,
        amount=None if costs is None else int(rng.integers(0, 10)),
        eligible=rng.random(n) < 0.9,
    )
    first = int(rng.integers(n))
    if rng.random() < 0.3 and ledger.feasible(np.array([first]))[0]:
        ledger.take(first)
    return view, ledger


def check(key, seed):
    rng = np.random.default_rng(seed)
    view, ledger = instance(rng)
    objective = MAKERS[key](rng)
    best, rows = oracles.best(objective, view, ledger)
    run = Ledger(
        view.n, rows=ledger.rows, costs=ledger.costs, amount=ledger.amount, eligible=ledger.open
    )
    for row in ledger.taken:
        run.open[row] = True
        run.take(row)
    picks = choose(objective, run).run(objective, view, run, Draws(0))
    fast = certify(objective, picks.state, ledger, picks.indices, picks.value, level="fast")
    tight = certify(
        objective, picks.state, ledger, picks.indices, picks.value, level="tight", steps=30
    )
    assert picks.value <= best * (1 + 1e-9) + 1e-9
    for proof in (fast, tight):
        assert proof.bound >= best - 1e-12 * max(1.0, abs(best)), (proof, best, rows)
        assert all(price >= 0 for price in proof.prices.values())
    assert tight.bound <= fast.bound
    assert fast.sweeps == 1
    return best, fast.bound, tight.bound


@pytest.mark.parametrize("key", MAKERS)
def test_the_bound_is_never_below_the_enumerated_best(key):
    for seed in range(12):
        check(key, seed)


@pytest.mark.parametrize("key", ["flcg", "flcmi"])
def test_no_price_falls_below_what_a_row_has_without_picks(key):
    """Once pairs were listed above a floor, prices could fall to it, and the bound below the best."""
    check(key, 213)


@pytest.mark.slow
@pytest.mark.parametrize("key", MAKERS)
def test_the_bound_is_never_below_the_enumerated_best_a_thousand_times(key):
    for seed in range(1000):
        check(key, seed)


def test_tight_prices_close_most_of_what_greedy_leaves_open():
    totals = np.sum([check("facility_location", seed) for seed in range(40)], axis=0)
    best, fast, tight = totals
    assert tight - best < 0.2 * (fast - best)


def test_the_filler_reaches_the_linear_programme():
    rng = np.random.default_rng(0)
    for _ in range(40):
        n = 8
        worth, costs = rng.random(n) - 0.2, rng.integers(0, 6, n)
        ledger = Ledger(
            n, rows=int(rng.integers(1, n)), costs=costs, amount=int(rng.integers(6, 12))
        )
        fits = costs <= ledger.amount
        solved = linprog(
            -worth[fits],
            A_ub=np.stack([np.ones(fits.sum()), costs[fits]]),
            b_ub=[ledger.rows, float(ledger.amount)],
            bounds=(0, 1),
        )
        assert Filler(ledger).fill(worth).value == pytest.approx(-solved.fun, abs=1e-9)


def test_the_dual_of_set_cover_reaches_its_linear_programme():
    rng = np.random.default_rng(3)
    n, elements, rows = 12, 30, 4
    x = (rng.random((n, elements)) < 0.25).astype(float)
    solved = linprog(
        np.concatenate([np.zeros(n), -np.ones(elements)]),
        A_ub=np.vstack(
            [
                np.hstack([-x.T, np.eye(elements)]),
                np.concatenate([np.ones(n), np.zeros(elements)])[None],
            ]
        ),
        b_ub=np.concatenate([np.zeros(elements), [rows]]),
        bounds=(0, 1),
    )
    view, objective, ledger = Arrays({"x": x}), objectives.SetCover(), Ledger(n, rows=rows)
    picks = choose(objective, ledger).run(objective, view, Ledger(n, rows=rows), Draws(0))
    proof = certify(
        objective,
        picks.state,
        ledger,
        picks.indices,
        picks.value,
        level="tight",
        steps=400,
    )
    assert proof.bound == pytest.approx(-solved.fun, rel=0.01)
    assert proof.bound >= -solved.fun * (1 - 1e-9)


@pytest.mark.parametrize(
    ("objective", "reason"),
    [
        (objectives.DisparitySum(), "DisparitySum is not submodular"),
        (objectives.DisparityMin(), "DisparityMin is not monotone"),
        (GraphCut(trade_off=1.0), "GraphCut is not monotone"),
        (objectives.LogDetMI(), "LogDetMI is not submodular"),
    ],
)
def test_where_no_bound_is_valid_there_is_none_and_why(objective, reason):
    view, _ = instance(np.random.default_rng(0))
    picks = maximize(objective, view, rows=3, certificate="tight")
    assert picks.upper_bound is None
    assert picks.no_bound.startswith(reason)


def test_off_means_no_bound_and_an_unknown_level_is_refused():
    view, _ = instance(np.random.default_rng(0))
    picks = maximize(FacilityLocation(), view, rows=3, certificate="off")
    assert picks.upper_bound is None
    assert picks.no_bound == "not asked for"
    with pytest.raises(Exception, match="Nearest: 'tight'"):
        maximize(FacilityLocation(), view, rows=3, certificate="tigth")


def test_the_value_stands_beside_randoms_on_the_scale_of_the_bound():
    x = np.random.default_rng(0).random((30, 4)).astype(np.float32)
    picks = maximize(FacilityLocation(), Arrays({"x": x}), rows=4, certificate="tight")
    notes = picks.notes
    assert notes["random_value"] < picks.value <= picks.upper_bound
    assert notes["certified"] == pytest.approx(picks.value / picks.upper_bound)
    scaled = (picks.value - notes["random_value"]) / (picks.upper_bound - notes["random_value"])
    assert notes["beyond_random"] == pytest.approx(scaled)
    assert notes["shadow_prices"]["row"] > 0


def test_the_price_of_cost_says_what_a_little_more_budget_adds_at_most():
    rng = np.random.default_rng(1)
    worth, costs = rng.random(50), rng.integers(1, 9, 50)
    view = Arrays(scores={"quality": worth})
    picks, more = (
        maximize(Modular(), view, costs=costs, amount=a, certificate="tight") for a in (60, 66)
    )
    gained = more.upper_bound - picks.upper_bound
    assert 0 < gained <= 6 * picks.notes["shadow_prices"]["cost"] + 1e-9


def test_where_random_picks_are_as_good_as_any_there_is_no_scale_between_them():
    x = np.random.default_rng(0).standard_normal((40, 6)).astype(np.float32)
    for rows, view in ((40, x), (5, np.ones_like(x))):
        notes = maximize(FacilityLocation(), Arrays({"x": view}), rows).notes
        assert "beyond_random" not in notes
        assert notes["certified"] == pytest.approx(1.0)
    assert "beyond_random" in maximize(FacilityLocation(), Arrays({"x": x}), 5).notes
