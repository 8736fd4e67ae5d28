"""k-center: its start, its constraints, and Gonzalez's bound against the enumerated best."""

from itertools import combinations

import numpy as np
import pytest

from handful.budget import Ledger
from handful.errors import DataError
from handful.methods._contract import View
from handful.methods.data.k_center import KCenter
from handful.rng import Draws


def run(x, k, method=None, *, include=(), rank=None, **ledger):
    x = np.asarray(x, np.float32)
    keys = np.arange(len(x), dtype=np.uint64)
    seen = View(n=len(x), keys=keys, arrays=lambda name: x, rank=rank)
    taken = Ledger(len(x), rows=k, **ledger)
    for row in include:
        taken.take(row)
    return (method or KCenter(distance="euclidean")).run(seen, taken, Draws(0))


LINE = [[0], [1], [5], [9], [11]]  # the mean is 5.2


def test_it_starts_at_the_row_nearest_to_the_mean():
    assert run(LINE, 3).indices.tolist() == [2, 4, 0]


def test_or_at_the_edge():
    picks = run(LINE, 3, KCenter(distance="euclidean", start="edge"))
    assert picks.indices.tolist() == [4, 0, 2]
    assert picks.notes["covering_radius"] == 2.0


def test_must_includes_are_the_start():
    assert run(LINE, 3, include=[1, 3]).indices.tolist() == [1, 3, 2]


def test_a_cosine_ignores_lengths():
    x = [[1, 0], [5, 0], [0, 2], [3, 3]]
    picks = run(x, 3, KCenter(start="edge"))
    assert sorted(picks.indices.tolist()) in ([0, 2, 3], [1, 2, 3])
    assert picks.notes["covering_radius"] == 0.0


def test_what_does_not_fit_a_cost_is_passed_over_but_counts_as_uncovered():
    picks = run(LINE, 5, costs=np.array([3, 1, 1, 1, 9]), amount=3)
    assert picks.indices.tolist() == [2, 1, 3]
    assert picks.notes["covering_radius"] == 2.0


def test_ties_go_to_the_earlier_id():
    x = [[0], [-3], [3]]
    assert run(x, 2).indices.tolist() == [0, 1]
    assert run(x, 2, rank=np.array([0, 2, 1])).indices.tolist() == [0, 2]


@pytest.mark.parametrize("k", [0, 1, 5, 9])
def test_every_size_has_a_result(k):
    picks = run(LINE, k)
    assert len(picks.indices) == min(k, 5)
    assert run(np.ones((5, 2)), k).indices.tolist() == list(range(min(k, 5)))


@pytest.mark.parametrize("seed", range(20))
def test_the_radius_is_at_most_twice_the_least_and_prefixes_are_picks(seed):
    x = np.random.default_rng(seed).standard_normal((9, 2)).astype(np.float32)
    apart = np.linalg.norm(x[:, None] - x[None], axis=2)
    picks = run(x, 4)
    least = min(apart[:, list(s)].min(axis=1).max() for s in combinations(range(9), 4))
    assert picks.notes["covering_radius"] <= 2 * least + 1e-6
    assert picks.notes["covering_radius"] == pytest.approx(
        apart[:, picks.indices].min(axis=1).max(), rel=1e-5
    )
    assert run(x, 2).indices.tolist() == picks.indices[:2].tolist()


def test_what_is_not_finite_is_refused():
    with pytest.raises(DataError, match=r"features\[1, 0\]"):
        run([[0.0], [np.inf], [1.0]], 2)
