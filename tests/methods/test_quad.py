"""Quad is the bandit it says: standardised, without repeats, over clusters that run dry."""

import math

import numpy as np
import pytest

import handful
from handful import errors
from handful.flow.prepare import prepare
from handful.flow.select import request
from handful.graphs.cells import nearest_cells
from handful.graphs.rows import unit_rows
from handful.methods.data import quad
from handful.methods.data.quad import Arms, Quad
from handful.rng import Draws
from handful.runtime.run import Run

N = 150
RNG = np.random.default_rng(2)
X = RNG.standard_normal((N, 3)).astype(np.float32)
U = np.round(64 * (X[:, 0] + 0.5 * RNG.standard_normal(N))) / 64


class Asked:
    """Answers from a list, and remembers what it was asked."""

    def __init__(self, answers):
        self.answers, self.rows = np.asarray(answers, float), []

    def __call__(self, rows):
        self.rows.append(rows.tolist())
        return self.answers[rows]

    @property
    def all(self):
        return [row for rows in self.rows for row in rows]


def select(rows, utility, *, seed=0, x=X, pool=None, asked=None, **params):
    data = {"embedding": x, **(pool or {})}
    method = Quad(utility=utility, **params)
    return handful.select(data, rows=rows, method=method, seed=seed, cache=False, **(asked or {}))


def cells(count, seed):
    class Rows:
        def unit(self, rows):
            return unit_rows(X[rows])

    return nearest_cells(Rows(), np.arange(N), count, 1, Run(threads=1), Draws(seed))[:, 0]


# The definition -------------------------------------------------------------------------------------


def by_definition(u, k, *, count, alpha, tau, together, each, seed):
    """Section (c) of the paper, line by line, on lists. Returns the picks and the rows asked about, by round."""
    cell, draws = cells(count, seed), Draws(seed).uniforms("quad", np.arange(N, dtype=np.uint64))
    left = {
        c: sorted(np.flatnonzero(cell == c).tolist(), key=lambda i: draws[i]) for c in range(count)
    }
    seen = {c: [] for c in range(count)}
    picked, rounds = [], []

    def z(values):
        known = [v for values_ in seen.values() for v in values_]
        return (np.mean(values) - np.mean(known)) / (np.std(known) or 1.0)

    def score(c):
        if not seen[c]:
            return math.inf
        total = sum(map(len, seen.values()))
        return z(seen[c]) + alpha * math.sqrt(2 * math.log(total) / len(seen[c]))

    while len(picked) < k and any(left.values()):
        scores = {c: score(c) for c in range(count) if left[c]}
        best = sorted(scores, key=lambda c: (-scores[c], c))[:together]
        batch = []
        for c in best:
            batch += left[c][:each]
            left[c] = left[c][each:]
        for row in batch:
            seen[cell[row]].append(u[row])
        rounds.append(sorted(batch))
        above = sorted((row for row in batch if z(u[row]) > tau), key=lambda i: (-u[i], draws[i]))
        picked += above[: k - len(picked)]
    below = [i for rows in rounds for i in rows if i not in picked]
    return (picked + sorted(below, key=lambda i: (-u[i], draws[i])))[:k], rounds


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "how",
    [
        {"alpha": 1.0, "tau": 0.0, "together": 3, "each": 4},
        {"alpha": 0.0, "tau": 0.5, "together": 1, "each": 1},
        {"alpha": 3.0, "tau": -1.0, "together": 2, "each": 7},
        {"alpha": 1.0, "tau": 2.5, "together": 12, "each": 5},  # few join: every row is asked about
    ],
)
def test_the_rounds_and_the_picks_are_those_of_the_definition(seed, how):
    expected, rounds = by_definition(U, 30, count=12, seed=seed, **how)
    utility = Asked(U)
    chosen = select(30, utility, seed=seed, clusters=12, **how)
    assert utility.rows == rounds
    assert chosen.indices.tolist() == expected
    assert chosen.notes["utility_rows"] == sum(map(len, rounds))
    assert chosen.notes["rounds"] == len(rounds)


# Faults the reviews name ----------------------------------------------------------------------------


def same_in_every_unit():
    """Whether picks stay when the utility's unit or its zero changes."""
    first = select(30, U.take, clusters=12, each=3, together=3).indices.tolist()
    others = [(2.0**12, 0.0), (2.0**-12, 0.0), (1.0, 1024.0), (2.0**-4, -8.0)]
    return all(
        select(30, (unit * U + zero).take, clusters=12, each=3, together=3).indices.tolist()
        == first
        for unit, zero in others
    )


def test_the_unit_of_an_influence_changes_nothing():
    assert same_in_every_unit()


def test_the_check_catches_a_bound_on_raw_influence(monkeypatch):
    monkeypatch.setattr(Arms, "standardised", lambda self, utilities: utilities)
    assert not same_in_every_unit()


def test_clusters_are_finite_no_row_is_asked_about_twice_and_dry_clusters_retire():
    utility = Asked(-np.abs(U))
    chosen = select(N, utility, clusters=12, tau=9.0)
    assert sorted(utility.all) == list(range(N))
    assert sorted(chosen) == list(range(N))
    assert chosen.notes["clusters_seen"] == len(np.unique(cells(12, 0)))
    assert chosen.notes["joined_above_tau"] == 0


def test_the_threshold_is_in_standard_deviations_and_what_joins_is_above_it():
    shares = []
    for tau in (-1.0, 0.0, 1.0):
        chosen = select(20, U.take, tau=tau, clusters=12, together=2, each=2)
        shares.append(chosen.notes["utility_rows"])
    assert shares[0] < shares[1] < shares[2]


# What it is for -------------------------------------------------------------------------------------


def blocks(seed, count=20, size=50):
    """Clusters of one direction each, whose mean utility differs."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(count), size)
    x = np.eye(count, dtype=np.float32)[owner] + 0.01 * rng.random((len(owner), count))
    means = rng.standard_normal(count)
    return x.astype(np.float32), means[owner] + 0.7 * rng.standard_normal(len(owner)), owner


def test_it_finds_the_helpful_clusters_with_few_calls_and_looks_at_all():
    gained, asked = [], []
    for seed in range(5):
        x, u, owner = blocks(seed)
        chosen = select(100, u.take, x=x, seed=seed)
        gained.append(u[chosen.indices].mean() - u.mean())
        asked.append(chosen.notes["utility_rows"])
        assert len(np.unique(owner[chosen.indices])) > 5
    assert min(gained) > 0.5
    assert max(asked) < 400  # of 1,000


def test_a_larger_alpha_spreads_what_is_asked():
    x, u, owner = blocks(0)
    spread = []
    for alpha in (0.0, 1.0, 10.0):
        utility = Asked(u)
        select(150, utility, x=x, alpha=alpha, together=2)
        counts = np.bincount(owner[utility.all], minlength=20)
        spread.append(counts.std())
    assert spread[0] > spread[1] > spread[2]


# Budgets --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("calls", [1, 7, 20, 149])
def test_calls_are_a_limit_and_what_is_missing_is_filled_up(calls):
    utility = Asked(U)
    chosen = select(60, utility, calls=calls, clusters=12)
    assert len(utility.all) <= calls
    assert len(chosen) == 60


def test_the_fill_is_seen_rows_by_utility_then_clusters_by_mean():
    utility = Asked(U)
    chosen = select(60, utility, calls=20, clusters=12, tau=99.0, alpha=0.0)
    seen, cell = utility.all, cells(12, 0)
    assert U[chosen.indices[:20]].tolist() == sorted(U[seen], reverse=True)
    means = [
        np.mean([U[i] for i in seen if cell[i] == cell[row]] or [-9]) for row in chosen.indices[20:]
    ]
    assert means == sorted(means, reverse=True)


def test_rows_that_do_not_fit_are_not_asked_about():
    utility = Asked(U)
    pool = {"size": np.where(np.arange(N) % 2, 1, 50).tolist()}
    chosen = handful.select(
        {"embedding": X, **pool},
        budget=30, cost="size", method=Quad(utility=utility, clusters=12), cache=False,
    )  # fmt: skip
    assert all(row % 2 for row in utility.all)
    assert len(chosen) == 30


def test_a_smaller_pick_is_a_prefix_and_the_seed_draws_anew():
    whole = select(60, U.take, clusters=12)
    assert whole.nested
    for k in (1, 8, 33):
        assert select(k, U.take, clusters=12).indices.tolist() == whole.indices[:k].tolist()
    assert select(60, U.take, clusters=12, seed=1).indices.tolist() != whole.indices.tolist()


def test_threads_and_a_column_change_nothing():
    one = select(30, U.take)
    other = select(30, "u", pool={"u": U.tolist()}, asked={"threads": 1})
    assert one.indices.tolist() == other.indices.tolist()
    assert one.notes["utility_rows"] == other.notes["utility_rows"]  # what a model would have cost
    gaps = [None if i == 17 else float(U[i]) for i in range(N)]
    with pytest.raises(errors.DataError, match="u = nan"):
        select(30, "u", pool={"u": gaps})


def test_equal_utilities_and_one_cluster_end_well():
    assert len(select(30, lambda rows: np.ones(len(rows)))) == 30
    assert len(select(30, U.take, clusters=1)) == 30
    assert len(select(30, U.take, clusters=N)) == 30
    assert quad.MOST_CLUSTERS == 10_000


def test_it_plans_its_work():
    found = prepare({"embedding": X, "utility": U}, request({"rows": 5, "method": "quad"}))
    from handful.flow.plan import own_work

    assert own_work(found).multiply_adds > 0
