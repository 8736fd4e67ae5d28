"""CSV and TSV files as sources."""

import csv
import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.errors import DataError
from handful.io.open import open_source
from handful.io.write import write_rows

cells = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=6)


def put(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.fixture
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("csv")


@given(
    rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=20),
    end=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
)
def test_text_is_what_the_standard_library_reads(tmp_path_factory, rows, end, bom) -> None:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator=end)
    writer.writerows([("a", "b"), *rows])
    raw = b"\xef\xbb\xbf" * bom + written.getvalue().encode()
    source = open_source(put(tmp_path_factory.mktemp("csv") / "x.csv", raw))
    found = source.read({"b": "text", "a": "text"}, 0, source.rows)
    assert list(zip(found["a"], found["b"], strict=True)) == rows


def test_types_are_settled_over_the_whole_file(out: Path) -> None:
    rows = "".join(f"{i},{i},{i}\n" for i in range(20_000))
    source = open_source(put(out / "x.csv", f"int,float,text\n{rows}1,1.5,x\n"))
    assert source.schema == {"int": "number", "float": "number", "text": "text"}
    types = [str(field.type) for field in source.typed_schema]
    assert types == ["int64", "double", "large_string"]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        (["1", "", "-3"], "int64"),
        (["1", "2.5", "NaN"], "double"),
        (["true", "false", ""], "bool"),
        (["007", "1"], "large_string"),
        (["99999999999999999999", "1"], "large_string"),
        (["0x10", "1"], "large_string"),
        (["true", "1"], "large_string"),
        (['""', '""'], "large_string"),
    ],
)
def test_types_of_columns(out: Path, fields, kind) -> None:
    source = open_source(put(out / "x.csv", "c,z\n" + "".join(f"{f},z\n" for f in fields)))
    assert str(source.typed_schema.field("c").type) == kind


def test_the_split_into_files_changes_nothing(out: Path) -> None:
    lines = [f'{i},"t\n{i}",{i / 2}\n' for i in range(1000)]
    whole = open_source(put(out / "whole.csv", "i,t,x\n" + "".join(lines)))
    parts = [
        put(out / f"{p}.csv", ("i,t,x\n" + "".join(lines[p * 200 : (p + 1) * 200])).rstrip("\n"))
        for p in range(5)
    ]
    split = open_source(parts)
    assert split.schema == whole.schema and split.typed_schema == whole.typed_schema
    assert split.fingerprint()["content"] == whole.fingerprint()["content"]
    rows = np.array([999, 0, 200])
    for kind in ("jsonl", "csv"):
        write_rows(whole, rows, out / f"a.{kind}")
        write_rows(split, rows, out / f"b.{kind}")
        assert (out / f"a.{kind}").read_bytes() == (out / f"b.{kind}").read_bytes()
    assert split.where(200) == f"{parts[1]}:2"
    assert split.where(201) == f"{parts[1]}:4"


def test_compressed_files_are_the_same_rows(out: Path) -> None:
    plain = open_source(put(out / "x.csv", "a,b\n1,x\n2,y"))
    packed = open_source(put(out / "y.csv.gz", gzip.compress(b"a,b\n1,x\n2,y")))
    assert packed.fingerprint()["content"] == plain.fingerprint()["content"]
    zstandard = pytest.importorskip("zstandard")
    packed = open_source(put(out / "z.csv.zst", zstandard.compress(b"a,b\n1,x\n2,y")))
    assert list(packed.read({"b": "text"}, 0, 2)["b"]) == ["x", "y"]


def test_an_archive_cut_short_is_named(out: Path) -> None:
    packed = gzip.compress(b"a,b\n" + bytes(range(48, 57)) * 1000)
    with pytest.raises(DataError, match=r"cut.csv.gz: not a readable .*It may be cut short"):
        open_source(put(out / "cut.csv.gz", packed[: len(packed) // 2]))
    with pytest.raises(DataError, match=r"no.csv.gz: not a readable"):
        open_source(put(out / "no.csv.gz", b"a,b\n1,2\n"))


def test_records_of_the_wrong_width_are_named_by_line(out: Path) -> None:
    path = put(out / "x.csv", 'a,b\n1,"x\ny"\n2\n3,z,!\n4,w\n')
    with pytest.raises(
        DataError, match=r"x.csv:4: 1 field, where the header has 2. Mend it, or pass"
    ):
        open_source(path)
    source = open_source(path, on_bad_row="skip")
    assert [(bad.row, bad.where) for bad in source.bad] == [(1, f"{path}:4"), (2, f"{path}:5")]
    assert source.bad[1].reason == "3 fields, where the header has 2"
    found = source.read({"a": "number", "b": "text"}, 0, 4)
    assert np.array_equal(found["a"], [1, np.nan, np.nan, 4], equal_nan=True)
    assert list(found["b"]) == ["x\ny", "", "", "w"]


def test_another_encoding_is_named_by_line(out: Path) -> None:
    path = put(out / "x.csv", "a,b\n1,x\n2,é\n3,z\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"x.csv:3: byte 0xE9 is not UTF-8.*iconv"):
        open_source(path)
    source = open_source(path, on_bad_row="skip")
    assert [bad.row for bad in source.bad] == [1]
    assert list(source.read({"b": "text"}, 0, 3)["b"]) == ["x", "", "z"]
    with pytest.raises(DataError, match=r"w.csv: this is UTF-16, .*iconv -f UTF-16"):
        open_source(put(out / "w.csv", "a,b\n1,2\n".encode("utf-16")))
    with pytest.raises(DataError, match=r"h.csv:1: not valid UTF-8"):
        open_source(put(out / "h.csv", "é,b\n1,2\n".encode("latin-1")))


def test_a_quote_never_closed_is_named_by_line(out: Path) -> None:
    with pytest.raises(DataError, match=r"x.csv:3: a field opens with a quote .* never closed"):
        open_source(put(out / "x.csv", 'a,b\n1,2\n3,"4\n5,6\n'))


def test_a_header_alone_is_an_empty_pool(out: Path) -> None:
    for text in ("a,b\n", "\n\n", ""):
        with pytest.raises(DataError, match=r"x.csv.*no rows"):
            open_source(put(out / "x.csv", text))


def test_a_column_named_twice_is_refused(out: Path) -> None:
    with pytest.raises(DataError, match=r"'a' is there twice"):
        open_source(put(out / "x.csv", "a,a\n1,2\n"))


def test_records_go_out_byte_for_byte(out: Path) -> None:
    source = open_source(
        put(out / "x.csv", b'\xef\xbb\xbf"a", b\r\n\r\n1.0,"x"\r\n\n2,\'y"\n3,"z\r\n"')
    )
    write_rows(source, np.array([2, 0]), out / "o.csv")
    assert (out / "o.csv").read_bytes() == b'"a", b\r\n3,"z\r\n"\n1.0,"x"\r\n'
    extra = {"w": np.array([0.5, 1.0]), "n,m": np.array(["p,q", "r"])}
    write_rows(source, np.array([0, 1]), out / "e.csv", extra_columns=extra)
    assert (out / "e.csv").read_bytes() == (
        b'"a", b,w,"n,m"\r\n1.0,"x",0.5,"p,q"\r\n2,\'y",1.0,r\n'
    )


def test_tabs_part_the_fields_of_tsv(out: Path) -> None:
    source = open_source(put(out / "x.tsv", "a\tb\n1,5\tx\n"))
    assert list(source.read({"a": "text"}, 0, 1)["a"]) == ["1,5"]
    write_rows(source, np.array([0]), out / "o.csv")
    assert (out / "o.csv").read_text() == 'a,b\n"1,5",x\n'
