"""One way out: every format from every format, each kept as it is where it can be."""

import csv
import gzip
import io
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
import scipy.sparse

from handful.errors import DataError, UsageError
from handful.io.open import open_source
from handful.io.output import check_output
from handful.io.write import write_rows
from handful.pool import BLOCK_ROWS

TABLE = pa.table(
    {
        "t": ["x", 'a "b"\nc', None],
        "i": pa.array([1, 2, None], pa.int32()),
        "f": [1.0, float("nan"), 2.5],
        "v": pa.array([[1, 2], [3, 4], [5, 6]], pa.list_(pa.float32(), 2)),
        "s": [{"a": "é"}, None, {"a": "z"}],
        "d": pa.array(["p", "q", "p"]).dictionary_encode(),
        "ts": pa.array([0, 1, 2], pa.timestamp("ms", "UTC")),
    }
).replace_schema_metadata({"huggingface": '{"info": 1}', "who": "me"})
ROWS = np.array([2, 0])


def read_back(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return pq.read_table(path)
    return pa.feather.read_table(path, memory_map=False)


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".feather"])
def test_tables_keep_schema_types_and_metadata(tmp_path: Path, suffix: str) -> None:
    pq.write_table(TABLE, tmp_path / "in.parquet")
    source = open_source(tmp_path / "in.parquet")
    expected = pq.read_table(tmp_path / "in.parquet").take(ROWS)
    write_rows(source, ROWS, tmp_path / f"out{suffix}")
    found = read_back(tmp_path / f"out{suffix}")
    assert found.schema.equals(expected.schema, check_metadata=True)
    assert str(found.to_pylist()) == str(expected.to_pylist())  # as text, NaN equals itself


def test_the_codec_of_a_parquet_file_is_kept(tmp_path: Path) -> None:
    for codec in ("ZSTD", "GZIP", "UNCOMPRESSED"):
        pq.write_table(
            TABLE, tmp_path / "in.parquet", compression=codec.replace("UNCOMPRESSED", "NONE")
        )
        write_rows(
            open_source(tmp_path / "in.parquet"), ROWS, tmp_path / "o.parquet", overwrite=True
        )
        assert (
            pq.ParquetFile(tmp_path / "o.parquet").metadata.row_group(0).column(0).compression
            == codec
        )


def test_frames_come_back_from_parquet_with_their_types(tmp_path: Path) -> None:
    frame = pd.DataFrame({"c": pd.Categorical(["a", "b"]), "d": pd.to_datetime(["2024-01-01"] * 2)})
    write_rows(open_source(frame), np.array([1]), tmp_path / "o.parquet")
    found = pd.read_parquet(tmp_path / "o.parquet")
    assert found["c"].tolist() == ["b"] and found["d"].dtype == frame["d"].dtype


def test_parquet_row_groups_and_bytes_are_the_same_in_every_run(tmp_path: Path) -> None:
    source = open_source({"i": np.arange(5 * BLOCK_ROWS)})
    rows = np.arange(1, 5 * BLOCK_ROWS)  # tables that do not end where a row group does
    for name in ("a", "b"):
        write_rows(source, rows, tmp_path / f"{name}.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    meta = pq.ParquetFile(tmp_path / "a.parquet").metadata
    groups = [meta.row_group(i).num_rows for i in range(meta.num_row_groups)]
    assert groups == [4 * BLOCK_ROWS, BLOCK_ROWS - 1]
    assert pq.read_table(tmp_path / "a.parquet")["i"].to_pylist() == rows.tolist()


def test_a_table_as_json_lines(tmp_path: Path) -> None:
    write_rows(open_source(TABLE), np.array([1, 2]), tmp_path / "o.jsonl")
    lines = (tmp_path / "o.jsonl").read_text().splitlines()
    assert lines[0] == (
        '{"t":"a \\"b\\"\\nc","i":2,"f":null,"v":[3.0,4.0],"s":null,"d":"q",'
        '"ts":"1970-01-01T00:00:00.001000+00:00"}'
    )
    assert json.loads(lines[1])["s"] == {"a": "z"}


def test_a_table_as_csv(tmp_path: Path) -> None:
    write_rows(open_source(TABLE), np.array([1, 2]), tmp_path / "o.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "o.csv").read_text())))
    assert rows[0]["t"] == 'a "b"\nc' and rows[1]["t"] == ""
    assert (rows[0]["i"], rows[1]["i"], rows[1]["f"], rows[1]["v"]) == ("2", "", "2.5", "[5.0,6.0]")


def test_csv_as_typed_rows(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("i,f,b,z\n1,1.50,true,007\n,2,false,\n")
    source = open_source(tmp_path / "x.csv")
    write_rows(source, np.array([0, 1]), tmp_path / "o.jsonl")
    assert (tmp_path / "o.jsonl").read_text() == (
        '{"i":1,"f":1.5,"b":true,"z":"007"}\n{"i":null,"f":2.0,"b":false,"z":""}\n'
    )
    write_rows(source, np.array([1]), tmp_path / "o.parquet")
    assert pq.read_table(tmp_path / "o.parquet").to_pylist() == [
        {"i": None, "f": 2.0, "b": False, "z": ""}
    ]


def test_mixed_values_go_out_as_they_are(tmp_path: Path) -> None:
    source = open_source({"m": [1, "1", {"a": 1}, None]})
    write_rows(source, np.arange(4), tmp_path / "o.jsonl")
    assert (tmp_path / "o.jsonl").read_text().splitlines() == [
        '{"m":1}',
        '{"m":"1"}',
        '{"m":{"a":1}}',
        '{"m":null}',
    ]
    write_rows(source, np.arange(4), tmp_path / "o.parquet")
    field = pq.read_schema(tmp_path / "o.parquet").field("m")
    assert b"handful" not in (field.metadata or {})
    assert pq.read_table(tmp_path / "o.parquet")["m"].to_pylist() == ["1", '"1"', '{"a":1}', None]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".tsv"])
@pytest.mark.parametrize("codec", [".gz", ".zst"])
def test_text_formats_are_compressed_the_same_in_every_run(tmp_path, suffix, codec) -> None:
    source = open_source({"t": [f"row {i}" for i in range(1000)]})
    for name in ("a", "b"):
        write_rows(source, np.arange(1000), tmp_path / f"{name}{suffix}{codec}")
    assert (tmp_path / f"a{suffix}{codec}").read_bytes() == (
        tmp_path / f"b{suffix}{codec}"
    ).read_bytes()
    write_rows(source, np.arange(1000), tmp_path / f"plain{suffix}")
    packed = (tmp_path / f"a{suffix}{codec}").read_bytes()
    if codec == ".gz":
        plain = gzip.decompress(packed)
    else:
        plain = (
            pytest.importorskip("zstandard").ZstdDecompressor().decompressobj().decompress(packed)
        )
    assert plain == (tmp_path / f"plain{suffix}").read_bytes()


def test_columns_can_be_added(tmp_path: Path) -> None:
    source = open_source({"t": ["x", "y", "z"], "u": [1, 2, 3]})
    extra = {"weight": np.array([0.1, 3.0]), "row": np.array([2, 0])}
    for suffix in (".jsonl", ".csv", ".parquet", ".arrow"):
        write_rows(source, ROWS, tmp_path / f"o{suffix}", extra_columns=extra)
    assert (tmp_path / "o.jsonl").read_text().splitlines()[
        0
    ] == '{"t":"z","u":3,"weight":0.1,"row":2}'
    assert (tmp_path / "o.csv").read_text() == "t,u,weight,row\nz,3,0.1,2\nx,1,3.0,0\n"
    for suffix in (".parquet", ".arrow"):
        found = read_back(tmp_path / f"o{suffix}")
        assert found.column_names == ["t", "u", "weight", "row"]
        assert found["row"].type == pa.int64() and found["weight"].to_pylist() == [0.1, 3.0]
    with pytest.raises(UsageError, match=r"has a column 't' already"):
        write_rows(source, ROWS, tmp_path / "p.jsonl", extra_columns={"t": np.zeros(2)})


def test_added_columns_go_with_their_rows_past_a_block(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).permutation(3 * BLOCK_ROWS)[: 2 * BLOCK_ROWS]
    source = open_source({"i": np.arange(3 * BLOCK_ROWS)})
    for suffix in (".parquet", ".jsonl", ".csv"):
        write_rows(source, rows, tmp_path / f"o{suffix}", extra_columns={"row": rows})
    assert pq.read_table(tmp_path / "o.parquet")["i"].to_pylist() == rows.tolist()
    assert pq.read_table(tmp_path / "o.parquet")["row"].to_pylist() == rows.tolist()
    assert pl.read_ndjson(tmp_path / "o.jsonl").equals(pl.read_csv(tmp_path / "o.csv"))
    assert pl.read_csv(tmp_path / "o.csv")["row"].to_list() == rows.tolist()


def test_arrays_go_out_as_arrays_or_as_list_columns(tmp_path: Path) -> None:
    array = np.random.default_rng(0).normal(size=(9000, 3)).astype(np.float32)
    rows = np.array([8999, 3, 8200])
    source = open_source(array)
    write_rows(source, rows, tmp_path / "o.npy")
    found = np.load(tmp_path / "o.npy")
    assert found.dtype == np.float32 and np.array_equal(found, array[rows])
    many = np.arange(8999, -1, -1)
    write_rows(source, many, tmp_path / "many.npy")
    assert np.array_equal(np.load(tmp_path / "many.npy"), array[many])
    write_rows(source, rows, tmp_path / "o.parquet")
    assert np.array_equal(
        np.stack(pq.read_table(tmp_path / "o.parquet")["embedding"].to_numpy()), array[rows]
    )
    write_rows(open_source({"t": ["a", "b"], "g": np.eye(2)}), np.array([1]), tmp_path / "o.jsonl")
    assert (tmp_path / "o.jsonl").read_text() == '{"t":"b","g":[0.0,1.0]}\n'


def test_what_a_format_has_no_place_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r".npy cannot hold this: the rows are no array"):
        write_rows(open_source(["a"]), np.array([0]), tmp_path / "o.npy")
    sparse = open_source(scipy.sparse.eye(2))
    for name in ("o.npy", "o.parquet"):
        with pytest.raises(UsageError, match="cannot hold this"):
            write_rows(sparse, np.array([0]), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_no_rows_are_written_as_no_rows(tmp_path: Path) -> None:
    none = np.zeros(0, np.int64)
    source = open_source(TABLE)
    for suffix in (".jsonl", ".csv", ".parquet", ".arrow"):
        write_rows(source, none, tmp_path / f"o{suffix}")
    assert (tmp_path / "o.jsonl").read_bytes() == b""
    assert (tmp_path / "o.csv").read_text().count("\n") == 1
    assert read_back(tmp_path / "o.parquet").schema.equals(TABLE.schema)
    assert len(read_back(tmp_path / "o.parquet")) == len(read_back(tmp_path / "o.arrow")) == 0


class Stdout(io.BytesIO):
    """Stands for sys.stdout; its buffer is itself."""

    @property
    def buffer(self):
        return self


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet", "arrow"])
def test_standard_output_takes_every_format_and_stays_open(monkeypatch, format) -> None:
    out = Stdout()
    monkeypatch.setattr(sys, "stdout", out)
    written = write_rows(open_source({"a": [1, 2]}), np.array([1]), "-", format=format)
    assert not out.closed and written.sha256 is None
    if format == "parquet":
        assert pq.read_table(pa.BufferReader(out.getvalue())).to_pylist() == [{"a": 2}]
    if format == "jsonl":
        assert out.getvalue() == b'{"a":2}\n'


# Where rows go


def test_the_suffix_or_the_format_says_what_is_written(tmp_path: Path) -> None:
    def settled(name, **options):
        output = check_output(tmp_path / name, **options)
        return output.format, output.compression

    assert settled("x.JSONL.GZ") == ("jsonl", "gzip")
    assert settled("x.tsv.zst") == ("tsv", "zstd")
    assert settled("x.feather") == ("arrow", None)
    assert settled("x.out", format="csv") == ("csv", None)
    assert check_output("-", default="csv").format == "csv"
    assert check_output("-", default="parquet").format == "jsonl"
    assert check_output("-", format="parquet").format == "parquet"
    for name in ("x.out", "x", "x.parquet.gz", "x.npz"):
        with pytest.raises(UsageError, match=r"does not say which format"):
            settled(name)
    with pytest.raises(UsageError, match=r"--format 'xml' is not one of jsonl"):
        settled("x.out", format="xml")


def test_what_is_there_is_not_replaced_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    path.write_text("old")
    with pytest.raises(UsageError, match=r"o.jsonl exists. Pass --overwrite"):
        write_rows(open_source(["a"]), np.array([0]), path)
    assert path.read_text() == "old"
    write_rows(open_source(["a"]), np.array([0]), path, overwrite=True)
    assert path.read_text() == '{"text":"a"}\n'


def test_an_input_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a\n1\n")
    (tmp_path / "link.csv").symlink_to(path)
    for name in ("x.csv", "link.csv"):
        with pytest.raises(UsageError, match=r"is one of the inputs. Name another output"):
            write_rows(open_source(path), np.array([0]), tmp_path / name, overwrite=True)
    assert path.read_text() == "a\n1\n"


def test_folders_are_checked_before_work_starts(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no folder .*none. Make the folder"):
        check_output(tmp_path / "none" / "o.jsonl")
    (tmp_path / "d.jsonl").mkdir()
    with pytest.raises(UsageError, match=r"d.jsonl: that is a folder"):
        check_output(tmp_path / "d.jsonl")


def test_a_device_is_written_to_directly() -> None:
    written = write_rows(open_source(["a"]), np.array([0]), "/dev/null", format="jsonl")
    assert written.size_bytes == 13
    assert not Path("/dev/.null.handful-part").exists()


def test_size_and_hash_are_those_of_the_file(tmp_path: Path) -> None:
    import hashlib

    written = write_rows(open_source(TABLE), ROWS, tmp_path / "o.parquet")
    raw = (tmp_path / "o.parquet").read_bytes()
    assert (written.rows, written.size_bytes) == (2, len(raw))
    assert written.sha256 == hashlib.sha256(raw).hexdigest()


def test_a_fault_of_the_input_leaves_nothing(tmp_path: Path) -> None:
    whole = bytearray()
    pq.write_table(pa.table({"t": [f"row {i}" * 9 for i in range(9000)]}), tmp_path / "x.parquet")
    whole += (tmp_path / "x.parquet").read_bytes()
    whole[2000:30_000] = b"\xff" * 28_000
    (tmp_path / "x.parquet").write_bytes(whole)
    source = open_source(tmp_path / "x.parquet")
    for name in ("o.parquet", "o.jsonl.gz", "o.csv", "o.arrow"):
        with pytest.raises(DataError, match=r"not a readable Parquet"):
            write_rows(source, np.arange(9000), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["x.parquet"]


# JSON Lines


LINES = [
    b'\xef\xbb\xbf{"a": 1.50}\r\n',
    b"\r\n",
    b'{ "a" :"\\u00e9}" } \n',
    b"{}\n",
    b'{"b":{"a":[]}}',
]


def test_json_lines_go_out_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(b"".join(LINES))
    source = open_source(tmp_path / "x.jsonl")
    write_rows(source, np.array([3, 1, 2, 0]), tmp_path / "o.jsonl")
    assert (tmp_path / "o.jsonl").read_bytes() == (
        b'{"b":{"a":[]}}\n{ "a" :"\\u00e9}" } \n{}\n{"a": 1.50}\r\n'
    )


def test_columns_are_added_inside_the_object_and_nothing_else_changes(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(b"".join(LINES))
    source = open_source(tmp_path / "x.jsonl")
    extra = {"w é": np.array([0.25, 1.0, 1e-9, 2.0]), "row": np.arange(4)}
    write_rows(source, np.arange(4), tmp_path / "o.jsonl", extra_columns=extra)
    assert (tmp_path / "o.jsonl").read_bytes().decode() == (
        '{"a": 1.50,"w é":0.25,"row":0}\r\n'
        '{ "a" :"\\u00e9}" ,"w é":1.0,"row":1} \n'
        '{"w é":1e-09,"row":2}\n'
        '{"b":{"a":[]},"w é":2.0,"row":3}\n'
    )
    with pytest.raises(UsageError, match=r"has a column 'b' already"):
        write_rows(source, np.array([0]), tmp_path / "p.jsonl", extra_columns={"b": np.zeros(1)})


def test_json_lines_as_tables_have_the_types_of_all_rows_written(tmp_path: Path) -> None:
    rows = [{"i": i, "f": i, "m": i, "s": {"a": i}, "l": []} for i in range(BLOCK_ROWS)]
    rows += [{"i": None, "f": 0.5, "m": "x", "s": {"b": "y"}, "l": ["z"], "late": True}]
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, rows)))
    source = open_source(tmp_path / "x.jsonl")
    for order in (np.arange(BLOCK_ROWS + 1), np.arange(BLOCK_ROWS, -1, -1)):
        write_rows(source, order, tmp_path / "o.parquet", overwrite=True)
        found = pq.read_table(tmp_path / "o.parquet")
        types = {field.name: str(field.type) for field in found.schema}
        assert (types["i"], types["f"], types["late"]) == ("int64", "double", "bool")
        assert types["l"].startswith("list<") and "string" in types["m"]
        last = found.to_pylist()[int(np.argmax(order))]
        assert (last["i"], last["f"], last["m"], last["l"]) == (None, 0.5, '"x"', ["z"])
        first = found.to_pylist()[int(np.argmin(order))]
        assert (first["i"], first["f"], first["m"], first["late"]) == (0, 0.0, "0", None)
