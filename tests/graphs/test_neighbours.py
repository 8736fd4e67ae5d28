"""The neighbour graph against sorting every row of float64 similarities."""

import numpy as np
import pytest
from scipy import sparse

from handful.errors import DataError, UsageError
from handful.graphs import neighbours, tiles
from handful.graphs.neighbours import nearest
from handful.graphs.similarity import NAMES, pairs
from handful.testing.clustered import clustered


def by_sorting(x, count, similarity):
    """Names and similarities of each row's nearest others, by definition."""
    made, n = pairs(similarity, x), x.shape[0]
    count = min(count, n - 1)
    names, values = np.full((n, count), -1), np.zeros((n, count))
    for i in range(n):
        similar = made.column(i)[1]
        others = np.array([j for j in range(n) if j != i], int)
        if similarity == "clipped_cosine":
            others = others[similar[others] > 0]
        best = others[np.lexsort((others, -similar[others]))][:count]
        names[i, : len(best)], values[i, : len(best)] = best, similar[best]
    return names, values


def with_repeats(n=150, d=6, copies=30, zeros=4, seed=0):
    """More equal rows than a heap holds, a row of zeros several times, and near-copies."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, d)).astype(np.float32)
    x[rng.choice(n, copies, replace=False)] = x[0]
    x[rng.choice(n, zeros, replace=False)] = 0
    x[-1] = x[-2] * np.float32(1 + 1e-7)
    return x


def assert_same(got, wanted):
    np.testing.assert_array_equal(got.names, wanted[0])
    np.testing.assert_array_equal(got.similarities, wanted[1])


@pytest.mark.parametrize("similarity", NAMES)
@pytest.mark.parametrize("tile", [7, 64, 1024])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_the_graph_is_that_of_sorting_whatever_the_tile(monkeypatch, similarity, tile, kind):
    monkeypatch.setattr(tiles, "TILE", tile)
    x = with_repeats()
    assert_same(nearest(kind(x), 5, similarity=similarity), by_sorting(kind(x), 5, similarity))


@pytest.mark.parametrize("similarity", NAMES)
def test_rows_in_doubt_are_settled(monkeypatch, similarity):
    monkeypatch.setattr(neighbours, "SPARE", 0)
    x = with_repeats(copies=60)
    assert_same(nearest(x, 3, similarity=similarity), by_sorting(x, 3, similarity))


def test_without_the_second_look_the_graph_would_be_wrong(monkeypatch):
    x = np.random.default_rng(3).standard_normal((300, 40)).astype(np.float32)
    x = (x[0] + 1e-4 * x).astype(np.float32)  # cosines that differ by less than float32 can tell
    wanted = by_sorting(x, 5, "cosine")
    assert_same(nearest(x, 5), wanted)
    monkeypatch.setattr(neighbours._Search, "_in_doubt", lambda *_: np.zeros(0, int))
    assert (nearest(x, 5).names != wanted[0]).any()


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_do_not_change_the_graph(monkeypatch, threads):
    monkeypatch.setattr(tiles, "TILE", 128)
    x = clustered(1500, 16)
    one = nearest(x, 8)
    assert_same(nearest(x, 8, threads=threads), (one.names, one.similarities))


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("similarity", ["cosine", "euclidean"])
def test_few_rows_have_few_neighbours(n, similarity):
    x = with_repeats()[:n]
    got = nearest(x, 10, similarity=similarity)
    assert got.names.shape == (n, n - 1)
    assert_same(got, by_sorting(x, 10, similarity))


def test_equal_rows_neighbour_in_the_order_of_their_numbers():
    got = nearest(np.ones((40, 3), np.float32), 3)
    assert got.names[0].tolist() == [1, 2, 3]
    assert got.names[2].tolist() == [0, 1, 3]


def test_a_row_of_zeros_is_alone_under_clipped_cosine():
    x = np.eye(4, dtype=np.float32)
    x[1] = x[0]
    x[2] = 0
    got = nearest(x, 2, similarity="clipped_cosine")
    assert got.names.tolist() == [[1, -1], [0, -1], [-1, -1], [-1, -1]]
    graph = got.csr()
    assert graph.has_sorted_indices
    assert graph.toarray().tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]


def test_what_is_not_finite_is_refused():
    x = np.ones((5, 2), np.float32)
    x[3, 1] = np.nan
    with pytest.raises(DataError, match=r"features\[3, 1\]"):
        nearest(x, 2)


def test_no_neighbours_are_refused():
    with pytest.raises(UsageError, match="count=0"):
        nearest(np.ones((5, 2), np.float32), 0)
