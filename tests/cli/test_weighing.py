"""lasso-tasks and pooled-negatives on the command line."""

import json

import numpy as np
import pytest


@pytest.fixture
def heads(folder):
    rng = np.random.default_rng(0)
    heads = rng.standard_normal((5, 20))
    np.save("heads.npy", heads)
    np.save("target.npy", heads[:, 3] - 2 * heads[:, 7])
    return folder


@pytest.fixture
def scores(folder):
    rng = np.random.default_rng(0)
    lines = ["qid,did,r,s,label"]
    for query in range(20):
        for document in range(10):
            r, s = rng.normal(size=2)
            lines.append(f"q{query},d{document},{r:.4f},{s:.4f},{int(document == 0)}")
    (folder / "scores.csv").write_text("\n".join(lines) + "\n")
    return folder


NAMES = ("--query", "qid", "--document", "did", "--relevance", "r", "--selection", "s")
NAMES += ("--positive", "label")
TASKS = ("lasso-tasks", "heads.npy", "--target", "target.npy", "--samples", "9")


def test_samples_are_shared_out_over_tasks(heads, handful):
    asked = ("lasso-tasks", "heads.npy", "--target", "target.npy", "--samples", "1k")
    ended = handful(*asked, "-o", "allocation.csv")
    assert ended.code == 0, ended.err
    assert "1,000 samples" in ended.out
    lines = (heads / "allocation.csv").read_text().splitlines()
    assert lines[0] == "task,samples,relevance"
    assert sum(int(line.split(",")[1]) for line in lines[1:]) == 1000
    shown = handful(*asked, "--json", "--param", "fee=30").json
    drawn = [task for task in shown["tasks"] if task["samples"]]
    assert sum(task["samples"] for task in drawn) + 30 * len(drawn) == 1000
    assert shown["system"]["key"] == "lasso_tasks"
    again = handful(*asked, "-o", "allocation.csv")
    assert (again.code, "exists" in again.err) == (2, True)
    assert handful(*asked, "-o", "allocation.csv", "--overwrite", "-q").out == ""
    whole = handful(*asked, "-o", "allocation.json")
    assert whole.code == 0
    assert json.loads((heads / "allocation.json").read_text().splitlines()[0])["task"] == "0"


def test_candidates_get_weights_beside_what_their_rows_hold(scores, handful):
    ended = handful("pooled-negatives", "scores.csv", *NAMES, "--sample", "3", "-o", "out.csv")
    assert ended.code == 0, ended.err
    assert "20 queries, 200 candidates, 20 labelled" in ended.out
    before = (scores / "scores.csv").read_text().splitlines()
    after = (scores / "out.csv").read_text().splitlines()
    assert after[0] == before[0] + ",weight,selection_weight,keep,drawn"
    assert all(new.startswith(old + ",") for new, old in zip(after, before, strict=True))
    assert sum(line.endswith(",true") for line in after) == 60
    record = json.loads((scores / "out.csv.record.json").read_text())
    assert record["result"]["drawn"] == 60
    same = handful("pooled-negatives", "scores.csv", *NAMES, "--sample", "3", "--json").json
    assert same["result"] == record["result"]


def test_methods_tells_of_systems_that_pick_no_rows(handful):
    assert "handful lasso-tasks, handful pooled-negatives" in handful("methods").out
    shown = handful("methods", "lasso-tasks").out
    for part in (
        "--param penalty=0.05",
        "--param fee=0",
        "Wang et al. 2023",
        "handful lasso-tasks",
    ):
        assert part in shown
    record = handful("methods", "pooled_negatives", "--json").json
    assert {p["name"] for p in record["parameters"]} == {"scores", "clip", "keep"}
    refused = handful("select", "pool.jsonl", "--rows", "3", "--method", "lasso_tasks", "--json")
    assert refused.code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("lasso-tasks", "heads.npy", "--samples", "9", "--json"), 2, "--target"),
        (("lasso-tasks", "heads.npy", "--target", "target.npy", "--json"), 2, "--samples"),
        (TASKS, 2, "-o"),
        (
            ("lasso-tasks", "no.npy", "--target", "target.npy", "--samples", "9", "--json"),
            1,
            "no.npy",
        ),
        (
            (*TASKS, "--json", "--param", "fee=99"),
            3,
            "Raise the budget",
        ),
        (
            (*TASKS, "--json", "--param", "penalti=1"),
            2,
            "Nearest: 'penalty'",
        ),
        (
            (*TASKS, "-o", "heads.npy"),
            2,
            "heads.npy",
        ),
    ],
)
def test_tasks_that_cannot_be_are_refused(arguments, code, says, heads, handful):
    ended = handful(*arguments)
    assert (ended.code, says in ended.err) == (code, True), ended.err
    assert ended.out == ""


def test_candidates_that_cannot_be_are_refused(scores, handful):
    missing = handful("pooled-negatives", "scores.csv", "--json")
    assert (missing.code, "query" in missing.err) == (2, True)
    with (scores / "scores.csv").open("a") as file:
        file.write("q0,d0,0,0,0\n")
    twice = handful("pooled-negatives", "scores.csv", *NAMES, "--json")
    assert (twice.code, "d0 stands twice" in twice.err) == (1, True)
    (scores / "scores.csv").write_text("qid,did,r,s,label\nq,d,high,0,1\n")
    text = handful("pooled-negatives", "scores.csv", *NAMES, "--json")
    assert (text.code, "high" in text.err) == (1, True)
