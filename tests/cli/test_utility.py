"""Methods that ask a model, from the command line: its answers are a column, and stages are a flag."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

N = 90
X = np.random.default_rng(0).standard_normal((N, 3)).astype(np.float32)
U = X @ np.array([1.0, -1.0, 0.5])


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", X)
    return tmp_path


def write(name, known):
    """A pool whose column u is empty where `known` is None."""
    rows = [{"id": f"r{i}", "u": known[i]} for i in range(N)]
    if name.endswith("jsonl"):
        lines = [
            {k: v for k, v in row.items() if v is not None or row["id"] > "r5"} for row in rows
        ]
        Path(name).write_text("".join(json.dumps(line) + "\n" for line in lines))
        return
    table = pa.Table.from_pylist(rows)
    put = pyarrow.csv.write_csv if name.endswith("csv") else pyarrow.parquet.write_table
    put(table, name)


def ids(name):
    return {json.loads(line)["id"] for line in Path(name).read_text().splitlines()}


def notes():
    return json.loads(Path("out.jsonl.manifest.json").read_text())["result"]["notes"]


def asked(name, *more):
    return [
        "select", name, "--embeddings", "x.npy", "--id", "id", "--rows", "9", "--param", "utility=u",
        "-o", "out.jsonl", "--no-cache", "-q", *more,
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["pool.jsonl", "pool.csv", "pool.parquet"])
def test_mates_reads_a_column_that_is_empty_where_no_row_was_probed(handful, name):
    write(name, [float(U[i]) if i % 3 == 0 else None for i in range(N)])
    ended = handful(*asked(name, "--method", "mates"))
    assert ended.code == 0, ended.err
    assert notes()["probed_rows"] == len(range(0, N, 3))
    assert handful("verify", "out.jsonl.manifest.json", "--no-cache").code == 0


def test_quad_reads_a_full_column_and_refuses_one_with_gaps(handful):
    write("pool.parquet", U.tolist())
    ended = handful(*asked("pool.parquet", "--method", "quad", "--param", "each=2"))
    assert ended.code == 0, ended.err
    assert 9 <= notes()["utility_rows"] < N
    write("gaps.csv", [None, *U[1:].tolist()])
    ended = handful(*asked("gaps.csv", "--method", "quad", "--overwrite"))
    assert ended.code == 1
    assert "u = nan" in ended.err


@pytest.mark.parametrize("method", ["mates", "quad"])
def test_a_column_that_is_not_there_is_named(handful, method):
    write("pool.parquet", U.tolist())
    ended = handful(*asked("pool.parquet", "--method", method, "--param", "utility=v"))
    assert ended.code == 2
    assert "a column 'v': name yours by --param utility=COLUMN" in ended.err


def test_stages_are_disjoint_and_the_probes_of_one_teach_the_next(handful):
    write("pool.parquet", [None] * N)
    first = handful(*asked("pool.parquet", "--stage", "1/2", "--method", "random"))
    assert first.code == 2  # random has no parameter `utility`
    random = ["--embeddings", "x.npy", "--id", "id", "--rows", "9", "--no-cache", "-q"]
    for stage in (1, 2):
        more = ["--stage", f"{stage}/2", "--method", "random", "-o", f"{stage}.jsonl"]
        assert handful("select", "pool.parquet", *random, *more).code == 0
    first, second = ids("1.jsonl"), ids("2.jsonl")
    assert len(first) == len(second) == 9
    assert not first & second
    ended = handful(*asked("pool.parquet", "--stage", "2/2", "--method", "mates"))
    assert ended.code == 2
    assert "at least 10 rows with a utility, and there are 0" in ended.err
    write("probed.parquet", [float(U[i]) if i % 2 == 0 else None for i in range(N)])
    ended = handful(*asked("probed.parquet", "--stage", "2/2", "--method", "mates"))
    assert ended.code == 0, ended.err
    assert not first & ids("out.jsonl")
