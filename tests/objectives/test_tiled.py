"""Gains from tiles, lists and guesses, against sums over all pairs."""

import numpy as np
import pytest

from handful.graphs import tiles
from handful.graphs.similarity import pairs
from handful.objectives import FLCMI, Arrays, FacilityLocation, _sweep
from handful.objectives._tile_sums import TileSums
from handful.objectives._tiled import TiledGains
from handful.optimizers import maximize
from handful.testing.clustered import clustered

N = 300


def plain(similar, best, high, weights):
    """The definition: (n,) gains over a whole float64 matrix."""
    room = np.minimum(similar, high[:, None]) - best[:, None]
    return (weights[:, None] * np.maximum(room, 0)).sum(axis=0)


@pytest.fixture
def guess_that(monkeypatch):
    """Have certain rows guessed, whatever the sample says, and room for all lists."""

    def those(guessed):
        monkeypatch.setattr(_sweep, "SHARE", 1)
        monkeypatch.setattr(_sweep, "_guess", _guessing(guessed))

    return those


def _guessing(guessed):

    def guess(sums, best, memory_bytes, room):
        bests = [best.astype(np.float32)]
        for row in guessed:
            best = np.maximum(best, np.minimum(sums.pairs.column(row)[1], sums.high))
            bests.append(best.astype(np.float32))
        return bests, True

    return guess


def count_pairs(monkeypatch):
    """How many pairs are summed by tiles from here on, beside sweeps."""
    counted, over = [], TileSums.over

    def counting(self, rows, candidates, low, high):
        counted.append((self.n if rows is None else len(rows)) * len(candidates))
        return over(self, rows, candidates, low, high)

    monkeypatch.setattr(TileSums, "over", counting)
    return counted


@pytest.mark.parametrize("guessed", [[], [5, 9, 50], [5, 120, 9], [200, 201, 202]])
@pytest.mark.parametrize("tile", [64, 1008])
@pytest.mark.parametrize("bounded", [False, True])
def test_gains_are_the_sums_however_wrong_the_guess(
    monkeypatch, guess_that, guessed, tile, bounded
):
    monkeypatch.setattr(tiles, "TILE", tile)
    monkeypatch.setattr("handful.graphs.lists.TILE", tile)
    guess_that(guessed)
    x, draw = clustered(N, 8), np.random.default_rng(0)
    made = pairs("clipped_cosine", x)
    similar = np.stack([made.column(j)[1] for j in range(N)], axis=1)
    high = draw.uniform(0.5, 1.0, N) if bounded else np.full(N, np.inf)
    weights = draw.integers(0, 3, N).astype(float) if bounded else np.ones(N)
    best = np.zeros(N)
    gains = TiledGains(made, best, high, weights, threads=2, memory_bytes=10**9)
    for pick in (5, 9, 50, 120, 7, 250):
        for some in (np.arange(N), draw.choice(N, 40, replace=False)):
            wanted = plain(similar, best, high, weights)[some]
            assert (np.abs(gains.gains(some) - wanted) <= gains.errors(some)).all()
        rows, values = gains.above(pick)
        counts = (similar[:, pick] > best) & (best < high) & (weights > 0)
        assert set(np.flatnonzero(counts)) <= set(rows.tolist())
        np.testing.assert_array_equal(values, similar[rows, pick])
        best[:] = np.maximum(best, np.minimum(similar[:, pick], high))
        gains.raised()


def test_lists_serve_although_one_guess_of_four_was_wrong(monkeypatch, guess_that):
    guess_that([5, 9, 50, 120])
    made, best = pairs("clipped_cosine", clustered(N, 8)), np.zeros(N)
    gains = TiledGains(made, best, None, None, threads=1, memory_bytes=10**9)
    gains.gains(np.arange(N))
    counted = count_pairs(monkeypatch)
    for pick in (5, 7, 50, 120):
        rows, values = gains.above(pick)
        best[rows] = values
        gains.raised()
    gains.gains(np.arange(10))
    risen = int((best > 0).sum())
    assert gains.swept.lists is not None
    assert 0 < sum(counted) < 10 * risen


@pytest.mark.parametrize("memory_bytes", [10**5, 10**7, 10**9])
@pytest.mark.parametrize("threads", [1, 2])
def test_picks_are_those_over_a_whole_matrix(memory_bytes, threads):
    x = clustered(900, 16)
    made = pairs("clipped_cosine", x)
    similar = np.stack([made.column(j)[1] for j in range(900)], axis=1)
    view = Arrays({"x": x}, threads=threads, memory_bytes=memory_bytes)
    picks = maximize(FacilityLocation(), view, 40, certificate="off")
    whole = maximize(FacilityLocation(similarity=similar), Arrays(rows=900), 40, certificate="off")
    np.testing.assert_array_equal(picks.indices, whole.indices)
    np.testing.assert_allclose(picks.gains, whole.gains, rtol=1e-12)


@pytest.mark.parametrize("swept", [False, True])
def test_a_row_is_full_where_it_is_in_float64_and_nowhere_else(swept, monkeypatch):
    """A best and a cap of one float32 leave room all the same."""
    if swept:
        monkeypatch.setattr(_sweep, "SHARE", 1)
    x = np.array([[0.75, 0.75, 0.25]] * 4, np.float32)
    others = {"target": [[0.25, 0.25, 0]], "given": [[0, 0.25, 0.25]]}
    view = Arrays({"x": x}, **{name: {"x": np.array(v, np.float32)} for name, v in others.items()})
    objective, rows = FLCMI(relevance=0.5, hardness=0.75), np.arange(4)
    state = objective.start(view)
    bounds = state.bounds
    assert (bounds.low < bounds.high).all()
    assert (bounds.low.astype(np.float32) == bounds.high.astype(np.float32)).all()
    if swept:
        state.tiled._sweep()
    wanted = [objective.value(view, np.array([j])) for j in rows]
    assert min(wanted) > 0
    np.testing.assert_allclose(objective.exact(state, rows), wanted, rtol=1e-12)
    gains = objective.gains(state, rows)
    assert (abs(gains - wanted) <= objective.error(state, rows, gains)).all()
