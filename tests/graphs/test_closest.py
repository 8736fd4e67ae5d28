"""The lists of the rows nearest to each target row are those of float64, whatever the blocks."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from handful.graphs import closest as module
from handful.graphs.closest import Closest, closest, merged
from handful.runtime.run import Run


def by_hand(pool, targets, count, order=None, is_open=None):
    """Sorted by cosine in float64, then by place in the order of ids."""
    pool, targets = np.asarray(pool, np.float64), np.asarray(targets, np.float64)
    lengths = np.sqrt((pool**2).sum(axis=1))[:, None] * np.sqrt((targets**2).sum(axis=1))
    cosines = np.divide(pool @ targets.T, lengths, out=np.zeros(lengths.shape), where=lengths > 0)
    order = np.arange(len(pool)) if order is None else order
    rows = np.arange(len(pool)) if is_open is None else np.flatnonzero(is_open)
    lists = []
    for column in cosines.T:
        ranked = rows[np.lexsort((order[rows], -column[rows]))][:count]
        lists.append([*order[ranked].tolist(), *[-1] * (count - len(ranked))])
    return lists


values = st.sampled_from([-2.0, -1.0, 0.0, 0.0, 1.0, 2.0, 4.0])


@given(
    st.lists(st.lists(values, min_size=3, max_size=3), min_size=1, max_size=30),
    st.lists(st.lists(values, min_size=3, max_size=3), min_size=1, max_size=4),
    st.integers(1, 6),
    st.randoms(use_true_random=False),
)
def test_lists_are_those_of_a_full_sort_dense_and_sparse(pool, targets, count, random):
    count = min(count, len(pool))
    pool, targets = np.array(pool, np.float32), np.array(targets, np.float32)
    order = np.array(random.sample(range(len(pool)), len(pool)))
    is_open = np.array([random.random() < 0.8 for _ in range(len(pool))])
    expected = by_hand(pool, targets, count, order, is_open)
    found = closest(pool, targets, count, order=order, is_open=is_open)
    assert found.names.tolist() == expected
    assert found.lengths.tolist() == [sum(n >= 0 for n in row) for row in expected]
    whole = closest(pool, targets, len(pool), order=order)
    everything = [(whole.names[j].tolist(), whole.values[j]) for j in range(len(targets))]
    thin = [sparse.csr_array(x) for x in (pool, targets)]
    again = closest(*thin, count, order=order, is_open=is_open)  # in another order of operations
    np.testing.assert_allclose(again.values, found.values, atol=1e-12)
    cosine = {
        (j, name): v for j in range(len(targets)) for name, v in zip(*everything[j], strict=True)
    }
    for j, names in enumerate(again.names):
        kept = names[names >= 0].tolist()
        assert len(set(kept)) == len(kept) == again.lengths[j]
        told = [cosine[j, name] for name in kept]
        np.testing.assert_allclose(told, again.values[j, : len(kept)], atol=1e-12)


def test_blocks_threads_and_half_precision_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    pool = rng.standard_normal((700, 40)).astype(np.float16)
    pool[300:] = pool[:400]  # ties
    targets = rng.standard_normal((70, 40)).astype(np.float32)
    whole = closest(pool, targets, 9)
    assert whole.names.tolist() == by_hand(pool, targets, 9)
    for name, size in (("TILE_ROWS", 37), ("TILE_TARGETS", 32), ("BLOCK", 111)):
        monkeypatch.setattr(module, name, size)
    cut = closest(pool, targets, 9, run=Run(threads=3))
    assert cut.names.tolist() == whole.names.tolist()
    assert cut.values.tobytes() == whole.values.tobytes()


def test_rows_that_differ_by_less_than_a_product_in_float32_can_tell_are_told_apart():
    rng = np.random.default_rng(1)
    target = rng.standard_normal(384).astype(np.float32)
    pool = np.tile(target, (200, 1))
    pool[np.arange(200), np.arange(200)] *= 1 + np.arange(200, dtype=np.float32)[::-1] * 1e-4
    found = closest(pool, target[None], 20)
    exact = (pool.astype(float) @ target.astype(float)) / np.linalg.norm(pool.astype(float), axis=1)
    assert found.names[0].tolist() == np.argsort(-exact, kind="stable")[:20].tolist()
    singles = (pool @ target) / np.linalg.norm(pool, axis=1)
    assert np.argsort(-singles, kind="stable")[:20].tolist() != found.names[0].tolist()


def test_a_pool_in_order_of_likeness_and_a_pool_of_equal_rows():
    slope = np.linspace(0, 1, 500, dtype=np.float32)
    pool = np.column_stack([slope, 1 - slope])
    assert closest(pool, np.array([[1, 0]], np.float32), 3).names.tolist() == [[499, 498, 497]]
    assert closest(pool[::-1], np.array([[1, 0]], np.float32), 3).names.tolist() == [[0, 1, 2]]
    assert closest(np.ones((500, 2), np.float32), pool[:1], 3).names.tolist() == [[0, 1, 2]]


def test_shifts_are_added_to_the_targets_of_their_group():
    rng = np.random.default_rng(2)
    pool = rng.random((50, 6)).astype(np.float32)
    targets = rng.random((5, 6)).astype(np.float32)
    shifts = rng.standard_normal((2, 6))
    found = module.Closest(sparse.csr_array(targets), 50, shifts=shifts, ends=np.array([2, 5]))
    found.offer(sparse.csr_array(pool), np.arange(50), np.ones(50, bool))
    unit = pool / np.linalg.norm(pool, axis=1)[:, None]
    wanted = targets / np.linalg.norm(targets, axis=1)[:, None] + shifts[[0, 0, 1, 1, 1]]
    lists = found.lists()
    expected = unit.astype(float) @ wanted.T
    for j in range(5):
        np.testing.assert_allclose(lists.values[j], expected[lists.names[j], j], atol=1e-6)
    assert np.all(np.diff(lists.values, axis=1) <= 0)


def test_shifts_need_sparse_rows():
    with pytest.raises(AssertionError):
        module.Closest(np.ones((1, 2), np.float32), 1, shifts=np.ones((1, 2)), ends=np.array([1]))


@given(st.integers(1, 40), st.integers(1, 6), st.integers(1, 5), st.integers(0, 10**6))
def test_lists_of_parts_come_to_the_lists_of_the_whole(n, count, parts, seed):
    rng = np.random.default_rng(seed)
    pool = rng.integers(-2, 3, (n, 3)).astype(np.float32)  # many ties
    targets = rng.integers(-2, 3, (4, 3)).astype(np.float32)
    order = rng.permutation(n)
    cuts = np.sort(rng.integers(0, n + 1, parts - 1)).tolist()
    packed = []
    for start, stop in pairwise([0, *cuts, n]):
        found = Closest(targets, count)
        found.offer(pool[start:stop], order[start:stop], np.ones(stop - start, bool))
        packed.append(found.packed())
    whole, again = closest(pool, targets, count, order=order), merged(np.stack(packed))
    width = whole.names.shape[1]  # never more than there are rows
    assert again.names[:, :width].tolist() == whole.names.tolist()
    assert again.lengths.tolist() == whole.lengths.tolist()
    for j, length in enumerate(whole.lengths):
        assert again.values[j, :length].tolist() == whole.values[j, :length].tolist()
