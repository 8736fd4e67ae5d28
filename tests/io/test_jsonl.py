"""JSON Lines files as a source: rows, places, fingerprints, bad input, lines copied as they stand."""

from __future__ import annotations

import gzip
import hashlib
import io
import itertools
import json
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handful import errors
from handful.io import jsonl as jsonl_module
from handful.io import lines as lines_module
from handful.io.jsonl import JsonlSource
from handful.io.open import open_source
from handful.pool import BadRow, Pool, Source, Strings
from handful.runtime.run import Run

# With the JIT off, numpy warns where words are meant to wrap.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")

LINES = [b'{"id": %d, "text": "row %d \\u00e9"}' % (i, i) for i in range(20)]


@contextmanager
def pieces_of(size: int) -> Iterator[None]:
    """Files scanned in pieces of so many bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines_module, "PIECE_BYTES", size)
        patch.setattr(jsonl_module, "PIECE_BYTES", size)
        patch.setattr(lines_module, "_LOOK_BYTES", 5)
        yield


def written(folder: Path | str, data: bytes, name: str = "pool.jsonl") -> str:
    path = Path(folder) / name
    path.write_bytes(data)
    return str(path)


def texts(source: Source, column: str = "text") -> list[str]:
    found = source.read({column: "text"}, 0, source.rows)[column]
    assert isinstance(found, Strings)
    return list(found)


def zstd(data: bytes) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as packed:
        packed.write(data)
    return out.getvalue().to_pybytes()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# Rows and their lines -----------------------------------------------------------------------------


def test_rows_are_lines_that_are_not_blank_whatever_ends_them(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbf{"a": 1}\r\n\n \t\r\n{"a": 2}\n{"a": 3}'
    source = JsonlSource([written(tmp_path, data)])
    assert source.rows == 3
    assert source.read({"a": "number"}, 0, 3)["a"].tolist() == [1, 2, 3]
    assert list(source.raw_lines(np.arange(3))) == [b'{"a": 1}\r\n', b'{"a": 2}\n', b'{"a": 3}\n']
    assert [source.where(row).rpartition(":")[2] for row in range(3)] == ["1", "4", "5"]


def test_a_last_line_cut_within_its_line_end_gets_a_whole_one(tmp_path: Path) -> None:
    source = JsonlSource([written(tmp_path, b'{"a": 1}\r\n{"a": 2}\r')])
    assert list(source.raw_lines(np.array([1, 0]))) == [b'{"a": 2}\r\n', b'{"a": 1}\r\n']


def test_lines_come_in_the_order_asked_for_from_any_of_the_files(tmp_path: Path) -> None:
    parts = [b"\n".join(LINES[:7]) + b"\n", b"", b"\n\n", b"\r\n".join(LINES[7:])]
    with pieces_of(64):
        names = [written(tmp_path, data, f"{i}.jsonl") for i, data in enumerate(parts)]
        source = JsonlSource(names)
        rows = np.array([19, 3, 7, 6, 3, 0, 18])
        found = list(source.raw_lines(rows))
    assert [line.rstrip(b"\r\n") for line in found] == [LINES[row] for row in rows]
    assert [row for row, line in zip(rows, found, strict=True) if line.endswith(b"\r\n")] == [7, 18]
    assert source.where(7) == f"{tmp_path}/3.jsonl:1"
    assert source.where(19) == f"{tmp_path}/3.jsonl:13"
    assert source.files == [(name, count) for name, count in zip(names, [7, 0, 0, 13], strict=True)]
    assert source.paths == [Path(name) for name in names]


@example([LINES[0], b"", LINES[1]], [], False, 1 << 21, 1)  # as many bytes as if end to end
@example([LINES[0], b"", LINES[1]], [1], True, 1 << 21, 1)
@given(
    st.lists(st.sampled_from([*LINES, b"", b"  ", b"{}\r", b"\r"]), max_size=40),
    st.lists(st.integers(0, 40), max_size=3),
    st.booleans(),
    st.sampled_from([1, 7, 64, 1 << 21]),
    st.integers(1, 2),
)
def test_rows_and_content_are_the_same_however_lines_are_cut(
    lines: list[bytes], cuts: list[int], ended: bool, piece_bytes: int, threads: int
) -> None:
    kept = [line.removesuffix(b"\r") for line in lines if line.strip()]
    bounds = [0, *sorted(min(cut, len(lines)) for cut in cuts), len(lines)]
    files = [b"\n".join(lines[a:b]) + b"\n" * ended for a, b in itertools.pairwise(bounds)]
    with tempfile.TemporaryDirectory() as folder, pieces_of(piece_bytes):
        names = [written(folder, data, f"{i}.jsonl") for i, data in enumerate(files)]
        if not kept:
            with pytest.raises(errors.DataError, match="no rows"):
                JsonlSource(names)
            return
        source = JsonlSource(names, run=Run(threads=threads))
        found = list(source.raw_lines(np.arange(source.rows)))
        assert [line.rstrip(b"\r\n") for line in found] == kept
        fingerprint = source.fingerprint()
        assert fingerprint["content"] == sha256(b"".join(line + b"\n" for line in kept))
        assert [file["sha256"] for file in fingerprint["files"]] == [sha256(data) for data in files]
        assert [file["bytes"] for file in fingerprint["files"]] == [len(data) for data in files]
        ids = [json.loads(line).get("id", np.nan) for line in kept]
        if "id" in source.schema:
            np.testing.assert_array_equal(source.read({"id": "number"}, 0, source.rows)["id"], ids)


def test_every_range_of_rows_reads_the_same_in_any_order(tmp_path: Path) -> None:
    with pieces_of(100):
        source = JsonlSource([written(tmp_path, b"\n \n".join(LINES))])
        whole = texts(source)
        assert whole == [f"row {i} é" for i in range(20)]
        for start, stop in itertools.product(range(20), range(21)):
            part = source.read({"text": "text", "id": "text"}, start, stop)
            assert [list(column) for column in part.values()] == [
                whole[start:stop],
                [str(i) for i in range(start, stop)],
            ]


def test_a_pool_reads_blocks_and_whole_columns(tmp_path: Path) -> None:
    pool = Pool(open_source(written(tmp_path, b"\n".join(LINES))))
    assert pool.n == 20
    assert pool.numbers("id").dtype == np.int64
    assert list(pool.strings("id")) == [str(i) for i in range(20)]
    with pytest.raises(errors.UsageError, match=r"Unknown column 'txt'. Nearest: 'text'"):
        pool.require("txt")


# Columns ------------------------------------------------------------------------------------------


def test_the_schema_is_that_of_a_sample(tmp_path: Path) -> None:
    rows = [
        {"t": "a", "n": 1, "v": [0.5, 2], "o": {"a": 1}, "tags": [1, 2], "mixed": 1, "empty": None},
        {"t": None, "n": 2.5, "v": [1, 3.5], "o": None, "tags": [1, 2], "mixed": "a", "late": "b"},
    ]
    data = "\n".join(map(json.dumps, rows)).encode()
    assert dict(JsonlSource([written(tmp_path, data)]).schema) == {
        "t": "text",
        "n": "number",
        "v": "vector",
        "o": "object",
        "tags": "object",
        "mixed": "object",
        "empty": "object",
        "late": "text",
    }


@pytest.mark.parametrize("threads", [1, 2])
def test_a_column_the_sample_lacks_is_found_all_the_same(tmp_path: Path, threads: int) -> None:
    lines = [b'{"text": "a"}'] * 5000
    lines[1234] = b'{"text": "b", "rare": "here"}'
    source = JsonlSource([written(tmp_path, b"\n".join(lines))], run=Run(threads=threads))
    assert list(source.schema) == ["text"]
    assert "nowhere" not in source.schema
    assert "rare" in source.schema
    assert source.schema["rare"] == "object"
    assert texts(source, "rare")[1233:1236] == ["", "here", ""]
    with pytest.raises(errors.UsageError, match=r"Unknown column 'rar'\. Nearest: 'rare'"):
        source.read({"rar": "text"}, 0, 1)
    with pytest.raises(KeyError):
        source.schema["nowhere"]


# Fingerprints and packed files --------------------------------------------------------------------


def test_content_is_that_of_the_plain_file_however_packed(tmp_path: Path) -> None:
    data = b"\n".join(LINES) + b"\n"
    packed = {".gz": gzip.compress(data), ".zst": zstd(data), "": data}
    for suffix, stored in packed.items():
        source = JsonlSource([written(tmp_path, stored, f"pool.jsonl{suffix}")])
        assert texts(source) == [f"row {i} é" for i in range(20)]
        fingerprint = source.fingerprint()
        assert fingerprint["content"] == sha256(data)
        assert fingerprint["rows"] == 20
        assert fingerprint["files"] == [
            {
                "name": f"{tmp_path}/pool.jsonl{suffix}",
                "bytes": len(stored),
                "sha256": sha256(stored),
                "rows": 20,
            }
        ]


def test_a_byte_order_mark_is_part_of_the_file_and_not_of_the_content(tmp_path: Path) -> None:
    plain, marked = b"\n".join(LINES) + b"\n", b"\xef\xbb\xbf" + b"\n".join(LINES) + b"\n"
    names = [written(tmp_path, marked, f"{i}.jsonl") for i in range(2)]
    fingerprint = JsonlSource(names).fingerprint()
    assert [file["sha256"] for file in fingerprint["files"]] == [sha256(marked)] * 2
    assert fingerprint["content"] == sha256(plain * 2)


def test_packed_files_of_several_members_are_read_whole(tmp_path: Path) -> None:
    halves = [b"\n".join(LINES[:10]) + b"\n", b"\n".join(LINES[10:])]
    for suffix, pack in ((".gz", gzip.compress), (".zst", zstd)):
        name = written(tmp_path, b"".join(map(pack, halves)), f"two.jsonl{suffix}")
        assert JsonlSource([name]).rows == 20


def test_stdin_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    class Piped:
        buffer = io.BytesIO(b"\n".join(LINES))

    monkeypatch.setattr("sys.stdin", Piped())
    source = JsonlSource(["-"])
    assert source.rows == 20
    assert source.where(3) == "stdin:4"
    assert source.paths == []
    assert source.fingerprint()["files"][0]["sha256"] == sha256(b"\n".join(LINES))
    assert source.fingerprint()["files"][0]["name"] == "stdin"


def test_a_pipe_with_a_name_is_read_like_a_file(tmp_path: Path) -> None:
    name = tmp_path / "pipe.jsonl"
    os.mkfifo(name)
    thread = threading.Thread(target=name.write_bytes, args=(b"\n".join(LINES),))
    thread.start()
    source = JsonlSource([str(name)])
    thread.join()
    assert source.rows == 20


# Bad input ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "b', "not valid JSON (unterminated string at column 10)"),
        ('{"text": "é"}'.encode("latin-1"), "not UTF-8 (byte 0xE9 at column 11"),
        (b"17", "not a JSON object but a single value"),
        (b'{"a":' + b"[" * 300 + b"]" * 300 + b"}", "nested deeper than 256 levels"),
    ],
)
def test_a_bad_line_is_named_by_file_and_line(tmp_path: Path, line: bytes, reason: str) -> None:
    data = b"\n\n".join([*LINES[:5], line, *LINES[5:]])
    name = written(tmp_path, data)
    with pieces_of(100), pytest.raises(errors.DataError) as caught:
        JsonlSource([name])
    assert str(caught.value).startswith(f"{name}:11: {reason}")
    assert str(caught.value).endswith(". Mend it, or pass --on-bad-row skip.")


@pytest.mark.parametrize("threads", [1, 2])
def test_the_first_bad_line_is_the_one_named(tmp_path: Path, threads: int) -> None:
    lines = [*LINES, b"{", *LINES, b"}", *LINES]
    name = written(tmp_path, b"\n".join(lines))
    with pieces_of(100), pytest.raises(errors.DataError, match=r"pool\.jsonl:21: "):
        JsonlSource([name], run=Run(threads=threads))


def test_skipped_rows_keep_their_numbers_and_read_as_nothing(tmp_path: Path) -> None:
    names = [
        written(tmp_path, b'{"t": "a", "n": 1, "v": [1.5, 2]}\n{"t": "b"', "0.jsonl"),
        written(tmp_path, b'\n[]\n{"t": "c", "n": 3, "v": [3, 4]}\n{"t": "\xe9"}\n', "1.jsonl"),
    ]
    source = JsonlSource(names, on_bad_row="skip")
    assert source.rows == 5
    unended = "not valid JSON (expecting ',' delimiter at column 10)"
    latin = "not UTF-8 (byte 0xE9 at column 8: Latin-1? Convert it: iconv -f LATIN1 -t UTF-8)"
    assert source.bad == [
        BadRow(1, f"{names[0]}:2", unended),
        BadRow(2, f"{names[1]}:2", "not a JSON object but a list"),
        BadRow(4, f"{names[1]}:4", latin),
    ]
    assert texts(source, "t") == ["a", "", "", "c", ""]
    read = source.read({"n": "number", "v": "vector"}, 0, 5)
    np.testing.assert_array_equal(read["n"], [1, np.nan, np.nan, 3, np.nan])
    assert np.asarray(read["v"]).tolist() == [[1.5, 2], [0, 0], [0, 0], [3, 4], [0, 0]]
    assert source.read({"t": "object"}, 0, 5)["t"] == ["a", None, None, "c", None]
    assert source.fingerprint()["rows"] == 5
    assert list(source.raw_lines(np.array([1]))) == [b'{"t": "b"\n']


def test_a_pool_of_bad_rows_alone_opens_and_lists_them(tmp_path: Path) -> None:
    source = JsonlSource([written(tmp_path, b"{\n}\n")], on_bad_row="skip")
    assert [row.row for row in source.bad] == [0, 1]
    assert dict(source.schema) == {}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    name = written(tmp_path, '{"text": "a"}\n'.encode(encoding))
    with pytest.raises(
        errors.DataError, match=f"this is {encoding[:6].upper()}, and JSON Lines are UTF-8"
    ):
        JsonlSource([name], on_bad_row="skip")


def test_a_json_list_is_told_from_json_lines(tmp_path: Path) -> None:
    name = written(tmp_path, b'[\n  {"text": "a"}\n]\n')
    with pytest.raises(errors.DataError, match="one JSON list, not JSON Lines"):
        JsonlSource([name])


@pytest.mark.parametrize("data", [b"", b"\n \r\n", b"\xef\xbb\xbf"])
def test_a_pool_without_rows_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(errors.DataError, match=r"pool\.jsonl: no rows"):
        JsonlSource([written(tmp_path, data)])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(errors.DataError, match=r"none\.jsonl: cannot be opened \(No such file"):
        JsonlSource([str(tmp_path / "none.jsonl")])


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_an_archive_cut_short_or_damaged_is_named(tmp_path: Path, suffix: str) -> None:
    data = b"\n".join(LINES * 50)
    packed = gzip.compress(data) if suffix == ".gz" else zstd(data)
    for broken in (packed[: len(packed) // 2], packed[:-3], packed + b"junk", b"junk" + packed):
        name = written(tmp_path, broken, f"pool.jsonl{suffix}")
        kind = "gzip" if suffix == ".gz" else "zstd"
        with pytest.raises(errors.DataError, match=f"{suffix}: not a readable {kind} file"):
            JsonlSource([name])


def test_a_full_disk_while_unpacking_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", Full)
    name = written(tmp_path, gzip.compress(b"{}\n"), "pool.jsonl.gz")
    with pytest.raises(errors.DataError, match=r"cannot be unpacked in .*No space left.*TMPDIR"):
        JsonlSource([name])


def test_one_huge_line_is_neither_parsed_nor_read_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines_module, "LONG_BYTES", 1000)
    deep = b'{"a":' + b"[" * 100 + b" " * 1000 + b"]" * 100 + b"}"
    with pieces_of(10):
        source = JsonlSource([written(tmp_path, b"{}\n" + deep + b"\n{}")], on_bad_row="skip")
    reason = "not a JSON object, at byte 69 of a line of 1,206 bytes"
    assert [row.reason for row in source.bad] == [reason]
    assert source.rows == 3
