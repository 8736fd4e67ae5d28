"""CSV and TSV: every field is text as it stands; types are settled over the whole of all files."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from handful import errors
from handful.io.arrow import Part, TableSource, file_fingerprint
from handful.io.unpack import map_bytes
from handful.io.values import INTEGER, NUMBER, convert
from handful.kernels.csv import Records, records, texts
from handful.pool import BLOCK_ROWS, BadRow, ColumnData, Kind

_BOM = b"\xef\xbb\xbf"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_CHUNK_ROWS = 8 * BLOCK_ROWS


class CsvPart:
    """One file: mapped, with the place of every record (8 bytes a row).

    A record with more or fewer fields than the header, or not in UTF-8, is a bad row.

    Args:
        path: The file; .gz and .zst are unpacked.
        name: As given.
        delimiter: One ASCII character.
    """

    def __init__(self, path: Path, name: str, delimiter: str) -> None:
        self.path, self.name, self.delimiter = path, name, delimiter
        self.data = map_bytes(str(path))
        head = self.data[:3].tobytes()
        if head.startswith(_WIDE):
            raise errors.foreign_encoding(name, "UTF-16", "CSV files")
        start = len(_BOM) if head == _BOM else 0
        self.columns, self.header = self._read_header(start)
        self.schema = pa.schema([pa.field(column, pa.large_string()) for column in self.columns])
        self.bad: Sequence[BadRow] = ()
        self.starts = self._read_starts()
        self.rows = len(self.starts)

    def _read_header(self, start: int) -> tuple[list[str], bytes]:
        found = records(self.data, start, len(self.data), self.delimiter, 1)
        if found.unclosed >= 0:
            raise errors.open_quote(self._line(found.unclosed))
        if not len(found.starts):
            raise errors.empty_pool(self.name)
        raw = self.data[found.starts[0] : found.next].tobytes()
        try:
            text = io.StringIO(raw.decode(), newline="")
        except UnicodeDecodeError as error:
            raise errors.wrong_encoding(self._line(start), error.reason) from None
        [columns] = csv.reader(text, delimiter=self.delimiter)
        for column in columns:
            if columns.count(column) > 1:
                raise errors.repeated_column(self.name, column)
        self._body = found.next
        return columns, raw + _line_end(self.data[found.next : found.next + 2].tobytes())

    def _read_starts(self) -> NDArray[np.int64]:
        """Where records begin, the header left out; notes the bad ones on the way."""
        place, parts = self._body, [np.zeros(0, np.int64)]
        bad: list[BadRow] = []
        while place < len(self.data):
            found = records(self.data, place, len(self.data), self.delimiter, _CHUNK_ROWS)
            if found.unclosed >= 0:
                raise errors.open_quote(self._line(found.unclosed))
            first = sum(map(len, parts))
            faults = self._faults(found)
            bad += [
                BadRow(first + i, self._line(int(found.starts[i])), faults[i])
                for i in sorted(faults)
            ]
            parts.append(found.starts)
            place = found.next
        self.bad = bad
        return np.concatenate(parts)

    def _faults(self, found: Records) -> dict[int, str]:
        """What is wrong with each of these records that is bad."""
        wrong = np.flatnonzero(found.fields != len(self.columns)).tolist()
        faults = {i: errors.csv_fields(int(found.fields[i]), len(self.columns)) for i in wrong}
        if not len(found.starts) or _not_utf8(self.data[found.starts[0] : found.next]) is None:
            return faults
        ends = [*found.starts[1:].tolist(), found.next]
        for i, (start, end) in enumerate(zip(found.starts.tolist(), ends, strict=True)):
            byte = _not_utf8(self.data[start:end])
            if byte is not None:
                faults.setdefault(i, errors.not_utf8(byte))
        return faults

    def read(self, columns: list[str], start: int, stop: int) -> pa.Table:
        """Rows [start, stop) of columns as texts; those of bad rows are missing."""
        schema = pa.schema([pa.field(column, pa.large_string()) for column in columns])
        places = [self.columns.index(column) for column in columns]
        order = np.argsort(places)
        end = int(self.starts[stop]) if stop < self.rows else len(self.data)
        found = texts(
            self.data,
            self.starts[start:stop],
            end,
            self.delimiter,
            np.sort(np.array(places, np.int64)),
        )
        bad = [row.row - start for row in self.bad if start <= row.row < stop]
        arrays: list[Any] = [None] * len(columns)
        for place, (data, offsets) in zip(order.tolist(), found, strict=True):
            arrays[place] = _array(data, offsets, bad)
        return pa.table(arrays, schema=schema)

    def line(self, row: int) -> bytes:
        """A record as it stands, with a line end."""
        end = self.starts[row + 1] if row + 1 < self.rows else len(self.data)
        return _ended(self.data[self.starts[row] : end].tobytes())

    def where(self, row: int) -> str:
        """File and line."""
        return self._line(int(self.starts[row]))

    def _line(self, place: int) -> str:
        """File and line of a byte: the line ends before it are counted."""
        before = self.data[:place]
        ends = np.count_nonzero(before == 0x0A) or np.count_nonzero(before == 0x0D)
        return f"{self.name}:{ends + 1}"

    def hash_body(self, update: Any) -> None:
        """Hand on the records' bytes, the last with a line end, for a hash that no split changes."""
        if not self.rows:
            return
        step = 1 << 22
        first, end = int(self.starts[0]), len(self.data)
        while self.data[end - 1] in b"\r\n":
            end -= 1
        for start in range(first, end, step):
            update(self.data[start : min(end, start + step)].data)
        update(b"\n")

    def fingerprint(self) -> dict[str, Any]:
        """Name, size and hash of the file."""
        return file_fingerprint(self.path, self.name, self.rows)


class CsvSource(TableSource):
    """CSV files one under the other.

    As text a field is what stands in the file. A column is whole numbers, numbers, true and false, or
    text, by all its fields in all files ("" is missing; "007" is text); with that type it goes to other
    formats.
    """

    def __init__(self, kind: str, parts: Sequence[CsvPart]) -> None:
        super().__init__(kind, list[Part](parts))
        self._csv = list(parts)
        types = _settled(self)
        self.typed_schema = pa.schema([pa.field(n, types[n]) for n in self.table_schema.names])
        self.schema: Mapping[str, Kind] = {
            field.name: "text" if field.type == pa.large_string() else "number"
            for field in self.typed_schema
        }
        same = all(part.columns == parts[0].columns for part in parts)
        self.header = parts[0].header if same else None

    def read(self, columns: Mapping[str, Kind], start: int, stop: int) -> dict[str, ColumnData]:
        """Rows [start, stop) of some columns, each as the kind asked for."""
        self.require(columns)
        table = self.table(list(columns), start, stop)
        found = {}
        for i, (name, kind) in enumerate(columns.items()):
            column, field = table.column(i), table.schema.field(i)
            if kind != "text":
                field = self.typed_schema.field(name)
                column = _typed(column, field.type)
            found[name] = convert(column, field, kind, lambda row: self.where(start + row))
        return found

    def typed(self, table: pa.Table) -> pa.Table:
        """The same rows with numbers as numbers."""
        columns = [
            _typed(column, field.type)
            for column, field in zip(table.columns, self.typed_schema, strict=True)
        ]
        return pa.table(columns, schema=self.typed_schema)

    def raw_lines(self, rows: NDArray[np.int64]) -> Iterator[bytes]:
        """Records as they stand, each with a line end."""
        for row in rows.tolist():
            i = self.part_of(row)
            yield self._csv[i].line(row - self.first[i])

    @cached_property
    def _fingerprint(self) -> dict[str, Any]:
        """As of any table, but the content is the same however the records are split into files."""
        if self.header is None:
            return super()._fingerprint
        hashed = hashlib.sha256(repr(self._csv[0].columns).encode())
        for part in self._csv:
            part.hash_body(hashed.update)
        return {**super()._fingerprint, "content": hashed.hexdigest()}


def csv_source(paths: Sequence[tuple[Path, str]], kind: str, on_bad_row: str) -> CsvSource:
    """Open CSV ("csv") or TSV ("tsv") files; the first bad row ends it, unless they are skipped."""
    parts = []
    for path, name in paths:
        parts.append(CsvPart(path, name, "\t" if kind == "tsv" else ","))
        if parts[-1].bad and on_bad_row == "fail":
            first = parts[-1].bad[0]
            raise errors.bad_row(first.where, first.reason)
    return CsvSource(kind, parts)


def _settled(source: TableSource) -> dict[str, pa.DataType]:
    """The type of each column: the first that all its fields fit."""
    rules = {pa.int64(): INTEGER, pa.float64(): NUMBER, pa.bool_(): "^(true|false)$"}
    fits = {name: dict(rules) for name in source.table_schema.names}
    seen: set[str] = set()
    for start in range(0, source.rows, BLOCK_ROWS):
        open_ = [name for name, left in fits.items() if left]
        if not open_:
            break
        table = source.table(open_, start, min(source.rows, start + BLOCK_ROWS))
        for name in open_:
            fields = table[name].filter(pc.not_equal(table[name], ""))
            seen |= {name} if len(fields) else set()
            fits[name] = {t: rule for t, rule in fits[name].items() if _all_match(fields, rule)}
            if pa.int64() in fits[name] and not _fits(fields):
                fits[name] = {}  # a whole number past 2^63 is kept as it is written
    return {
        name: next(iter(left)) if left and name in seen else pa.large_string()
        for name, left in fits.items()
    }


def _all_match(fields: pa.ChunkedArray, rule: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(fields, rule), min_count=0).as_py())


def _fits(fields: pa.ChunkedArray) -> bool:
    try:
        fields.cast(pa.int64())
    except pa.ArrowInvalid:
        return False
    return True


def _typed(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """Texts as values of a type that they fit; "" is missing, save in a column of text."""
    if kind == column.type:
        return column
    missing = pa.scalar(None, column.type)
    return pc.if_else(pc.equal(column, ""), missing, column).cast(kind)


def _array(data: NDArray[np.uint8], offsets: NDArray[np.int64], bad: list[int]) -> pa.Array:
    array = pa.LargeStringArray.from_buffers(
        len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data)
    )
    if not bad:
        return array
    there = np.ones(len(array), bool)
    there[bad] = False
    return pc.if_else(there, array, pa.scalar(None, array.type))


def _not_utf8(data: NDArray[np.uint8]) -> int | None:
    """The first byte that UTF-8 does not allow, if any."""
    try:
        str(data.data, "utf-8")
    except UnicodeDecodeError as error:
        return int(data[error.start])
    return None


def _ended(record: bytes) -> bytes:
    """A record without blank lines behind it, and with a line end."""
    body = record.rstrip(b"\r\n")
    return body + _line_end(record[len(body) : len(body) + 2])


def _line_end(after: bytes) -> bytes:
    return after if after == b"\r\n" else after[:1] or b"\n"
