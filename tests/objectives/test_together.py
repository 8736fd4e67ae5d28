"""Gains of several states at once: what they share is computed once, and picks stay what they were."""

import numpy as np
import pytest

from handful.graphs.feature_pairs import FeaturePairs
from handful.objectives import FLCG, Arrays, FacilityLocation, Modular
from handful.objectives._contract import duplicate
from handful.optimizers import maximize
from handful.testing.clustered import clustered

X = clustered(700, 16, seed=5)
VIEW = Arrays({"x": X}, scores={"quality": np.arange(700) / 700}, given={"x": X[:9]})
SOME = np.arange(3, 700, 7)


def states(objective):
    made = [objective.start(VIEW) for _ in range(3)]
    for state, subset in zip(made, ([], [5], [5, 90, 311]), strict=True):
        for row in subset:
            objective.add(state, row)
    return made


@pytest.mark.parametrize(
    "objective",
    [
        FacilityLocation(),
        FacilityLocation(similarity="euclidean"),
        0.5 * FacilityLocation() + Modular(),
    ],
    ids=["cosine", "euclidean", "sum"],
)
def test_gains_found_together_are_the_gains(objective):
    made, alone = states(objective), states(objective)
    objective.together(made, SOME)
    for state, other in zip(made, alone, strict=True):
        gains, exact = objective.gains(state, SOME), objective.exact(other, SOME)
        assert (np.abs(gains - exact) <= objective.error(state, SOME, gains) + 1e-9).all()


def test_a_similarity_is_computed_once_for_all_states(monkeypatch):
    f, computed, singles = FacilityLocation(), [], FeaturePairs.singles
    first = f.start(VIEW)
    made = [first, *(duplicate(f, first) for _ in range(4))]

    def counted(self, rows, columns):
        tile = singles(self, rows, columns)
        computed.append(tile.size)
        return tile

    monkeypatch.setattr(FeaturePairs, "singles", counted)
    f.together(made, SOME)
    for state in made:
        f.gains(state, SOME)
    assert sum(computed) == 700 * len(SOME)


def test_a_state_that_grew_since_is_asked_anew():
    f = FacilityLocation()
    state = f.start(VIEW)
    f.together([state], SOME)
    before = f.gains(state, SOME)
    f.add(state, int(SOME[before.argmax()]))
    gains = f.gains(state, SOME)
    np.testing.assert_allclose(gains, f.exact(state, SOME), atol=1e-3)
    assert gains[before.argmax()] == pytest.approx(0.0, abs=1e-3)


def test_sieves_keep_the_rows_that_each_would_keep_by_itself(monkeypatch):
    for objective in (FacilityLocation(), FLCG(), 0.5 * FacilityLocation() + Modular()):

        def picks(f=objective):
            found = maximize(f, VIEW, 20, optimizer="sieve_streaming", certificate="off")
            return found.indices.tolist(), found.value

        together = picks()
        with monkeypatch.context() as patched:
            for kind in type(objective).__mro__[:-1]:
                if "together" in vars(kind):
                    patched.setattr(kind, "together", lambda self, states, some: None)
            assert picks() == together
