"""Farthest-first against the plain loop in float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from handful.graphs import farthest
from handful.graphs.farthest import Farthest
from handful.graphs.rows import float_rows, squared_distances, unit_rows
from handful.testing.clustered import clustered


def plain(rows, first, k, rank=None):
    """Picks and squared distances, by definition: every row against every pick."""
    n = rows.shape[0]
    order = np.arange(n) if rank is None else rank
    picks, squares = list(first), []
    nearest = np.full(n, np.inf)
    for j in picks:
        nearest = np.minimum(nearest, squared_distances(rows, rows[j : j + 1]))
    while len(picks) < k:
        left = np.setdiff1d(np.arange(n), picks)
        tied = left[nearest[left] == nearest[left].max()]
        row = int(tied[np.argmin(order[tied])])
        squares.append(nearest[row])
        picks.append(row)
        nearest = np.minimum(nearest, squared_distances(rows, rows[row : row + 1]))
    return picks, squares


def lazily(rows, first, k, rank=None):
    far = Farthest(rows, rank)
    for j in first:
        far.add(j)
    squares = []
    while len(far.picks) < k:
        row, square = far.farthest()
        squares.append(square)
        far.add(row)
    return far.picks, squares


@pytest.mark.parametrize("front", [1, 8, 4096])
@pytest.mark.parametrize("panel", [50, 1 << 21])
@pytest.mark.parametrize("kind", [float_rows, unit_rows, lambda x: unit_rows(sparse.csr_array(x))])
def test_the_picks_are_those_of_the_plain_loop(monkeypatch, front, panel, kind):
    monkeypatch.setattr(farthest, "FRONT", front)
    monkeypatch.setattr(farthest, "PANEL", panel)
    x = clustered(120, 6)
    x[7] = 0
    x[30:40] = x[3]
    rank = np.random.default_rng(1).permutation(120)
    rows = kind(x)
    assert lazily(rows, [5, 9], 60, rank) == plain(rows, [5, 9], 60, rank)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=40),
    st.integers(1, 8),
)
def test_on_a_grid_full_of_ties_the_earlier_row_wins(points, front):
    x = np.array(points, np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(farthest, "FRONT", front)
        assert lazily(x, [0], len(x)) == plain(x, [0], len(x))


def test_rows_that_float32_cannot_tell_apart_are_ordered_by_float64():
    rng = np.random.default_rng(0)
    x = (100 + 1e-4 * rng.standard_normal((200, 12))).astype(np.float32)
    assert lazily(x, [0], 60) == plain(x, [0], 60)


def test_without_the_margin_of_error_the_picks_would_be_wrong():
    rng = np.random.default_rng(0)
    x = (100 + 1e-4 * rng.standard_normal((200, 12))).astype(np.float32)
    far = Farthest(x)
    far._error = np.float32(0)
    far.add(0)
    while len(far.picks) < 60:
        far.add(far.farthest()[0])
    assert far.picks != plain(x, [0], 60)[0]


def test_all_rows_equal_are_picked_in_order():
    assert lazily(np.ones((300, 4), np.float32), [5], 300)[0][:4] == [5, 0, 1, 2]


def test_dropped_rows_are_never_found_and_reopened_ones_count():
    far = Farthest(np.array([[0.0], [10.0], [4.0]], np.float32))
    far.add(0)
    far.drop(1)
    assert far.farthest() == (2, 16.0)
    far.add(2)
    assert far.farthest() is None
    far.reopen()
    assert far.farthest() == (1, 36.0)


@pytest.mark.parametrize("asked", [1, 16, 2048])
@pytest.mark.parametrize("group", [1, 7, 64])
@pytest.mark.parametrize("kind", [float_rows, lambda x: unit_rows(sparse.csr_array(x))])
def test_the_runners_up_are_the_rows_farthest_from_all_picks(monkeypatch, asked, group, kind):
    monkeypatch.setattr(farthest, "ASKED", asked)
    monkeypatch.setattr(farthest, "GROUP", group)
    monkeypatch.setattr(farthest, "PANEL", 50)
    rows = kind(clustered(150, 5))
    picks = np.random.default_rng(3).permutation(150)[:20].tolist()
    far = Farthest(rows)
    for pick in picks:
        far.add(pick)
    found, squares = far.runners_up(6)
    nearest = np.min([squared_distances(rows, rows[j : j + 1]) for j in picks], axis=0)
    left = np.setdiff1d(np.arange(150), picks)
    assert found.tolist() == left[np.argsort(-nearest[left], kind="stable")][:6].tolist()
    assert np.allclose(squares, nearest[found], rtol=1e-5)


def test_equally_far_runners_up_come_in_the_order_of_rank():
    far = Farthest(np.array([[0], [1], [-1], [1], [-1]], np.float32), np.array([0, 4, 3, 2, 1]))
    far.add(0)
    assert far.runners_up(3)[0].tolist() == [4, 3, 2]
    assert far.runners_up(9)[0].tolist() == [4, 3, 2, 1]
