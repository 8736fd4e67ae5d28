import json
import re

import numpy as np
import pyarrow.parquet as pq
import pytest

import handful as library
from handful.errors import UsageError

RANDOM = ("--rows", "20", "--method", "random", "--draws", "0")


def lines(path):
    return path.read_bytes().splitlines(keepends=True)


def manifest(folder, name="out.jsonl"):
    return json.loads((folder / f"{name}.manifest.json").read_text())


# What is written --------------------------------------------------------------------------------


def test_each_line_written_is_a_line_of_the_pool_in_the_pools_order(folder, handful):
    assert handful("select", "pool.jsonl", *RANDOM, "-o", "out.jsonl").code == 0
    pool, out = lines(folder / "pool.jsonl"), lines(folder / "out.jsonl")
    assert len(out) == 20
    assert out == [line for line in pool if line in set(out)]


def test_the_sidecar_lists_row_id_and_order_of_the_picks(folder, handful):
    flags = ("--id", "id", "--method", "top", "--score", "quality", "--rows", "7")
    assert handful("select", "pool.jsonl", *flags, "-o", "out.jsonl").code == 0
    sidecar = pq.read_table("out.jsonl.manifest.parquet").to_pydict()
    records = [json.loads(line) for line in lines(folder / "pool.jsonl")]
    assert [records[row]["id"] for row in sidecar["row"]] == sidecar["id"]
    assert sidecar["order"] == list(range(7))
    assert sidecar["gain"] == [records[row]["quality"] for row in sidecar["row"]]
    assert sidecar["gain"] == sorted(sidecar["gain"], reverse=True)


def test_rows_may_be_written_in_picked_order_with_numbers_and_weights(folder, handful):
    flags = ("--order", "picked", "--row-column", "row", "--weights-column", "w")
    assert handful("select", "pool.jsonl", *RANDOM, *flags, "-o", "out.jsonl").code == 0
    rows = pq.read_table("out.jsonl.manifest.parquet")["row"].to_pylist()
    records = [json.loads(line) for line in lines(folder / "pool.jsonl")]
    assert [json.loads(line) for line in lines(folder / "out.jsonl")] == [
        {**records[row], "w": 15.0, "row": row} for row in rows
    ]
    assert rows != sorted(rows)


def test_added_columns_follow_the_rows_into_the_pools_order(folder, handful):
    flags = ("--method", "stratified", "--group", "topic", "--rows", "9")
    columns = ("--row-column", "row", "--weights-column", "w")
    assert handful("select", "pool.jsonl", *flags, *columns, "-o", "out.jsonl").code == 0
    sidecar = pq.read_table("out.jsonl.manifest.parquet").to_pydict()
    weights = dict(zip(sidecar["row"], sidecar["weight"], strict=True))
    written = [json.loads(line) for line in lines(folder / "out.jsonl")]
    assert [row["row"] for row in written] == sorted(weights)
    assert all(row["w"] == weights[row["row"]] for row in written)
    assert len(set(weights.values())) > 1


def test_the_form_follows_the_suffix_or_the_flag(folder, handful):
    assert handful("select", "pool.jsonl", *RANDOM, "-o", "out.parquet").code == 0
    assert handful("select", "pool.jsonl", *RANDOM, "-o", "out.any", "--format", "csv").code == 0
    ids = pq.read_table("out.parquet")["id"].to_pylist()
    assert len(ids) == 20
    assert [line.split(",")[0] for line in (folder / "out.any").read_text().splitlines()] == [
        "id",
        *ids,
    ]


def test_rows_to_stdout_are_rows_alone(folder, handful):
    handful("select", "pool.jsonl", *RANDOM, "-o", "out.jsonl")
    ended = handful("select", "pool.jsonl", *RANDOM, "-o", "-")
    assert ended.out == (folder / "out.jsonl").read_text()
    assert "picked   20 of 300 rows" in ended.err


def test_quiet_prints_nothing_but_errors(folder, handful):
    quiet = handful("select", "pool.jsonl", *RANDOM, "-o", "out.jsonl", "--quiet")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    again = handful("select", "pool.jsonl", *RANDOM, "-o", "out.jsonl", "--quiet")
    assert again.code == 2
    assert again.err.startswith("Error: out.jsonl exists.")


def test_json_is_one_object_on_stdout(folder, handful):
    ended = handful("select", "pool.jsonl", *RANDOM, "-o", "out.jsonl", "--json")
    assert ended.json["result"] == manifest(folder)["result"]
    assert ended.json["files"] == {
        "output": "out.jsonl",
        "manifest": "out.jsonl.manifest.json",
        "sidecar": "out.jsonl.manifest.parquet",
    }


def test_json_without_output_says_which_rows_and_writes_nothing(folder, handful):
    before = sorted(folder.iterdir())
    ended = handful("select", "pool.jsonl", *RANDOM, "--id", "id", "--json")
    records = [json.loads(line) for line in lines(folder / "pool.jsonl")]
    picks = ended.json["picks"]
    assert len(picks["rows"]) == 20
    assert picks["ids"] == [records[row]["id"] for row in picks["rows"]]
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ((), "No output"),
        (("--json", "-o", "-"), "both want stdout"),
        (("-o", "pool.jsonl"), "is one of the inputs"),
        (("-o", "pool.jsonl", "--overwrite"), "is one of the inputs"),
        (("-o", "target.jsonl", "--overwrite", "--like", "target.jsonl"), "is one of the inputs"),
        (
            ("-o", "ids.txt", "--format", "csv", "--overwrite", "--exclude", "ids.txt"),
            "of the inputs",
        ),
        (("-o", "there.jsonl"), "Pass --overwrite"),
        (("-o", "no/out.jsonl"), "there is no folder no"),
        (("-o", "out.doc"), "--format"),
        (("-o", "out.jsonl", "--format", "doc"), "--format 'doc'"),
        (("-o", "out.jsonl", "--order", "pickd"), "Nearest: 'picked'"),
        (("-o", "out.jsonl", "--row-column", "text"), "has a column 'text' already"),
        (("-o", "out.jsonl", "--row-column", "x", "--weights-column", "x"), "'x'"),
        (("-o", "out.jsonl", "--param", "buckets"), "write NAME=VALUE"),
        (("-o", "out.jsonl", "--array", "=e.npy"), "write NAME=VALUE"),
        (("-o", "out.jsonl", "--like", "a=target.jsonl", "--like", "a=pool.jsonl"), "given twice"),
    ],
)
def test_what_cannot_be_written_or_asked_is_refused_before_any_work(flags, said, folder, handful):
    (folder / "there.jsonl").write_text("mine")
    (folder / "ids.txt").write_text("3\n")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    ended = handful("select", "pool.jsonl", *RANDOM, *flags)
    assert ended.code == 2, ended.err
    assert said in ended.err
    assert "random: as asked" not in ended.err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_link_to_the_pool_is_the_pool(folder, handful):
    (folder / "link.jsonl").symlink_to("pool.jsonl")
    ended = handful("select", "pool.jsonl", *RANDOM, "-o", "link.jsonl", "--overwrite")
    assert ended.code == 2
    assert "is one of the inputs" in ended.err


def test_an_output_is_replaced_where_asked(folder, handful):
    (folder / "out.jsonl").write_text("old")
    assert handful("select", "pool.jsonl", *RANDOM, "-o", "out.jsonl", "--overwrite").code == 0
    assert len(lines(folder / "out.jsonl")) == 20


def test_weights_that_mean_nothing_are_not_written(folder, handful):
    flags = ("--rows", "3", "--method", "top", "--score", "quality", "--weights-column", "w")
    ended = handful("select", "pool.jsonl", *flags, "-o", "out.jsonl")
    assert ended.code == 2
    assert "top gives its picks no weights" in ended.err
    assert list(folder.glob("*out*")) == []


# What is asked ----------------------------------------------------------------------------------


def test_with_only_a_pool_and_a_number_it_works_and_says_what_it_chose_and_why(folder, handful):
    ended = handful("select", "pool.jsonl", "--rows", "10", "-o", "out.jsonl")
    assert ended.code == 0, ended.err
    chosen = manifest(folder)["result"]["method"]
    assert f"{chosen['key']}, chosen because" in re.sub(r"\s+", " ", ended.out)
    assert chosen["chosen_because"] in re.sub(r"\s+", " ", ended.err)


def test_the_summary_says_what_was_spent_and_shows_picks(folder, handful):
    flags = ("--budget", "100", "--cost", "n_tokens", "--score", "quality", "--id", "id")
    ended = handful("select", "pool.jsonl", *flags, "-o", "out.jsonl")
    spent = manifest(folder)["result"]["budget"]
    assert spent["spent"] + spent["left"] == 100
    assert f"{spent['spent']} of 100 n_tokens, {spent['left']} left" in ended.out
    best = max(
        (json.loads(line) for line in lines(folder / "pool.jsonl")), key=lambda r: r["quality"]
    )
    assert best["id"] in ended.out
    assert best["text"][:40] in ended.out
    assert "Wrote out.jsonl" in ended.out


def test_texts_shown_cannot_move_the_cursor(folder, handful):
    hostile = {"text": "\x1b[2Jred\r\n\x00\u202egnp.exe", "score": 1}
    (folder / "pool.jsonl").write_text(json.dumps(hostile) + "\n")
    ended = handful("select", "pool.jsonl", "--rows", "1", "--score", "score", "-o", "out.jsonl")
    assert "[2Jred gnp.exe" in ended.out
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", ended.out)


def test_several_targets_are_named(folder, handful):
    flags = ("--rows", "10", "--like", "sums=target.jsonl", "--like", "all=pool.jsonl")
    ended = handful("select", "pool.jsonl", *flags, "-o", "out.jsonl")
    assert ended.code == 0, ended.err
    assert [t["name"] for t in manifest(folder)["inputs"]["targets"]] == ["sums", "all"]


def test_arrays_are_named(folder, handful):
    np.save("e.npy", np.random.default_rng(0).standard_normal((300, 4), np.float32))
    flags = ("--rows", "5", "--method", "k_center", "--array", "mine=e.npy")
    ended = handful("select", "pool.jsonl", *flags, "-o", "out.jsonl")
    assert ended.code == 0, ended.err
    assert list(manifest(folder)["inputs"]["pool"]["arrays"]) == ["mine"]


def test_rows_included_are_picked_and_rows_excluded_are_not(folder, handful):
    (folder / "in.txt").write_text("row-7\nrow-99\n")
    (folder / "out.txt").write_text("\n".join(f"row-{i}" for i in range(100, 300)))
    lists = ("--id", "id", "--include", "in.txt", "--exclude", "out.txt")
    ended = handful("select", "pool.jsonl", *RANDOM, *lists, "--json")
    ids = ended.json["picks"]["ids"]
    assert ids[:2] == ["row-7", "row-99"]
    assert all(int(name.removeprefix("row-")) < 100 for name in ids)
    assert ended.json["result"]["included"] == 2


def test_python_and_the_command_line_pick_the_same(folder, handful):
    flags = ("--rows", "30", "--like", "target.jsonl", "--param", "ngrams=1", "--seed", "3")
    flags = (*flags, "--draws", "0")
    ended = handful("select", "pool.jsonl", *flags, "--method", "dsir", "-o", "out.jsonl")
    assert ended.code == 0, ended.err
    chosen = library.select(
        "pool.jsonl", rows=30, like="target.jsonl", method="dsir", params={"ngrams": 1}, seed=3
    )
    library.save(chosen, "pool.jsonl", "python.jsonl")
    assert (folder / "python.jsonl").read_bytes() == (folder / "out.jsonl").read_bytes()
    assert chosen.manifest["result"] == manifest(folder)["result"]


def test_every_option_of_the_library_has_its_flag():
    from dataclasses import fields

    from handful.cli.flags import FLAGS
    from handful.flow.request import Request

    options = {field.name for field in fields(Request)}
    others = {"array": "arrays", "like_array": "like_arrays", "param": "params", "quota": "quotas"}
    own = {
        "output",
        "order",
        "format",
        "weights_column",
        "row_column",
        "overwrite",
        "json",
        "quiet",
    }
    own |= {"config", "cache_dir", "no_cache", "draws", "report"}
    assert {others.get(key, key) for key in FLAGS} - own == options - {"cache"}


# Configuration ----------------------------------------------------------------------------------


def test_a_configuration_file_is_the_same_as_its_flags(folder, handful):
    np.save("e.npy", np.ones((300, 2), np.float32))
    (folder / "job.toml").write_text(
        """
        pool = "pool.jsonl"
        rows = 20
        method = "dsir"
        param = {ngrams = 1, chunk = "none"}
        like = {sums = "target.jsonl"}
        array = ["mine=e.npy"]
        on-bad-row = "skip"
        seed = 4
        row_column = "row"
        output = "filed.jsonl"
        quiet = true
        """
    )
    filed = handful("select", "--config", "job.toml")
    assert (filed.code, filed.out) == (0, ""), filed.err
    flags = ("--rows", "20", "--method", "dsir", "--param", "ngrams=1", "--param", "chunk=none")
    more = (
        "--like",
        "sums=target.jsonl",
        "--on-bad-row",
        "skip",
        "--seed",
        "4",
        "--array",
        "mine=e.npy",
    )
    typed = handful(
        "select", "pool.jsonl", *flags, *more, "--row-column", "row", "-o", "typed.jsonl"
    )
    assert typed.code == 0, typed.err
    assert (folder / "filed.jsonl").read_bytes() == (folder / "typed.jsonl").read_bytes()
    assert manifest(folder, "filed.jsonl")["request"] == manifest(folder, "typed.jsonl")["request"]


def test_what_is_typed_wins_over_the_file(folder, handful):
    (folder / "job.toml").write_text(
        'rows = 20\nmethod = "dsir"\nlike = "target.jsonl"\n[param]\nngrams = 1\nbuckets = 64\n'
    )
    flags = ("--config", "job.toml", "--rows", "7", "--param", "ngrams=2", "--json")
    ended = handful("select", "pool.jsonl", *flags)
    assert ended.code == 0, ended.err
    result = ended.json["result"]
    assert result["k"] == 7
    assert (
        result["method"]["parameters"]["ngrams"],
        result["method"]["parameters"]["buckets"],
    ) == (2, 64)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("row = 5", "'row' is no flag of handful select. Nearest: 'rows'"),
        ("config = 'x.toml'", "'config' is no flag"),
        ("rows = [1]", "rows = [1], and it must be text or a number"),
        ("seed = 'one'", "seed = 'one', and it must be a whole number"),
        ("seed = true", "seed = True, and it must be a whole number"),
        ("quiet = 1", "quiet = 1, and it must be true or false"),
        ("rows = ", "not readable as TOML"),
    ],
)
def test_a_configuration_that_cannot_be_read_is_refused(text, said, folder, handful):
    (folder / "job.toml").write_text(text)
    ended = handful("select", "pool.jsonl", "--config", "job.toml", "--json")
    assert ended.code == 2
    assert "job.toml: " in ended.err
    assert said in ended.err


def test_a_configuration_that_is_not_there_is_refused(folder, handful):
    ended = handful("select", "pool.jsonl", "--config", "jb.toml", "--json")
    assert ended.code == 1
    assert "jb.toml: no such file" in ended.err


# Usage ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("selct", "pool.jsonl"), "No command 'selct'. Nearest: 'select'"),
        (("select", "pool.jsonl", "--rwos", "5"), "has no flag --rwos. Nearest: '--rows'"),
        (("select", "pool.jsonl", "--rows"), "--rows"),
        (("select", "--rows", "5", "--json"), "No pool"),
        (("select", "pool.jsonl", "--seed", "x"), "--seed"),
        (("select", "pool.jsonl", "--rows", "5", "--method", "dsri", "--json"), "Nearest: 'dsir'"),
        (
            (
                "select",
                "pool.jsonl",
                "--rows",
                "5",
                "--method",
                "dsir",
                "--param",
                "ngram=2",
                "--json",
            ),
            "dsir has no parameter 'ngram'. Nearest: 'ngrams'",
        ),
        (
            ("select", "pool.jsonl", "--rows", "5", "--method", "dsir:ngrams=9", "--json"),
            "dsir: ngrams='9', and it must be a whole number, 1 to 5",
        ),
        (("methods", "dsri"), "Nearest: 'dsir'"),
        (("cache", "--clea"), "Nearest: '--clear'"),
        (("verify",), "No manifest"),
    ],
)
def test_a_slip_of_the_hand_is_refused_with_the_nearest(arguments, said, folder, handful):
    ended = handful(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("Error: ")
    assert said in ended.err
    assert ended.err.count("\n") == 1


def test_unknown_options_in_python_are_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"no parameter 'row'\. Nearest: 'rows'"):
        library.select(["a", "b"], row=1)
