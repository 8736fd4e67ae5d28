"""The verdict judges on what nobody saw, says better of chance no more than it may, and sees what is planted."""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import ClassVar

import numpy as np
import pytest

from handful import errors
from handful.comparing.draws import how_many, random_picks
from handful.comparing.trial import Case, NoTrialError, prepare_trial, run_method
from handful.comparing.verdict import judge
from handful.methods._contract import MethodFacts, Target, View
from handful.methods.data.random import Random
from handful.pool import Strings
from handful.rng import Draws
from handful.runtime.run import Run
from handful.selection import Picks

FACTS = MethodFacts(
    paper="none", needs=(), honours=("rows", "amount", "include"), nested=True, cost=""
)


@dataclass(frozen=True)
class Ranked:
    """Picks by a score made from features and what is seen of the target; remembers what it saw."""

    score: object
    seen: list = field(default_factory=list, repr=False)
    facts: ClassVar[MethodFacts] = FACTS

    def run(self, view, ledger, rng):
        self.seen.append(view)
        ledger.take_ranked(view.ranking(self.score(view)))
        return Picks(np.array(ledger.taken, np.int64))


@dataclass(frozen=True)
class Spreading(Ranked):
    """The same, and says that it strives for coverage."""

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="none", needs=(), honours=("rows",), nested=True, cost="", optimises=("coverage",)
    )


def cloud(n=300, d=4, seed=0, target=40, texts=False, threads=1, **more):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, d)).astype(np.float32)
    t = (rng.standard_normal((target, d)) * 0.3 + np.eye(1, d) + np.eye(1, d, 1)).astype(np.float32)
    words = np.array(["ash", "bee", "cat", "dog", "elm", "fig", "gnu", "hen"])
    pool_texts = Strings.of([" ".join(words[rng.integers(0, 8, 12)]) for _ in range(n)])
    like_texts = Strings.of([" ".join(words[rng.integers(0, 4, 12)]) for _ in range(target)])
    targets = ()
    if target:
        read = (lambda a, b: like_texts[a:b]) if texts else None
        targets = (Target("t", target, read, lambda name: t),)
    view = View(
        n=n,
        keys=np.arange(n, dtype=np.uint64),
        run_with=Run(threads=threads),
        read_texts=(lambda a, b: pool_texts[a:b]) if texts else None,
        arrays=lambda name: x,
        targets=targets,
    )
    features = not texts
    return Case(
        view,
        Random(),
        rows=40,
        seed=seed,
        features=features,
        targets_have_features=features and bool(target),
        **more,
    )


def with_method(case, method, **more):
    return Case(**{**vars(case), "method": method, **more})


def outcomes(cases):
    return [judge(case).outcome for case in cases]


@dataclass(frozen=True)
class SpreadingAtRandom(Random):
    """Says that it strives for coverage, and picks at random."""

    facts: ClassVar[MethodFacts] = replace(Random.facts, optimises=("coverage",))


CHANCE = {
    "features and a target": lambda seed: cloud(seed=seed),
    "texts and a target": lambda seed: cloud(seed=seed, texts=True),
    "features alone": lambda seed: cloud(seed=seed, target=0),
    "features alone, of a method of coverage": lambda seed: with_method(
        cloud(seed=seed, target=0), SpreadingAtRandom()
    ),
    "texts alone": lambda seed: cloud(seed=seed, texts=True, target=0),
    "labels": lambda seed: cloud(seed=seed, target=0, labels=np.arange(300) % 3),
    "a cost": lambda seed: cloud(
        seed=seed,
        target=0,
        costs=np.random.default_rng(seed).integers(1, 9, 300),
        amount=Fraction(150),
    ),
}


@pytest.mark.parametrize("kind", CHANCE)
def test_a_random_method_is_rarely_called_better(kind):
    found = [judge(CHANCE[kind](seed), draws=39).outcome for seed in range(30)]
    assert "none" not in found
    assert found.count("better") <= 5  # 2.5 % of 30 is 0.8; P(> 5) < 0.02 %


@pytest.mark.slow
@pytest.mark.parametrize("kind", CHANCE)
def test_a_random_method_is_called_better_in_at_most_one_trial_of_twenty(kind):
    found = outcomes(CHANCE[kind](seed) for seed in range(500))
    assert found.count("better") <= 25
    assert found.count("worse") <= 25
    assert found.count("same") >= 450


def to_target(view):
    return -np.linalg.norm(view.array() - view.target_array().mean(axis=0), axis=1)


@pytest.mark.parametrize("seed", range(5))
def test_a_method_that_matches_the_target_is_better_and_its_opposite_is_worse(seed):
    case = cloud(seed=seed)
    good = judge(with_method(case, Ranked(to_target)))
    bad = judge(with_method(case, Ranked(lambda view: -to_target(view))))
    assert (good.outcome, bad.outcome) == ("better", "worse")
    assert good.sentence == "closer to the target than 99 of 99 random picks"
    assert bad.sentence == "farther from the target than 99 of 99 random picks"
    assert good.readings[0].fact.key == "energy_distance" and good.readings[0].place.lead_low > 0


def test_texts_are_judged_by_their_ngrams_before_anything_else():
    def early_words(view):
        texts = view.read_texts(0, view.n)
        return np.array([sum(w[0] in "abcd" for w in t.split()) for t in texts], float)

    found = judge(with_method(cloud(texts=True), Ranked(early_words)))
    assert found.readings[0].fact.key == "ngram_kl" and found.outcome == "better"


def test_the_method_sees_four_fifths_of_the_target_and_the_verdict_reads_the_other():
    method = Ranked(to_target)
    case = with_method(cloud(target=40), method)
    trial = prepare_trial(case)
    run_method(case, trial)
    seen = method.seen[0].targets[0].arrays(None)
    held = trial.held_targets[0].arrays(None)
    everything = case.view.targets[0].arrays(None)
    assert (len(seen), len(held)) == (32, 8)
    both = np.concatenate([seen, held])
    assert sorted(map(tuple, both.tolist())) == sorted(map(tuple, everything.tolist()))
    assert len(trial.held_rows) == 0 and trial.view.n == case.view.n


def test_without_a_target_a_fifth_of_the_rows_is_hidden_from_method_and_draws():
    trial = prepare_trial(cloud(target=0))
    assert len(trial.held_rows) == 60 and trial.view.n == 240
    assert not set(trial.held_rows.tolist()) & set(trial.rows.tolist())


def test_a_large_pool_is_tried_on_a_sub_pool_at_the_same_rate():
    case = cloud(n=30_000, target=0)
    trial = prepare_trial(Case(**{**vars(case), "rows": 3_000}))
    assert trial.view.n == 16_000 and trial.ledger(None).rows == 1_600
    few = prepare_trial(Case(**{**vars(case), "rows": 40}))
    assert few.ledger(None).rows == 30  # at least 30 of the 40 asked for


def test_the_budget_is_scaled_exactly_and_must_includes_are_kept():
    case = cloud(target=0, costs=np.full(300, 2), amount=Fraction(100), included=np.arange(5))
    trial = prepare_trial(case)
    ledger = trial.ledger(None)
    assert ledger.amount == Fraction(80)
    assert {int(trial.rows[row]) for row in ledger.taken} == set(range(5)) - set(
        trial.held_rows.tolist()
    )
    for pick in random_picks(trial.view, lambda: trial.ledger(None), 3, Draws(0)):
        assert set(ledger.taken) <= set(pick.tolist())
        assert 2 * len(pick) <= 80


def test_random_picks_differ_from_each_other_and_have_the_size_of_the_pick():
    trial = prepare_trial(cloud(target=0))
    picks = random_picks(trial.view, lambda: trial.ledger(17), 20, Draws(3))
    assert len({tuple(sorted(p.tolist())) for p in picks}) == 20
    assert {len(p) for p in picks} == {17}


def test_a_method_that_strives_for_coverage_is_not_judged_by_coverage():
    found = judge(
        with_method(cloud(target=0), Spreading(lambda view: np.arange(view.n, dtype=float)))
    )
    assert found.readings[0].fact.key == "fill_probe"
    tagged = {r.fact.key for r in found.readings if r.optimised}
    assert tagged == {"coverage_mean", "coverage_worst"}


def test_features_too_few_to_hide_some_are_judged_by_likeness():
    case = with_method(cloud(target=0, d=3), Spreading(lambda view: np.arange(view.n, dtype=float)))
    assert judge(case).readings[0].fact.key == "energy_distance"


def test_labels_are_judged_by_a_probe():
    rng = np.random.default_rng(0)
    labels = np.arange(300) % 3
    case = cloud(target=0, labels=labels)
    case.view.arrays(None)[:] = np.eye(4)[labels] + 0.8 * rng.standard_normal((300, 4))
    one_class = Ranked(lambda view: -(view.keys % 3).astype(float))
    found = judge(with_method(case, one_class))
    assert found.readings[0].fact.key == "label_probe" and found.outcome == "worse"


def test_a_verdict_is_the_same_on_any_number_of_threads_and_when_repeated():
    records = [judge(with_method(cloud(threads=t), Ranked(to_target))).record() for t in (1, 2, 1)]
    assert records[0] == records[1] == records[2]


def test_the_seed_of_the_verdict_is_that_of_the_choice():
    a, b = (judge(with_method(cloud(), Random(), seed=s)).record() for s in (1, 2))
    assert a != b


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (cloud(n=8, target=0), "too few"),
        (with_method(cloud(n=30), Random(), rows=30), "nearly all rows"),
        (with_method(cloud(), Ranked(lambda view: np.zeros(view.n)), rows=0), "nothing was picked"),
    ],
)
def test_where_nothing_can_be_compared_the_verdict_says_why(case, reason):
    found = judge(case)
    assert found.outcome == "none" and reason in found.sentence


def test_rows_known_by_nothing_have_no_verdict():
    case = cloud(target=0)
    found = judge(
        Case(View(n=300, keys=case.view.keys, run_with=Run(threads=1)), Random(), rows=30)
    )
    assert found.outcome == "none" and "--label" in found.sentence


def test_no_verdict_is_without_its_interval_and_number_of_draws():
    found = judge(cloud())
    record = found.record()
    assert record["draws"] == 99
    for reading in record["readings"]:
        assert reading["lead_low"] <= reading["lead"] <= reading["lead_high"]
        assert reading["low"] <= reading["random"] <= reading["high"]
        assert reading["draws"] == 99


def test_the_number_of_draws_comes_from_a_table_or_from_the_user():
    assert [how_many(k) for k in (1, 10_000, 10_001, 50_000)] == [99, 99, 59, 59]
    assert judge(cloud(), draws=39).draws == 39
    with pytest.raises(errors.UsageError, match="at least 39"):
        judge(cloud(), draws=20)


def test_a_trial_that_cannot_pay_for_a_row_says_so():
    case = cloud(n=300, target=0, costs=np.full(300, 7), amount=Fraction(7))
    with pytest.raises(NoTrialError, match="does not pay"):
        prepare_trial(case)


def test_the_curve_ends_in_the_reading_and_is_that_of_prefixes():
    case = with_method(cloud(n=600), Ranked(to_target), rows=100)
    found = judge(case)
    primary, curve = found.readings[0], found.curve
    assert curve.picked == (2, 5, 10, 20, 35, 50, 75, 100)
    assert curve.values[-1] == primary.value and curve.draws == 39
    assert curve.random[-1] == np.median(primary.drawn[:39])
    assert all(
        low <= mid <= high
        for low, mid, high in zip(curve.low, curve.random, curve.high, strict=True)
    )
    smaller = judge(with_method(cloud(n=600), Ranked(to_target), rows=50))
    assert smaller.readings[0].value == curve.values[5]  # nested: its first 50 are what 50 would be


def test_a_method_that_is_not_nested_has_no_curve():
    @dataclass(frozen=True)
    class Whole(Ranked):
        facts: ClassVar[MethodFacts] = replace(FACTS, nested=False)

    assert judge(with_method(cloud(), Whole(to_target))).curve is None


def test_a_single_pick_has_a_curve_of_one_point():
    found = judge(with_method(cloud(), Ranked(to_target), rows=1), draws=39)
    assert found.curve.picked == (1,) and found.curve.values == (found.readings[0].value,)
