"""Methods meet on equal terms, what is held out stays hidden, and a killed comparison goes on."""

import json
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import pytest

import handful
from handful import errors
from handful.comparing.compare import compare
from handful.comparing.contest import SHARES, prefix
from handful.comparing.field import play, read_labels
from handful.methods._contract import MethodFacts
from handful.methods.data.random import Random
from handful.selection import Picks

FACTS = MethodFacts(paper="none", needs=(), honours=("rows", "amount"), nested=True, cost="")


@dataclass(frozen=True)
class Favourite:
    """Picks by a function of the view; keeps what it saw."""

    score: object
    seen: list = field(default_factory=list, repr=False)
    facts: ClassVar[MethodFacts] = FACTS

    def run(self, view, ledger, rng):
        self.seen.append(view)
        ledger.take_ranked(view.ranking(self.score(view)))
        return Picks(np.array(ledger.taken, np.int64))


def pool(n=400, d=4, classes=2, wrong=0.0, seed=0):
    """Rows of two clouds, whose labels are wrong for every row with the mark."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, classes, n)
    x = (np.eye(d)[kind] * 1.5 + rng.standard_normal((n, d))).astype(np.float32)
    marked = rng.random(n) < wrong
    label = np.where(marked, (kind + 1) % classes, kind)
    return {"label": [f"c{i}" for i in label], "clean": 1.0 - marked, "embedding": x}


def test_a_method_that_picks_clean_labels_trains_better_and_its_opposite_worse():
    data = pool(n=1000, wrong=0.35)
    clean = Favourite(lambda view: view.score())
    dirty = Favourite(lambda view: -view.score())
    found = compare(
        data,
        methods=[clean, dirty, "random"],
        rows=40,
        label="label",
        score="clean",
        seeds=10,
        cache=False,
    )
    by = {line.method: line for line in found.whole}
    assert by[repr(clean)].gain.outcome == "better" and by[repr(dirty)].gain.outcome == "worse"
    assert by["random"].gain.outcome == "same"
    assert found.probe == "classifier" and found.larger_is_better
    assert [line.method for line in found.whole] == [repr(clean), "random", repr(dirty)]
    assert "better than random, accuracy" in found.sentence(by[repr(clean)])
    assert "no different from random" in found.sentence(by["random"])


def test_random_methods_are_rarely_better_or_worse_than_random():
    claims = 0
    for seed in range(12):
        found = compare(
            pool(n=120, seed=seed),
            methods=["random", Favourite(lambda view: np.arange(view.n, dtype=float))],
            rows=15,
            label="label",
            seeds=6,
            seed=100 * seed,
            cache=False,
        )
        claims += any(line.gain.outcome != "same" for line in found.whole)
    assert claims <= 3  # 5 % of 12 is 0.6; P(> 3) < 0.3 %


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [6, 10])
def test_a_random_method_is_called_better_in_at_most_one_comparison_of_twenty(seeds):
    data, said = pool(n=120), []
    for trial in range(500):
        asked = {"rows": 15, "label": "label", "seeds": seeds, "seed": 100 * trial, "cache": False}
        said.append(compare(data, methods=["random"], **asked).whole[0].gain.outcome)
    assert said.count("better") <= 25
    assert said.count("worse") <= 25


def test_every_method_of_a_seed_sees_the_same_rows_and_none_of_those_held_out():
    first, second = Favourite(lambda v: np.zeros(v.n)), Favourite(lambda v: np.ones(v.n))
    compare(pool(), methods=[first, second], rows=40, label="label", seeds=3, cache=False)
    keys = [[set(view.keys.tolist()) for view in method.seen] for method in (first, second)]
    assert keys[0] == keys[1]
    assert [len(k) for k in keys[0]] == [320, 320, 320]
    assert keys[0][0] != keys[0][1]  # another fifth for each seed


def test_a_target_is_cut_in_five_and_the_held_out_part_is_tested_on():
    data, target = pool(), pool(n=50, seed=1)
    method = Favourite(lambda v: np.zeros(v.n))
    found = compare(
        data, like=target, methods=[method], rows=40, seeds=2, cache=False, probe="nearest"
    )
    assert [view.targets[0].n for view in method.seen] == [40, 40]
    assert [view.n for view in method.seen] == [400, 400]
    assert "fifth of the target" in found.scope


def test_lessons_hold_the_picks_and_the_held_out_rows_with_their_labels():
    from handful.comparing.compare import _field
    from handful.flow.prepare import prepare
    from handful.flow.select import request

    data = {"text": [f"w{i}" for i in range(50)], "label": [str(i % 5) for i in range(50)]}
    prepared = prepare(
        data, request({"rows": 5, "method": "random", "label": "label", "cache": False})
    )
    where, _ = _field(prepared, "auto", None, False, None, None, None)
    round_ = play(where, 3)
    picks = np.array([7, 2, 30])
    lesson = round_.lesson(picks)
    rows = round_.prepared.candidates[picks]
    assert lesson.rows.tolist() == rows.tolist()
    assert list(lesson.texts()) == [f"w{i}" for i in rows]
    assert lesson.labels.tolist() == [i % 5 for i in rows]
    held = sorted(set(range(50)) - set(round_.prepared.candidates.tolist()))
    assert list(lesson.test_texts()) == [f"w{i}" for i in held]
    assert lesson.test_labels.tolist() == [i % 5 for i in held]


def test_rows_of_a_file_are_tested_on_by_every_seed(tmp_path):
    test = tmp_path / "test.jsonl"
    test.write_text(
        "".join(json.dumps({"text": t, "y": y}) + "\n" for t, y in [("red", "a"), ("green", "b")])
    )
    data = {"text": ["red", "green"] * 30, "y": ["a", "b"] * 30}
    found = compare(data, methods=["random"], rows=12, label="y", test=test, seeds=5, cache=False)
    assert found.whole[0].mean == 1.0 and "--test" in found.scope
    assert found.whole[0].gain.outcome == "same"


def test_a_killed_comparison_goes_on_where_it_was(tmp_path):
    class KilledError(Exception):
        pass

    class Listener:
        done = 0

        def stage(self, label, total):
            pass

        def note(self, sentence):
            pass

        def advance(self, steps):
            Listener.done += steps
            if Listener.done == 7:
                raise KilledError

    method = Random()
    asked = {
        "rows": 30,
        "label": "label",
        "seeds": 5,
        "cache": tmp_path,
        "methods": [method, "top"],
        "score": "clean",
    }
    with pytest.raises(KilledError):
        compare(pool(), progress=Listener(), **asked)
    kept = sorted(path.stat().st_mtime_ns for path in tmp_path.glob("*/cell.json"))
    assert len(kept) == 7
    resumed = compare(pool(), **asked)
    after = sorted(path.stat().st_mtime_ns for path in tmp_path.glob("*/cell.json"))
    assert after[:7] == kept and len(after) == 15
    fresh = compare(pool(), **{**asked, "cache": False})
    strip = [replace(line, wall_seconds=0, cpu_seconds=0, peak_bytes=0) for line in fresh.lines]
    assert [
        replace(line, wall_seconds=0, cpu_seconds=0, peak_bytes=0) for line in resumed.lines
    ] == strip


def test_another_pool_probe_or_parameter_finds_nothing_in_the_cache(tmp_path):
    asked = {"rows": 30, "label": "label", "seeds": 5, "cache": tmp_path, "methods": ["random"]}
    compare(pool(), **asked)
    count = len(list(tmp_path.glob("*/cell.json")))
    compare(pool(seed=1), **asked)
    compare(pool(), **{**asked, "probe": "classifier:penalty=2"})
    compare(pool(), **{**asked, "rows": 31})
    assert len(list(tmp_path.glob("*/cell.json"))) == 4 * count
    compare(pool(), **asked)
    assert len(list(tmp_path.glob("*/cell.json"))) == 4 * count


def test_a_command_is_given_the_rows_and_its_last_line_is_the_number():
    stars = "sed 's/.*stars\":\\([0-9]*\\).*/\\1/' {subset}"
    command = f"{stars} | awk '{{s += $1}} END {{print \"trained\"; print s / NR}}'"
    data = {"text": [f"t{i}" for i in range(60)], "stars": list(range(60))}
    found = compare(
        data,
        methods=["top"],
        score="stars",
        rows=6,
        seeds=10,
        cache=False,
        probe_command=command,
    )
    (line,) = found.lines
    assert line.mean == 56.5 and line.gain.outcome == "better" and found.draws == 1
    assert found.unit == "number printed"
    lower = compare(
        data,
        methods=["top"],
        score="stars",
        rows=6,
        seeds=10,
        cache=False,
        probe_command=command,
        smaller_is_better=True,
    )
    assert lower.lines[0].gain.outcome == "worse"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("echo 1", "it must name the picked rows"),
        ("cat {subset} >/dev/null; echo no number", "the last line it printed is 'no number'"),
        ("cat {subset} >/dev/null; echo nan", "finite number"),
        ("cat {subset} >/dev/null; echo broken >&2; exit 3", "ended with 3. It said: broken"),
    ],
)
def test_a_command_that_fails_is_named_with_what_it_said(command, message):
    with pytest.raises(errors.HandfulError, match=message):
        compare(
            {"text": ["a", "b", "c"] * 5},
            methods=["random"],
            rows=2,
            seeds=5,
            cache=False,
            probe_command=command,
        )


def test_a_function_is_given_row_numbers():
    seen = []

    def mean_row(rows):
        seen.append(rows)
        return rows.mean()

    found = compare(
        {"text": [str(i) for i in range(50)]}, methods=["random"], rows=5, seeds=6, probe=mean_row
    )
    assert all(len(rows) == 5 and rows.dtype == np.int64 for rows in seen)
    assert len(seen) == 12 and found.probe == "command"
    with pytest.raises(errors.DataError, match="returned nan"):
        compare(
            {"text": ["a"] * 9},
            methods=["random"],
            rows=2,
            seeds=5,
            probe=lambda rows: float("nan"),
        )


def test_a_function_of_two_arguments_is_given_the_rows_held_out():
    seen = []

    def apart(rows, held):
        seen.append((set(rows.tolist()), set(held.tolist())))
        return len(rows)

    data = {"text": [f"{i} of {i % 7}" for i in range(50)]}
    common = {"methods": ["random"], "rows": 5, "seeds": 5, "probe": apart, "exclude": ["3"]}
    found = compare(data, **common)
    assert found.scope.startswith("tested on a fifth of the pool") and found.draws == 3
    assert all(len(held) == 9 and not rows & held for rows, held in seen)
    assert len({frozenset(held) for _, held in seen}) == 5
    assert not any(3 in rows | held for rows, held in seen)
    seen.clear()
    like = {
        "one": {"text": [f"{i} of 1" for i in range(10)]},
        "two": {"text": [f"{i} of 2" for i in range(20)]},
    }
    assert "fifth of the target" in compare(data, like=like, **common).scope
    assert all(len(held) == 6 and max(held) < 30 for _, held in seen)
    assert all(sum(row < 10 for row in held) == 2 for _, held in seen)


def test_methods_that_read_several_arrays_by_name_are_compared():
    rng = np.random.default_rng(0)
    rows = {
        name: {
            "text": [f"{name} {i}" for i in range(n)],
            **{f"c{j}": rng.standard_normal((n, 4)).astype(np.float32) for j in range(2)},
        }
        for name, n in (("pool", 60), ("target", 20))
    }
    found = compare(
        rows["pool"], like=rows["target"], methods=["less:arrays=c0+c1"], rows=6, seeds=2
    )
    assert [line.method for line in found.whole] == ["less:arrays=c0+c1"]


def test_progress_counts_the_parts_of_the_comparison_alone():
    class Heard:
        def __init__(self):
            self.stages = []

        def stage(self, label, total):
            self.stages.append([label, total, 0])

        def advance(self, steps):
            self.stages[-1][2] += steps

        def note(self, sentence):
            pass

    heard = Heard()
    words = {"text": [f"{i} of {i % 7}" for i in range(80)]}
    like = {"text": ["1 of 1", "2 of 1", "3 of 1", "4 of 1", "5 of 1"]}
    methods = ["dsir", "nearest_to_target", "random"]
    compare(words, like=like, methods=methods, rows=8, seeds=2, progress=heard, cache=False)
    assert [stage for stage in heard.stages if stage[0] == "comparing"] == [["comparing", 8, 8]]
    assert heard.stages[-1][0] == "comparing"


def test_nested_methods_have_a_learning_curve_of_prefixes():
    found = compare(
        pool(),
        methods=["random", "stratified"],
        group="label",
        rows=40,
        label="label",
        seeds=5,
        cache=False,
    )
    shares = {
        name: [line.share for line in found if line.method == name]
        for name in ("random", "stratified")
    }
    assert shares == {"random": list(SHARES), "stratified": [1.0]}
    assert [line.picked for line in found if line.method == "random"] == [40, 20, 10, 5]


def test_a_prefix_under_a_cost_is_by_what_was_spent():
    from handful.flow.prepare import prepare
    from handful.flow.select import request

    data = {"text": list("abcdef"), "cost": [1, 1, 1, 1, 4, 8]}
    prepared = prepare(
        data, request({"budget": 16, "cost": "cost", "method": "random", "cache": False})
    )
    picks = np.array([4, 0, 1, 2, 5])  # spent: 4, 5, 6, 7, 15
    assert prefix(prepared, picks, 0.5).tolist() == [4, 0, 1, 2]
    assert prefix(prepared, picks, 0.25).tolist() == [4]
    assert prefix(prepared, picks, 1.0).tolist() == picks.tolist()


def test_all_is_every_method_that_can_and_auto_the_one_select_would_take():
    found = compare(pool(n=60), methods=["all"], rows=8, label="label", seeds=2, cache=False)
    tried = {line.method for line in found}
    (auto,) = {
        line.method for line in compare(pool(n=60), rows=8, label="label", seeds=2, cache=False)
    }
    assert auto == "facility_location"
    assert "FeatureBased needs finite values" in found.left_out["feature_based"]
    assert {"random", "k_center"} <= tried and not {"top", "stratified", "dsir"} & tried


def test_tables_are_written_in_every_format(tmp_path):
    found = compare(pool(), methods=["random"], rows=40, label="label", seeds=4, cache=False)
    record = json.loads(found.save(tmp_path / "c.json").read_text())
    assert record["probe"] == "classifier" and record["lines"][0]["gain_low"] is None
    assert "few to say" in found.sentence(found.lines[0])
    lines = found.save(tmp_path / "c.csv").read_text().splitlines()
    assert lines[0].startswith("method,share,picked,mean,random") and len(lines) == 5
    import pyarrow.parquet as pq

    table = pq.read_table(found.save(tmp_path / "c.parquet"))
    assert table["method"].to_pylist() == ["random"] * 4
    assert {*table.column_names, "each"} == set(record["lines"][0])  # a list has no cell
    assert len(record["lines"][0]["each"]) == record["seeds"]
    with pytest.raises(errors.UsageError, match="suffix"):
        found.save(tmp_path / "c.xlsx")


def test_labels_of_pool_and_target_share_one_coding():
    from handful.flow.prepare import prepare
    from handful.flow.select import request

    def opened(**columns):
        columns = {"text": ["x"] * len(next(iter(columns.values()))), **columns}
        return prepare(columns, request({"rows": 1, "method": "random", "cache": False})).pool

    (a, b), numeric = read_labels([opened(y=["b", "a", "c"]), opened(y=["c", "d"])], "y")
    assert (a.tolist(), b.tolist(), numeric) == ([1, 0, 2], [2, 3], False)
    (c,), numeric = read_labels([opened(y=[0.5, 1.5])], "y")
    assert numeric and c.tolist() == [0.5, 1.5]
    (whole,), numeric = read_labels([opened(y=[3, 1, 3])], "y")
    assert not numeric and whole[0] == whole[2] != whole[1]


def test_what_cannot_be_probed_is_refused_in_words():
    with pytest.raises(errors.UsageError, match="Nothing to probe"):
        compare({"stars": [1, 2, 3] * 9}, methods=["random"], rows=3, cache=False)
    with pytest.raises(errors.UsageError, match="given twice"):
        compare(pool(), methods=["random", "random"], rows=3, label="label", cache=False)
    with pytest.raises(errors.UsageError, match="Unknown method"):
        handful.compare(pool(), methods=["rnadom"], rows=3, label="label", cache=False)
