"""Every measure equals its definition written as loops, and every one keeps the laws of a measure."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse

from handful.comparing import measures
from handful.comparing._contract import Scene
from handful.comparing.closed_form import naive_bayes, ridge, ridge_classifier
from handful.comparing.measures import (
    balance,
    coverage,
    filling,
    labels,
    ngrams,
    repeats,
    score,
    spread,
)
from handful.comparing.vectors import sample
from handful.graphs.rows import unit_rows
from handful.parameters import member, members
from handful.runtime.run import Run

ALL = [member(measures, key, "needs") for key in members(measures)]


def scene(n=60, held=25, d=5, seed=0, threads=1, sparse=False, of="pool"):
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((n, d)).astype(np.float32)
    features[3] = features[7]  # duplicates, and a zero row
    features[11] = 0
    held_features = rng.standard_normal((held, d)).astype(np.float32)
    if sparse:
        features, held_features = (
            scipy.sparse.csr_matrix(features),
            scipy.sparse.csr_matrix(held_features),
        )
    hashes = rng.integers(0, n, n).astype(np.uint64)
    return Scene(
        n=n,
        keys=np.arange(n, dtype=np.uint64),
        run=Run(threads=threads),
        held=of,
        features=unit_rows(features),
        held_features=unit_rows(held_features),
        ngrams=scipy.sparse.csr_matrix(rng.poisson(0.2, (n, 40))),
        held_ngrams=scipy.sparse.csr_matrix(rng.poisson(0.2, (held, 40))),
        text_hashes=hashes,
        labels=rng.integers(0, 3, n),
        held_labels=rng.integers(0, 3, held),
        groups=rng.integers(0, 4, n),
        scores=rng.standard_normal(n),
    )


def some_picks(n=60, count=4, seed=5):
    rng = np.random.default_rng(seed)
    return [rng.permutation(n)[:size] for size in rng.integers(2, 30, count)] + [np.array([11])]


def dense(x):
    return x if isinstance(x, np.ndarray) else x.toarray()


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
class TestEveryMeasure:
    @pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
    def test_a_pick_is_measured_by_itself_and_in_any_order(self, cls, sparse):
        measure = cls(scene(sparse=sparse))
        picks = some_picks()
        together = measure.values(picks)
        assert together.shape == (len(picks), len(measure.facts)) and together.dtype == np.float64
        assert np.isfinite(together).all()
        for pick, values in zip(picks, together, strict=True):
            assert (measure.values([pick[::-1].copy()])[0] == values).all()

    def test_threads_change_nothing(self, cls):
        one, two = (cls(scene(n=400, held=300, threads=t)) for t in (1, 2))
        picks = some_picks(400)
        assert (one.values(picks) == two.values(picks)).all()

    def test_keys_are_unlike_and_words_say_who_wins(self, cls):
        for of in ("pool", "target"):
            facts = cls(scene(of=of)).facts
            assert all(f.better.endswith("than") and f.worse.endswith("than") for f in facts)
            assert all(f.better != f.worse for f in facts)
            assert all(f.about.endswith(".") and len(f.about) < 200 for f in facts)


def test_no_two_measures_share_a_key():
    keys = [fact.key for cls in ALL for fact in cls(scene()).facts]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_coverage_is_the_nearest_pick_of_each_held_out_row(sparse):
    at = scene(sparse=sparse)
    x, e = dense(at.features).astype(float), dense(at.held_features).astype(float)
    for pick, (mean, worst) in zip(
        some_picks(), coverage.Coverage(at).values(some_picks()), strict=True
    ):
        nearest = [max(float(row @ x[j]) for j in pick) for row in e]
        assert math.isclose(mean, sum(nearest) / len(nearest), abs_tol=1e-6)
        assert math.isclose(worst, min(nearest), abs_tol=1e-6)


def test_coverage_asks_a_fixed_sample_of_many_held_out_rows():
    at = scene(held=3000)
    measure = coverage.Coverage(at)
    assert len(measure.asked) == coverage.MOST_ROWS
    x, e = at.features.astype(float), at.held_features[measure.asked].astype(float)
    pick = np.array([1, 5, 9])
    assert math.isclose(
        measure.values([pick])[0, 0], (e @ x[pick].T).max(axis=1).mean(), abs_tol=1e-6
    )


def test_energy_distance_diversity_and_near_duplicates_are_their_definitions():
    at = scene()
    x, e = at.features.astype(float), at.held_features.astype(float)

    def apart(a, b):  # the distance of unit rows, from their cosine
        return math.sqrt(max(0.0, 2 - 2 * float(a @ b)))

    def mean(values):
        values = list(values)
        return sum(values) / len(values) if values else 0.0

    def among(rows):
        return mean(apart(a, b) for a, b in itertools.combinations(rows, 2))

    for pick, (energy, diversity, near) in zip(
        some_picks(), spread.Spread(at).values(some_picks()), strict=True
    ):
        chosen = x[pick]
        cross = mean(apart(a, b) for a in chosen for b in e)
        assert math.isclose(energy, 2 * cross - among(chosen) - among(e), abs_tol=1e-5)
        eigenvalues = np.linalg.eigvalsh(chosen @ chosen.T)
        if eigenvalues.sum() > 1e-9:
            assert math.isclose(
                diversity, eigenvalues.sum() ** 2 / (eigenvalues**2).sum(), rel_tol=1e-5
            )
        close = sum(
            any(float(chosen[i] @ chosen[j]) >= 0.95 for j in range(len(pick)) if j != i)
            for i in range(len(pick))
        )
        assert math.isclose(near, close / len(pick))


def test_energy_distance_is_small_for_a_pick_like_the_held_out_rows_and_large_for_one_unlike():
    rng = np.random.default_rng(0)
    near, far = rng.normal(1, 1, (200, 4)), rng.normal(-1, 1, (200, 4))
    rows = unit_rows(np.concatenate([near, far]))
    at = Scene(
        n=400,
        keys=np.arange(400, dtype=np.uint64),
        run=Run(threads=1),
        features=rows,
        held_features=unit_rows(rng.normal(1, 1, (100, 4))),
    )
    like, unlike = spread.Spread(at).values([np.arange(200), np.arange(200, 400)])[:, 0]
    assert abs(like) < 0.02 and unlike > 0.5


def test_ngram_divergence_and_effective_number_are_their_definitions():
    at = scene()
    counts, held = at.ngrams.toarray(), at.held_ngrams.toarray()
    pool = counts.sum(axis=0) + 1
    target = held.sum(axis=0) / held.sum()
    for pick, (kl, number) in zip(
        some_picks(), ngrams.Ngrams(at).values(some_picks()), strict=True
    ):
        p = counts[pick].sum(axis=0)
        p = p / p.sum()
        q = 0.9 * p + 0.1 * pool / pool.sum()
        assert math.isclose(
            kl, sum(t * math.log2(t / b) for t, b in zip(target, q, strict=True) if t), rel_tol=1e-9
        )
        assert math.isclose(number, 2 ** -sum(v * math.log2(v) for v in p if v), rel_tol=1e-9)


def test_picks_without_a_single_ngram_are_measured_too():
    at = scene()
    at.ngrams.data[at.ngrams.indptr[4] : at.ngrams.indptr[5]] = 0
    kl, number = ngrams.Ngrams(at).values([np.array([4])])[0]
    assert math.isfinite(kl) and number == 1.0


def test_repeats_balance_and_score_are_their_definitions():
    at = scene()
    for pick in some_picks():
        seen, again = set(), 0
        for row in pick:
            again += at.text_hashes[row] in seen
            seen.add(at.text_hashes[row])
        assert math.isclose(
            repeats.Repeats(at).values([pick])[0, 0], again / len(pick), abs_tol=1e-12
        )
        sizes = [list(at.groups[pick]).count(g) / len(pick) for g in range(4)]
        entropy = -sum(s * math.log2(s) for s in sizes if s)
        assert math.isclose(balance.Balance(at).values([pick])[0, 0], entropy, abs_tol=1e-12)
        assert math.isclose(
            score.Score(at).values([pick])[0, 0], sum(at.scores[pick]) / len(pick), abs_tol=1e-12
        )


@pytest.mark.parametrize(("m", "d"), [(30, 4), (6, 12)], ids=["among features", "among rows"])
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_ridge_is_the_least_penalised_square_with_a_free_intercept(m, d, sparse):
    from sklearn.linear_model import Ridge

    rng = np.random.default_rng(m)
    x, y, q = rng.standard_normal((m, d)), rng.standard_normal((m, 2)), rng.standard_normal((5, d))
    expected = Ridge(alpha=1.0, solver="cholesky").fit(x, y).predict(q)
    given, asked = (scipy.sparse.csr_matrix(x), scipy.sparse.csr_matrix(q)) if sparse else (x, q)
    assert np.allclose(ridge(given, y, asked), expected)


def test_naive_bayes_is_the_textbooks():
    from sklearn.naive_bayes import MultinomialNB

    rng = np.random.default_rng(2)
    counts, classes, asked = (
        rng.poisson(0.6, (40, 12)),
        rng.integers(2, 5, 40),
        rng.poisson(0.6, (30, 12)),
    )
    expected = MultinomialNB(alpha=1.0).fit(counts, classes).predict(asked)
    found = naive_bayes(scipy.sparse.csr_matrix(counts), classes, scipy.sparse.csr_matrix(asked))
    assert (found == expected).all()


def test_the_label_probe_learns_from_features_else_from_ngrams():
    at = scene()
    pick = np.arange(40)
    by_features = np.mean(
        ridge_classifier(at.features[pick], at.labels[pick], at.held_features) == at.held_labels
    )
    assert labels.Labels(at).values([pick])[0, 0] == by_features
    words = Scene(
        n=at.n,
        keys=at.keys,
        run=at.run,
        ngrams=at.ngrams,
        held_ngrams=at.held_ngrams,
        labels=at.labels,
        held_labels=at.held_labels,
    )
    by_words = np.mean(
        naive_bayes(at.ngrams[pick], at.labels[pick], at.held_ngrams) == at.held_labels
    )
    assert labels.Labels(words).values([pick])[0, 0] == by_words


def test_a_sample_does_not_depend_on_the_pick_a_row_is_in():
    keys = np.random.default_rng(0).random(100)
    small, large = np.arange(0, 50), np.arange(100)
    kept = set(sample(keys, large, 20).tolist())
    assert kept & set(small.tolist()) <= set(sample(keys, small, 20).tolist())


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("d", [6, 80])
def test_hidden_values_are_filled_in_by_ridge_regression_on_the_picks(sparse, d):
    at = scene(sparse=sparse, d=d)
    measure = filling.Filling(at)
    width = min(32, d // 2)
    assert measure.signs.shape == (d, 2 * width) and set(np.unique(measure.signs)) == {-1.0, 1.0}
    x, e = (dense(rows).astype(float) @ measure.signs for rows in (at.features, at.held_features))
    picks = [pick for pick in some_picks() if len(pick) > 1]
    for pick, (found,) in zip(picks, measure.values(picks), strict=True):
        seen, hidden = x[pick, :width], x[pick, width:]
        apart = seen - seen.mean(axis=0)
        penalty = filling.PRIOR_ROWS * (apart**2).mean()
        own = apart @ apart.T + penalty * np.eye(len(pick))  # among the rows: (XXᵀ + λI)⁻¹
        weights = apart.T @ np.linalg.solve(own, hidden - hidden.mean(axis=0))
        filled = (e[:, :width] - seen.mean(axis=0)) @ weights + hidden.mean(axis=0)
        answers = e[:, width:]
        share = ((filled - answers) ** 2).sum() / ((answers - answers.mean(axis=0)) ** 2).sum()
        assert math.isclose(found, 1 - share, rel_tol=1e-6, abs_tol=1e-6)


def test_picks_that_span_the_rows_fill_in_more_than_picks_of_one_kind():
    rng = np.random.default_rng(0)
    kinds = rng.standard_normal((5, 40)) * [[9], [1], [1], [1], [1]]
    rows = unit_rows(np.eye(5)[np.arange(400) % 5] @ kinds + 0.3 * rng.standard_normal((400, 40)))
    at = scene(n=300, held=100)
    at = replace(at, features=rows[:300], held_features=rows[300:])
    one_kind = 5 * np.arange(20)
    (near,), (spread_out,) = filling.Filling(at).values([one_kind, np.arange(20)])
    assert near < 0.1 and spread_out > 0.4


def test_features_of_three_numbers_are_not_measured():
    measure = filling.Filling(scene(d=3))
    assert measure.facts == () and measure.values(some_picks()).shape == (5, 0)
