"""methods, plan, verify, cache."""

import json
import re

import pytest

from handful import methods as all_methods

DSIR = ("--rows", "20", "--like", "target.jsonl", "--method", "dsir")


# methods ----------------------------------------------------------------------------------------


def test_methods_lists_every_method_with_what_it_needs_and_its_paper(handful, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    listed = handful("methods").out
    assert max(map(len, listed.splitlines())) <= 80
    assert re.search(r"^Needs nothing:\n  first ", listed, re.M)
    assert re.search(r"^Needs text and a target with text \(--like\):\n  dsir ", listed, re.M)
    records = handful("methods", "--json").json["methods"]
    assert [record["key"] for record in records] == all_methods.names()
    for record in records:
        cls = all_methods.find(record["key"])
        assert record["needs"] == list(cls.facts.needs)
        assert record["paper"] == cls.facts.paper
        assert f"\n  {record['key']} " in listed


@pytest.mark.parametrize("key", ["dsir", "k-center"])
def test_one_method_is_shown_with_every_parameter(key, handful):
    from handful.parameters import parameters

    cls = all_methods.find(key)
    shown, record = handful("methods", key).out, handful("methods", key, "--json").json
    assert {p["name"]: p["default"] for p in record["parameters"]} == {
        name: field.default for name, field in parameters(cls).items()
    }
    for parameter in record["parameters"]:
        assert f"--param {parameter['name']}=" in shown
        assert parameter["allowed"]
        assert parameter["help"]
    assert "Args:" not in record["description"]
    assert record["summary"] in shown


# plan -------------------------------------------------------------------------------------------


def test_a_plan_says_what_a_selection_would_take_and_writes_nothing(
    folder, handful, tmp_path_factory
):
    cache = tmp_path_factory.mktemp("cache")
    before = sorted(folder.iterdir())
    flags = ("--rows", "20", "--method", "k_center", "--cache-dir", cache, "-o", "out.jsonl")
    ended = handful("plan", "pool.jsonl", *flags)
    assert ended.code == 0, ended.err
    for part in (
        "rows",
        "300",
        "at most 20",
        "k_center",
        "tfidf_svd: 300 × 128, 153.6 kB",
        "allowed",
    ):
        assert part in ended.out
    assert sorted(folder.iterdir()) == before
    assert list(cache.iterdir()) == []


def test_a_plan_says_why_auto_chose(folder, handful):
    planned = handful("plan", "pool.jsonl", "--rows", "20", "--like", "target.jsonl", "--json").json
    chosen = handful(
        "select", "pool.jsonl", "--rows", "20", "--like", "target.jsonl", "--json"
    ).json
    method = chosen["result"]["method"]
    assert (planned["method"], planned["reason"]) == (method["key"], method["chosen_because"])
    assert planned["fits"]
    assert planned["seconds"] > 0
    assert planned["work"]["text_bytes"] > 2 * 300


def test_a_plan_finds_the_faults_a_selection_would(folder, handful):
    ended = handful("plan", "pool.jsonl", "--rows", "20", "--score", "qualty")
    assert ended.code == 2
    assert "Nearest: 'quality'" in ended.err


def test_a_plan_that_does_not_fit_says_what_would(folder, handful, monkeypatch):
    monkeypatch.setattr("handful.flow.plan.STILL_TO_LOAD", 3 * 10**9)
    flags = ("--rows", "20", "--method", "k_center", "--memory", "1GB", "--no-cache")
    ended = handful("plan", "pool.jsonl", *flags)
    assert ended.code == 3
    assert "--memory allows 1.0 GB" in ended.err
    assert "--memory 4GB" in ended.err
    assert "leave out --no-cache" in ended.err


# verify -----------------------------------------------------------------------------------------


@pytest.fixture
def chosen(folder, handful):
    """A selection under every kind of constraint, and its manifest."""
    (folder / "in.txt").write_text("row-7\n")
    (folder / "ex.txt").write_text("row-8\nrow-9\n")
    lists = ("--id", "id", "--include", "in.txt", "--exclude", "ex.txt")
    budget = ("--rows", "20", "--budget", "150", "--cost", "n_tokens")
    flags = (*budget, *lists, "--like", "target.jsonl", "--method", "dsir", "-o", "out.jsonl")
    ended = handful("select", "pool.jsonl", *flags)
    assert ended.code == 0, ended.err
    return folder / "out.jsonl.manifest.json"


def test_a_manifest_that_holds_is_said_to(chosen, handful):
    k = json.loads(chosen.read_text())["result"]["k"]
    ended = handful("verify", chosen)
    assert ended.code == 0, ended.err
    assert ended.out.startswith(f"The same {k} rows: inputs, picks and budget are as")
    assert handful("verify", chosen, "--json").json == {"same": True, "k": k, "notes": []}


def test_it_is_verified_from_another_folder_by_paths_beside_the_manifest(
    chosen, handful, monkeypatch
):
    monkeypatch.chdir("/")
    assert handful("verify", chosen).code == 0


def test_a_pool_that_has_moved_is_named(chosen, handful, folder):
    (folder / "pool.jsonl").rename(folder / "moved.jsonl")
    ended = handful("verify", chosen)
    assert ended.code == 1
    assert "pool.jsonl: no such file" in ended.err
    assert handful("verify", chosen, folder / "moved.jsonl").code == 0


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("pool.jsonl", "prime", "primes", "pool.jsonl has"),
        ("pool.jsonl", "prime", "onion", "pool.jsonl has other bytes now"),
        ("pool.jsonl", '"row-5"', '"row-6"', "pool.jsonl has other bytes now"),
        ("target.jsonl", "prime", "onion", "target.jsonl has other bytes now"),
        ("in.txt", "row-7", "row-6", "include.sha256"),
        ("ex.txt", "row-9", "row-5", "exclude.sha256"),
        ("out.jsonl", "row-7", "row-6", "out.jsonl is not as it was written"),
    ],
)
def test_what_is_not_as_it_was_is_named_with_exit_code_5(
    name, old, new, said, chosen, handful, folder
):
    replace(folder / name, old, new)
    ended = handful("verify", chosen)
    assert ended.code == 5, ended.err
    assert ended.out == ""
    assert said in ended.err


def test_a_manifest_of_another_seed_does_not_hold(chosen, handful):
    replace(chosen, '"seed": 0', '"seed": 1')
    ended = handful("verify", chosen)
    assert ended.code == 5
    assert "rows picked then are picked now" in ended.err
    assert "pick 2 was row" in ended.err


def test_a_sidecar_of_other_rows_does_not_hold(chosen, handful, folder):
    flags = ("--rows", "5", "--method", "random", "-o", "other.jsonl")
    assert handful("select", "pool.jsonl", *flags).code == 0
    (folder / "other.jsonl.manifest.parquet").replace(folder / "out.jsonl.manifest.parquet")
    ended = handful("verify", chosen)
    assert ended.code == 5
    assert "the sidecar lists other rows" in ended.err


def test_output_and_sidecar_may_be_gone(chosen, handful, folder):
    (folder / "out.jsonl").unlink()
    (folder / "out.jsonl.manifest.parquet").unlink()
    assert handful("verify", chosen).code == 0


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("{", 1, "not a readable manifest"),
        ("{}", 1, "not a readable manifest"),
        ('{"format": 99, "request": {}, "inputs": {}, "result": {}}', 1, "99"),
    ],
)
def test_what_is_no_manifest_is_refused(text, code, said, folder, handful):
    (folder / "x.manifest.json").write_text(text)
    ended = handful("verify", "x.manifest.json")
    assert ended.code == code, ended.err
    assert said in ended.err


# cache ------------------------------------------------------------------------------------------


def test_the_cache_is_shown_and_cleared(folder, handful):
    here = ("--cache-dir", "kept")
    empty = handful("cache", *here)
    assert "0 entries" in empty.out
    assert handful("select", "pool.jsonl", *DSIR, *here, "-o", "out.jsonl").code == 0
    listed = handful("cache", *here, "--json").json
    assert listed["entries"]
    assert listed["bytes"] == sum(entry["bytes"] for entry in listed["entries"]) > 0
    shown = handful("cache", *here).out
    assert all(entry["key"] in shown and entry["label"] in shown for entry in listed["entries"])
    cleared = handful("cache", *here, "--clear")
    assert "freed" in cleared.out
    assert handful("cache", *here, "--json").json["entries"] == []
