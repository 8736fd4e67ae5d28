"""Similarities against their formulas in plain float64."""

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist

from handful.errors import DataError, UsageError
from handful.graphs import tiles
from handful.graphs.similarity import NAMES, hold, pairs


def rows(n=37, d=7, seed=0):
    x = np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)
    x[5] = x[3]
    x[9] = 0
    return x


def formula(name, x, y):
    x, y = x.astype(np.float64), y.astype(np.float64)
    lengths = np.linalg.norm(x, axis=1)[:, None] * np.linalg.norm(y, axis=1)
    cosine = np.divide(x @ y.T, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    distance = cdist(x, y)
    return {
        "clipped_cosine": np.maximum(cosine, 0),
        "cosine": cosine,
        "dot": x @ y.T,
        "euclidean": 1 / (1 + distance),
        "rbf": np.exp(-(distance**2) / np.mean(cdist(y, y) ** 2)),
    }[name]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("same", [True, False], ids=["pool", "query"])
def test_every_named_similarity_is_its_formula(name, kind, same):
    x, y = rows(), rows(23, seed=1) if not same else rows()
    made = pairs(name, kind(x)) if same else pairs(name, kind(x), kind(y))
    wanted = formula(name, x, y)
    exact = np.stack([made.column(j)[1] for j in range(len(y))], axis=1)
    np.testing.assert_allclose(exact, wanted, atol=3e-7)
    tile = made.tile(slice(4, 31), np.array([22, 3, 5]))
    assert np.abs(tile - exact[4:31][:, [22, 3, 5]]).max() <= made.error + 1e-15
    np.testing.assert_allclose(made.totals(), wanted.sum(axis=0), atol=1e-6 * len(x))
    np.testing.assert_allclose(made.totals(), exact.sum(axis=0), rtol=1e-13, atol=1e-13)
    assert made.symmetric == same
    if same:
        np.testing.assert_array_equal(made.diagonal(), np.diagonal(exact))


@pytest.mark.parametrize("name", NAMES)
def test_equal_rows_have_equal_bits_and_pairs_are_symmetric(name):
    made = pairs(name, rows())
    exact = np.stack([made.column(j)[1] for j in range(37)], axis=1)
    assert (exact[:, 3] == exact[:, 5]).all()
    assert (exact == exact.T).all()


@pytest.mark.parametrize("tile_rows", [1, 8, 1024])
def test_sums_are_the_clipped_sums_of_every_kind_of_pairs(monkeypatch, tile_rows):
    monkeypatch.setattr(tiles, "TILE", tile_rows)
    x, rng = rows(), np.random.default_rng(2)
    dense = formula("cosine", x, x)
    low, room, weights = rng.random(37) * 0.2, rng.random(37) * 0.3, rng.random(37)
    columns = np.array([5, 0, 36, 36])
    wanted = (weights[:, None] * np.clip(dense - low[:, None], 0, room[:, None])).sum(axis=0)[
        columns
    ]
    place = lambda block: block[:, 0].astype(int)  # noqa: E731 - the rows' own numbers
    kept = np.where(dense > 0.1, dense, 0)
    sparsely = (weights[:, None] * np.clip(kept - low[:, None], 0, room[:, None])).sum(axis=0)
    for made, right in [
        (hold(pairs("cosine", x), 1 << 30), wanted),
        (pairs("cosine", x), wanted),
        (pairs(dense, None), wanted),
        (pairs(lambda a, b: dense[np.ix_(place(a), place(b))], np.arange(37.0)[:, None]), wanted),
        (pairs(sparse.csr_array(kept), None), sparsely[columns]),
    ]:
        np.testing.assert_allclose(made.sums(columns, low, room, weights), right, rtol=1e-5)
        whole = made.tile(slice(0, 37), np.arange(37))
        np.testing.assert_allclose(made.diagonal(), np.diagonal(whole), rtol=1e-6)
        np.testing.assert_allclose(made.totals(), whole.sum(axis=0), atol=1e-5)
        np.testing.assert_allclose(made.peaks(), np.maximum(whole.max(axis=0), 0), rtol=1e-6)
        exact = [made.column(j)[1].max(initial=0.0) for j in range(37)]
        np.testing.assert_allclose(made.peaks(), np.maximum(exact, 0), rtol=1e-14)


def test_a_callable_is_asked_for_aligned_blocks_only(monkeypatch):
    monkeypatch.setattr(tiles, "TILE", 8)
    asked = []

    def dot(a, b):
        asked.append((a[0, 0], len(a), b[0, 0], len(b)))
        return a @ b.T

    x = np.arange(20.0)[:, None] @ np.ones((1, 3))
    made = pairs(dot, x)
    np.testing.assert_array_equal(made.column(17)[1], 3 * 17 * np.arange(20))
    np.testing.assert_array_equal(
        made.tile(slice(3, 19), np.array([17, 2])), 3 * np.outer(np.arange(3, 19), [17, 2])
    )
    assert {(a % 8, b % 8) for a, _, b, _ in asked} == {(0, 0)}


def test_the_first_negative_similarity_is_found_and_none_where_there_is_none():
    x = rows()
    for made in (
        pairs("cosine", x),
        pairs("dot", x),
        pairs(x @ x.T, None),
        pairs(sparse.csr_array(x @ x.T), None),
    ):
        i, j, value = made.first_negative()
        assert value < 0
        assert made.tile(slice(i, i + 1), np.array([j]))[0, 0] == pytest.approx(value, rel=1e-5)
    for name in ("clipped_cosine", "euclidean", "rbf"):
        assert pairs(name, x).first_negative() is None
    assert pairs("dot", np.abs(x)).first_negative() is None


def test_bad_similarities_are_refused_by_name_and_place():
    x = rows()
    with pytest.raises(UsageError, match="Nearest: 'cosine'"):
        pairs("cosin", x)
    x[4, 2] = np.nan
    with pytest.raises(DataError, match=r"features\[4, 2\] = nan"):
        pairs("cosine", x)
    with pytest.raises(UsageError, match=r"shape \(2, 2\)"):
        pairs(lambda a, b: np.ones((2, 2)), rows()).column(0)


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int8])
def test_half_double_and_whole_numbers_are_compared_as_float32(dtype):
    x = (rows() * 4).astype(dtype)
    made = pairs("dot", x)
    np.testing.assert_allclose(
        made.column(2)[1], x.astype(np.float64) @ x[2].astype(np.float64), rtol=1e-5, atol=1e-5
    )


def test_a_pool_of_equal_rows_has_a_scale():
    made = pairs("rbf", np.ones((4, 3), np.float32))
    assert made.column(0)[1].tolist() == [1.0] * 4
