"""The first 100 picks on scikit-learn's digits against an exact greedy written here, from the formulas.

Nothing of the package is used to find the expected picks: plain float64 over all pairs.
"""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from handful import objectives
from handful.objectives import Arrays
from handful.optimizers import maximize

PICKS = 100
X = load_digits().data.astype(np.float64)
N = len(X)
TARGET, GIVEN = X[:40], X[40:70]


def unit(x):
    """Rows of length 1, rounded to float32, of which cosines are taken by definition."""
    return (x / np.linalg.norm(x, axis=1)[:, None]).astype(np.float32).astype(np.float64)


def cosine(a, b):
    return unit(a) @ unit(b).T


def near(similar, count):
    """Each row's own entry and its largest others, of equal ones the earlier; all else is 0."""
    out = np.zeros_like(similar)
    for i, row in enumerate(similar):
        others = np.delete(np.arange(len(row)), i)
        kept = np.append(others[np.argsort(-row[others], kind="stable")[:count]], i)
        out[i, kept] = row[kept].astype(np.float32)
    return np.maximum(out, 0.0)


def greedy(gains_of, k=PICKS):
    """Naive greedy; ties to the lower row. `gains_of(picks)` gives all n gains, by the formula."""
    picks, gains = [], []
    for _ in range(k):
        found = np.array(gains_of(picks), np.float64)
        found[picks] = -np.inf
        slack = 1e-11 * abs(gains[0] if gains else found.max())
        best = int(np.flatnonzero(found >= found.max() - slack)[0])
        picks.append(best)
        gains.append(found[best])
    return picks, gains


def facility(similar, low=0.0, high=np.inf):
    low = np.zeros(len(similar)) + low
    high = np.zeros(len(similar)) + high
    useful = np.minimum(similar, high[:, None])
    rise = np.empty_like(useful)

    def gains(picks):
        have = np.maximum(np.minimum(similar[:, picks].max(axis=1, initial=0.0), high), low)
        np.subtract(useful, have[:, None], out=rise)
        return np.maximum(rise, 0.0, out=rise).sum(axis=0)

    return gains


def saturated(similar, share):
    caps = share * similar.sum(axis=1)

    def gains(picks):
        have = similar[:, picks].sum(axis=1)
        filled = np.minimum(have[:, None] + similar, caps[:, None])
        return filled.sum(axis=0) - np.minimum(have, caps).sum()

    return gains


def cut(similar, trade_off, owned=0.0):
    total = similar.sum(axis=0) - owned
    return lambda picks: total - trade_off * (2 * similar[picks].sum(axis=0) + np.diagonal(similar))


def concave(rows, curve):
    def gains(picks):
        have = rows[picks].sum(axis=0)
        return np.array([(curve(have + row) - curve(have)).sum() for row in rows])

    return gains


def log_det(kernel):
    def gains(picks):
        if not picks:
            return np.log(np.diagonal(kernel))
        solved = np.linalg.solve(kernel[np.ix_(picks, picks)], kernel[picks])
        left = np.diagonal(kernel) - (kernel[picks] * solved).sum(axis=0)
        return np.log(np.maximum(left, 1e-300))

    return gains


def information(kernel, seen):
    """log det of A, less log det of A − seen·seenᵀ."""
    alone, given = log_det(kernel), log_det(kernel - seen @ seen.T)
    return lambda picks: alone(picks) - given(picks)


def seen_kernel(x, q, noise=1.0):
    target = np.eye(len(q)) + cosine(q, q) / noise
    return np.linalg.solve(np.linalg.cholesky(target), cosine(q, x) / noise).T


S = np.maximum(cosine(X, X), 0.0)
Q, P = cosine(TARGET, X), cosine(GIVEN, X)
DISTANCE = np.sqrt(np.maximum((X**2).sum(1)[:, None] + (X**2).sum(1) - 2 * X @ X.T, 0.0))
CASES = {
    "facility_location": (objectives.FacilityLocation(), facility(S)),
    "facility_location_rbf": (
        objectives.FacilityLocation(similarity="rbf"),
        facility(np.exp(-(DISTANCE**2) / np.mean(DISTANCE**2))),
    ),
    "facility_location_graph": (
        objectives.FacilityLocationGraph(neighbours=12),
        facility(near(cosine(X, X), 12)),
    ),
    "saturated_coverage": (objectives.SaturatedCoverage(saturation=0.02), saturated(S, 0.02)),
    "graph_cut": (objectives.GraphCut(trade_off=0.5), cut(S, 0.5)),
    "graph_cut_1": (objectives.GraphCut(trade_off=10.0), cut(S, 10.0)),
    "feature_based": (objectives.FeatureBased(), concave(X, np.sqrt)),
    "feature_based_log1p": (objectives.FeatureBased(curve="log1p"), concave(X, np.log1p)),
    "feature_based_saturating": (
        objectives.FeatureBased(curve="saturating"),
        concave(X, lambda a: a / (1 + a)),
    ),
    "log_det": (objectives.LogDet(noise=0.1), log_det(np.eye(N) + cosine(X, X) / 0.1)),
    "flvmi": (objectives.FLVMI(), facility(S, high=Q.max(axis=0))),
    "flcg": (objectives.FLCG(hardness=0.9), facility(S, low=0.9 * P.max(axis=0))),
    "flcmi": (
        objectives.FLCMI(hardness=0.9),
        facility(S, low=0.9 * P.max(axis=0), high=Q.max(axis=0)),
    ),
    "flqmi": (
        objectives.FLQMI(),
        lambda picks: facility(Q)(picks) + Q.max(axis=0),
    ),
    "gcmi": (objectives.GCMI(), lambda picks: Q.sum(axis=0)),
    "com": (
        objectives.COM(),
        lambda picks: concave(Q.T, np.sqrt)(picks) + np.sqrt(Q.sum(axis=0)),
    ),
    "gccg": (objectives.GCCG(trade_off=5.0, hardness=0.5), cut(S, 5.0, 5.0 * P.sum(axis=0))),
    "log_det_mi": (
        objectives.LogDetMI(),
        information(np.eye(N) + cosine(X, X), seen_kernel(X, TARGET)),
    ),
}


@pytest.mark.parametrize("key", CASES)
def test_the_first_picks_and_gains_are_those_of_an_exact_greedy(key):
    objective, gains_of = CASES[key]
    x = X.astype(np.float32)
    view = Arrays({"x": x}, target={"x": x[:40]}, given={"x": x[40:70]})
    picks = maximize(objective, view, rows=PICKS, certificate="off")
    rows, gains = greedy(gains_of)
    assert picks.indices.tolist() == rows
    np.testing.assert_allclose(picks.gains, gains, rtol=2e-6, atol=1e-6)


def test_disparity_picks_the_two_farthest_and_then_the_farthest_from_all():
    """The first pick of disparity is a tie among all rows, so it goes to row 0; then by the formulas."""
    view = Arrays({"x": X.astype(np.float32)})
    total = maximize(objectives.DisparitySum(), view, rows=PICKS, certificate="off")
    rows, gains = greedy(lambda picks: DISTANCE[picks].sum(axis=0))
    assert total.indices.tolist() == rows
    np.testing.assert_allclose(total.gains, gains, rtol=1e-9)

    def nearest(picks):
        if not picks:
            return np.zeros(N)
        closest = min((DISTANCE[i, j] for i in picks for j in picks if i != j), default=0.0)
        to_picks = DISTANCE[picks].min(axis=0)
        return np.minimum(to_picks, closest or np.inf) - closest

    smallest = maximize(objectives.DisparityMin(), view, rows=PICKS, certificate="off")
    rows, gains = greedy(nearest)
    assert smallest.indices.tolist() == rows
    np.testing.assert_allclose(smallest.gains, gains, atol=1e-7)
