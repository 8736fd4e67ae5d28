"""Stages cut a pool into disjoint parts by the seed, and each picks from its own."""

import json

import numpy as np
import pytest

import handful
from handful.errors import UsageError

N = 400
X = np.random.default_rng(0).standard_normal((N, 4)).astype(np.float32)
POOL = {"embedding": X, "name": [f"r{i}" for i in range(N)]}


def stage(s, **options):
    asked = {"method": "random", "rows": N, "cache": False, **options}
    return handful.select(POOL, stage=s, **asked)


def parts(count, **options):
    return [set(stage(f"{s}/{count}", **options)) for s in range(1, count + 1)]


def test_every_row_falls_to_exactly_one_stage():
    for count in (1, 2, 4):
        found = parts(count)
        assert sum(map(len, found)) == N
        assert set().union(*found) == set(range(N))
        assert all(abs(len(part) - N / count) < 5 * (N / count) ** 0.5 for part in found)


def test_the_seed_cuts_anew_and_the_cut_of_a_row_does_not_depend_on_the_others():
    assert parts(2) != parts(2, seed=1)
    fewer = [part - {3, 4, 5} for part in parts(2)]
    assert parts(2, exclude=[3, 4, 5]) == fewer
    by_name = [set(stage(f"{s}/2", id="name").ids) for s in (1, 2)]
    shuffled = np.random.default_rng(1).permutation(N)
    other = {"embedding": X[shuffled], "name": [f"r{i}" for i in shuffled]}
    again = handful.select(other, stage="1/2", rows=N, method="random", id="name", cache=False)
    assert set(again.ids) == by_name[0]


def test_a_fraction_is_of_the_stage_and_an_include_is_picked_in_its_own():
    quarter = [stage(f"{s}/4", rows=None, fraction="20%", include=[7, 8]) for s in (1, 2, 3, 4)]
    assert all(15 <= len(one) <= 25 for one in quarter)
    assert sum(7 in set(one) for one in quarter) == 1
    assert sum(8 in set(one) for one in quarter) == 1


def test_the_stage_is_in_the_manifest_and_replayed(tmp_path):
    rows = [{"text": f"row {i} {i % 7}", "stars": i % 11} for i in range(60)]
    file = tmp_path / "pool.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    chosen = handful.select(file, stage="2/3", rows=5, method="top", score="stars", cache=False)
    saved = handful.save(chosen, file, tmp_path / "out.jsonl")
    assert chosen.manifest["request"]["stage"] == "2/3"
    assert handful.verify(saved.manifest, cache=False).k == 5


@pytest.mark.parametrize("wrong", ["0/3", "4/3", "2", "a/b", "1/0", "-1/2", "1/2/3", 2])
def test_what_is_no_stage_is_refused(wrong):
    with pytest.raises(UsageError, match=r"--stage .*: give the stage and how many"):
        stage(wrong)


def test_a_stage_without_rows_is_refused():
    with pytest.raises(UsageError, match="none of the 2 rows falls to it"):
        for s in range(1, 10):
            handful.select(["a", "b"], stage=f"{s}/9", rows=1, method="random", cache=False)
