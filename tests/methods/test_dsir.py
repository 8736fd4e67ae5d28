"""DSIR does what the paper says, and none of what its released code does wrong."""

import math
import os
import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful import errors
from handful.budget import Ledger
from handful.kernels.text_reference import buckets, tokens
from handful.methods._contract import Target, View
from handful.methods.data import dsir
from handful.methods.data.dsir import Dsir
from handful.pool import BLOCK_ROWS, Strings
from handful.rng import Draws
from handful.runtime.cache import Cache
from handful.runtime.run import Run

TOPICS = {
    "sea": [
        "ship",
        "sail",
        "wave",
        "tide",
        "harbour",
        "anchor",
        "captain",
        "whale",
        "storm",
        "deck",
    ],
    "law": [
        "court",
        "judge",
        "claim",
        "statute",
        "appeal",
        "verdict",
        "clause",
        "plaintiff",
        "oath",
        "brief",
    ],
    "food": [
        "bread",
        "butter",
        "oven",
        "flour",
        "salt",
        "recipe",
        "onion",
        "simmer",
        "taste",
        "knife",
    ],
}
COMMON = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "a",
    "is",
    "was",
    "for",
    "with",
    "on",
    "that",
    "by",
    "it",
    "as",
    "at",
]


def topic_text(rng, topic, length):
    words = rng.choices(TOPICS[topic], k=length // 2) + rng.choices(COMMON, k=length - length // 2)
    rng.shuffle(words)
    return " ".join(words)


def topic_pool(seed=0, per_topic=60, lengths=(40,)):
    rng = random.Random(seed)
    labels = [topic for topic in TOPICS for _ in range(per_topic)]
    return [topic_text(rng, topic, rng.choice(lengths)) for topic in labels], labels


def reader(texts):
    strings = Strings.of(texts)
    return lambda start, stop: strings[start:stop]


def view_of(texts, targets, *, keys=None, run_with=None, identity=None, read=None):
    made = tuple(Target(n, len(t), reader(t), lambda name: None) for n, t in targets.items())
    return View(
        n=len(texts),
        keys=np.arange(len(texts), dtype=np.uint64) if keys is None else keys,
        run_with=run_with or Run(threads=1),
        identity=identity or {},
        read_texts=read or reader(texts),
        targets=made,
    )


def picks_of(method, texts, targets, rows, *, seed=0, included=(), **options):
    view = view_of(texts, targets, **options)
    ledger = Ledger(len(texts), rows=rows)
    for row in included:
        ledger.take(row)
    return method.run(view, ledger, Draws(seed))


def by_hand(method, texts, target):
    """u of each row as the class docstring writes it, in plain Python."""

    def counts(rows):
        total = [0] * method.buckets
        for text in rows:
            for place in buckets(text, order=method.ngrams, bucket_count=method.buckets):
                total[place] += 1
        return total

    pool, c = counts(texts), counts(target)
    q = [count / max(1, sum(pool)) for count in pool]
    prior = min(method.prior, 10 * sum(c))
    p = [n + method.pseudo_count + prior * share for n, share in zip(c, q, strict=True)]
    p = [value / math.fsum(p) for value in p]
    table = [math.log(a + 1e-8) - math.log(b + 1e-8) for a, b in zip(p, q, strict=True)]
    mean = math.fsum(a * b for a, b in zip(q, table, strict=True))

    def ngrams(words):
        return sum(max(0, words - length) for length in range(method.ngrams))

    weights = []
    for text in texts:
        places = list(buckets(text, order=method.ngrams, bucket_count=method.buckets))
        total = sum(table[place] for place in places)
        if method.chunk is not None:
            whole = ngrams(method.chunk)
            total *= min(1.0, whole / max(len(places), 1))
            total += mean * max(0, whole - len(places))
        weights.append(-math.inf if len(tokens(text)) < method.min_tokens else total)
    return np.array(weights)


def weights_of(method, texts, target):
    """The method's own u, (n,)."""
    view = view_of(texts, {"t": target})
    pool = method._count_pool(view)
    tables = method._log_ratio(method._count_target(view.targets[0]), pool)[None]
    return method._weigh(view, tables, tables @ (pool / max(1, pool.sum())))[:, 0]


PUBLISHED = Dsir(prior=0, chunk=None, min_tokens=100)


@given(
    st.lists(
        st.lists(st.sampled_from(["ab", "cd", "ef", "gh", "a.b", "Ü"]), max_size=12), min_size=1
    ),
    st.sampled_from([0.0, 50.0, 10_000.0]),
    st.sampled_from([0.0, 0.5]),
    st.sampled_from([None, 1, 5]),
    st.integers(0, 3),
    st.integers(1, 3),
)
def test_weights_are_the_formula(rows, prior, pseudo, chunk, shortest, order):
    texts, target = [" ".join(row) for row in rows], ["ab cd ab", "Ü zz"]
    method = Dsir(
        ngrams=order,
        buckets=50,
        prior=prior,
        pseudo_count=pseudo,
        chunk=chunk,
        min_tokens=shortest,
        temperature=0,
    )
    expected = by_hand(method, texts, target)
    np.testing.assert_allclose(weights_of(method, texts, target), expected, rtol=1e-9, atol=1e-9)


def test_the_picks_are_of_the_targets_topic_and_random_picks_are_not():
    texts, labels = topic_pool()
    target = [topic_text(random.Random(99), "law", 40) for _ in range(5)]
    picks = picks_of(Dsir(), texts, {"law": target}, 30)
    assert [labels[i] for i in picks.indices].count("law") >= 29
    assert picks.notes["kl_reduction"] > 0.1


def test_the_kl_note_is_the_targets_divergence_from_pool_less_that_from_picks():
    texts, _ = topic_pool()
    target = [topic_text(random.Random(99), "sea", 400)]
    for method in (Dsir(ngrams=1), Dsir(ngrams=1, prior=0)):
        picks = picks_of(method, texts, {"sea": target}, 20)
        c, pool, picked = (
            method._count(Strings.of(rows))
            for rows in (target, texts, [texts[i] for i in picks.indices])
        )
        p, q = c / c.sum(), pool / pool.sum()
        s = (picked + method.prior * q) / (picked.sum() + method.prior)
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = np.nansum(p * np.log(p / q)) - np.nansum(p * np.log(p / s))
        assert picks.notes["kl_reduction"] == pytest.approx(expected, abs=1e-5)
        assert expected > 0.01


def test_the_kl_note_of_many_picks_is_read_from_some_of_them(monkeypatch):
    texts, _ = topic_pool(per_topic=3000)
    monkeypatch.setattr(dsir, "NOTED_PICKS", 50)
    read, rows = reader(texts), []

    def reading(start, stop):
        if stop - start < BLOCK_ROWS and stop < len(texts):
            rows.append((start, stop))
        return read(start, stop)

    picks = picks_of(Dsir(), texts, {"t": ["ship sail"]}, 2000, read=reading)
    noted = picks.indices[np.linspace(0, 1999, 50).astype(int)]
    covered = {row for start, stop in rows for row in range(start, stop)}
    assert set(noted.tolist()) <= covered
    assert len(covered) < 50 * 2 * dsir.NEAR_ROWS


# What the released code does wrong --------------------------------------------------------------


def spread_by_length(method):
    """Standard deviation of u over texts of one topic, by their length."""
    rng = random.Random(4)
    words = [f"w{i}" for i in range(400)]
    odds = [1 / (i + 5) for i in range(400)]
    lengths = (32, 128, 512, 2048)
    texts = [" ".join(rng.choices(words, odds, k=n)) for n in lengths for _ in range(60)]
    target = [" ".join(rng.choices(words, odds[::-1], k=3000))]
    return weights_of(method, texts, target).reshape(4, 60).std(axis=1)


def test_a_longer_text_does_not_get_a_wilder_weight():
    published, ours = spread_by_length(Dsir(chunk=None)), spread_by_length(Dsir())
    assert published[3] > 5 * published[0]  # the fault is real, so the check can fail
    assert ours[3] < ours[1] < published[3] / 2


def test_long_texts_do_not_crowd_out_short_ones_of_the_same_topic():
    texts, _ = topic_pool(per_topic=100, lengths=(150, 1500))
    target = [topic_text(random.Random(99), "food", 400)]
    long = {
        name: np.mean([len(texts[i]) > 4000 for i in picks_of(m, texts, {"t": target}, 40).indices])
        for name, m in {"ours": Dsir(), "released": Dsir(chunk=None)}.items()
    }
    assert long["released"] == 1.0
    assert 0.2 < long["ours"] < 0.8


def test_the_noise_is_seeded():
    texts, _ = topic_pool()
    target = {"t": ["ship the"]}
    first = picks_of(Dsir(temperature=20), texts, target, 30, seed=1).indices.tolist()
    assert first == picks_of(Dsir(temperature=20), texts, target, 30, seed=1).indices.tolist()
    assert first != picks_of(Dsir(temperature=20), texts, target, 30, seed=2).indices.tolist()


@pytest.mark.parametrize("method", [Dsir(), Dsir(prior=0, chunk=None), Dsir(temperature=0)])
def test_all_rows_may_be_asked_for(method):
    texts, _ = topic_pool(per_topic=4)
    picks = picks_of(method, texts, {"t": ["ship"]}, 12)
    assert sorted(picks.indices.tolist()) == list(range(12))


def test_an_unseen_bucket_costs_little_where_the_target_is_tiny():
    texts, _ = topic_pool()
    tables = {}
    for name, method in {"ours": Dsir(), "released": PUBLISHED}.items():
        view = view_of(texts, {"t": ["ship sail"]})
        target, pool = method._count_target(view.targets[0]), method._count_pool(view)
        tables[name] = method._log_ratio(target, pool)[(target == 0) & (pool > 0)]
    assert tables["released"].min() < -10
    assert -0.1 < tables["ours"].min() < tables["ours"].max() < 0


def test_a_sorted_pool_and_a_shuffled_one_give_the_same_rows():
    texts, _ = topic_pool(per_topic=3000)  # sorted by topic, more than one block
    assert len(texts) > BLOCK_ROWS
    target = {"t": [topic_text(random.Random(99), "food", 40)]}
    ids = np.random.default_rng(0).permutation(len(texts))
    plain = picks_of(Dsir(), texts, target, 200)
    keys = ids.astype(np.uint64)
    moved = picks_of(Dsir(), [texts[i] for i in ids], target, 200, keys=keys)
    assert ids[moved.indices].tolist() == plain.indices.tolist()


def test_a_text_of_a_word_does_not_pass_for_one_like_the_target():
    """Its sum is near zero, and that of a text like the pool far below."""
    rng = random.Random(3)
    words = [word for topic in TOPICS.values() for word in topic]
    texts = [" ".join(rng.choices(words + COMMON, k=200)) for _ in range(60)]
    texts += [rng.choice(COMMON) for _ in range(60)]
    target = [topic_text(random.Random(99), "food", 400)]
    short = {
        name: (picks_of(method, texts, {"t": target}, 60).indices >= 60).sum()
        for name, method in {"ours": Dsir(), "released": Dsir(prior=0, chunk=None)}.items()
    }
    assert short["released"] > 50
    assert short["ours"] < 40


# The contract -----------------------------------------------------------------------------------


def test_threads_and_cache_change_nothing_and_a_killed_run_resumes(tmp_path):
    texts, _ = topic_pool(per_topic=3000)
    target, read = {"t": ["ship sail the law"]}, reader(texts)
    plain = picks_of(Dsir(), texts, target, 100)
    seen = []

    def failing(start, stop):
        seen.append(start)
        if len(seen) == 4:  # in the second pass: the counts are in the cache
            raise KeyboardInterrupt
        return read(start, stop)

    kept = {"run_with": Run(threads=1, cache=Cache(tmp_path)), "identity": {"content": "x"}}
    with pytest.raises(KeyboardInterrupt):
        picks_of(Dsir(), texts, target, 100, read=failing, **kept)
    again = []
    resumed = picks_of(
        Dsir(), texts, target, 100, read=lambda a, b: again.append(a) or read(a, b), **kept
    )
    assert again.count(0) == 1, "one weighing, no second count"
    threaded = picks_of(Dsir(), texts, target, 100, run_with=Run(threads=4))
    assert plain.indices.tolist() == resumed.indices.tolist() == threaded.indices.tolist()
    assert plain.notes == resumed.notes == threaded.notes


def test_the_pool_is_read_twice_and_no_third_time():
    texts, _ = topic_pool(per_topic=3000)
    read, whole = reader(texts), []

    def reading(start, stop):
        if stop == min(len(texts), start + BLOCK_ROWS):
            whole.append(start)
        return read(start, stop)

    picks_of(Dsir(), texts, {"t": ["ship sail"]}, 100, read=reading)
    assert sorted(whole) == [0, 0, BLOCK_ROWS, BLOCK_ROWS]


def test_another_parameter_is_not_answered_from_the_cache(tmp_path):
    texts, _ = topic_pool()
    kept = {"run_with": Run(threads=1, cache=Cache(tmp_path)), "identity": {"content": "x"}}
    for method in (
        Dsir(),
        Dsir(ngrams=1),
        Dsir(buckets=99),
        Dsir(chunk=3),
        Dsir(prior=5),
        Dsir(min_tokens=41),
    ):
        for target in (["ship the"], ["judge of"]):
            cached = picks_of(method, texts, {"t": target}, 20, **kept)
            assert (
                cached.indices.tolist()
                == picks_of(method, texts, {"t": target}, 20).indices.tolist()
            )


def test_each_target_gets_an_equal_share_and_picks_its_own_topic():
    texts, labels = topic_pool()
    rng = random.Random(7)
    targets = {
        "sea": [topic_text(rng, "sea", 400)],
        "law": [topic_text(rng, "law", 100)],
    }
    picks = picks_of(Dsir(), texts, targets, 40)
    assert picks.notes["rows_per_target"] == {"sea": 20, "law": 20}
    assert sorted({labels[i] for i in picks.indices}) == ["law", "sea"]
    assert [labels[i] for i in picks.indices].count("sea") == 20
    by_size = picks_of(Dsir(shares="size"), texts, targets, 42)
    assert by_size.notes["rows_per_target"]["sea"] == 33  # of 33.6
    assert picks.notes["target_ngrams"] == {"sea": 799, "law": 199}


def test_included_rows_come_first_and_count():
    texts, _ = topic_pool()
    picks = picks_of(Dsir(), texts, {"t": ["ship"]}, 10, included=(175, 3))
    assert picks.indices[:2].tolist() == [175, 3]
    assert len(picks.indices) == 10


def test_a_cost_is_kept():
    texts, _ = topic_pool(lengths=(10, 80))
    costs = np.array([len(t) for t in texts])
    ledger = Ledger(len(texts), rows=len(texts), costs=costs, amount=5000)
    picks = Dsir().run(view_of(texts, {"t": ["ship"]}), ledger, Draws(0))
    left = 5000 - costs[picks.indices].sum()
    assert 0 <= left < np.delete(costs, picks.indices).min()


def test_texts_of_too_few_words_are_never_picked():
    texts = ["ship sail", " \n", "...", "law court judge", ""]
    picks = picks_of(Dsir(), texts, {"t": ["ship"]}, 5)
    assert sorted(picks.indices.tolist()) == [0, 2, 3]
    assert picks.notes["rows_too_short"] == 2
    picks = picks_of(Dsir(min_tokens=2), texts, {"t": ["ship"]}, 5)
    assert sorted(picks.indices.tolist()) == [0, 3]


def test_a_target_without_words_is_refused():
    with pytest.raises(errors.DataError, match="Target 'blank' has no words"):
        picks_of(Dsir(), ["ship"], {"blank": ["", "  "]}, 1)


def test_without_words_in_the_pool_nothing_is_picked():
    assert picks_of(Dsir(), ["", " "], {"t": ["ship"]}, 2).indices.tolist() == []


def test_the_hash_of_words_is_the_same_in_every_process():
    """The released pipeline hashes by Python's salted hash, and works only where its seed is pinned."""
    code = (
        "import handful; t = ['ship sail', 'law oath', 'salt oven', 'ship oath'];"
        "print(handful.select(t, rows=2, like=['ship'], method='dsir:temperature=0', cache=False).indices)"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1 and "[" in said.pop()


def test_targets_are_read_to_the_end_and_the_rest_of_a_division_goes_to_none_in_particular():
    """The released code reads a prefix of each target, and gives what floor(k/T) leaves to the last."""
    texts, _ = topic_pool()
    target = ["the of"] * 200 + [topic_text(random.Random(1), "law", 40)] * 20
    view = view_of(texts, {"t": target})
    counted = Dsir()._count_target(view.targets[0])
    assert counted.sum() == 200 * 3 + 20 * 79
    three = {name: [topic_text(random.Random(7), name, 200)] for name in TOPICS}
    picks = picks_of(Dsir(), texts, three, 41)
    assert sorted(picks.notes["rows_per_target"].values()) == [13, 14, 14]
    assert picks.notes["rows_per_target"]["sea"] == 14, "the first in turn"
