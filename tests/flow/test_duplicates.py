"""Leaving out duplicates, and keeping picks apart, through the whole flow."""

import json

import numpy as np
import pytest

import handful
from handful.budget import ledger
from handful.errors import InfeasibleError, UsageError
from handful.io.manifest import duplicates_path
from handful.methods import find, names
from handful.optimizers import classes

WORDS = np.array([f"word{i}" for i in range(300)])


def _texts(n=60, copies=20, seed=0):
    """Distinct texts, and behind them copies with the last word changed."""
    draw = np.random.default_rng(seed)
    base = [draw.choice(WORDS, 20).tolist() for _ in range(n)]
    return [" ".join(row) for row in base] + [" ".join([*r[:-1], "end"]) for r in base[:copies]]


TEXTS = _texts()
POOL = {
    "text": TEXTS,
    "stars": [i % 80 for i in range(0, 80 * 7, 7)],
    "id": [f"r{i}" for i in range(80)],
}
RANDOM = {"method": "random"}


def test_without_a_budget_all_that_is_left_is_kept():
    chosen = handful.select(POOL, dedup="near")
    assert chosen.indices.tolist() == list(range(60))
    assert chosen.method == "first"
    assert chosen.duplicates.rows.tolist() == list(range(60, 80))
    assert chosen.duplicates.stands.tolist() == list(range(20))
    assert chosen.manifest["result"]["duplicates"]["clusters"] == 20
    assert chosen.manifest["result"]["budget"]["asked"]["fraction"] == "1"


def test_the_best_of_a_cluster_stays():
    chosen = handful.select(POOL, dedup="near", score="stars")
    stars = np.array(POOL["stars"])
    pairs = np.stack([np.arange(20), np.arange(60, 80)], axis=1)
    best = pairs[np.arange(20), stars[pairs].argmax(axis=1)]
    assert sorted(chosen) == sorted([*best.tolist(), *range(20, 60)])
    assert chosen.indices[0] == max(chosen, key=lambda row: stars[row])


def test_of_equal_ones_the_earliest_id_stays():
    pool = {**POOL, "id": [f"r{i:03}" for i in range(80, 0, -1)]}
    assert min(handful.select(pool, dedup="near", id="id")) == 20


def test_includes_win_and_excludes_come_first():
    chosen = handful.select(POOL, dedup="near", include=[60, 0], exclude=[1], rows=80, **RANDOM)
    assert {0, 60, 61} <= set(chosen)
    assert not {1, 62} & set(chosen)
    stands = dict(
        zip(chosen.duplicates.rows.tolist(), chosen.duplicates.stands.tolist(), strict=True)
    )
    assert stands[62] == 2
    assert chosen.ids.dtype.kind == "i"


def test_rows_already_owned_are_not_bought_again():
    owned = {"text": [TEXTS[25].upper(), TEXTS[3]]}
    chosen = handful.select(POOL, dedup="near", given=owned)
    assert not {3, 25, 63} & set(chosen)
    left = chosen.duplicates
    assert left.owned[np.isin(left.rows, [3, 25, 63])].tolist() == [1, 0, 1]
    assert left.stands[np.isin(left.rows, [3, 25, 63])].tolist() == [-1] * 3
    assert chosen.manifest["result"]["duplicates"]["dropped_as_owned"] == 3
    kept = handful.select(POOL, dedup="exact", given=owned, include=[3])
    assert 3 in set(kept)


def test_a_budget_is_of_what_is_left():
    chosen = handful.select(POOL, dedup="near", fraction="50%", **RANDOM)
    assert len(chosen) == 30
    few = handful.select(POOL, dedup="near", rows=70, **RANDOM)
    assert len(few) == 60
    assert "more than the 60 rows" in few.warnings[0]


@pytest.mark.parametrize("kind", ["exact", "near", "semantic"])
def test_a_pool_of_arrays_has_exact_and_semantic_duplicates(kind):
    rows = np.random.default_rng(0).standard_normal((30, 8)).astype(np.float32)
    rows[20:] = rows[:10]
    if kind == "near":
        with pytest.raises(UsageError, match="--dedup near needs text"):
            handful.select(rows, dedup=kind)
        return
    assert sorted(handful.select(rows, dedup=kind)) == list(range(20))


def test_what_is_left_out_is_written_down_and_verified(tmp_path):
    (tmp_path / "pool.jsonl").write_text(
        "".join(json.dumps({"text": text}) + "\n" for text in TEXTS)
    )
    pool = tmp_path / "pool.jsonl"
    chosen = handful.select(pool, dedup="near:threshold=0.6", rows=9, **RANDOM)
    saved = handful.save(chosen, pool, tmp_path / "out.jsonl")
    import pyarrow.parquet as pq

    table = pq.read_table(duplicates_path(saved.output)).to_pydict()
    assert table == {"row": [*range(60, 80)], "stands": [*range(20)], "owned": [-1] * 20}
    assert handful.verify(saved.manifest).k == 9
    manifest = json.loads(saved.manifest.read_text())
    manifest["result"]["duplicates"]["sha256"] = "0" * 64
    saved.manifest.write_text(json.dumps(manifest))
    with pytest.raises(handful.errors.VerifyError, match="duplicates"):
        handful.verify(saved.manifest)
    handful.save(handful.select(pool, rows=9, **RANDOM), pool, saved.output, overwrite=True)
    assert not duplicates_path(saved.output).exists()


@pytest.mark.parametrize("means", [{"threads": 1}, {"memory": "1GB"}, {"cache": False}], ids=str)
@pytest.mark.parametrize("kind", ["exact", "near", "semantic"])
def test_means_change_nothing(kind, means):
    one, other = (handful.select(POOL, dedup=kind, **more) for more in ({}, means))
    assert one.manifest["result"] == other.manifest["result"]


def test_given_that_cannot_be_compared_is_refused():
    with pytest.raises(UsageError, match="by their text, and the rows of --given have none"):
        handful.select(POOL, dedup="near", given=np.ones((2, 3), np.float32))
    owned = {"text": TEXTS[:3]}
    vectors = np.random.default_rng(0).standard_normal((80, 8)).astype(np.float32)
    ask = {"given": owned, "embeddings": vectors}
    with pytest.raises(UsageError, match="--given-embeddings FILE"):
        handful.select(POOL, dedup="semantic", **ask)
    with pytest.raises(UsageError, match="--given-embeddings FILE"):
        handful.select(POOL, rows=3, method="flcg", **ask)
    with pytest.raises(UsageError, match="goes with --given"):
        handful.select(POOL, rows=3, given_embeddings=vectors[:3])
    assert not {0, 1, 2} & set(handful.select(POOL, dedup="exact", **ask))


def test_owned_rows_have_vectors_of_their_own():
    vectors = np.random.default_rng(0).standard_normal((80, 8)).astype(np.float32)
    ask = {
        "given": {"text": ["a", "b"]},
        "given_embeddings": vectors[[7, 9]],
        "embeddings": vectors,
    }
    left = handful.select(POOL, dedup="semantic", **ask)
    assert sorted(left) == sorted(set(range(80)) - {7, 9})
    assert left.manifest["inputs"]["given"]["arrays"]["embedding"]["shape"] == [2, 8]
    near = handful.select(POOL, rows=5, method="flcg", **ask)
    assert not {7, 9} & set(near)


def test_signatures_are_kept_so_that_they_are_made_once(tmp_path, monkeypatch):
    from handful.kernels import shingles

    pool = tmp_path / "pool.jsonl"
    pool.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    ask = {"dedup": "near", "cache": tmp_path / "cache"}
    first = handful.select(pool, **ask)
    monkeypatch.setattr(shingles, "signatures", None)
    again = handful.select(pool, **ask)
    assert again.manifest["result"] == first.manifest["result"]
    with pytest.raises(TypeError):
        handful.select(pool, seed=1, **ask)


def test_a_plan_counts_duplicates_work_and_does_not_do_it(tmp_path, monkeypatch):
    from handful.kernels import shingles

    monkeypatch.setattr(shingles, "signatures", None)
    pool = tmp_path / "pool.jsonl"
    pool.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    plain = handful.plan(pool, rows=9, **RANDOM)
    near = handful.plan(pool, rows=9, dedup="near", **RANDOM)
    assert near.work.steps > plain.work.steps
    assert (near.dedup, near.candidates) == ("near", 80)
    bare = handful.plan(pool, rows=9, dedup="near", cache=False, **RANDOM)
    assert bare.work.memory_bytes == near.work.memory_bytes + 256 * 80
    semantic = handful.plan(pool, rows=9, dedup="semantic", **RANDOM)
    assert semantic.work.multiply_adds > plain.work.multiply_adds
    with pytest.raises(UsageError, match="--dedup 'nera'"):
        handful.plan(pool, rows=9, dedup="nera", **RANDOM)


def test_a_row_left_out_is_explained():
    from handful.reporting.explain import explain

    chosen = handful.select(POOL, dedup="near", rows=5, given={"text": TEXTS[5:6]}, **RANDOM)
    (line, *_) = explain(chosen, 61, POOL, given={"text": TEXTS[5:6]}).sentences()
    assert line == "Row 61 (61) is out: it is a duplicate (near) of 1, which stands for it."
    (line, *_) = explain(chosen, 5, POOL, given={"text": TEXTS[5:6]}).sentences()
    assert line == "Row 5 (5) is out: it is a duplicate (near) of row 0 of --given."
    apart = handful.select(_pool(), max_similarity=0.9, rows=119, **RANDOM)
    out = next(row for row in range(120) if row not in set(apart))
    (line, *_) = explain(apart, out, _pool()).sentences()
    assert "than --max-similarity 0.9 allows" in line


# Picks kept apart -------------------------------------------------------------------------------


def _vectors(n=120, seed=0):
    draw = np.random.default_rng(seed)
    rows = draw.standard_normal((n, 6))
    rows[n // 2 :] = rows[: n - n // 2] + 0.2 * draw.standard_normal((n - n // 2, 6))
    return rows.astype(np.float32)


VECTORS = _vectors()
STARS = np.random.default_rng(1).permutation(120)
UNIT = VECTORS.astype(np.float64) / np.linalg.norm(VECTORS.astype(np.float64), axis=1)[:, None]
COSINES = UNIT @ UNIT.T


def _closest(picks, rows=VECTORS):
    unit = rows.astype(np.float64) / np.linalg.norm(rows.astype(np.float64), axis=1)[:, None]
    return np.max((unit @ unit.T)[np.ix_(picks, picks)] - 9 * np.eye(len(picks)))


def _pool():
    return {"embedding": VECTORS, "stars": STARS, "cost": STARS % 5 + 1, "g": STARS % 3}


def _greedily_apart(order, limit, most):
    taken = []
    for row in order:
        if len(taken) < most and all(COSINES[row, other] <= limit for other in taken):
            taken.append(int(row))
    return taken


@pytest.mark.parametrize("rows", [5, 40, 120])
def test_a_ranking_passes_over_rows_close_to_a_pick(rows, monkeypatch):

    wanted = _greedily_apart(np.argsort(-STARS), 0.9, rows)
    options = {"rows": rows, "method": "top", "score": "stars", "max_similarity": 0.9}
    chosen = handful.select(_pool(), **options)
    assert chosen.indices.tolist() == wanted
    monkeypatch.setattr(ledger, "APART_ROWS", 7)
    assert handful.select(_pool(), **options).indices.tolist() == wanted
    if rows == 120:
        assert chosen.warnings == (
            f"{len(wanted)} rows were picked of the 120 allowed: any other is closer to a pick than "
            "--max-similarity 0.9 allows.",
        )


def test_without_a_budget_as_many_as_fit_are_kept_the_best_first():
    chosen = handful.select(_pool(), max_similarity=0.9, score="stars")
    assert chosen.indices.tolist() == _greedily_apart(np.argsort(-STARS), 0.9, 120)
    assert chosen.method == "top"
    assert handful.select(_pool(), max_similarity=0.9).indices.tolist() == _greedily_apart(
        range(120), 0.9, 120
    )


def test_greedy_keeps_apart_and_lazy_picks_the_same():
    pick = {
        name: handful.select(
            _pool(), rows=25, method="facility_location", optimizer=name, max_similarity=0.5
        )
        for name in ("greedy", "lazy")
    }
    assert pick["greedy"].indices.tolist() == pick["lazy"].indices.tolist()
    assert _closest(pick["lazy"].indices) <= 0.5
    assert pick["lazy"].upper_bound >= pick["lazy"].value
    free = handful.select(_pool(), rows=25, method="facility_location")
    assert _closest(free.indices) > 0.5


@pytest.mark.parametrize("key", names())
def test_every_method_that_declares_it_keeps_picks_apart(key):
    method = find(key)
    vectors = np.abs(VECTORS) / np.abs(VECTORS).max()  # some objectives need them so
    text = [f"{WORDS[i]} {WORDS[i + 1]} {i % 7}" for i in range(120)]
    pool = {**_pool(), "embedding": vectors, "text": text}
    target = {"embedding": vectors[:4], "text": text[:4]}
    given = {"embedding": vectors[-4:]}
    options = {"rows": 20, "like": target, "given": given, "score": "stars", "group": "g"}
    pool |= {"loss_prior": STARS.tolist(), "loss_conditional": [0.0] * 120}
    pool |= {"utility": STARS.tolist()}
    if key == "less":
        pool["gradients"], target["gradients"] = pool.pop("embedding"), vectors[:4]
    if key == "adapt_inf":
        options["params"] = {"scores": "stars+loss_prior"}
    if key == "preselect":
        target["losses"] = np.array([[3, 2, 1], [1, 2, 3]] * 2, np.float32)
        options["params"] = {"benchmark": "0.1+0.2+0.3"}
    ask = {**options, "method": key, "max_similarity": 0.9, "include": [3]}
    if "max_similarity" not in method.facts.honours:
        with pytest.raises(UsageError, match=f"{key} does not honour"):
            handful.select(pool, **ask)
        return
    chosen = handful.select(pool, **ask)
    assert _closest(chosen.indices, vectors) <= 0.9
    assert 3 in set(chosen)
    assert len(chosen) > 8


@pytest.mark.parametrize("name", sorted(classes()))
def test_every_optimizer_keeps_picks_apart_or_refuses(name):
    ask = {"rows": 20, "method": "facility_location", "optimizer": name, "max_similarity": 0.6}
    if name in {"sieve_streaming", "threshold"}:
        with pytest.raises(UsageError, match="a budget without --max-similarity"):
            handful.select(_pool(), **ask)
        return
    if name == "drop_add":
        with pytest.raises(UsageError, match="nothing else keeps apart"):
            handful.select(_pool(), **ask | {"method": "disparity_min"})
        return
    chosen = handful.select(_pool(), include=[5], **ask)
    assert _closest(chosen.indices) <= 0.6
    assert len(chosen) > 8


def test_apart_under_a_cost():
    ask = {"budget": 40, "cost": "cost", "method": "top", "score": "stars"}
    chosen = handful.select(_pool(), max_similarity=0.6, **ask)
    assert _closest(chosen.indices) <= 0.6
    assert chosen.manifest["result"]["budget"]["spent"] <= 40


def test_includes_too_close_are_refused_by_name():
    with pytest.raises(InfeasibleError, match="'0' and '60' are both to be included"):
        handful.select(_pool(), rows=9, method="random", include=[0, 60], max_similarity=0.9)


def test_a_manifest_says_what_breaks_the_limit(tmp_path):
    from handful.flow.prepare import prepare
    from handful.flow.request import Request
    from handful.flow.verify import broken_constraints

    prepared = prepare(_pool(), Request(rows=9, method="random", max_similarity=0.9))
    assert broken_constraints(prepared, np.array([0, 1, 2])) == []
    assert broken_constraints(prepared, np.array([0, 1, 60])) == [
        "rows 0 and 60 are closer than --max-similarity 0.9 allows"
    ]


def test_a_method_that_does_not_ask_is_caught():
    from dataclasses import dataclass

    from handful.methods.data.random import Random
    from handful.selection import Picks

    @dataclass(frozen=True)
    class Careless:
        facts = Random.facts

        def run(self, view, ledger, rng):
            return Picks(np.array([0, 1, 60]))

    ask = {"rows": 3, "method": Careless()}
    assert len(handful.select(_pool(), **ask)) == 3
    with pytest.raises(InfeasibleError, match="Row 60 may not be taken"):
        handful.select(_pool(), max_similarity=0.9, **ask)


@pytest.mark.parametrize("limit", ["close", 1.5, float("nan")])
def test_a_limit_that_is_no_cosine_is_refused(limit):
    with pytest.raises(UsageError, match="a cosine between -1 and 1"):
        handful.select(_pool(), rows=9, max_similarity=limit)


def test_equal_rows_are_allowed_at_a_limit_of_one():
    rows = np.ones((4, 3), np.float32) * np.array([[1], [2], [0.1], [7]], np.float32)
    assert len(handful.select(rows, rows=4, method="random", max_similarity=1)) == 4
    assert len(handful.select(rows, rows=4, method="random", max_similarity=0.999)) == 1
