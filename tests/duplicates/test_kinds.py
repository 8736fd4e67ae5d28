"""Exact, near and semantic duplicates against what defines them, on small pools."""

from itertools import combinations

import numpy as np
import pytest
import scipy.sparse

from handful.duplicates import configured, near, semantic
from handful.duplicates._contract import keep, labels_of
from handful.duplicates.exact import Exact, hash_rows
from handful.duplicates.near import Near
from handful.duplicates.semantic import Semantic
from handful.errors import UsageError
from handful.graphs.feature_pairs import FeaturePairs
from handful.kernels import duplicates_reference as reference
from handful.methods._contract import Target, View
from handful.pool import Strings
from handful.rng import Draws
from handful.runtime.run import Run

TEXTS = [
    "The cat sat on the mat, and looked at the moon all night long.",
    "the cat  sat on the mat, and looked at the moon\tall night long.",
    "The cat sat on the mat, and looked at the stars all night long.",
    "A treaty between two states ends where one of them says so.",
    "The cat sat on the mat , and looked at the moon all night long!",
]


def _view(texts=None, array=None, threads=1, **more):
    packed = None if texts is None else Strings.of(texts)
    n = len(array) if texts is None else len(texts)
    return View(
        n=n,
        keys=np.arange(n, dtype=np.uint64),
        run_with=Run(threads=threads),
        read_texts=None if packed is None else lambda a, b: packed[a:b],
        arrays=lambda name: array,
        **more,
    )


def _owned(texts=None, array=None):
    packed = None if texts is None else Strings.of(texts)
    n = len(array) if texts is None else len(texts)
    return Target("given", n, None if packed is None else lambda a, b: packed[a:b], lambda _: array)


def test_exact_puts_case_and_white_space_aside():
    assert Exact().find(_view(TEXTS), None, Draws(0)).labels.tolist() == [0, 0, 2, 3, 4]


def test_exact_by_bytes_puts_nothing_aside():
    view = _view([*TEXTS, TEXTS[3]])
    assert Exact(bytes=True).find(view, None, Draws(0)).labels.tolist() == [0, 1, 2, 3, 4, 3]


def test_exact_of_arrays_is_of_equal_rows():
    rows = np.array([[0.0, 1.0], [-0.0, 1.0], [1.0, 0.0], [0.0, 1.0]], np.float32)
    assert Exact().find(_view(array=rows), None, Draws(0)).labels.tolist() == [0, 0, 2, 0]
    sparse = scipy.sparse.csr_matrix(rows)
    assert labels_of(hash_rows(sparse)).tolist() == [0, 0, 2, 0]


def test_near_joins_what_overlaps_by_the_threshold():
    sets = [reference.shingles(text, 3) for text in TEXTS]
    assert Near(threshold=0.5).find(_view(TEXTS), None, Draws(0)).labels.tolist() == [0, 0, 0, 3, 0]
    labels = Near(threshold=0.8, hashes=1024).find(_view(TEXTS), None, Draws(0)).labels
    alike = [
        (i, j) for i, j in combinations(range(5), 2) if reference.jaccard(sets[i], sets[j]) >= 0.8
    ]
    assert labels.tolist() == reference.components(5, alike)


def test_near_looks_again_in_batches_of_whole_clusters(monkeypatch):
    draw = np.random.default_rng(0)
    words = np.array([f"w{i}" for i in range(500)])
    base = [draw.choice(words, 20).tolist() for _ in range(200)]
    texts = [" ".join(row) for row in base]
    texts += [" ".join([*row[:-1], "end"]) for row in base[:100]]
    wanted = list(range(200)) + list(range(100))
    assert Near().find(_view(texts), None, Draws(0)).labels.tolist() == wanted
    monkeypatch.setattr(near, "BATCH", 7)
    owned = _owned(texts[200:])
    found = Near().find(_view(texts[:200], threads=2), owned, Draws(0))
    assert found.labels.tolist() == wanted
    assert found.notes["pairs_compared"] == 100


def test_near_depends_on_seed_and_content_alone():
    one = Near(hashes=16).signatures(_view(TEXTS), None, Draws(1))
    again = Near(hashes=16).signatures(_view(TEXTS[::-1]), None, Draws(1))
    other = Near(hashes=16).signatures(_view(TEXTS), None, Draws(2))
    assert one.tolist() == again[::-1].tolist()
    assert (one != other).any()


def test_near_of_texts_without_tokens_is_one_cluster():
    assert Near().find(_view([" ", "\n", "word"]), None, Draws(0)).labels.tolist() == [0, 0, 2]


@pytest.mark.parametrize("kind", [Exact(), Near()])
def test_rows_already_owned_are_clustered_behind_the_pool(kind):
    owned = _owned(["unlike anything there", TEXTS[3].upper()])
    assert kind.find(_view(TEXTS[2:4]), owned, Draws(0)).labels.tolist() == [0, 1, 2, 1]


def _close(rows, threshold):
    """Components of all pairs whose float64 cosine reaches the threshold."""
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    pairs = np.argwhere(np.tril(unit @ unit.T >= threshold, -1)).tolist()
    return reference.components(len(rows), [(i, j) for i, j in pairs])


def _clusters(n, seed=0):
    draw = np.random.default_rng(seed)
    rows = draw.standard_normal((n, 16))
    copies = draw.integers(0, n, n // 3)
    rows[: len(copies)] = rows[copies] + 0.1 * draw.standard_normal((len(copies), 16))
    return rows.astype(np.float32)


@pytest.mark.parametrize(("n", "sparse"), [(1, False), (60, False), (60, True), (1200, False)])
def test_semantic_joins_every_pair_that_is_close(n, sparse):
    rows = _clusters(n)
    array = scipy.sparse.csr_array(rows) if sparse else rows
    pairs = FeaturePairs.of("cosine", array)
    assert semantic.joined(pairs, 0.95, Run(threads=1)).tolist() == _close(rows, 0.95)


def test_semantic_by_cells_finds_what_all_pairs_find(monkeypatch):
    rows = _clusters(3000)
    every = Semantic().find(_view(array=rows), None, Draws(0)).labels
    monkeypatch.setattr(semantic, "ALL_PAIRS", 1000)
    monkeypatch.setattr(semantic, "CELL_ROWS", 200)
    found = Semantic().find(_view(array=rows), None, Draws(0))
    assert found.notes["cells"] == 15
    assert found.labels.tolist() == every.tolist()
    again = Semantic().find(_view(array=rows, threads=2), None, Draws(0))
    assert again.labels.tolist() == found.labels.tolist()


def test_semantic_cells_join_equal_rows_wherever_they_lie(monkeypatch):
    monkeypatch.setattr(semantic, "ALL_PAIRS", 10)
    monkeypatch.setattr(semantic, "LARGEST_CELL", 5)
    rows = np.repeat(np.eye(3, dtype=np.float32), 20, axis=0)
    owned = _owned(array=rows[:1])
    labels = Semantic(probes=1).find(_view(array=rows), owned, Draws(0)).labels
    assert labels.tolist() == [*np.repeat([0, 20, 40], 20), 0]


def test_semantic_keeps_one_of_a_chain_where_the_released_semdedup_may_keep_two():
    """A-B-C, neighbours close, ends apart: there the order A, C, B drops B alone."""
    angle = np.deg2rad([0, 30, 15])
    rows = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    threshold = float(np.cos(np.deg2rad(16)))
    close = rows @ rows.T > threshold
    released = [not close[j, :j].any() for j in range(3)]
    assert released == [True, True, False]
    labels = Semantic(threshold=threshold).find(_view(array=rows), None, Draws(0)).labels
    assert labels.tolist() == [0, 0, 0]


def test_the_best_row_stays_else_the_earliest_id_and_includes_win():
    labels = np.array([0, 0, 0, 3, 3, 5, 6, 6, 6])
    none = np.zeros(0, np.int64)
    score = np.array([1.0, 3.0, 3.0, 2.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    assert keep(labels, 9, none, score, None).stands.tolist() == [1, 1, 1, 3, 3, 5, 6, 6, 6]
    rank = np.arange(9)[::-1]
    assert keep(labels, 9, none, None, rank).stands.tolist() == [2, 2, 2, 4, 4, 5, 8, 8, 8]
    kept = keep(labels, 9, np.array([8, 0, 7]), score, None)
    assert kept.stands.tolist() == [0, 0, 0, 3, 3, 5, 8, 7, 8]
    assert np.flatnonzero(kept.mask).tolist() == [0, 3, 5, 7, 8]


def test_a_row_already_owned_stands_for_its_cluster_but_for_includes():
    labels = np.array([0, 0, 2, 2, 0, 2])  # the last two are owned
    kept = keep(labels, 4, np.array([3]), np.array([9.0, 9.0, 9.0, 0.0]), None)
    assert kept.stands.tolist() == [4, 4, 3, 3]
    assert kept.mask.tolist() == [False, False, False, True]


def test_a_pool_of_one_row_or_none_but_equal_ones():
    assert Exact().find(_view(["a"]), None, Draws(0)).labels.tolist() == [0]
    assert Near().find(_view(["a"] * 5), None, Draws(0)).labels.tolist() == [0] * 5
    rows = np.ones((5, 2), np.float32)
    assert Semantic().find(_view(array=rows), None, Draws(0)).labels.tolist() == [0] * 5
    nil = np.zeros((2, 2), np.float32)
    assert Semantic().find(_view(array=nil), None, Draws(0)).labels.tolist() == [0, 1]


@pytest.mark.parametrize("spec", ["nera", "near:hashes=6", "near:threshold=2", "semantic:probes=0"])
def test_what_is_no_kind_is_refused(spec):
    with pytest.raises(UsageError, match="dedup"):
        configured(spec)
