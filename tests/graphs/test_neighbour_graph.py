"""The graph that objectives use: what it holds, where it is kept, and how good an approximate one is."""

import builtins

import numpy as np
import pytest
from scipy import sparse

from handful.errors import UsageError
from handful.graphs import neighbour_graph as room
from handful.graphs.approximate import recall_of
from handful.graphs.neighbour_graph import METRICS, neighbour_graph
from handful.graphs.neighbours import nearest
from handful.runtime.cache import Cache
from handful.runtime.run import Run
from handful.testing.clustered import clustered


def awkward(n=60, d=4, seed=0):
    """Equal rows, rows of zeros, and rows that look away from all others."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, d)).astype(np.float32)
    x[rng.choice(n, n // 3, replace=False)] = x[0]
    x[3] = 0
    return x


def by_hand(x, count, metric, rank):
    """Row by row: itself and the `count` others most like it, if above 0; ties to the earlier id."""
    x = x.astype(np.float64)
    if metric == "euclidean":
        similar = 1 / (1 + np.sqrt(((x[:, None] - x) ** 2).sum(-1)))
    else:
        if metric == "cosine":
            lengths = np.linalg.norm(x, axis=1)
            x = x / np.where(lengths > 0, lengths, 1)[:, None]
        similar = x @ x.T
    out = np.zeros((len(x), len(x)))
    for i, row in enumerate(np.round(similar, 6)):
        others = [j for j in np.lexsort((rank, -row)) if j != i][:count]
        out[i, [*others, i]] = similar[i, [*others, i]]
    return np.maximum(out, 0)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_the_graph_is_that_of_sorting_and_ties_go_to_the_earlier_id(metric, kind):
    x = awkward()
    rank = np.random.default_rng(1).permutation(len(x))
    graph = neighbour_graph(kind(x), 5, metric=metric, rank=rank)
    np.testing.assert_allclose(
        graph.matrix.toarray(), by_hand(x, 5, metric, rank), atol=1e-5, rtol=1e-5
    )


def test_the_graph_does_not_depend_on_the_order_of_rows():
    x, rank = awkward(), np.arange(60)
    moved = np.random.default_rng(2).permutation(60)
    here = neighbour_graph(x, 5, rank=rank).matrix.toarray()
    there = neighbour_graph(x[moved], 5, rank=rank[moved]).matrix.toarray()
    np.testing.assert_array_equal(there, here[np.ix_(moved, moved)])


def test_a_second_run_takes_the_graph_from_the_cache(monkeypatch, tmp_path):
    x, run = clustered(300, 8), Run(threads=1, cache=Cache(tmp_path))
    first = neighbour_graph(x, 4, run=run)
    monkeypatch.setattr(room, "nearest", None)
    again = neighbour_graph(x, 4, run=run)
    assert again.record == first.record == neighbour_graph_of(x, first)
    np.testing.assert_array_equal(again.matrix.toarray(), first.matrix.toarray())
    with pytest.raises(TypeError, match="NoneType"):  # other rows are other graphs
        neighbour_graph(x[::-1], 4, run=run)
    with pytest.raises(TypeError, match="NoneType"):
        neighbour_graph(x, 5, run=run)


def neighbour_graph_of(x, graph):
    asked = {"neighbours": 4, "metric": "cosine", "search": "exact"}
    return {**asked, "edges": graph.matrix.nnz, "sha256": graph.record["sha256"]}


def test_the_hash_names_the_graph():
    x = clustered(100, 8)
    one, other = neighbour_graph(x, 4), neighbour_graph(x, 5)
    assert one.record["sha256"] == neighbour_graph(x.copy(), 4).record["sha256"]
    assert one.record["sha256"] != other.record["sha256"]


def test_recall_counts_the_true_neighbours_that_were_found():
    x, every = clustered(200, 8), np.arange(200)
    near = nearest(x, 6)
    assert recall_of(near, x, "cosine", every) == 1.0
    near.names[:, 3:], near.similarities[:, 3:] = -1, 0.0
    assert recall_of(near, x, "cosine", every) == pytest.approx(0.5)
    ones = np.ones((20, 3), np.float32)  # all are equally near: any will do
    assert recall_of(nearest(ones[::-1], 2), ones, "cosine", np.arange(20)) == 1.0


@pytest.mark.parametrize("metric", METRICS)
def test_an_approximate_graph_has_exact_similarities_and_tells_its_recall(metric):
    pytest.importorskip("faiss", reason="needs the extra ann")
    x = clustered(4000, 16)
    graph = neighbour_graph(x, 8, metric=metric, search="approximate")
    again = neighbour_graph(x, 8, metric=metric, search="approximate", run=Run(threads=2))
    assert graph.record == again.record
    assert graph.record["recall"] > 0.8
    exact = neighbour_graph(x, 8, metric=metric).matrix
    both = graph.matrix.multiply(exact > 0)
    np.testing.assert_array_equal(both.toarray(), exact.multiply(graph.matrix > 0).toarray())
    shared = (both.nnz - 4000) / (exact.nnz - 4000)
    assert graph.record["recall"] == pytest.approx(shared, abs=0.05)


def test_few_and_equal_rows_have_an_approximate_graph_too():
    pytest.importorskip("faiss", reason="needs the extra ann")
    for x in (np.ones((1, 3), np.float32), np.ones((5, 3), np.float32), np.zeros((3, 2), "f4")):
        graph = neighbour_graph(x, 8, search="approximate")
        exact = neighbour_graph(x, 8)
        np.testing.assert_array_equal(graph.matrix.toarray(), exact.matrix.toarray())
        assert graph.record["recall"] == 1.0


def test_without_the_extra_an_approximate_graph_is_refused_in_one_line(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **named):
        if name == "faiss":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"pip install 'handful\[ann\]'"):
        neighbour_graph(clustered(50, 4), 3, search="approximate")


def test_what_cannot_be_done_is_refused():
    x = clustered(50, 4)
    with pytest.raises(UsageError, match="Nearest: 'cosine'"):
        neighbour_graph(x, 3, metric="cosinus")
    with pytest.raises(UsageError, match="approximate"):
        neighbour_graph(x, 3, search="approx")
    with pytest.raises(UsageError, match="needs dense features"):
        neighbour_graph(sparse.csr_array(x), 3, search="approximate")
