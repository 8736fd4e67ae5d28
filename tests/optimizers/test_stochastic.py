"""Stochastic greedy whose gains are estimated first, over some rows of the pool."""

import numpy as np
import pytest

from handful import HandfulError, optimizers
from handful.budget import Ledger
from handful.objectives import FLQMI, Arrays, FacilityLocation, LogDet, Modular, SaturatedCoverage
from handful.optimizers import maximize
from handful.optimizers._run import Climb
from handful.optimizers.stochastic import Sample, Stochastic
from handful.rng import Draws
from handful.testing.clustered import clustered

X = clustered(900, 16, seed=3)
EVERY = Stochastic(epsilon=0.1)


def picks(optimizer, objective=None, rows=30, seed=0, **view):
    made = Arrays({"x": X}, **view)
    return maximize(
        objective or FacilityLocation(),
        made,
        rows,
        optimizer=optimizer,
        certificate="off",
        seed=seed,
    )


def test_reading_all_rows_is_what_reads_no_sample():
    whole = picks(Stochastic(epsilon=0.1, sample=1.0))
    assert whole.indices.tolist() == picks(EVERY).indices.tolist()
    assert whole.gains.tolist() == picks(EVERY).gains.tolist()


def test_gains_and_value_are_exact_where_choices_were_estimated():
    found = picks(Stochastic(epsilon=0.1, sample=0.05))
    assert found.notes["gains_estimated_over_rows"] == 45
    f, view = FacilityLocation(), Arrays({"x": X})
    prefixes = [f.value(view, found.indices[:m]) for m in range(31)]
    np.testing.assert_allclose(found.gains, np.diff(prefixes), rtol=1e-9, atol=1e-9)
    assert found.value == pytest.approx(prefixes[-1], rel=1e-12)


def test_few_rows_read_cost_little_of_the_way_from_random_to_every_row():
    f, view, rng = FacilityLocation(), Arrays({"x": X}), np.random.default_rng(0)
    by_chance = np.mean([f.value(view, rng.choice(900, 30, replace=False)) for _ in range(20)])
    values = {
        sample: np.mean([picks(Stochastic(0.1, sample), seed=s).value for s in range(5)])
        for sample in (0.1, 1.0)
    }
    assert (values[0.1] - by_chance) / (values[1.0] - by_chance) > 0.85


@pytest.mark.parametrize("similarity", ["clipped_cosine", "matrix", "function"])
def test_however_the_similarity_is_given_the_rows_read_are_the_same(similarity):
    matrix = np.maximum(X.astype(np.float64) @ X.T.astype(np.float64), 0)
    norms = np.sqrt(np.diag(matrix))
    given = {
        "clipped_cosine": "clipped_cosine",
        "matrix": matrix / norms / norms[:, None],
        "function": lambda a, b: (
            np.maximum(a @ b.T, 0) / np.linalg.norm(a, axis=1)[:, None] / np.linalg.norm(b, axis=1)
        ),
    }[similarity]
    chosen = picks(Stochastic(0.1, 0.1), FacilityLocation(similarity=given))
    assert chosen.indices.tolist() == picks(Stochastic(0.1, 0.1)).indices.tolist()


def test_threads_and_memory_change_nothing():
    sampled = Stochastic(epsilon=0.05, sample=0.1)
    one = picks(sampled)
    for view in ({"threads": 2}, {"memory_bytes": 1 << 22}):
        other = picks(sampled, **view)
        assert other.indices.tolist() == one.indices.tolist()
        assert other.gains.tolist() == one.gains.tolist()


def test_rows_turned_round_with_their_ids_are_picked_alike():
    back = np.arange(900)[::-1].copy()
    found = maximize(
        FacilityLocation(),
        Arrays({"x": X[back]}, rank=back),
        30,
        optimizer=Stochastic(0.1, 0.1),
        certificate="off",
    )
    assert (899 - found.indices).tolist() == picks(Stochastic(0.1, 0.1)).indices.tolist()


def test_a_sum_with_exact_terms_is_estimated_in_its_other_terms():
    quality = np.random.default_rng(1).random(900)
    both = FacilityLocation() + 5.0 * Modular()
    view = Arrays({"x": X}, scores={"quality": quality})
    found = maximize(both, view, 20, optimizer=Stochastic(0.1, 0.1), certificate="off")
    assert found.value == pytest.approx(both.value(view, found.indices), rel=1e-9)


@pytest.mark.parametrize("objective", [LogDet(), SaturatedCoverage(), FLQMI()])
def test_an_objective_that_gives_no_estimates_is_refused_with_the_reason(objective):
    with pytest.raises(HandfulError, match="gives `estimates`"):
        picks(Stochastic(sample=0.1), objective)
    found = picks(Stochastic(epsilon=0.5), objective, rows=3, target={"x": X[:5]})
    assert len(found.indices) == 3


def test_by_itself_it_estimates_in_large_pools_where_that_spares_work():
    rows = Stochastic(epsilon=0.1)._rows
    f = FacilityLocation()
    assert rows(f, 20_000, 200, 231) is None
    assert rows(f, 100_000, 100, 2303) == 1000
    assert rows(f, 100_000, 1000, 231) == 2000
    assert rows(f, 100_000, 6000, 58) is None  # more than a third of all pairs would be read
    assert rows(SaturatedCoverage(), 100_000, 1000, 231) is None


def started(objective=None, **view):
    made = Arrays({"x": X}, **view)
    return Climb(objective or FacilityLocation(), made, Ledger(900, rows=30))


def test_rows_are_read_as_often_as_their_chances_say():
    climb = started()
    for row in (5, 200, 431):
        climb.take(row, climb.exact_gain(row))
    sample = Sample(climb, Draws(0), 60)
    upto, chances = sample._chances()
    rooms = 1.0 - climb.state.best
    np.testing.assert_allclose(chances, 0.9 * rooms / rooms.sum() + 0.1 / 900, rtol=1e-4)
    counts = sum(np.bincount(sample._read(60, upto), minlength=900) for _ in range(4000))
    # Of 240,000 draws; a count of 4,000 draws of 60·p is off by more than 6 deviations once in 10^9.
    expected = 240_000 * chances
    assert (np.abs(counts - expected) < 6 * np.sqrt(expected) + 1).all()


def test_no_row_gives_more_than_its_room():
    climb, every = started(), np.arange(900)
    for row in (5, 200):
        climb.take(row, climb.exact_gain(row))
        near = climb.state.pairs.precise(every, every)
        most = np.maximum(near - climb.state.best[:, None], 0).max(axis=1)
        assert (most <= climb.objective.rooms(climb.state) + 1e-6).all()


def test_reading_by_room_is_off_by_less_than_reading_all_rows_alike():
    climb = started()
    for row in picks(EVERY).indices.tolist():
        climb.take(row, climb.exact_gain(row))
    some, sample = np.arange(0, 900, 9), Sample(climb, Draws(0), 45)
    upto, chances = sample._chances()
    alike = np.full(900, 1 / 900)
    exact = climb.objective.exact(climb.state, some)
    off = {True: 0.0, False: 0.0}
    for _ in range(60):
        for by_room, (sums, each) in {
            True: (upto, chances),
            False: (np.cumsum(alike), alike),
        }.items():
            read = sample._read(45, sums)
            told, _ = climb.objective.estimates(climb.state, some, read, 45 * each[read])
            off[by_room] += float(np.square(told - exact).sum())
    assert off[True] < 0.8 * off[False]


def test_what_a_candidate_gives_itself_is_known_whichever_rows_are_read():
    apart = Arrays({"x": np.eye(40, dtype=np.float32)})
    f = FacilityLocation()
    told, _ = f.estimates(f.start(apart), np.arange(40), np.array([3, 3, 17]))
    np.testing.assert_allclose(told, np.ones(40), atol=1e-5)


def test_the_command_line_names_it():
    from handful.optimizers.choose import named

    assert named("stochastic:epsilon=0.1,sample=0.05") == Stochastic(0.1, 0.05)
    assert optimizers.classes()["stochastic"]().sample is None
