"""Rows of the pool that equal or nearly equal target rows are counted, shown, and left out on request."""

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import handful
from handful import errors
from handful.flow import copies
from handful.flow.copies import EQUAL, NEAR, NONE, TextCopies, vector_copies
from handful.flow.inputs import read_pool
from handful.flow.request import Request
from handful.kernels.text_reference import tokens
from handful.pool import BLOCK_ROWS, Strings
from handful.runtime.run import Run

words = st.sampled_from(["a", "b", "c", "Ü", "d.", "E"])
texts = st.lists(st.lists(words, min_size=1, max_size=14).map(" ".join), min_size=1, max_size=5)


def pool_of(rows):
    return read_pool(rows, Request(rows=1), Run(threads=1))


def by_hand(text, targets):
    own = tokens(text)

    def runs(w):
        return Counter(tuple(w[i : i + 5]) for i in range(len(w) - 4))

    if any(own == tokens(target) for target in targets):
        return EQUAL
    for target in targets:
        a, b = runs(own), runs(tokens(target))
        if (a | b) and 3 * sum((a & b).values()) >= 2 * sum((a | b).values()):
            return NEAR
    return NONE


@given(texts, texts, st.integers(0, 4), st.randoms(use_true_random=False))
def test_codes_are_those_of_every_pair_compared_in_full(rows, target, edits, random):
    changed = target[0].split()
    for _ in range(edits):
        changed[random.randrange(len(changed))] = "z"
    rows = [*rows, " ".join(changed), target[0].upper() + " \n", target[0] + " " + target[0]]
    found = TextCopies([pool_of(target)]).codes(Strings.of(rows))
    assert found.tolist() == [by_hand(row, target) for row in rows]


def test_threads_that_come_at_the_same_moment_all_see_the_whole_target():
    """A thread may not use what another has only begun to learn of the target."""
    rng = np.random.default_rng(0)
    target = [" ".join(rng.choice(50, 80).astype(str)) for _ in range(300)]
    near = Strings.of([" ".join([*target[-1].split()[:-1], "z"])])
    previous = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(3):
            search = TextCopies([pool_of(target)])
            with ThreadPoolExecutor(8) as threads:
                found = list(threads.map(lambda _, s=search: s.codes(near)[0], range(8)))
            assert found == [NEAR] * 8
    finally:
        sys.setswitchinterval(previous)


def test_a_long_text_with_a_few_words_changed_is_near_and_one_with_many_is_not():
    rng = np.random.default_rng(0)
    target = rng.choice(500, 3000).astype(str)
    few, many = target.copy(), target.copy()
    few[::60], many[::6] = "x", "x"
    rows = [" ".join(row) for row in (target, few, many)] + ["x"]
    found = TextCopies([pool_of([" ".join(target), "one two"])]).codes(Strings.of(rows))
    assert found.tolist() == [EQUAL, NEAR, NONE, NONE]


def sentences(n, seed=0):
    rng = np.random.default_rng(seed)
    return [
        " ".join(rng.choice(["ship", "sail", "law", "oath", "salt", "oven"], 12)) for _ in range(n)
    ]


@pytest.mark.parametrize("method", ["dsir", "nearest_to_target", "random"])
def test_they_are_counted_whatever_the_method_reads(method):
    rows = sentences(200)
    like = [rows[7].upper(), rows[9]]
    chosen = handful.select(rows, rows=5, like=like, method=method, cache=False)
    found = chosen.manifest["result"]["target_copies"]
    picked = sum(row in {7, 9} for row in chosen)
    assert found == {"equal": 2, "nearly_equal": 0, "picked": picked, "dropped": 0}
    assert any("--drop-target-copies" in warning for warning in chosen.warnings) == bool(picked)


def test_they_are_left_out_on_request_and_must_includes_stay():
    rows = sentences(100)
    asked = {"rows": 20, "like": [rows[7], rows[9]], "method": "nearest_to_target", "cache": False}
    assert {7, 9} <= set(handful.select(rows, **asked))
    chosen = handful.select(rows, **asked, drop_target_copies=True)
    assert not {7, 9} & set(chosen)
    told = chosen.manifest["result"]["target_copies"]
    assert told == {"equal": 2, "nearly_equal": 0, "picked": 0, "dropped": 2}
    kept = handful.select(rows, **asked, drop_target_copies=True, include=[9])
    assert 9 in set(kept) and 7 not in set(kept)
    assert kept.manifest["result"]["target_copies"]["dropped"] == 1
    with pytest.raises(errors.UsageError, match="needs a target"):
        handful.select(rows, rows=2, drop_target_copies=True, method="random", cache=False)


def test_no_pass_of_its_own_and_the_cache_answers_the_second_time(tmp_path, monkeypatch):
    n = BLOCK_ROWS + 5
    lines = [json.dumps({"text": f"{text} {i}"}) for i, text in enumerate(sentences(n))]
    path = tmp_path / "pool.jsonl"
    path.write_text("\n".join(lines) + "\n")
    looked = []
    plain = TextCopies.codes
    monkeypatch.setattr(
        TextCopies, "codes", lambda self, t: looked.append(len(t)) or plain(self, t)
    )
    reads = []
    original = copies.Watch.reader

    def counting(self, read):
        return original(self, lambda a, b: reads.append((a, b)) or read(a, b))

    monkeypatch.setattr(copies.Watch, "reader", counting)
    asked = {"rows": 3, "like": [f"{sentences(1)[0]} 0"], "method": "dsir", "cache": tmp_path / "c"}
    first = handful.select(path, **asked)
    assert sorted(looked) == [5, BLOCK_ROWS]
    whole = [block for block in reads if block[1] - block[0] in {5, BLOCK_ROWS}]
    assert len(whole) == 4, "two passes of dsir, and no third"
    again = handful.select(path, **asked)
    assert len(looked) == 2
    assert again.manifest["result"] == first.manifest["result"]
    assert first.manifest["result"]["target_copies"]["equal"] == 1


def test_vectors_are_copies_by_cosine_also_where_they_are_projected_first():
    rng = np.random.default_rng(0)
    for d in (8, 300):
        pool = rng.standard_normal((400, d)).astype(np.float32)
        target = pool[[5, 30]].copy()
        pool[30] *= 2
        pool[31] = target[1] + 0.01 * rng.standard_normal(d)
        pool[32] = target[1] + 0.3 * rng.standard_normal(d)
        codes = vector_copies(pool, target)
        assert np.flatnonzero(codes).tolist() == [5, 30, 31]
        assert codes[[5, 30, 31]].tolist() == [EQUAL, NEAR, NEAR]
        told = handful.select(pool, rows=3, like_embeddings=target, method="rds", cache=False)
        assert told.manifest["result"]["target_copies"]["equal"] == 1
