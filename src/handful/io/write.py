"""One way out: rows of a source written in any format, each kept as it is where the format is the same."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.io.atomic import Files, PartFile
from handful.io.output import Output, check_output
from handful.pool import BLOCK_ROWS, Source

Rows = NDArray[np.int64]
Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Written:
    """What was written: rows, bytes and SHA-256 of the file (of stdout: not known, None)."""

    rows: int
    size_bytes: int | None
    sha256: str | None


def write_rows(
    source: Source,
    rows: Rows,
    out: Output | str | Path,
    *,
    format: str | None = None,
    extra_columns: Columns | None = None,
    overwrite: bool = False,
    files: Files | None = None,
) -> Written:
    """Write some rows of a source.

    JSON Lines to JSON Lines: each line byte for byte, with a line end where the last had none; an added
    column goes inside the object, behind the rest. CSV to CSV: each record as it is. Parquet keeps
    schema, types and metadata. Between formats, values are converted.

    Args:
        source: Rows to write from.
        rows: Row numbers, in the order wanted.
        out: As `check_output` gives it, or a path, then checked here.
        format: As in `check_output`, where `out` is a path.
        extra_columns: Columns to add, each (len(rows),).
        overwrite: As in `check_output`, where `out` is a path.
        files: Files written together with this one; the output must be the first. None: by itself.
    """
    extra = dict(extra_columns or {})
    for name in extra:
        if name in source.schema:
            raise errors.column_taken(name)
    if not isinstance(out, Output):
        kind = getattr(source, "kind", "jsonl")
        paths = getattr(source, "paths", ())
        out = check_output(out, format=format, default=kind, overwrite=overwrite, inputs=paths)
    write = _WRITERS[out.format]
    if out.path is None:
        write(source, rows, extra, out, _Stdout())
        return Written(len(rows), None, None)
    if files is None:
        with Files() as own:
            return _write(write, source, rows, extra, out, own)
    return _write(write, source, rows, extra, out, files)


def _write(
    write: _Writer, source: Source, rows: Rows, extra: Columns, out: Output, files: Files
) -> Written:
    assert out.path is not None
    part: PartFile = files.open(out.path)
    write(source, rows, extra, out, part)
    return Written(len(rows), part.size, part.sha256)


class _Stdout:
    """Standard output, which no writer may close."""

    closed = False

    def write(self, data: Any) -> int:
        return sys.stdout.buffer.write(data)

    def tell(self) -> int:
        raise OSError("stdout has no place")

    def flush(self) -> None:
        sys.stdout.buffer.flush()

    close = flush


_Writer = Callable[[Source, Rows, Columns, Output, Any], None]


# Lines ------------------------------------------------------------------------------------------


def _write_jsonl(source: Source, rows: Rows, extra: Columns, out: Output, file: Any) -> None:
    lines = _own_lines(source, "jsonl", rows)
    if lines is None:
        lines = _json_lines(source, rows)
    if extra:
        lines = _with_members(lines, extra)
    _write_chunks(lines, out, file)


def _write_csv(source: Source, rows: Rows, extra: Columns, out: Output, file: Any) -> None:
    delimiter = "\t" if out.format == "tsv" else ","
    header = getattr(source, "header", None)
    lines = _own_lines(source, out.format, rows)
    if lines is None or header is None:
        records = _records(source, rows, extra)
        lines = _csv_lines(records, delimiter)
    elif extra:
        names, texts = list(extra), _texts(extra)
        added = _csv_lines(iter([names, *map(list, zip(*texts, strict=True))]), delimiter)
        lines = _joined(_headed(header, lines), added, delimiter.encode())
    else:
        lines = _headed(header, lines)
    _write_chunks(lines, out, file)


def _own_lines(source: Source, format: str, rows: Rows) -> Iterator[bytes] | None:
    """The lines as they stand in the input, where it has them and is of that format."""
    raw = getattr(source, "raw_lines", None)
    if raw is None or getattr(source, "kind", "jsonl") != format:
        return None
    lines: Iterator[bytes] = raw(rows)
    return lines


def _headed(header: bytes, lines: Iterator[bytes]) -> Iterator[bytes]:
    yield header
    yield from lines


def _joined(lines: Iterator[bytes], added: Iterator[bytes], delimiter: bytes) -> Iterator[bytes]:
    """Records with fields put behind them; the line end stays as it is."""
    for line, more in zip(lines, added, strict=True):
        body = line.rstrip(b"\r\n")
        yield body + delimiter + more.rstrip(b"\n") + line[len(body) :]


def _with_members(lines: Iterator[bytes], extra: Columns) -> Iterator[bytes]:
    """JSON objects with members put behind the others; every other byte stays."""
    from handful.io.values import strict_json

    for place, line in enumerate(lines):
        added = {name: values[place].item() for name, values in extra.items()}
        end = line.rindex(b"}")
        empty = b'"' not in line  # an object with members has a key
        members = strict_json(added)[1:-1].encode()
        yield line[:end] + (b"" if empty else b",") + members + line[end:]


def _json_lines(source: Source, rows: Rows) -> Iterator[bytes]:
    from handful.io.tables import tables_of
    from handful.io.values import objects, strict_json

    schema, tables = tables_of(source, rows)
    for table in tables:
        columns = [objects(table.column(i), field) for i, field in enumerate(schema)]
        for values in zip(*columns, strict=True):
            row = dict(zip(schema.names, values, strict=True))
            yield strict_json(row).encode("utf-8", "replace") + b"\n"


def _records(source: Source, rows: Rows, extra: Columns) -> Iterator[list[str]]:
    """Header and rows as texts."""
    from handful.io.tables import tables_of
    from handful.io.values import convert

    schema, tables = tables_of(source, rows)
    yield [*schema.names, *extra]
    start = 0
    for table in tables:
        kinds = [convert(table.column(i), f, "text", str) for i, f in enumerate(schema)]
        added = _texts({name: v[start : start + len(table)] for name, v in extra.items()})
        yield from map(list, zip(*kinds, *added, strict=True))
        start += len(table)


def _texts(extra: Columns) -> list[list[str]]:
    from handful.io.values import json_text

    return [[json_text(value) for value in values.tolist()] for values in extra.values()]


def _csv_lines(records: Iterator[list[str]], delimiter: str) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    for record in records:
        writer.writerow(record)
        yield buffer.getvalue().encode("utf-8", "replace")
        buffer.seek(0)
        buffer.truncate()


def _write_chunks(lines: Iterable[bytes], out: Output, file: Any) -> None:
    """Write lines a megabyte at a time, compressed where asked."""
    if out.compression is None:
        _write_buffered(lines, file)
        return
    import pyarrow as pa

    with pa.CompressedOutputStream(pa.PythonFile(file, "w"), out.compression) as packed:
        _write_buffered(lines, packed)


def _write_buffered(lines: Iterable[bytes], file: BinaryIO) -> None:
    held, size = [], 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= 1 << 20:
            file.write(b"".join(held))
            held, size = [], 0
    file.write(b"".join(held))


# Tables and arrays ------------------------------------------------------------------------------


def _write_parquet(source: Source, rows: Rows, extra: Columns, out: Output, file: Any) -> None:
    import pyarrow.parquet as pq

    from handful.io.tables import compression_of, regrouped, tables_of, with_columns

    schema, tables = with_columns(*tables_of(source, rows), extra)
    writer = pq.ParquetWriter(file, schema, compression=compression_of(source))
    for table in regrouped(tables, schema):
        writer.write_table(table)
    writer.close()


def _write_arrow(source: Source, rows: Rows, extra: Columns, out: Output, file: Any) -> None:
    import pyarrow as pa

    from handful.io.tables import tables_of, with_columns

    schema, tables = with_columns(*tables_of(source, rows), extra)
    with pa.ipc.new_file(pa.PythonFile(file, "w"), schema) as writer:
        for table in tables:
            writer.write_table(table.combine_chunks())


def _write_npy(source: Source, rows: Rows, extra: Columns, out: Output, file: Any) -> None:
    """The one dense array of a source."""
    from handful.io.numpy import is_sparse

    arrays = list(source.arrays.values())
    if len(arrays) != 1 or is_sparse(arrays[0]) or source.schema or extra:
        reason = "the rows are more than one dense array" if arrays else "the rows are no array"
        raise errors.cannot_write(".npy", reason, "Name an output of another format.")
    array = arrays[0]
    header = {"descr": np.lib.format.dtype_to_descr(array.dtype), "fortran_order": False}
    np.lib.format.write_array_header_1_0(file, {**header, "shape": (len(rows), array.shape[1])})
    for start in range(0, len(rows), BLOCK_ROWS):
        file.write(np.ascontiguousarray(array[rows[start : start + BLOCK_ROWS]]).data)


_WRITERS: Mapping[str, _Writer] = {
    "jsonl": _write_jsonl,
    "csv": _write_csv,
    "tsv": _write_csv,
    "parquet": _write_parquet,
    "arrow": _write_arrow,
    "npy": _write_npy,
}
