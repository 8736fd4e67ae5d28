"""A function of the user's is asked about each row once, checked, counted and recorded."""

import hashlib
import json
import re

import numpy as np
import pytest

import handful
from handful import errors
from handful.methods._contract import View
from handful.methods._utility import BATCH_ROWS, Oracle
from handful.methods.data.mates import Mates
from handful.methods.data.quad import Quad

N = 120
X = np.random.default_rng(5).standard_normal((N, 4)).astype(np.float32)
U = X @ np.array([1.0, -0.5, 0.0, 0.0]) + 0.1 * np.random.default_rng(6).standard_normal(N)
BOTH = (Mates, Quad)


class Asked:
    """Answers from a list, and remembers what it was asked."""

    def __init__(self, answers):
        self.answers, self.rows = np.asarray(answers, float), []

    def __call__(self, rows):
        self.rows.append(np.array(rows))
        return self.answers[rows]


def view(n, source=None):
    return View(n=n, keys=np.arange(n, dtype=np.uint64), source=source)


def asks_each_row_once(oracle, utility):
    for rows in ([3, 1, 1, 7], [7, 2], [], [1, 2, 3]):
        oracle.ask(np.array(rows, np.int64))
    asked = np.concatenate(utility.rows)
    return len(np.unique(asked)) == len(asked)


def test_a_row_is_asked_about_once_and_its_answer_kept():
    utility = Asked(np.arange(10) ** 2)
    oracle = Oracle(utility, view(10))
    assert oracle.ask(np.array([3, 1, 1, 7])).tolist() == [9.0, 1.0, 1.0, 49.0]
    assert oracle.ask(np.array([7, 2])).tolist() == [49.0, 4.0]
    assert [rows.tolist() for rows in utility.rows] == [[1, 3, 7], [2]]
    assert oracle.calls == 2 and oracle.asked.tolist() == [1, 2, 3, 7]
    assert asks_each_row_once(oracle, utility)


def test_the_check_catches_an_oracle_that_forgets():
    class Forgets(Oracle):
        def ask(self, rows):
            self._answers[:] = np.nan
            return super().ask(rows)

    utility = Asked(np.arange(10))
    assert not asks_each_row_once(Forgets(utility, view(10)), utility)


def test_it_is_asked_by_rows_of_the_source_in_batches():
    n = BATCH_ROWS + 30
    utility = Asked(np.arange(3 * n))
    oracle = Oracle(utility, view(n, source=3 * np.arange(n)))
    assert oracle.ask(np.arange(n)).tolist() == (3.0 * np.arange(n)).tolist()
    assert [len(rows) for rows in utility.rows] == [BATCH_ROWS, 30]
    assert utility.rows[0].dtype == np.int64


def test_a_function_that_writes_into_its_rows_changes_nothing():
    def careless(rows):
        answer = rows * 2.0
        rows[:] = 0
        return answer

    oracle = Oracle(careless, view(5))
    assert oracle.ask(np.array([2, 4])).tolist() == [4.0, 8.0]
    assert oracle.asked.tolist() == [2, 4]


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (lambda rows: np.zeros(len(rows) + 1), r"asked about 2 rows .* shape \(3,\)"),
        (lambda rows: 1.0, r"shape \(\); it must be \(2,\)"),
        (lambda rows: np.zeros((len(rows), 1)), r"shape \(2, 1\)"),
        (lambda rows: np.where(rows == 40, np.nan, 1.0), r"gave nan for 1 of the rows .*: 40\."),
        (lambda rows: np.full(len(rows), np.inf), r"gave inf for 2 of the rows .*: 20, 40\."),
    ],
)
def test_an_answer_that_cannot_be_used_is_refused_naming_the_rows(answer, complaint):
    oracle = Oracle(answer, view(5, source=10 * np.arange(5)))
    with pytest.raises(errors.HandfulError, match=complaint):
        oracle.ask(np.array([2, 4]))


def test_what_the_function_raises_is_not_swallowed():
    def broken(rows):
        raise RuntimeError("out of memory on the card")

    with pytest.raises(RuntimeError, match="on the card"):
        handful.select({"embedding": X}, rows=5, method=Quad(utility=broken), cache=False)


@pytest.mark.parametrize("method", BOTH)
def test_the_manifest_has_the_name_the_count_and_a_hash_of_the_answers(method):
    utility = Asked(U)
    chosen = handful.select({"embedding": X}, rows=12, method=method(utility=utility), cache=False)
    asked = np.unique(np.concatenate(utility.rows))
    assert chosen.notes["utility_rows"] == len(asked) == sum(map(len, utility.rows))
    assert chosen.notes["utility_calls"] == len(utility.rows)
    told = hashlib.sha256(asked.astype("<i8").tobytes() + U[asked].astype("<f8").tobytes())
    assert chosen.notes["utility_sha256"] == told.hexdigest()
    record = chosen.manifest["result"]["method"]["parameters"]["utility"]
    assert record.startswith("<") and record.endswith("test_utility.Asked>")
    named = handful.select({"embedding": X}, rows=12, method=method(utility=U.take), cache=False)
    again = json.dumps([named.manifest["request"], named.manifest["result"]])
    assert not re.search("0x[0-9a-f]{4}", again)  # no address: equal runs have equal manifests


@pytest.mark.parametrize("method", BOTH)
def test_verify_says_that_it_needs_the_function_and_takes_it_again(method, tmp_path):
    pool = {"embedding": X, "text": [f"row {i}" for i in range(N)]}
    for given in ({"method": method(utility=U.take)}, {"method": method.__name__.lower()}):
        params = {"params": {"utility": U.take}} if isinstance(given["method"], str) else {}
        asked = {**given, **params}
        chosen = handful.select(pool, rows=12, **asked, cache=False)
        saved = handful.save(chosen, pool, tmp_path / f"out{len(params)}.jsonl")
        with pytest.raises(errors.UsageError, match=r"cannot be had.*take"):
            handful.verify(saved.manifest, pool, cache=False)
        assert handful.verify(saved.manifest, pool, **asked, cache=False).k == 12


@pytest.mark.parametrize("method", BOTH)
def test_verify_says_that_the_function_answers_otherwise(method, tmp_path):
    pool = {"embedding": X, "text": [f"row {i}" for i in range(N)]}
    chosen = handful.select(pool, rows=12, method=method(utility=U.take), cache=False)
    saved = handful.save(chosen, pool, tmp_path / "out.jsonl")
    with pytest.raises(errors.VerifyError, match=r"the utility .* gave other answers"):
        handful.verify(saved.manifest, pool, method=method(utility=(-U).take), cache=False)


@pytest.mark.parametrize("method", BOTH)
def test_those_who_watch_are_told_how_far_the_asking_is(method):
    class Watch:
        def __init__(self):
            self.stages, self.steps = [], 0

        def stage(self, label, total):
            self.stages.append((label, total))
            self.steps = 0

        def advance(self, steps):
            self.steps += steps

        def note(self, sentence):
            pass

    watch, utility = Watch(), Asked(U)
    handful.select(
        {"embedding": X}, rows=12, method=method(utility=utility), cache=False, progress=watch
    )
    assert "asking the utility" in [label for label, _ in watch.stages]
    assert watch.steps == sum(map(len, utility.rows))


@pytest.mark.parametrize("method", BOTH)
def test_nothing_is_asked_for_nothing(method):
    def never(rows):
        raise AssertionError("asked")

    chosen = handful.select(
        {"embedding": X}, rows=3, include=[1, 2, 3], method=method(utility=never), cache=False
    )
    assert sorted(chosen) == [1, 2, 3]


@pytest.mark.parametrize("method", BOTH)
def test_excluded_rows_and_copies_of_the_target_are_never_asked_about(method):
    """MATES' script takes its reference from the documents of its test: such rows can be shut out."""
    texts = [" ".join(f"w{(7 * i + j) % 97}x{i}" for j in range(8)) for i in range(N)]
    utility = Asked(U)
    chosen = handful.select(
        {"text": texts, "embedding": X},
        rows=N,
        like=texts[20:30],
        drop_target_copies=True,
        exclude=[0, 1],
        method=method(utility=utility, **({"probes": 1.0} if method is Mates else {})),
        cache=False,
    )
    shut = {0, 1, *range(20, 30)}
    assert not shut & set(np.concatenate(utility.rows).tolist())
    assert not shut & set(chosen)
    assert len(chosen) == N - len(shut)
    leaky = handful.select(
        {"text": texts, "embedding": X},
        rows=N, like=texts[20:30], method=method(utility=U.take), cache=False,
    )  # fmt: skip
    assert "10 of the picks equal or nearly equal" in leaky.warnings[-1]


@pytest.mark.parametrize("method", BOTH)
def test_a_comparison_keeps_nothing_of_a_function(method, tmp_path):
    labels = (U > 0).astype(int).astype(str).tolist()
    pool = {"embedding": X, "label": labels}
    how = {
        "rows": 10,
        "seeds": 1,
        "label": "label",
        "probe": "nearest",
        "cache": tmp_path / "cache",
    }
    for answers in (U, -U, U):  # the same function by name; what it answers is not the same
        utility = Asked(answers)
        handful.compare(pool, methods=[method(utility=utility)], **how)
        assert utility.rows
