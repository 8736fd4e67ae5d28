"""Clusters of equal size: the enumerated best assignment, and sizes for every n and c."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.transport.equal_clusters import equal_assignment, equal_clusters


def best(costs):
    """The least cost of all assignments of allowed sizes."""
    n, c = costs.shape
    least = np.inf
    for labels in product(range(c), repeat=n):
        sizes = np.bincount(labels, minlength=c)
        if sizes.min() >= n // c and sizes.max() <= -(-n // c):
            least = min(least, costs[np.arange(n), list(labels)].sum())
    return least


@given(st.integers(1, 7), st.integers(1, 3), st.integers(0, 10**6))
def test_the_assignment_is_the_enumerated_best(n, c, seed):
    c = min(n, c)
    costs = np.random.default_rng(seed).random((n, c)) * 100
    labels = equal_assignment(costs)
    assert costs[np.arange(n), labels].sum() == pytest.approx(best(costs))


@given(st.integers(1, 60), st.integers(1, 70), st.integers(0, 10**6))
def test_sizes_differ_by_one_at_most_whatever_divides_what(n, c, seed):
    """Asking for ⌊n/c⌋ each, as the released code does, cannot be met unless c divides n."""
    rows = np.random.default_rng(seed).standard_normal((n, 2)).round(1)
    sizes = np.bincount(equal_clusters(rows, c, seed=seed), minlength=min(n, c))
    assert len(sizes) == min(n, c)
    assert sizes.min() >= n // len(sizes)
    assert sizes.max() <= -(-n // len(sizes))
    assert (n // len(sizes)) * len(sizes) == n or sizes.max() == n // len(sizes) + 1


def test_rows_go_where_they_are_near_and_only_sizes_move_them():
    rng = np.random.default_rng(0)
    rows = np.repeat([[0.0, 0], [9, 0], [0, 9]], [10, 10, 10], axis=0) + rng.random((30, 2))
    labels = equal_clusters(rows, 3, seed=0)
    assert all(len(set(labels[at : at + 10].tolist())) == 1 for at in (0, 10, 20))
    uneven = np.concatenate([rows[:10], rows[:5] + 0.1, rows[10:25]])  # 15, 10, 5
    free = ((uneven[:, None] - np.array([[0.5, 0.5], [9.5, 0.5], [0.5, 9.5]])) ** 2).sum(axis=2)
    assert sorted(np.bincount(free.argmin(axis=1)).tolist()) == [5, 10, 15]
    assert np.bincount(equal_clusters(uneven, 3, seed=0)).tolist() == [10, 10, 10]


@pytest.mark.filterwarnings("ignore")
def test_equal_rows_and_no_rows():
    assert np.bincount(equal_clusters(np.ones((7, 2)), 3, seed=0)).tolist() in (
        [3, 2, 2],
        [2, 3, 2],
        [2, 2, 3],
    )
    assert equal_clusters(np.zeros((0, 2)), 3, seed=0).tolist() == []
