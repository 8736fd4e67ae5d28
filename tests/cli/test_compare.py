"""`handful compare` and the verdict of `handful select`, as a user meets them."""

import json
import random
import re

import pytest

from handful.cli import code_of


@pytest.fixture
def pool(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = random.Random(0)
    red, green = ["apple", "cherry", "rose", "ruby"], ["leaf", "grass", "frog", "moss"]
    rows = [
        {
            "text": " ".join(rng.choices((red, green)[i % 2], k=5)),
            "kind": f"k{i % 2}",
            "stars": i % 7,
        }
        for i in range(120)
    ]
    like = [{"text": " ".join(rng.choices(red, k=5))} for _ in range(200)]
    for name, lines in (("pool", rows), ("like", like)):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (tmp_path / f"{name}.jsonl").write_text(text)
    return tmp_path


def run(line, capsys):
    code = code_of([*line.split(), "--no-cache"])
    out = capsys.readouterr()
    return code, out.out, out.err


def test_a_table_of_methods_beside_random(pool, capsys):
    line = "compare pool.jsonl --rows 12 --label kind --method random --method top --score stars"
    code, out, _ = run(f"{line} --seeds 5 -o t.csv", capsys)
    assert code == 0
    assert "Probe classifier: accuracy, larger is better" in out
    assert "5 seeds, 3 random picks for each" in out
    assert {"random", "top"} <= {text.split()[0] for text in out.splitlines()}
    assert (pool / "t.csv").read_text().startswith("method,share")


def test_the_same_as_json(pool, capsys):
    code, out, _ = run(
        "compare pool.jsonl --rows 12 --label kind --method random --seeds 5 --json -q", capsys
    )
    assert code == 0 and json.loads(out)["lines"][0]["method"] == "random"


def test_a_comparison_has_a_page_and_writes_over_nothing_unasked(pool, capsys):
    line = "compare pool.jsonl --rows 12 --label kind --method random --seeds 5 --report c.html"
    code, out, _ = run(line, capsys)
    assert code == 0 and "Wrote c.html" in out
    assert (pool / "c.html").read_text().startswith("<!doctype html>")
    for again in (line, line.replace("--report c.html", "-o c.html")):
        code, _, err = run(again, capsys)
        assert code == 2 and "c.html exists. Pass --overwrite" in err
    assert run(f"{line} --overwrite -q", capsys)[0] == 0
    code, _, err = run(line.replace("--report c.html", "-o c.xlsx"), capsys)
    assert code == 2 and ".xlsx" in err and ".csv" in err


def test_an_unknown_method_is_refused_with_the_nearest(pool, capsys):
    code, _, err = run("compare pool.jsonl --rows 12 --label kind --method randon", capsys)
    assert code == 2 and "Nearest: 'random'" in err


def test_a_selection_ends_with_its_verdict_and_keeps_it_in_the_manifest(pool, capsys):
    code, out, _ = run(
        "select pool.jsonl --rows 20 --like like.jsonl --method dsir --param prior=0 -o out.jsonl",
        capsys,
    )
    assert code == 0
    assert re.search("Verdict: closer to the target than 9[89] of 99 random picks", out), out
    assert "the method saw 4 of 5 parts of the target" in out
    kept = json.loads((pool / "out.jsonl.manifest.json").read_text())
    verdict = kept["result"]["verdict"]
    assert verdict["draws"] == 99 and verdict["outcome"] == "better"
    assert verdict["readings"][0]["lead_low"] > 0
    assert "verdict_cpu_seconds" in kept["run"]
    code, out, err = run("verify out.jsonl.manifest.json", capsys)
    assert code == 0, err


def test_no_draws_is_no_verdict_and_too_few_are_refused(pool, capsys):
    code, out, _ = run("select pool.jsonl --rows 20 --method random --draws 0 -o out.jsonl", capsys)
    assert code == 0 and "Verdict" not in out
    assert "verdict" not in json.loads((pool / "out.jsonl.manifest.json").read_text())["result"]
    code, _, err = run("select pool.jsonl --rows 20 --method random --draws 5 -o x.jsonl", capsys)
    assert code == 2 and "--draws 0" in err and "random: as asked" not in err  # before any work


def test_labels_are_probed_and_their_column_is_checked(pool, capsys):
    code, out, _ = run(
        "select pool.jsonl --rows 20 --method random --label kind -o out.jsonl", capsys
    )
    assert code == 0 and "linear classifier, accuracy" in out
    code, _, err = run("select pool.jsonl --rows 20 --method random --label kid -o x.jsonl", capsys)
    assert code == 2 and "Nearest: 'kind'" in err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("select pool.jsonl --rows 5 -o s.jsonl --report pool.jsonl", "is one of the inputs"),
        ("select pool.jsonl --rows 5 --like like.jsonl -o s.jsonl --report like.jsonl", "inputs"),
        ("select pool.jsonl --rows 5 -o s.jsonl --report ./s.jsonl", "named for two outputs"),
        ("select pool.jsonl --rows 5 -o s.jsonl --report s.jsonl.manifest.json", "two outputs"),
        ("compare pool.jsonl --rows 5 --method random --report pool.jsonl", "inputs"),
        ("compare pool.jsonl --rows 5 --test like.jsonl --report like.jsonl", "inputs"),
        ("compare pool.jsonl --rows 5 -o t.json --report t.json", "two outputs"),
    ],
)
def test_no_page_is_written_over_an_input_or_another_output(pool, capsys, line, told):
    before = {path: path.read_bytes() for path in pool.iterdir()}
    code, _, err = run(f"{line} --overwrite", capsys)
    assert code == 2 and told in err
    assert {path: path.read_bytes() for path in pool.iterdir()} == before


def test_what_cannot_be_compared_is_refused(pool, capsys):
    code, _, err = run("compare pool.jsonl --rows 5 --method random --seeds 0", capsys)
    assert code == 2 and "--seeds 0: at least 1" in err
    (pool / "few.jsonl").write_text('{"text": "a b", "kind": "x"}\n' * 4)
    code, _, err = run("compare few.jsonl --rows 1 --label kind --method random", capsys)
    assert code == 2 and "--test FILE" in err
