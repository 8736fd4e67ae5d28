"""Rows of the target take turns, on words (nearest_to_target) and on vectors (rds)."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import handful
from handful import errors
from handful.budget import Ledger
from handful.graphs.closest import closest
from handful.kernels.text_reference import buckets
from handful.methods._contract import Target, View
from handful.methods._near import pick_near
from handful.methods.data import nearest_to_target as nearest_module
from handful.methods.data.nearest_to_target import NearestToTarget
from handful.methods.data.rds import Rds, pooled
from handful.pool import BLOCK_ROWS, Strings
from handful.rng import Draws
from handful.runtime.cache import Cache
from handful.runtime.run import Run


def view_of(pool, targets, **options):
    made = tuple(Target(f"t{i}", len(t), None, lambda name, t=t: t) for i, t in enumerate(targets))
    keys = np.arange(len(pool), dtype=np.uint64)
    return View(
        n=len(pool),
        keys=keys,
        run_with=Run(threads=1),
        arrays=lambda name: pool,
        targets=made,
        **options,
    )


def by_hand(scores, groups, k, merge, shares=None):
    """Turns, written plainly: scores (n, m), groups of columns, each with its own turn."""
    taken, turns = [], [0] * len(groups)
    while len(taken) < min(k, len(scores)):
        group = len(taken) % len(groups)
        left = [row for row in range(len(scores)) if row not in taken]
        columns = groups[group]
        if merge == "best":
            taken.append(min(left, key=lambda row: (-scores[row, columns].max(), row)))
        else:
            column = columns[turns[group] % len(columns)]
            turns[group] += 1
            taken.append(min(left, key=lambda row: (-scores[row, column], row)))
    return taken


@given(
    st.integers(1, 12),
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
    st.integers(0, 12),
    st.sampled_from(["turns", "best"]),
    st.integers(0, 10**6),
)
def test_rds_picks_what_plain_turns_pick_and_each_prefix_too(n, sizes, k, merge, seed):
    rng = np.random.default_rng(seed)
    pool = rng.standard_normal((n, 3)).astype(np.float32)
    pool[rng.integers(n, size=n // 2)] = pool[rng.integers(n)]  # ties; parallel rows need not tie
    targets = [rng.standard_normal((size, 3)).astype(np.float32) for size in sizes]
    rows = np.concatenate(targets)
    lengths = np.linalg.norm(pool.astype(float), axis=1)[:, None] * np.linalg.norm(
        rows.astype(float), axis=1
    )
    scores = np.divide(
        pool.astype(float) @ rows.T, lengths, out=np.zeros(lengths.shape), where=lengths > 0
    ).round(12)
    ends = np.cumsum([0, *sizes])
    groups = [list(range(a, b)) for a, b in pairwise(ends)]
    picks = Rds(merge=merge).run(view_of(pool, targets), Ledger(n, rows=k), Draws(0))
    assert picks.indices.tolist() == by_hand(scores, groups, k, merge)


def test_a_second_pass_leaves_out_what_is_taken_and_gives_the_same_picks(monkeypatch):
    rng = np.random.default_rng(0)
    pool = rng.standard_normal((3000, 5)).astype(np.float32)
    target = np.tile(rng.standard_normal((1, 5)), (300, 1)).astype(np.float32)
    seen = []

    def search(count, is_open):
        seen.append((count, int(is_open.sum())))
        return closest(pool, target, count, is_open=is_open)

    monkeypatch.setattr("handful.methods._near.FIRST_LISTS_BYTES", 0)
    picks = pick_near(view_of(pool, [target]), Ledger(3000, rows=2500), search, "turns")
    assert len(seen) > 2 and seen[1][0] == 2 * seen[0][0] and seen[1][1] < 3000
    unit = pool.astype(float) / np.linalg.norm(pool.astype(float), axis=1)[:, None]
    assert picks.indices.tolist() == np.argsort(-(unit @ target[0].astype(float)))[:2500].tolist()


def test_a_cost_an_order_of_ids_and_rows_included_are_kept():
    pool = np.eye(4, dtype=np.float32)[[0, 0, 1, 2, 0]]
    target = np.eye(4, dtype=np.float32)[:1]
    view = view_of(pool, [target], rank=np.array([4, 3, 2, 1, 0]))
    ledger = Ledger(5, rows=5, costs=np.array([1, 9, 1, 1, 2]), amount=4)
    ledger.take(2)
    picks = Rds().run(view, ledger, Draws(0))
    assert picks.indices.tolist() == [2, 4, 0]
    assert picks.notes["rows_included"] == 1


# What the released code does wrong ---------------------------------------------------------------


def three_tasks():
    """A pool of three kinds, the last of which no row resembles much; and targets of the three."""
    rng = np.random.default_rng(3)
    centres = np.eye(12)[:3]
    pool = np.concatenate(
        [
            c + s * rng.standard_normal((60, 12))
            for c, s in zip(centres, (0.05, 0.05, 0.5), strict=True)
        ]
    )
    targets = [c + 0.05 * rng.standard_normal((4, 12)) for c in centres]
    return pool.astype(np.float32), [t.astype(np.float32) for t in targets]


def test_a_task_of_low_cosines_is_not_starved():
    pool, targets = three_tasks()
    picks = Rds(merge="best").run(view_of(pool, targets), Ledger(180, rows=60), Draws(0))
    assert picks.notes["rows_per_target"] == {"t0": 20, "t1": 20, "t2": 20}
    assert (picks.indices >= 120).sum() >= 18
    together = np.concatenate(targets)  # the released script: one heap over all tasks
    released = Rds(merge="best").run(view_of(pool, [together]), Ledger(180, rows=60), Draws(0))
    assert (released.indices >= 120).sum() == 0


def test_a_row_another_has_picked_costs_no_turn():
    pool = np.array([[1, 0], [0.9, 0.1], [0.8, 0.2], [0, 1]], np.float32)
    target = np.array([[1, 0], [1, 0.01], [0, 1]], np.float32)
    picks = Rds().run(view_of(pool, [target]), Ledger(4, rows=3), Draws(0))
    assert picks.indices.tolist() == [0, 1, 3]


def test_pooling_leaves_padding_out_on_either_side():
    states = np.random.default_rng(0).standard_normal((1, 3, 5)).astype(np.float32)
    by_mean = (states[0] * np.array([1, 2, 3])[:, None]).sum(axis=0) / 6
    padding = np.full((1, 2, 5), 1e6, np.float32)
    for parts, mask in (([states, padding], [1, 1, 1, 0, 0]), ([padding, states], [0, 0, 1, 1, 1])):
        found = pooled(np.concatenate(parts, axis=1), [mask])
        np.testing.assert_allclose(found[0], by_mean, rtol=1e-5)
    assert not np.allclose(pooled(np.concatenate([states, padding], axis=1))[0], by_mean)
    assert pooled(states, [[0, 0, 0]]).tolist() == [[0.0] * 5]


# On words ----------------------------------------------------------------------------------------


def words_by_hand(method, texts, target):
    """s (n, m) as the class writes it, in plain Python."""

    def rows(given):
        counts = np.zeros((len(given), method.buckets))
        for i, text in enumerate(given):
            for place in buckets(text, order=method.ngrams, bucket_count=method.buckets):
                counts[i, place] += 1
        return counts

    pool, wanted = rows(texts), rows(target)
    idf = np.log((1 + len(texts)) / (1 + (pool > 0).sum(axis=0))) + 1

    def unit(counts):
        x = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0) * idf
        length = np.linalg.norm(x, axis=1, keepdims=True)
        return x / np.where(length > 0, length, 1)

    pool, wanted = unit(pool), unit(wanted)
    apart = wanted.mean(axis=0) - pool.mean(axis=0)
    length = np.linalg.norm(apart) or 1.0
    return pool @ wanted.T + method.contrast * (pool @ apart / length)[:, None]


@given(
    st.lists(
        st.lists(st.sampled_from(["a", "b", "c", "d", "e", "Ü"]), min_size=1, max_size=8),
        min_size=2,
        max_size=12,
    ),
    st.lists(
        st.lists(st.sampled_from(["a", "b", "c", "d", "z"]), min_size=1, max_size=6),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from([0.0, 0.25, 3.0]),
    st.sampled_from(["turns", "best"]),
)
def test_the_picks_on_words_are_those_of_the_formula(rows, target, contrast, merge):
    texts, target = [" ".join(row) for row in rows], [" ".join(row) for row in target]
    method = NearestToTarget(ngrams=2, buckets=97, contrast=contrast, merge=merge)
    chosen = handful.select(texts, rows=4, like=target, method=method, cache=False, threads=1)
    scores = words_by_hand(method, texts, target)
    taken = []
    for turn, row in enumerate(chosen.indices.tolist()):
        left = [i for i in range(len(texts)) if i not in taken]
        own = scores.max(axis=1) if merge == "best" else scores[:, turn % len(target)]
        assert own[row] >= own[left].max() - 1e-6  # x is float32
        taken.append(row)
    assert len(taken) == min(4, len(texts))


def test_every_kind_in_the_target_is_answered_and_the_text_is_read_twice():
    texts = ["ship sail sea wave"] * 50 + ["court judge law oath"] * 3 + ["bread oven salt"] * 50
    texts = [f"{text} number{i}" for i, text in enumerate(texts)]
    target = ["ship sea", "sail wave", "judge court"]
    chosen = handful.select(texts, rows=9, like=target, cache=False)
    assert chosen.method == "nearest_to_target"
    assert sorted(i for i in chosen if 50 <= i < 53) == [50, 51, 52]
    assert all(i < 53 for i in chosen)


def test_a_killed_run_goes_on_from_the_lists_it_had_and_picks_the_same(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(300)]
    texts = [" ".join(rng.choice(words, 6)) for _ in range(5 * BLOCK_ROWS)]
    strings, target = (
        Strings.of(texts),
        Strings.of([" ".join(rng.choice(words, 9)) for _ in "abcd"]),
    )
    monkeypatch.setattr(nearest_module, "STRETCH_BLOCKS", 1)
    monkeypatch.setattr(nearest_module, "SAMPLE_ROWS", 500)
    reads, stop_at = [], [None]

    def read(start, stop):
        if stop - start == 1:  # of the sample
            return strings[start:stop]
        reads.append(start // BLOCK_ROWS)
        if len(reads) == stop_at[0]:
            raise KeyboardInterrupt
        return strings[start:stop]

    def picks(cache):
        reads.clear()
        view = View(
            n=len(texts),
            keys=np.arange(len(texts), dtype=np.uint64),
            run_with=Run(threads=1, cache=cache),
            identity={"content": "x"},
            read_texts=read,
            targets=(Target("t", 4, lambda a, b: target[a:b], lambda name: None),),
        )
        return NearestToTarget().run(view, Ledger(len(texts), rows=30), Draws(0)).indices.tolist()

    plain = picks(None)
    assert sorted(reads) == sorted([*range(5), *range(5)])  # two passes
    stop_at[0] = 9  # in the second pass, with three blocks behind it
    with pytest.raises(KeyboardInterrupt):
        picks(Cache(tmp_path))
    stop_at[0] = None
    assert picks(Cache(tmp_path)) == plain
    assert reads == [3, 4]  # the sums, and the lists of three stretches, were kept
    assert picks(Cache(tmp_path)) == plain
    assert reads == []


# A floor -----------------------------------------------------------------------------------------


def test_a_floor_gives_each_target_its_part():
    texts = [f"ship sail {i}" for i in range(60)] + [f"court judge {i}" for i in range(60)]
    like = {"sea": {"text": ["ship sail sea " * 40]}, "law": {"text": ["court"]}}
    options = {"like": like, "method": "dsir", "params": {"shares": "size"}, "cache": False}
    free = handful.select(texts, rows=40, **options)
    assert free.notes["rows_per_target"]["law"] < 8
    held = handful.select(texts, rows=40, floor="20%", **options)
    assert held.notes["rows_per_target"]["law"] >= 8
    assert not held.nested and free.nested
    assert held.manifest["request"]["floor"] == "20%"
    for method in ("nearest_to_target", "rds", "mona"):
        options = {"features": "hashed_ngrams", "like": like, "method": method, "cache": False}
        even = handful.select(texts, rows=40, floor=0.5, **options)
        assert even.notes["rows_per_target"] == {"sea": 20, "law": 20}


TWO = {"a": {"text": ["a"]}, "b": {"text": ["b"]}}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"floor": 0.2, "like": ["a"]}, "there are 1"),
        ({"floor": 0.6, "like": TWO}, "more than the whole budget"),
        (
            {"floor": 0.2, "like": TWO, "method": "flqmi"},
            "does not honour --floor",
        ),
        ({"floor": 2, "like": TWO}, "floor"),
    ],
)
def test_a_floor_that_cannot_be_is_refused(options, message):
    with pytest.raises(errors.UsageError, match=message):
        handful.select(["a b", "b c", "c d"], rows=2, cache=False, **options)
