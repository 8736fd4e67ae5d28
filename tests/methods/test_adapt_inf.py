"""Adapt-inf: the whole of it against a plain one, each fault of the released code, and lifelong use."""

import numpy as np
import pytest

import handful
from handful.budget import Ledger
from handful.errors import DataError, UsageError
from handful.methods._contract import View
from handful.methods.data import adapt_inf_pool
from handful.methods.data.adapt_inf import AdaptInf, histogram_entropy, perplexity
from handful.methods.data.adapt_inf_pool import AdaptInfPool, most_like_earlier
from handful.rng import Draws
from handful.runtime.run import Run

SIZES = (60, 25, 12, 3)


def skills(seed, sizes=SIZES, d=6):
    """Gradients of skills that lie far apart, two scores, and the skill of each row, the largest being 0."""
    rng = np.random.default_rng(seed)
    own = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    x = 4 * np.eye(len(sizes), d)[own] + 0.1 * rng.standard_normal((len(own), d))
    scores = {"even": rng.random(len(own)), "tailed": rng.exponential(size=len(own)) ** 3}
    scores["tailed"][own == 1] = rng.random(sizes[1])  # in skill 1 it is the other that is uneven
    scores["even"][own == 1] = rng.exponential(size=sizes[1]) ** 3
    return x.astype(np.float32), scores, own


def view_of(x, scores=None, threads=1, rank=None):
    keys = np.arange(len(x)) if rank is None else rank
    return View(
        n=len(x),
        keys=keys.astype(np.uint64),
        run_with=Run(threads=threads),
        arrays=lambda name: x,
        scores=lambda name: scores[name],
        rank=rank,
    )


def clusters_of(own):
    """Skills from the largest down."""
    return [np.flatnonzero(own == skill) for skill in range(own.max() + 1)]


def water_filled(sizes, k):
    """One row more for whoever has fewest and is not used up, the first of equal ones."""
    got = [0] * len(sizes)
    for _ in range(k):
        open_ = [c for c in range(len(sizes)) if got[c] < sizes[c]]
        if open_:
            got[min(open_, key=lambda c: (got[c], c))] += 1
    return got


def plain(scores, own, k, seed, bins=50, trim=0.05):
    """Adapt-inf step by step, the clusters being known: the set of rows picked, and the scorers."""
    draws = Draws(seed).uniforms("adapt_inf sample", np.arange(len(own), dtype=np.uint64))
    picked, scorers = [], []
    parts = water_filled(np.bincount(own).tolist(), k)
    for rows, part in zip(clusters_of(own), parts, strict=True):
        entropies = {}
        for name, score in scores.items():
            z = (score[rows] - score[rows].mean()) / score[rows].std()
            p = np.histogram(np.clip(z, -4, 4), bins=bins, range=(-4, 4))[0] / len(rows)
            entropies[name] = -sum(q * np.log(q) for q in p if q)
        best = max(entropies, key=entropies.get)
        scorers.append(best)
        score = scores[best]
        low, high = np.quantile(score[rows], [trim, 1 - trim])
        inner = [r for r in rows if low <= score[r] <= high]
        span = max(score[inner]) - min(score[inner])
        depth = [(max(score[inner]) - score[r]) / (span or 1.0) * bins for r in inner]
        strata = [min(int(one), bins - 1) for one in depth]
        shares = water_filled(np.bincount(strata, minlength=bins).tolist(), part)
        for stratum, share in enumerate(shares):
            here = [r for r, s in zip(inner, strata, strict=True) if s == stratum]
            picked += sorted(here, key=lambda r: draws[r])[:share]
        outer = sorted(set(rows) - set(inner), key=lambda r: max(low - score[r], score[r] - high))
        picked += outer[: max(0, part - len(inner))]
    return set(map(int, picked)), scorers


@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_plain_one(seed):
    x, scores, own = skills(seed)
    method = AdaptInf(scores="even+tailed", clusters=4)
    for k in (1, 4, 10, 40, 70):
        found = method.run(view_of(x, scores, 2), Ledger(100, rows=k), Draws(seed))
        picked, scorers = plain(scores, own, k, seed)
        assert set(found.indices.tolist()) == picked
        assert found.notes["scorers"] == scorers
        assert found.notes["rows_of_clusters"] == list(SIZES)


def test_each_cluster_has_the_score_that_tells_its_rows_apart():
    x, scores, _ = skills(0)
    found = AdaptInf(scores="even+tailed", clusters=4).run(
        view_of(x, scores), Ledger(100, rows=20), Draws(0)
    )
    assert found.notes["scorers"][:2] == ["even", "tailed"]
    assert found.notes["picks_of_clusters"] == [6, 6, 5, 3]  # the smallest whole


def released_entropy(scores, bins=50):
    """Edges at ±4 standard deviations of the raw score, for values that are standardised."""
    z = (scores - scores.mean()) / scores.std()
    counts, _ = np.histogram(z, bins=bins, range=(-4 * scores.std(), 4 * scores.std()))
    shares = counts[counts > 0] / counts.sum()
    return -(shares * np.log(shares)).sum()


def test_the_scale_of_a_score_means_nothing():
    """In the released code a score in thousands has all its rows in one bin."""
    rng = np.random.default_rng(0)
    even, peaked = rng.random(500), rng.exponential(size=500) ** 4
    for scale in (1e-3, 1.0, 1e3):
        assert histogram_entropy(scale * even + 7) == pytest.approx(histogram_entropy(even))
        assert histogram_entropy(scale * even) > histogram_entropy(peaked)
    assert released_entropy(100 * even) < 0.7
    assert released_entropy(even) > 3


def test_a_score_that_is_the_same_for_all_tells_nothing_apart():
    assert histogram_entropy(np.full(9, 0.1)) == 0.0
    assert histogram_entropy(np.zeros(0)) == 0.0
    assert histogram_entropy(np.array([0.0, 1.0])) == pytest.approx(np.log(2))


def test_perplexity_is_not_ruled_by_one_token():
    """The released code takes the mean of exp(loss)."""
    losses = np.full((2, 20), np.log(10.0))
    losses[1, 0] = 15.0
    assert perplexity(losses)[0] == pytest.approx(10)
    assert perplexity(losses)[1] < 20
    assert np.exp(losses[1]).mean() > 100_000
    masked = perplexity([[1.0, np.inf], [1.0, 2.0]], [[1, 0], [0, 0]])
    assert masked[0] == pytest.approx(np.e)
    assert np.isnan(masked[1])


def test_a_score_that_is_no_number_is_refused_with_its_row():
    """The released code makes it 0."""
    x, scores, _ = skills(0)
    data = {"embedding": x, **{name: score.tolist() for name, score in scores.items()}}
    data["tailed"][17] = float("nan")
    ask = {"rows": 9, "cache": False}
    with pytest.raises(DataError, match=r"17.*tailed"):
        handful.select(data, method="adapt_inf:scores=even+tailed,clusters=4", **ask)
    assert len(handful.select(data, method="adapt_inf:scores=even", **ask)) == 9
    with pytest.raises(UsageError, match="a column 'el2n': name yours by --param scores=COLUMN"):
        handful.select(data, method="adapt_inf:scores=even+el2n", **ask)


def test_prefixes_are_picks_and_extremes_are_the_last_of_their_cluster():
    x, scores, own = skills(1)
    method = AdaptInf(scores="even", clusters=4)
    every = method.run(view_of(x, scores), Ledger(100, rows=100), Draws(0)).indices
    assert sorted(every.tolist()) == list(range(100))
    some = method.run(view_of(x, scores), Ledger(100, rows=31), Draws(0)).indices
    assert every[:31].tolist() == some.tolist()
    for rows in clusters_of(own):
        low, high = np.quantile(scores["even"][rows], [0.05, 0.95])
        mine = [row for row in every.tolist() if row in rows]
        outside = [not low <= scores["even"][row] <= high for row in mine]
        assert outside == sorted(outside)
        assert any(outside)


@pytest.mark.parametrize("method", [AdaptInf(scores="even", clusters=4), AdaptInfPool(clusters=4)])
def test_must_includes_count_in_the_part_of_their_cluster(method):
    x, scores, own = skills(2)
    ledger = Ledger(100, rows=60)
    included = np.flatnonzero(own == 0)[:10].tolist()
    for row in included:
        ledger.take(row)
    found = method.run(view_of(x, scores), ledger, Draws(0))
    assert found.indices[:10].tolist() == included
    assert found.notes["picks_of_clusters"] == [23, 22, 12, 3]


@pytest.mark.parametrize("key", ["adapt_inf:scores=even+tailed,clusters=4", "adapt_inf_pool"])
def test_the_order_of_the_file_and_threads_change_nothing(key):
    x, scores, _ = skills(3)
    ids = [f"r{i:03}" for i in range(100)]
    moved = np.random.default_rng(0).permutation(100)
    data, other = (
        {
            "x": x[order].tolist(),
            "id": [ids[i] for i in order],
            **{name: score[order].tolist() for name, score in scores.items()},
        }
        for order in (np.arange(100), moved)
    )
    asked = {"rows": 20, "method": key, "id": "id", "embeddings": "x", "cache": False}
    first = handful.select(data, **asked, threads=1)
    again = handful.select(other, **asked, threads=2)
    assert first.ids.tolist() == again.ids.tolist()


# The pool that is kept --------------------------------------------------------------------------


def alike_by_pairs(x):
    x = x.astype(float)
    unit = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-300)
    return [max((unit[j] @ unit[i] for i in range(j)), default=-1.0) for j in range(len(x))]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_cosine_with_earlier_rows_is_that_of_all_pairs(threads, monkeypatch):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 5)).astype(np.float32)
    x[30], x[40], x[41] = x[3], 2 * x[3], 0.0
    whole = most_like_earlier(x, Run(threads=threads))
    np.testing.assert_allclose(whole, alike_by_pairs(x), atol=1e-6)
    monkeypatch.setattr(adapt_inf_pool, "BLOCK", 7)
    assert most_like_earlier(x, Run(threads=threads)).tolist() == whole.tolist()
    later = np.array([np.delete(x, j, 0) @ x[j] for j in range(50)]).max(axis=1)
    assert not np.allclose(whole, later, atol=1e-3)


def test_sparse_rows_serve_as_dense_ones_do():
    from scipy.sparse import csr_array

    x = np.random.default_rng(1).random((30, 6)).astype(np.float32)
    x[x < 0.6] = 0.0
    np.testing.assert_allclose(
        most_like_earlier(csr_array(x), Run(threads=1)),
        most_like_earlier(x, Run(threads=1)),
        atol=1e-6,
    )
    assert most_like_earlier(x[:0], Run(threads=1)).tolist() == []


@pytest.mark.parametrize("seed", range(4))
def test_of_each_cluster_the_rows_least_like_earlier_ones_are_kept(seed):
    x, _, own = skills(seed)
    for k in (1, 10, 50, 100):
        kept = AdaptInfPool(clusters=4).run(view_of(x), Ledger(100, rows=k), Draws(0)).indices
        wanted = []
        for rows, part in zip(clusters_of(own), water_filled(SIZES, k), strict=True):
            wanted += rows[np.argsort(alike_by_pairs(x[rows]), kind="stable")][:part].tolist()
        assert sorted(kept.tolist()) == sorted(wanted)


def test_of_two_rows_alike_the_earlier_id_stays_wherever_it_is_in_the_file():
    """In the released code it is the one that comes first in the file."""
    rng = np.random.default_rng(0)
    x = np.repeat(rng.standard_normal((10, 8)), 2, axis=0).astype(np.float32)  # pairs of equal rows
    rank = np.arange(20)[::-1].copy()  # the last row has the earliest id
    by_file = AdaptInfPool(clusters=1).run(view_of(x), Ledger(20, rows=10), Draws(0)).indices
    by_id = AdaptInfPool(clusters=1).run(view_of(x, rank=rank), Ledger(20, rows=10), Draws(0))
    assert sorted(by_file.tolist()) == list(range(0, 20, 2))
    assert sorted(by_id.indices.tolist()) == list(range(1, 20, 2))


def test_over_many_steps_a_rare_skill_stays_in_the_pool_and_in_what_is_trained_on():
    rng = np.random.default_rng(0)
    pool, own = np.zeros((0, 8), np.float32), np.zeros(0, int)
    for step in range(6):
        new = np.full(200, step)
        if step == 1:
            new = np.concatenate(
                [new, np.full(8, 7)]
            )  # eight rows of a skill that never comes again
        x = 3 * np.eye(8)[new] + 0.3 * rng.standard_normal((len(new), 8))
        pool = np.concatenate([pool, x.astype(np.float32)])
        own = np.concatenate([own, new])
        kept = handful.select(
            pool, rows=min(300, len(pool)), method="adapt_inf_pool:clusters=7", cache=False
        ).rows()
        pool, own = pool[kept], own[kept]
    assert (own == 7).sum() == 8
    assert np.ptp(np.bincount(own)[:6]) <= 1
    data = {"embedding": pool, "s": rng.random(len(pool))}
    now = handful.select(data, rows=50, method="adapt_inf:clusters=7,scores=s", cache=False)
    assert (own[now.indices] == 7).sum() >= 6
    assert (own[rng.choice(len(own), 50, replace=False)] == 7).sum() < 4


@pytest.mark.parametrize("method", [AdaptInf(scores="s"), AdaptInfPool()])
@pytest.mark.parametrize("k", [0, 1, 5, 9])
@pytest.mark.filterwarnings("ignore")
def test_every_size_has_a_result(method, k):
    view = view_of(np.ones((5, 2), np.float32), {"s": np.ones(5)})
    assert len(method.run(view, Ledger(5, rows=k), Draws(0)).indices) == min(k, 5)
    empty = view_of(np.ones((0, 2), np.float32), {"s": np.ones(0)})
    assert len(method.run(empty, Ledger(0, rows=k), Draws(0)).indices) == 0
