"""MATES fits a surrogate on the rows probed, and draws with the odds it says."""

import numpy as np
import pytest
import scipy.sparse
from scipy.stats import norm, spearmanr

import handful
from handful import errors
from handful.methods.data.mates import PENALTIES, Mates, spearman
from handful.rng import Draws

N = 80
RNG = np.random.default_rng(0)
X = RNG.standard_normal((N, 3)).astype(np.float32)
U = X @ np.array([1.0, -1.0, 0.5]) + 0.3 * RNG.standard_normal(N)


def select(x, rows, utility, *, pool=None, seed=0, **params):
    data = {"embedding": x, **(pool or {})}
    method = Mates(utility=utility, **params)
    return handful.select(data, rows=rows, method=method, seed=seed, cache=False)


# The definition -------------------------------------------------------------------------------------


def by_definition(x, u, k, *, probes, temperature, seed):
    """Every step written out: probes, hold-out, normal equations, one draw after the other."""
    n, draws = len(u), Draws(seed)
    keys = np.arange(n, dtype=np.uint64)
    count = max(10, int(np.ceil(probes * n)))
    rows = np.sort(np.argsort(draws.uniforms("mates probes", keys))[:count])
    order = np.argsort(draws.uniforms("mates hold-out", keys[rows]))
    held = max(2, round(0.1 * count))
    test, train = rows[order[:held]], rows[order[held:]]
    y = (u - u[train].mean()) / u[train].std()
    wide = np.hstack([x, np.ones((n, 1))]).astype(float)
    scale = np.var(x[train].astype(float), axis=0).mean()
    least, predicted = np.inf, None
    for penalty in 10.0 ** np.arange(-3, 4):
        shrink = len(train) * penalty * scale * np.diag([*np.ones(x.shape[1]), 0])

        def fit(rows, shrink=shrink):
            return np.linalg.solve(wide[rows].T @ wide[rows] + shrink, wide[rows].T @ y[rows])

        missed = [wide[i] @ fit(train[train != i]) - y[i] for i in train]
        if np.mean(np.square(missed)) < least:
            least, predicted = np.mean(np.square(missed)), wide @ fit(train)
    noise = -np.log(-np.log(draws.uniforms("mates", keys)))
    left, picked = set(range(n)), []
    while len(picked) < k:
        row = max(left, key=lambda i: predicted[i] / temperature + noise[i])
        left.remove(row)
        picked.append(row)
    return picked, spearmanr(predicted[test], y[test]).statistic


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("temperature", [0.2, 1.0])
def test_the_picks_are_those_of_the_definition(seed, temperature):
    expected, agreed = by_definition(X, U, 15, probes=0.5, temperature=temperature, seed=seed)
    chosen = select(X, 15, U.take, seed=seed, probes=0.5, temperature=temperature)
    assert chosen.indices.tolist() == expected
    assert np.isclose(chosen.notes["held_out_spearman"], agreed)
    assert chosen.notes["probed_rows"] == chosen.notes["utility_rows"] == 40
    assert chosen.notes["held_out"] == 4


# What released code does otherwise ------------------------------------------------------------------

SCORES = norm.ppf((np.arange(1000) + 0.5) / 1000)[::-1].copy()
"""Standard normal, from the best row to the worst."""
EXACT = np.array([0.671, 0.214, 0.079, 0.029, 0.007])
RELEASED = np.array([0.727, 0.248, 0.025, 0.0, 0.0])
"""Means of 600 draws by numpy alone, temperature 0.5."""


def inclusion(pick, seeds=30):
    """(5,) share of the rows of each quintile of the score, best first, that is picked: 200 of 1,000."""
    counts = np.zeros(1000)
    for seed in range(seeds):
        counts[pick(seed)] += 1
    return counts.reshape(5, 200).mean(axis=1) / seeds


def exact(seed):
    feature = SCORES[:, None].astype(np.float32)
    return select(feature, 200, SCORES.take, seed=seed, probes=1.0, temperature=0.5).indices


def released(seed):
    """The k smallest of y/T + Gumbel noise, y a loss."""
    noise = Draws(seed).gumbels("released", np.arange(1000, dtype=np.uint64))
    return np.argsort(-SCORES / 0.5 + noise)[:200]


def test_rows_are_drawn_with_odds_exp_u_over_t_and_not_as_the_released_code_draws_them():
    assert np.abs(inclusion(exact) - EXACT).max() < 0.015
    found = inclusion(released, seeds=100)
    assert np.abs(found - RELEASED).max() < 0.015
    assert np.abs(found - EXACT).max() > 0.05  # so the table tells the two apart


def test_a_loss_and_its_change_are_the_same_utility():
    """The loss before the step is one number for all rows, and standardising drops it."""
    losses = np.round(64 * U) / 64
    for offset, unit in ((0.0, 1.0), (512.0, 1.0), (0.0, 2.0**10), (-64.0, 2.0**-6)):
        chosen = select(X, 15, lambda rows, a=offset, b=unit: b * (a - losses[rows]), probes=0.5)
        if not offset and unit == 1:
            first = chosen.indices
        assert chosen.indices.tolist() == first.tolist()


def test_larger_helps():
    best, worst = (select(X, 8, (sign * U).take, probes=0.5, temperature=0) for sign in (1, -1))
    assert U[best.indices].mean() > 1 > -1 > U[worst.indices].mean()


# Temperature, columns, sameness ---------------------------------------------------------------------


def test_without_temperature_the_best_predicted_are_taken_and_a_smaller_pick_is_a_prefix():
    line = np.linspace(1, 2, N, dtype=np.float32)[:, None]
    chosen = select(line, 12, lambda rows: rows * 1.0, temperature=0)
    assert chosen.indices.tolist() == list(range(N - 1, N - 13, -1))
    assert chosen[:5].indices.tolist() == chosen.indices[:5].tolist()
    warm = select(X, 30, U.take)
    assert select(X, 9, U.take).indices.tolist() == warm.indices[:9].tolist()
    assert warm.indices.tolist() != select(X, 30, U.take, seed=1).indices.tolist()


def test_a_column_filled_where_rows_were_probed_picks_as_the_function_does():
    asked = []

    def utility(rows):
        asked.extend(rows.tolist())
        return U[rows]

    one = select(X, 15, utility, probes=0.4)
    column = np.full(N, np.nan)
    column[asked] = U[asked]
    other = select(X, 15, "u", pool={"u": column})
    assert other.indices.tolist() == one.indices.tolist()
    assert other.notes["probed_rows"] == len(asked)
    assert "utility_rows" not in other.notes


def test_an_empty_row_is_no_score_for_a_method_that_needs_all(tmp_path):
    column = np.where(np.arange(N) % 3 == 0, U, np.nan)
    with pytest.raises(errors.DataError, match=r"u = nan \(53 such rows\)"):
        handful.select({"u": column}, rows=3, method="top", score="u", cache=False)
    infinite = np.where(np.arange(N) == 7, np.inf, column)
    with pytest.raises(errors.DataError, match="u = inf"):
        select(X, 3, "u", pool={"u": infinite})


def test_too_few_probes_are_refused():
    column = np.where(np.arange(N) < 9, U, np.nan)
    with pytest.raises(errors.UsageError, match="at least 10 rows with a utility, and there are 9"):
        select(X, 3, "u", pool={"u": column})
    with pytest.raises(errors.UsageError, match="there are 4"):
        select(X[:4], 3, U.take)


def test_utilities_that_are_all_equal_give_a_random_draw():
    chosen = select(X, 20, lambda rows: np.full(len(rows), 7.0))
    assert chosen.notes["held_out_spearman"] == 0.0
    noise = Draws(0).gumbels("mates", np.arange(N, dtype=np.uint64))
    assert chosen.indices.tolist() == np.argsort(-noise)[:20].tolist()


def test_the_same_rows_in_another_order_are_picked():
    names = np.array([f"r{i:03}" for i in range(N)])
    shuffled = np.random.default_rng(3).permutation(N)
    found = []
    for order in (np.arange(N), shuffled):
        pool = {"embedding": X[order], "name": names[order].tolist()}
        method = Mates(utility=U[order].take, probes=0.5)
        found.append(
            handful.select(pool, rows=15, id="name", method=method, cache=False).ids.tolist()
        )
    assert found[0] == found[1]


def test_sparse_features_and_threads_change_no_pick():
    thin = np.where(np.abs(X) > 0.5, X, 0).astype(np.float32)
    thin[:, 0] = X[:, 0]
    one = select(thin, 15, U.take, probes=0.5)
    other = handful.select(
        {"embedding": scipy.sparse.csr_matrix(thin)},
        rows=15, method=Mates(utility=U.take, probes=0.5), cache=False, threads=1,
    )  # fmt: skip
    assert one.indices.tolist() == other.indices.tolist()


def test_what_explains_it_is_what_it_ranked_by():
    from handful.flow.prepare import prepare
    from handful.flow.select import request

    column = np.where(np.arange(N) % 2 == 0, U, np.nan)
    pool = {"embedding": X, "u": column}
    asked = {"rows": 15, "method": "mates", "params": {"utility": "u"}, "cache": False}
    chosen = handful.select(pool, **asked)
    prepared = prepare(pool, request(asked))
    stood = prepared.method.standing(prepared.view, chosen.indices, Draws(0))
    assert np.argsort(-stood)[:15].tolist() == chosen.indices.tolist()
    assert Mates(utility=U.take).standing(prepared.view, chosen.indices, Draws(0)) is None


def test_the_penalty_is_chosen_without_the_rows_held_out():
    rng = np.random.default_rng(8)
    wide = rng.standard_normal((N, 60)).astype(np.float32)
    noisy = wide[:, 0] + rng.standard_normal(N)
    chosen = select(wide, 10, noisy.take, probes=1.0)
    assert chosen.notes["penalty"] > min(PENALTIES)  # 60 weights from 72 rows: it pays to shrink
    order = np.argsort(Draws(0).uniforms("mates hold-out", np.arange(N, dtype=np.uint64)))
    other = noisy.copy()
    other[order[:8]] = rng.standard_normal(8)
    again = select(wide, 10, other.take, probes=1.0)
    assert again.indices.tolist() == chosen.indices.tolist()
    assert again.notes["held_out_spearman"] != chosen.notes["held_out_spearman"]


def test_spearman_is_scipys():
    a, b = RNG.integers(0, 5, 30).astype(float), RNG.standard_normal(30)
    assert np.isclose(spearman(a, b), spearmanr(a, b).statistic)
    assert spearman(np.ones(4), np.arange(4.0)) == 0.0
