import json

import numpy as np
import pytest

import handful
from handful.errors import DataError, UsageError, VerifyError
from handful.flow.prepare import prepare
from handful.flow.request import Request
from handful.flow.verify import broken_constraints
from handful.methods.data.random import Random
from handful.objectives.modular import Modular

POOL = {
    "text": [f"text {i} {i % 5}" for i in range(40)],
    "stars": [i * 7 % 40 for i in range(40)],
    "cost": [1 + i % 3 for i in range(40)],
}
VECTORS = np.random.default_rng(0).standard_normal((40, 4)).astype(np.float32)


def saved(folder, pool=POOL, **options):
    chosen = handful.select(pool, **options)
    return handful.save(chosen, pool, folder / "out.jsonl").manifest


def test_data_in_memory_is_passed_again(tmp_path):
    manifest = saved(tmp_path, rows=7, method="random", seed=2)
    assert handful.verify(manifest, POOL).k == 7
    with pytest.raises(UsageError, match="the pool cannot be had from the manifest alone"):
        handful.verify(manifest)


def test_other_data_in_memory_is_named(tmp_path):
    manifest = saved(tmp_path, rows=7, method="random", seed=2)
    other = {**POOL, "text": [*POOL["text"][:-1], "changed"]}
    with pytest.raises(VerifyError, match=r"Not the same: inputs: data has other bytes now"):
        handful.verify(manifest, other)
    with pytest.raises(VerifyError, match=r"rows is 39 now, and was 40"):
        handful.verify(manifest, {name: values[:-1] for name, values in POOL.items()})


def test_a_target_and_arrays_in_memory_are_passed_again(tmp_path):
    target = POOL["text"][:4]
    manifest = saved(tmp_path, rows=7, method="dsir", like=target)
    assert handful.verify(manifest, POOL, like=target).k == 7
    with pytest.raises(VerifyError, match="inputs"):
        handful.verify(manifest, POOL, like=target[:3])
    with pytest.raises(UsageError, match="like cannot be had"):
        handful.verify(manifest, POOL)
    manifest = handful.save(
        handful.select(POOL, rows=3, method="k_center", arrays={"mine": VECTORS}),
        POOL,
        tmp_path / "other.jsonl",
    ).manifest
    assert handful.verify(manifest, POOL, arrays={"mine": VECTORS}).k == 3
    with pytest.raises(VerifyError, match=r"arrays\.mine\.sha256"):
        handful.verify(manifest, POOL, arrays={"mine": VECTORS + 1})


def test_a_configured_method_that_has_a_name_is_replayed_by_it(tmp_path):
    assert handful.verify(saved(tmp_path, rows=7, method=Random()), POOL).k == 7


def test_an_object_of_the_users_own_is_passed_again(tmp_path):
    manifest = saved(tmp_path, rows=7, method=Modular(), score="stars")
    with pytest.raises(UsageError, match="an object of your own"):
        handful.verify(manifest, POOL)
    assert handful.verify(manifest, POOL, method=Modular()).k == 7


def test_an_option_that_is_none_is_refused(tmp_path):
    manifest = saved(tmp_path, rows=7, method="random")
    with pytest.raises(UsageError, match="Nearest: 'threads'"):
        handful.verify(manifest, POOL, thread=2)


def test_a_tokenizer_or_list_that_is_gone_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.txt").write_text("3\n")
    manifest = saved(tmp_path, rows=7, method="random", include="in.txt")
    assert handful.verify(manifest, POOL).k == 7
    (tmp_path / "in.txt").unlink()
    with pytest.raises(DataError, match=r"in\.txt: no such file"):
        handful.verify(manifest, POOL)


def edit(manifest, change):
    record = json.loads(manifest.read_text())
    change(record)
    manifest.write_text(json.dumps(record))


def test_picks_of_another_version_say_so(tmp_path):
    manifest = saved(tmp_path, rows=7, method="random")

    def older(record):
        record["request"]["seed"] = 9
        record["result"]["method"]["version"] = 0

    edit(manifest, older)
    with pytest.raises(VerifyError, match=r"random is of version 1 now, and was 0"):
        handful.verify(manifest, POOL)


def test_a_value_that_differs_while_the_rows_do_not_is_a_note(tmp_path):
    manifest = saved(tmp_path, rows=7, method="top", score="stars")
    edit(manifest, lambda record: record["result"].update(value=1.5))
    assert handful.verify(manifest, POOL).notes == ("value is 252.0 now, and was 1.5",)


def test_a_constraint_that_is_broken_ends_the_verification(tmp_path, monkeypatch):
    manifest = saved(tmp_path, rows=7, method="random")
    monkeypatch.setattr(
        "handful.flow.verify.broken_constraints", lambda *_: ["row 3 is picked twice"]
    )
    with pytest.raises(VerifyError, match="Not the same: the budget: row 3 is picked twice"):
        handful.verify(manifest, POOL)


# Constraints ------------------------------------------------------------------------------------

OPTIONS = {"rows": 10, "budget": 15, "cost": "cost", "include": [3, 4], "exclude": [5, 6]}


@pytest.mark.parametrize(
    ("picked", "said"),
    [
        ([3, 4, 0, 9], None),
        ([3, 4, 0, 0], "a row is picked twice"),
        ([3, 4, 5], "row 5 is picked, which is excluded or could not be read"),
        ([3, 4, 40], "row 40 is picked"),
        ([3, 0, 9], "row 4 is not picked, which must be"),
        ([3, 4, 0, 9, 12, 15, 18, 21, 24, 27, 30], "11 rows are picked, and 10 are allowed"),
        ([3, 4, 2, 8, 11, 14, 17], "18 is spent, and 15 is allowed"),
    ],
)
def test_every_constraint_is_checked_apart_from_the_replay(picked, said):
    prepared = prepare(POOL, Request(method="random", **OPTIONS))
    broken = broken_constraints(prepared, np.array(picked))
    assert broken == [] if said is None else any(said in sentence for sentence in broken)
