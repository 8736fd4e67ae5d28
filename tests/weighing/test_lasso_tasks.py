"""lasso_tasks: the optimum by its own conditions, counts by brute force, and what the sources warn of."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import handful
from handful import errors
from handful.weighing.relevance import largest_penalty, lasso, least_length, path
from handful.weighing.shares import apportion, with_fees


def planted(seed, k=5, tasks=60, few=7, noise=0.03):
    """Heads of length 1, and a target made of a few; both seen with noise."""
    rng = np.random.default_rng(seed)
    heads = rng.standard_normal((k, tasks))
    heads /= np.linalg.norm(heads, axis=0)
    target = heads[:, rng.choice(tasks, few, replace=False)] @ rng.standard_normal(few)
    return heads + noise * rng.standard_normal(heads.shape), target + noise * rng.standard_normal(k)


def worst_fault(heads, target, nu, penalty):
    """How far ν is from the conditions of an optimum: |w_t·r| ≤ λ, and = λ·sign ν_t where ν_t ≠ 0."""
    slopes, on = heads.T @ (target - heads @ nu), nu != 0
    return max(
        np.abs(slopes[on] - penalty * np.sign(nu[on])).max(initial=0.0),
        (np.abs(slopes[~on]) - penalty).max(initial=0.0),
    )


def stopped_early(heads, target, penalty, steps=2000):
    """A double: proximal gradient that is stopped before it is there."""
    rate, nu = 1 / np.linalg.norm(heads, 2) ** 2, np.zeros(heads.shape[1])
    for _ in range(steps):
        moved = nu - rate * heads.T @ (heads @ nu - target)
        nu = np.sign(moved) * np.maximum(np.abs(moved) - rate * penalty, 0)
    return nu


@given(st.integers(1, 8), st.integers(1, 40), st.floats(0.001, 0.9), st.integers(0, 10**6))
def test_the_relevance_is_where_no_step_lowers_the_lasso(k, tasks, part, seed):
    heads, target = planted(seed, k, tasks, min(3, tasks))
    penalty = part * largest_penalty(heads, target)
    [nu], _ = lasso(heads, target, np.array([penalty]))
    assert worst_fault(heads, target, nu, penalty) < 1e-4 * penalty + 1e-9
    assert np.count_nonzero(nu) <= k  # in general position


def test_the_gap_told_is_that_of_the_dual_and_grows_where_the_descent_is_cut_short(monkeypatch):
    heads, target = planted(0)
    [nu], [gap] = lasso(heads, target, np.array([0.05]))
    left = target - heads @ nu
    dual = left * min(1.0, 0.05 / np.abs(heads.T @ left).max())  # feasible: |Wᵀu| ≤ λ
    primal = left @ left / 2 + 0.05 * np.abs(nu).sum()
    least = target @ target / 2 - (target - dual) @ (target - dual) / 2
    assert gap == pytest.approx(2 * (primal - least) / (target @ target), abs=1e-8)
    assert gap < 1e-9
    monkeypatch.setattr("handful.weighing.relevance.ROUNDS", 3)
    assert lasso(heads, target, np.array([0.05]))[1][0] > 1e-4


def test_the_check_of_the_optimum_catches_what_is_stopped_early_or_has_another_penalty():
    heads, target = planted(0)
    early = stopped_early(heads, target, 0.05, steps=200)
    assert worst_fault(heads, target, early, 0.05) > 1e-3
    assert np.count_nonzero(early) > 5
    [other], _ = lasso(
        heads, target, np.array([0.05 * len(target)])
    )  # scikit-learn's α taken for λ
    assert worst_fault(heads, target, other, 0.05) > 0.01


def test_the_sources_reference_sum_of_relevance_far_below_least_squares_whatever_was_planted():
    found = []
    for seed in range(30):
        heads, target = planted(seed)
        [nu], _ = lasso(heads, target, np.array([0.05]))
        found.append([np.abs(nu).sum(), np.abs(least_length(heads, target)).sum()])
    ours, rival = np.mean(found, axis=0)
    assert 2.4 < ours < 3.4  # 3.0 there
    assert 4.2 < rival < 5.2  # 4.8 there


def test_a_grid_takes_the_least_sum_within_the_tolerance():
    heads, target = planted(1, k=5)
    found = handful.lasso_tasks(heads, target, samples=1000, penalty=None, scaled=False)
    within = [step.sum for step in found.path if step.residual <= 0.05]
    assert np.abs(found.relevance).sum() == pytest.approx(min(within))
    assert found.residual <= 0.05
    on = found.relevance != 0
    refit = np.linalg.lstsq(heads[:, on], target, rcond=None)[0]
    np.testing.assert_allclose(found.relevance[on], refit, atol=1e-9)
    assert found.penalty in [step.penalty for step in found.path]
    none = handful.lasso_tasks(
        heads[:, :3], target, samples=99, penalty=None, tolerance=0.0, scaled=False
    )
    assert none.residual == min(step.residual for step in none.path)  # none is within


def test_noise_reaches_the_target_as_the_variance_says_and_least_by_this_allocation():
    heads, target = planted(2)
    found = handful.lasso_tasks(heads, target, samples=600, scaled=False)
    on, sums = found.counts > 0, np.abs(found.relevance).sum()
    assert found.variance == pytest.approx(sums**2 / 600, rel=0.01)
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((20_000, int(on.sum()))) / np.sqrt(found.counts[on])
    assert np.var(noise @ found.relevance[on]) == pytest.approx(found.variance, rel=0.05)
    for other in (
        np.full(on.sum(), 600 / on.sum()),
        600 * found.relevance[on] ** 2 / sum(found.relevance[on] ** 2),
    ):
        assert (found.relevance[on] ** 2 / other).sum() >= sums**2 / 600
    assert found.rival.variance > found.variance
    assert len(found.rival) > 5 >= len(found)


# Counts ------------------------------------------------------------------------------------------


@given(st.integers(1, 4), st.integers(1, 12), st.integers(0, 2), st.integers(0, 10**6))
def test_counts_are_the_whole_numbers_nearest_to_the_quotas(tasks, extra, least, seed):
    shares = np.random.default_rng(seed).integers(0, 5, tasks).astype(float)
    shares[0] += 1
    total = least * tasks + extra
    counts = apportion(shares, total, least)
    assert counts.sum() == total
    assert counts.min() >= least
    low, high = 0.0, 1e9  # c of Σ max(least, c·share) = total, by bisection
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (
            (low, middle) if np.maximum(least, middle * shares).sum() > total else (middle, high)
        )
    quotas = np.maximum(least, low * shares)
    whole = [c for c in itertools.product(range(total + 1), repeat=tasks) if sum(c) == total]
    best = min(np.abs(np.array(c) - quotas).sum() for c in whole if min(c) >= least)
    assert np.abs(counts - quotas).sum() == pytest.approx(best, abs=1e-6)


def test_rounding_each_by_itself_would_miss_the_budget():
    shares = np.array([1.0, 1.0, 1.0])
    assert np.round(100 * shares / 3).sum() == 99
    assert apportion(shares, 100).tolist() == [34, 33, 33]


@given(st.integers(1, 6), st.integers(1, 60), st.integers(1, 9), st.integers(0, 10**6))
def test_fees_and_samples_sum_to_the_budget_and_no_fee_is_paid_for_nothing(tasks, total, fee, seed):
    shares = np.random.default_rng(seed).random(tasks) ** 4 + 1e-9
    counts = with_fees(shares, total, fee)
    if counts is None:
        assert total < (fee + 1) * tasks
        return
    assert counts.sum() + fee * np.count_nonzero(counts) == total


def test_a_fee_makes_few_tasks_dear_and_the_grid_knows_it():
    found = []
    for seed in range(10):
        heads, target = planted(seed, k=12, tasks=40, few=12)
        asked = {"samples": 2000, "penalty": None, "tolerance": 0.1}
        free, dear = (handful.lasso_tasks(heads, target, **asked, fee=fee) for fee in (0, 100))
        assert dear.counts.sum() + 100 * len(dear) == 2000
        found.append((len(dear), len(free)))
    assert all(dear <= free for dear, free in found)
    assert any(dear < free for dear, free in found)


def test_every_task_gets_the_least_and_signs_mean_nothing():
    heads, target = planted(4)
    found = handful.lasso_tasks(heads, target, samples=1000, least=5)
    assert (found.counts.min(), found.counts.sum()) == (5, 1000)
    turned = handful.lasso_tasks(-heads, target, samples=1000, least=5)
    assert turned.counts.tolist() == found.counts.tolist()
    np.testing.assert_allclose(turned.relevance, -found.relevance, atol=1e-9)


# Caveats of the source --------------------------------------------------------------------------


def test_a_long_head_is_not_preferred_for_its_length():
    heads, target = planted(5)
    stretched = heads * np.logspace(0, 3, heads.shape[1])
    same = [handful.lasso_tasks(h, target, samples=500).counts.tolist() for h in (heads, stretched)]
    assert same[0] == same[1]
    bare = [
        handful.lasso_tasks(h, target, samples=500, scaled=False).counts.tolist()
        for h in (heads, stretched)
    ]
    assert bare[0] != bare[1]


def test_a_collinear_task_changes_no_prediction():
    heads, target = planted(6)
    [one], _ = lasso(heads, target, np.array([0.05]))
    twice = np.concatenate([heads, heads[:, np.flatnonzero(one)]], axis=1)
    [other], _ = lasso(twice, target, np.array([0.05]))
    np.testing.assert_allclose(twice @ other, heads @ one, atol=1e-5)
    assert np.abs(other).sum() == pytest.approx(np.abs(one).sum(), abs=1e-5)


def test_the_planted_tasks_are_not_what_is_found():
    share = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        heads = rng.standard_normal((5, 60))
        few = rng.choice(60, 7, replace=False)
        [nu], _ = lasso(heads, heads[:, few] @ rng.standard_normal(7), np.array([0.05]))
        share.append(np.abs(nu[few]).sum() / np.abs(nu).sum())
    assert np.mean(share) < 0.5  # T ≫ k: 15 % there


def test_the_path_is_from_no_task_to_many():
    heads, target = planted(7, noise=0)
    steps, fits = path(heads, target)
    assert steps[0].tasks == 1
    assert steps[-1].residual < 0.05
    penalties = [step.penalty for step in steps]
    assert penalties == sorted(penalties, reverse=True)
    assert all(np.count_nonzero(f) <= s.tasks for f, s in zip(fits, steps, strict=True))


# Input, files, errors ---------------------------------------------------------------------------


def test_results_are_frozen_and_the_same_each_time():
    heads, target = planted(8)
    one, other = (handful.lasso_tasks(heads, target, samples=77) for _ in range(2))
    assert one.relevance.tobytes() == other.relevance.tobytes()
    assert one.record == other.record
    with pytest.raises(AttributeError):
        one.counts = None
    assert "77 samples" in repr(one)


def test_heads_come_from_files_with_a_column_a_task(tmp_path):
    heads, target = planted(9, k=4, tasks=6, few=2)
    names = [f"task {t}" for t in range(6)]
    np.save(tmp_path / "heads.npy", heads)
    np.save(tmp_path / "target.npy", target)
    rows = ["wanted," + ",".join(names)]
    rows += [
        ",".join(map(repr, [float(t), *map(float, row)]))
        for row, t in zip(heads, target, strict=True)
    ]
    (tmp_path / "heads.csv").write_text("\n".join(rows) + "\n")
    plain = handful.lasso_tasks(heads, target, samples=50)
    saved = handful.lasso_tasks(tmp_path / "heads.npy", tmp_path / "target.npy", samples=50)
    table = handful.lasso_tasks(tmp_path / "heads.csv", "wanted", samples=50)
    assert saved.counts.tolist() == table.counts.tolist() == plain.counts.tolist()
    assert saved.tasks == tuple("012345")
    assert table.tasks == tuple(names)
    assert table.record["inputs"] == plain.record["inputs"]
    table.save(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().splitlines()[0] == "task,samples,relevance"
    record = json.loads((tmp_path / "out.csv.record.json").read_text())
    assert record["result"]["samples"] == 50
    assert record["parameters"]["samples"] == 50
    with pytest.raises(errors.UsageError, match="exists"):
        table.save(tmp_path / "out.csv")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"target": np.ones(3)}, "5 numbers each"),
        ({"target": np.ones(60)}, r"heads\.T"),
        ({"heads": np.ones(5)}, r"\(k, T\)"),
        ({"target": np.zeros(5)}, "the target is all zeros"),
        ({"heads": np.full((5, 60), np.nan)}, "head of 0 has NaN"),
        ({"names": ["a"]}, "1 names for 60 tasks"),
        ({"penalty": 99.0}, "leaves no task"),
        ({"penalty": -1}, "penalty"),
        ({"samples": 59, "least": 1}, "60 tasks take 60"),
        ({"samples": 9, "fee": 50}, "fee of"),
        ({"fee": 3, "least": 1}, "one of the two"),
        ({"heads": np.eye(5)[:, :1], "target": np.eye(5)[1]}, "right angle"),
        ({"samples": 10.5}, "samples"),
        ({"samples": 0}, "60 tasks take 1"),
        ({"heads": "none.csv"}, "none.csv"),
        ({"target": "wanted"}, "no such column"),
        ({"penalti": 1}, "Nearest: 'penalty'"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(change, says):
    heads, target = planted(0)
    asked = {"heads": heads, "target": target, "samples": 100, **change}
    with pytest.raises(errors.HandfulError, match=says):
        handful.lasso_tasks(asked.pop("heads"), asked.pop("target"), **asked)
