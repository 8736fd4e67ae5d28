"""Parquet and Arrow files: any rows, in any order of asking, by any threads, never much at a time."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handful.errors import DataError
from handful.io.arrow import TableSource
from handful.io.ipc import IpcPart
from handful.io.open import open_source
from handful.io.parquet import ParquetPart
from handful.pool import BLOCK_ROWS

N = 2 * BLOCK_ROWS + 100


def table(n=N):
    return pa.table({"text": [f"row {i} é" for i in range(n)], "i": np.arange(n)})


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    pq.write_table(table(), folder / "one.parquet", row_group_size=10**6)
    pq.write_table(table(), folder / "many.parquet", row_group_size=777)
    pa.feather.write_feather(table(), folder / "packed.feather", "lz4", chunksize=1000)
    pa.feather.write_feather(table(), folder / "plain.arrow", "uncompressed", chunksize=999)
    with pa.ipc.new_stream(folder / "stream.arrow", table().schema) as stream:
        stream.write_table(table(), 1234)
    return folder


FILES = ["one.parquet", "many.parquet", "packed.feather", "plain.arrow", "stream.arrow"]
spans = st.tuples(st.integers(0, N), st.integers(0, 3000)).map(lambda s: (s[0], min(N, sum(s))))


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=settings.default.max_examples // 3)
@given(asked=st.lists(spans, min_size=1, max_size=6))
def test_any_rows_can_be_read_in_any_order(paths: Path, name: str, asked) -> None:
    source = open_source(paths / name)
    assert source.rows == N
    for start, stop in asked:
        found = source.read({"i": "number", "text": "text"}, start, stop)
        assert found["i"].tolist() == list(range(start, stop))
        assert list(found["text"]) == [f"row {i} é" for i in range(start, stop)]


@pytest.mark.parametrize("name", FILES)
def test_threads_read_what_they_ask_for(paths: Path, name: str) -> None:
    source = open_source(paths / name)
    blocks = [(a, min(N, a + 500)) for a in range(0, N, 500)]
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda block: source.read({"i": "number"}, *block)["i"], blocks)
        assert np.concatenate(list(found)).tolist() == list(range(N))


class Counting(ParquetPart):
    """Counts how often decoding starts, and the rows decoded."""

    begun = decoded = 0

    def batches(self, columns, row):
        self.begun += 1
        first, batches = super().batches(columns, row)
        return first, map(self._count, batches)

    def _count(self, batch):
        self.decoded += batch.num_rows
        return batch


def test_reading_forward_decodes_each_row_once(paths: Path) -> None:
    part = Counting(paths / "one.parquet", "one.parquet")
    for start in range(0, N, 1000):
        part.read(["i"], start, min(N, start + 1000))
    assert (part.begun, part.decoded) == (1, N)
    assert not part._cursors[("i",)]._held  # nor is what was read kept


def test_threads_a_little_out_of_order_decode_each_row_once(paths: Path) -> None:
    part = Counting(paths / "one.parquet", "one.parquet")
    starts = list(range(0, N - 1000, 1000))
    starts[3:9] = reversed(starts[3:9])
    for start in starts:
        part.read(["i"], start, start + 1000)
    assert part.begun == 1


def test_rows_far_ahead_are_reached_without_decoding_those_between(paths: Path) -> None:
    part = Counting(paths / "many.parquet", "many.parquet")
    part.read(["i"], 0, 10)
    part.read(["i"], N - 10, N)
    assert part.begun == 2 and part.decoded < 3 * BLOCK_ROWS


def test_what_is_passed_over_is_held_within_a_limit(paths: Path, monkeypatch) -> None:
    monkeypatch.setattr("handful.io.parquet._HELD_BYTES", 0)
    part = Counting(paths / "one.parquet", "one.parquet")
    assert part.read(["i"], N - 10, N)["i"].to_pylist() == list(range(N - 10, N))
    assert part.read(["i"], 0, 10)["i"].to_pylist() == list(range(10))
    assert part.begun == 2


def test_columns_come_in_the_order_asked_for_whatever_their_names(tmp_path: Path) -> None:
    wide = pa.table({"a.b": [1], "a": [{"b": 2, "c": 3}], "d": ["x"]})
    pq.write_table(wide, tmp_path / "x.parquet")
    source = open_source(tmp_path / "x.parquet")
    found = source.read({"d": "text", "a": "object", "a.b": "number"}, 0, 1)
    assert list(found) == ["d", "a", "a.b"]
    assert (found["a"], found["a.b"].tolist()) == ([{"b": 2, "c": 3}], [1])


def test_files_are_joined_by_column_name(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "y"]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"c": [0.5], "a": [3.5]}), tmp_path / "2.parquet")
    source = open_source([tmp_path / "1.parquet", tmp_path / "2.parquet"])
    assert dict(source.schema) == {"a": "number", "b": "text", "c": "number"}
    found = source.read({"a": "number", "b": "text", "c": "text"}, 1, 3)
    assert found["a"].tolist() == [2, 3.5]
    assert (list(found["b"]), list(found["c"])) == (["y", ""], ["", "0.5"])
    assert source.where(2) == f"{tmp_path / '2.parquet'} row 0"
    assert source.files == [(str(tmp_path / "1.parquet"), 2), (str(tmp_path / "2.parquet"), 1)]


def test_a_column_of_several_types_is_kept_as_it_is(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"a": ["x", None]}), tmp_path / "2.parquet")
    source = open_source(tmp_path)
    found = source.read({"a": "text"}, 0, 4)
    assert list(found["a"]) == ["1", "2", "x", ""]
    assert source.read({"a": "object"}, 0, 4)["a"] == [1, 2, "x", None]


def take(source: TableSource, rows) -> list:
    return pa.concat_tables(source.take(np.array(rows, np.int64)))["i"].to_pylist()


@pytest.mark.parametrize("name", FILES)
def test_rows_are_taken_in_the_order_given(paths: Path, name: str) -> None:
    source = open_source(paths / name)
    rows = np.random.default_rng(0).permutation(N)[:300].tolist()
    assert take(source, rows) == rows
    assert take(source, sorted(rows)) == sorted(rows)
    assert take(source, [5, 5, 2]) == [5, 5, 2]


def test_a_truncated_file_is_named(paths: Path, tmp_path: Path) -> None:
    for name in FILES[:4]:
        whole = (paths / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(DataError, match=rf"{name}: not a readable .*copy or write it again"):
            open_source(tmp_path / name)


def test_a_stream_cut_short_is_named(paths: Path, tmp_path: Path) -> None:
    whole = (paths / "stream.arrow").read_bytes()
    (tmp_path / "cut.arrow").write_bytes(whole[: len(whole) // 2 + 3])
    with pytest.raises(DataError, match=r"cut.arrow: not a readable Arrow file"):
        open_source(tmp_path / "cut.arrow")


def test_a_damaged_page_is_named_with_its_row(paths: Path, tmp_path: Path) -> None:
    whole = bytearray((paths / "one.parquet").read_bytes())
    whole[200:4000] = b"\xff" * 3800
    (tmp_path / "bad.parquet").write_bytes(whole)
    source = open_source(tmp_path / "bad.parquet")
    with pytest.raises(DataError, match=r"bad.parquet row 5: not a readable Parquet file"):
        source.read({"text": "text"}, 5, 9)


def test_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = pa.table([[1], [2]], names=["a", "a"])
    pq.write_table(twice, tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"'a' is there twice"):
        open_source(tmp_path / "x.parquet")


def test_the_fingerprint_is_of_the_bytes(paths: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(paths)
    first = open_source("one.parquet").fingerprint()
    assert first["files"][0]["name"] == "one.parquet"
    assert first["files"][0]["bytes"] == (paths / "one.parquet").stat().st_size
    assert first == open_source("one.parquet").fingerprint()
    assert first["content"] != open_source("many.parquet").fingerprint()["content"]


def test_batches_of_an_arrow_file_are_not_kept(paths: Path) -> None:
    part = IpcPart(paths / "packed.feather", "packed.feather")
    before = pa.total_allocated_bytes()
    for start in range(0, N, 1000):
        part.read(["text"], start, min(N, start + 1000))
    assert part._batch.cache_info().currsize == 2
    assert pa.total_allocated_bytes() - before < table().nbytes / 4
