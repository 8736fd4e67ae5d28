"""One way in: paths of every sort, and data in memory of every sort."""

import json
import os
import threading
import types
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse

import handful
from handful.errors import DataError, UsageError
from handful.io.open import expand, format_of, open_source


def put(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def texts(source, column: str) -> list[str]:
    return list(source.read({column: "text"}, 0, source.rows)[column])


# Paths


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("b/2.csv", "a.csv", "b/10.csv", "B.csv"):
        put(tmp_path / "pool" / name, f"t\n{name}\n")
    for name in ("_SUCCESS", ".hidden.csv", "_tmp/x.csv", "notes.txt", "a.csv.manifest.parquet"):
        put(tmp_path / "pool" / name, "t\nno\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_folders_are_read_in_sorted_order_without_what_is_no_data(folder: Path) -> None:
    assert texts(open_source("pool"), "t") == ["B.csv", "a.csv", "b/10.csv", "b/2.csv"]


def test_globs_are_read_in_sorted_order(folder: Path) -> None:
    assert texts(open_source("pool/**/*.csv"), "t") == ["B.csv", "a.csv", "b/10.csv", "b/2.csv"]
    assert texts(open_source(["pool/b", "pool/a.csv"]), "t") == ["b/10.csv", "b/2.csv", "a.csv"]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(folder: Path) -> None:
    put(folder / "x[1].csv", "t\nhere\n")
    assert texts(open_source("x[1].csv"), "t") == ["here"]


def test_a_missing_file_is_named_with_the_nearest(folder: Path) -> None:
    with pytest.raises(DataError, match=r"pool/aa.csv: no such file.*Nearest: 'pool/a.csv'"):
        open_source("pool/aa.csv")
    with pytest.raises(DataError, match=r"none/\*.csv: no file to read there"):
        open_source("none/*.csv")
    (folder / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty: no file to read there"):
        open_source("empty")


def test_files_of_two_kinds_are_refused_by_name(folder: Path) -> None:
    pq.write_table(pa.table({"t": ["x"]}), folder / "p.parquet")
    with pytest.raises(UsageError, match=r"pool/a.csv is csv and p.parquet is parquet"):
        open_source(["pool/a.csv", "p.parquet"])


def test_empty_files_are_empty_pools(folder: Path) -> None:
    for name in ("x.csv", "x.parquet", "x.arrow", "x.npy"):
        with pytest.raises(DataError, match=f"{name}: .*(no rows|cut short)"):
            open_source(put(folder / name, b""))
    pq.write_table(pa.table({"t": pa.array([], pa.string())}), folder / "x.parquet")
    with pytest.raises(DataError, match=r"x.parquet: no rows"):
        open_source("x.parquet")


def test_the_first_bytes_say_what_the_name_does_not(folder: Path) -> None:
    pq.write_table(pa.table({"t": ["x"]}), folder / "part-00000")
    assert texts(open_source("part-00000"), "t") == ["x"]
    assert format_of(str(put(folder / "lines", ' {"a": 1}\n'))) == "jsonl"
    with pytest.raises(UsageError, match=r"pool/notes.txt: its name does not say .*\.jsonl"):
        open_source("pool/notes.txt")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_not_read_to_see_what_it_is(folder: Path) -> None:
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_bytes(b"{}"))
    assert expand("pipe") == ["pipe"] and format_of("pipe") == "jsonl"
    writer.start()
    assert Path("pipe").read_bytes() == b"{}"
    writer.join()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(folder: Path) -> None:
    (folder / "pool/a.csv").chmod(0)
    with pytest.raises(DataError, match=r"a.csv: cannot be opened \(Permission denied\)"):
        open_source("pool/a.csv")


def test_an_unknown_answer_to_bad_rows_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--on-bad-row 'drop' is not one of fail, skip"):
        open_source(["a"], on_bad_row="drop")  # type: ignore[arg-type]


# In memory

ROWS = {"t": ["x", None, "é"], "i": [1, 2, 3], "v": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}


class Streamed:
    """Knows the Arrow C stream and nothing else."""

    def __init__(self, table):
        self._table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


class Dataset:
    """What a Hugging Face data set looks like from outside."""

    column_names = ("t", "i", "v")

    def __init__(self, table, indices=None):
        self._table, self._indices = table, indices

    def __repr__(self):  # part of a test's name, so the same in every process
        return "Dataset"

    def __len__(self):
        return self._table.num_rows

    def with_format(self, kind):
        assert kind == "arrow"
        return self

    def __getitem__(self, rows):
        table = self._table if self._indices is None else self._table.take(self._indices)
        return table[rows]


@pytest.mark.parametrize(
    "data",
    [
        pd.DataFrame(ROWS),
        pl.DataFrame(ROWS),
        pa.table(ROWS),
        pa.table(ROWS).to_batches()[0],
        Streamed(pa.table(ROWS)),
        Dataset(pa.table(ROWS)),
        ROWS,
        {"t": np.array(["x", None, "é"], object), "i": np.arange(1, 4), "v": ROWS["v"]},
        [dict(zip(ROWS, row, strict=True)) for row in zip(*ROWS.values(), strict=True)],
    ],
    ids=lambda data: type(data).__name__,
)
def test_frames_tables_and_dicts_are_the_same_rows(data) -> None:
    source = open_source(data)
    assert source.schema == {"t": "text", "i": "number", "v": "vector"}
    found = source.read({"t": "text", "i": "number", "v": "vector"}, 0, 3)
    assert list(found["t"]) == ["x", "", "é"]
    assert found["i"].tolist() == [1, 2, 3] and found["i"].dtype == np.int64
    assert found["v"].tolist() == ROWS["v"]
    assert source.where(1) == "data row 1"


def test_a_data_set_with_rows_of_its_own_order_is_read_in_that_order() -> None:
    data = Dataset(pa.table(ROWS), [2, 0])
    data.data = types.SimpleNamespace(table=pa.table(ROWS))
    assert texts(open_source(data), "i") == ["3", "1"]


def test_a_data_set_in_its_own_order_is_read_from_its_mapped_table() -> None:
    data = Dataset(None)
    data.data = types.SimpleNamespace(table=pa.table(ROWS))
    assert texts(open_source(data), "i") == ["1", "2", "3"]


def test_a_list_of_texts_is_a_column() -> None:
    source = open_source(["a", "b\n"])
    assert texts(source, "text") == ["a", "b\n"]


def test_a_text_longer_than_a_name_may_be_is_no_path() -> None:
    assert texts(open_source(["long " * 100]), "text") == ["long " * 100]
    assert texts(open_source(("x",)), "text") == ["x"]


def test_strings_that_name_files_are_paths(tmp_path: Path) -> None:
    path = put(tmp_path / "x.csv", "t\n1\n")
    assert texts(open_source([str(path)]), "t") == ["1"]
    with pytest.raises(DataError, match=r"gone.csv: no such file"):
        open_source([str(path), str(tmp_path / "gone.csv")])


def test_mixed_values_are_kept_as_they_are() -> None:
    mixed = [1, "1", 2.5, None, {"a": [1, "b"]}]
    for data in (pd.DataFrame({"m": mixed}), {"m": mixed}, [{"m": value} for value in mixed]):
        source = open_source(data)
        assert texts(source, "m") == ["1", "1", "2.5", "", '{"a":[1,"b"]}']
        assert source.read({"m": "object"}, 0, 5)["m"] == mixed
    numbers = open_source({"n": [1, 2.5]})
    assert numbers.schema == {"n": "number"} and texts(numbers, "n") == ["1", "2.5"]


def test_nested_rows_with_unlike_keys_stay_as_they_are() -> None:
    turns = [[{"role": "user", "content": "a"}], [{"from": "human"}], [], [{"x": [1, {}]}]]
    source = open_source([{"m": turn} for turn in turns])
    assert source.read({"m": "object"}, 0, 4)["m"] == turns
    assert texts(source, "m")[1] == '[{"from":"human"}]'
    orders = [{"a": 1, "b": 2}, {"b": 3, "a": 4}]
    assert texts(open_source({"m": orders}), "m") == ['{"a":1,"b":2}', '{"b":3,"a":4}']


def test_vectors_may_mix_whole_numbers_and_fractions() -> None:
    source = open_source([{"v": [1, 0.5]}, {"v": [2, 3]}])
    assert source.schema == {"v": "vector"} and texts(source, "v") == ["[1,0.5]", "[2,3]"]
    found = source.read({"v": "vector"}, 0, 2)["v"]
    assert found.dtype == np.float32 and found.tolist() == [[1, 0.5], [2, 3]]
    mixed = open_source({"v": [[1, 0.5], "x"]})
    with pytest.raises(DataError, match=r"data row 1: v = x, and a vector column needs"):
        mixed.read({"v": "vector"}, 0, 2)


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    assert texts(open_source(["a\ud800", "b"]), "text") == ["a\ufffd", "b"]


def test_arrays_are_features() -> None:
    eye = np.eye(3, dtype=np.float16)
    source = open_source(eye)
    assert source.rows == 3 and not source.schema and source.arrays["embedding"] is eye
    source = open_source(scipy.sparse.coo_matrix(np.eye(3)))
    assert source.arrays["embedding"].dtype == np.float32
    assert source.arrays["embedding"].toarray().tolist() == np.eye(3).tolist()
    source = open_source({"text": ["a", "b"], "grad": np.eye(2), "n": np.array([1, 2])})
    assert (list(source.schema), list(source.arrays)) == (["text", "n"], ["grad"])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.array([[1.0, np.nan], [1, 1]]), r"embedding\[0, 1\] = nan \(data row 0\)"),
        (np.array([[1.0, 1], [0, 0]]), r"embedding\[1\] is all zeros \(data row 1\)"),
        ({"a": [1], "b": [1, 2]}, "'a' has 1 rows, but 'b' has 2"),
        ({"a": [1, 2], "b": np.eye(3)}, "'a' has 2 rows, but 'b' has 3"),
        (np.zeros((0, 3)), "no rows"),
        ([], "no rows"),
        ({}, "no rows"),
        (pd.DataFrame({"a": []}), "no rows"),
        (np.arange(3), r"shape \(3,\), and it must be \(rows, dimensions\)"),
        (np.zeros((2, 2), complex), "holds complex128, and it must hold numbers"),
        ({"a": np.zeros(2, complex)}, "holds complex128"),
        ({"a": np.zeros((2, 2, 2))}, r"shape \(2, 2, 2\)"),
        (7, "Rows cannot be read from a int. Pass a path"),
        (["a", 7], "Rows cannot be read from a list with a int in it"),
        ({"a": "text"}, "dict of str"),
        ({1: [1]}, "dict with the key 1"),
        ({"train": Dataset(pa.table(ROWS))}, r"Pass one of its data sets, such as data\['train'\]"),
        (pd.Series(["a"]), "Rows cannot be read from a Series"),
        (pl.LazyFrame({"a": [1]}), "LazyFrame. Call .collect()"),
    ],
    ids=str,
)
def test_what_cannot_be_rows_is_refused(data, message) -> None:
    with pytest.raises((DataError, UsageError), match=message):
        open_source(data)


def test_frames_with_columns_of_one_name_are_refused() -> None:
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(DataError, match=r"'a' is there twice"):
        open_source(frame)


def test_an_unknown_column_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"Unknown column 'txt'. Nearest: 'text'"):
        open_source(["a"]).read({"txt": "text"}, 0, 1)


def test_the_content_of_data_in_memory_is_that_of_its_values() -> None:
    def content(data):
        return open_source(data).fingerprint()["content"]

    table = pa.table({"a": ["x", "y", "z"], "b": [1, 2, None]})
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    assert content(table) == content(chunked)
    assert content(table) != content(table.slice(0, 2))
    assert content(table) != content(table.rename_columns(["a", "c"]))
    big = {"a": np.arange(20_000)}
    changed = {"a": np.where(np.arange(20_000) == 19_999, 0, np.arange(20_000))}
    assert content(big) == content(big) != content(changed)
    assert content(np.eye(3)) != content(np.eye(3) * 2)
    assert content(scipy.sparse.eye(3)) != content(scipy.sparse.eye(3) * 2)


@pytest.mark.models
def test_a_real_hugging_face_data_set_is_read_in_its_own_order_and_given_back(tmp_path) -> None:
    datasets = pytest.importorskip("datasets")
    rows = [{"text": f"row {i}", "n": i} for i in range(50)]
    put(tmp_path / "d.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    whole = datasets.load_dataset(
        "json", data_files=str(tmp_path / "d.jsonl"), split="train", cache_dir=str(tmp_path)
    )
    for data in (whole, whole.shuffle(seed=1).select(range(20))):
        assert texts(open_source(data), "text") == list(data["text"])
        picked = handful.select(data, rows=5, method="top", score="n").apply(data)
        assert isinstance(picked, datasets.Dataset)
        assert sorted(picked["n"]) == sorted(data["n"])[-5:]
    with pytest.raises(UsageError, match=r"streamed IterableDataset.*Write it to Parquet"):
        open_source(whole.to_iterable_dataset())
