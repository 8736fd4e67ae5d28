"""Bad input: each fault has an exit code, and a message that says what, where, and what to do."""

import gzip
import json

import numpy as np
import pytest

GOOD = [{"id": f"r{i}", "text": f"text number {i}", "score": i, "cost": 10 + i} for i in range(6)]


def lines(records):
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def with_row(place, **changes):
    """The good rows, one of them changed."""
    return lines([{**row, **changes} if i == place else row for i, row in enumerate(GOOD)])


def vectors(place=None, value=None):
    """(6, 3) vectors, one of them changed."""
    made = np.eye(6, 3, dtype=np.float32) + 1
    if place is not None:
        made[place] = value
    return made


RANDOM = ("--rows", "2", "--method", "random", "--draws", "0")
COVER = ("--rows", "2", "--method", "k_center")

FAULTS = {
    "a broken line": (
        lines(GOOD[:2]) + b'{"id": "r2", "text": "open\n' + lines(GOOD[3:]),
        RANDOM,
        1,
        ("pool.jsonl:3", "--on-bad-row skip"),
    ),
    "a line that is no object": (
        lines(GOOD[:2]) + b"[1, 2]\n" + lines(GOOD[3:]),
        RANDOM,
        1,
        ("pool.jsonl:3", "--on-bad-row skip"),
    ),
    "wrong encoding": (
        lines(GOOD[:4]) + b'{"id": "r4", "text": "caf\xe9"}\n' + lines(GOOD[5:]),
        (*RANDOM, "--text", "text"),
        1,
        ("pool.jsonl:5", "UTF-8"),
    ),
    "an empty pool": (b"", RANDOM, 1, ("pool.jsonl", "no rows")),
    "blank lines alone": (b"\n\r\n \n", RANDOM, 1, ("pool.jsonl", "no rows")),
    "an empty text": (
        with_row(3, text=""),
        COVER,
        1,
        ("pool.jsonl:4", "empty", "--on-bad-row skip"),
    ),
    "a missing text": (with_row(3, text=None), COVER, 1, ("pool.jsonl:4", "empty")),
    "duplicate ids": (
        with_row(4, id="r1"),
        (*RANDOM, "--id", "id"),
        1,
        ("pool.jsonl:5", "'r1'", "pool.jsonl:2"),
    ),
    "an empty id": (with_row(4, id=""), (*RANDOM, "--id", "id"), 1, ("pool.jsonl:5", "id")),
    "an unknown column": (
        lines(GOOD),
        ("--rows", "2", "--score", "scor"),
        2,
        ("Unknown column 'scor'", "Nearest: 'score'"),
    ),
    "an unknown column in a template": (
        lines(GOOD),
        (*RANDOM, "--text", "{txt}"),
        2,
        ("'txt'", "Nearest: 'text'"),
    ),
    "a score that is no number": (
        with_row(2, score="high"),
        ("--rows", "2", "--method", "top", "--score", "score"),
        1,
        ("pool.jsonl:3", "score", "high"),
    ),
    "a missing score": (
        with_row(2, score=None),
        ("--rows", "2", "--method", "top", "--score", "score"),
        1,
        ("pool.jsonl:3", "score"),
    ),
    "a negative cost": (
        with_row(2, cost=-1),
        ("--budget", "50", "--cost", "cost", "--method", "random"),
        1,
        ("pool.jsonl:3", "cost = -1", "≥ 0"),
    ),
    "a budget below the cheapest row": (
        lines(GOOD),
        ("--budget", "9", "--cost", "cost", "--method", "random"),
        3,
        ("--budget 9", "10"),
    ),
    "no budget": (lines(GOOD), ("--method", "random"), 2, ("--rows 10000",)),
    "a cost without a budget": (
        lines(GOOD),
        (*RANDOM, "--cost", "cost"),
        2,
        ("--cost cost needs --budget",),
    ),
    "an unknown cost": (
        lines(GOOD),
        ("--budget", "9", "--cost", "@byte", "--method", "random"),
        2,
        ("@byte", "@bytes"),
    ),
    "rows that are no number": (lines(GOOD), ("--rows", "many"), 2, ("--rows 'many'", "10k")),
    "a share above one": (lines(GOOD), ("--fraction", "120%"), 2, ("--fraction '120%'",)),
    "a method without its score": (
        lines(GOOD),
        ("--rows", "2", "--method", "top"),
        2,
        ("top needs a score", "--score COLUMN"),
    ),
    "a method that does not keep the budget": (
        lines(GOOD),
        ("--budget", "50", "--cost", "cost", "--method", "goracs", "--like", "pool.jsonl"),
        2,
        ("goracs does not honour --budget",),
    ),
    "too little memory": (lines(GOOD), (*RANDOM, "--memory", "10MB"), 2, ("--memory", "1GB")),
    "no threads": (lines(GOOD), (*RANDOM, "--threads", "0"), 2, ("--threads", "at least 1")),
    "a choice that is none": (
        lines(GOOD),
        (*RANDOM, "--on-bad-row", "skp"),
        2,
        ("'skp'", "Nearest: 'skip'"),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_refused_with_what_where_and_what_to_do(fault, folder, handful):
    pool, flags, code, said = FAULTS[fault]
    (folder / "pool.jsonl").write_bytes(pool)
    ended = handful("select", "pool.jsonl", *flags, "-o", "out.jsonl")
    assert ended.code == code, ended.err
    assert ended.out == ""
    for part in said:
        assert part in ended.err
    assert list(folder.glob("*out*")) == []


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (vectors(3, np.nan), ("[3, 0] = nan", "pool.jsonl:4")),
        (vectors(3, [1, np.inf, 1]), ("[3, 1] = inf", "pool.jsonl:4")),
        (vectors(2, 0), ("[2]", "zero", "pool.jsonl:3")),
        (vectors()[:5], ("5 rows", "6")),
        (vectors()[:, 0], ("shape (6,)",)),
        (np.array([["a"] * 3] * 6), ("numbers",)),
    ],
    ids=["nan", "infinite", "zero", "too few", "one dimension", "texts"],
)
def test_faulty_embeddings_are_refused_by_row(array, said, folder, handful):
    (folder / "pool.jsonl").write_bytes(lines(GOOD))
    np.save("e.npy", array)
    ended = handful("select", "pool.jsonl", *COVER, "--embeddings", "e.npy", "-o", "out.jsonl")
    assert ended.code == 1, ended.err
    for part in said:
        assert part in ended.err


@pytest.mark.parametrize("name", ["pool.jsonl.gz", "pool.parquet", "pool.arrow", "pool.npy"])
def test_an_archive_that_cannot_be_read_is_refused_by_name(name, folder, handful):
    whole = gzip.compress(lines(GOOD * 100))
    (folder / name).write_bytes(whole[: len(whole) // 2])
    ended = handful("select", name, *RANDOM, "-o", "out.jsonl")
    assert ended.code == 1, ended.err
    assert name in ended.err


def test_a_missing_file_is_refused_with_the_nearest_name(folder, handful):
    ended = handful("select", "pol.jsonl", *RANDOM, "-o", "out.jsonl")
    assert ended.code == 1
    assert "pol.jsonl: no such file" in ended.err
    assert "Nearest: 'pool.jsonl'" in ended.err


@pytest.mark.parametrize("names", [["nothing"], ["pool.jsonl", "nothing"], ["no*thing"]])
def test_a_missing_file_without_a_suffix_is_not_taken_for_a_text(names, folder, handful):
    ended = handful("select", *names, *RANDOM, "-o", "out.jsonl")
    assert ended.code == 1
    assert f"{names[-1]}: no" in ended.err


def test_more_rows_than_there_are_gives_all_and_warns(folder, handful):
    ended = handful("select", "pool.jsonl", "--rows", "1k", "--method", "random", "-o", "out.jsonl")
    assert ended.code == 0
    assert "Warning: --rows 1000 is more than the 300 rows" in ended.out
    assert (folder / "out.jsonl").read_bytes() == (folder / "pool.jsonl").read_bytes()


def test_bad_rows_may_be_skipped_and_are_counted_and_listed(folder, handful):
    bad = [b'{"broken', b'{"text": "caf\xe9"}', b'{"text": ""}']
    good = lines(GOOD).splitlines()
    (folder / "pool.jsonl").write_bytes(b"\n".join([*good[:2], *bad, *good[2:]]) + b"\n")
    flags = ("--rows", "9", "--method", "random", "--on-bad-row", "skip")
    ended = handful("select", "pool.jsonl", *flags, "-o", "out.jsonl")
    assert ended.code == 0, ended.err
    assert "3 rows could not be used" in ended.out
    assert (folder / "out.jsonl").read_bytes().splitlines() == good
    manifest = json.loads((folder / "out.jsonl.manifest.json").read_text())
    listed = manifest["result"]["skipped"]
    assert [(row["row"], row["where"]) for row in listed] == [
        (2, "pool.jsonl:3"),
        (3, "pool.jsonl:4"),
        (4, "pool.jsonl:5"),
    ]
    assert all(row["reason"] for row in listed)


def test_a_pool_of_bad_rows_alone_cannot_be_picked_from(folder, handful):
    (folder / "pool.jsonl").write_bytes(b"{\n{\n")
    ended = handful("select", "pool.jsonl", *RANDOM, "--on-bad-row", "skip", "-o", "out.jsonl")
    assert ended.code == 3, ended.err
    assert "None of the 2 rows" in ended.err


@pytest.mark.parametrize(
    ("include", "exclude", "code", "said"),
    [
        ("row-1\nnone\n", "", 2, "--include: 1 ids are not in the pool, such as 'none'"),
        ("", "row-1\nnone\n", 2, "--exclude: 1 ids are not in the pool, such as 'none'"),
        ("row-1\n", "row-1\n", 3, "row-1"),
        ("row-1\nrow-2\nrow-3\n", "", 3, "3 rows of --include exceed"),
    ],
)
def test_lists_of_ids_that_cannot_be_met_are_refused(include, exclude, code, said, folder, handful):
    (folder / "in.txt").write_text(include)
    (folder / "out.txt").write_text(exclude)
    lists = ("--id", "id", "--include", "in.txt", "--exclude", "out.txt")
    ended = handful("select", "pool.jsonl", *RANDOM, *lists, "-o", "out.jsonl")
    assert ended.code == code, ended.err
    assert said in ended.err
