"""Rows of Arrow tables: files side by side, read as one pool; memory-mapped files; tables in memory."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from handful import errors
from handful.io import digest
from handful.io.schemas import fitted, unified, wide
from handful.io.values import convert, native_kind
from handful.pool import BLOCK_ROWS, BadRow, ColumnData, Kind


class Part(Protocol):
    """One file, or one table in memory."""

    name: str
    rows: int
    schema: pa.Schema
    bad: Sequence[BadRow]

    @property
    def path(self) -> Path | None:
        """The file, if it is one."""
        ...

    def read(self, columns: list[str], start: int, stop: int) -> pa.Table:
        """Rows [start, stop) of columns the part has."""
        ...

    def where(self, row: int) -> str:
        """Name a row of the part."""
        ...

    def fingerprint(self) -> dict[str, Any]:
        """Name, rows and a hash, "sha256"."""
        ...


class TableSource:
    """Parts of one kind, one under the other: a `handful.pool.Source`.

    Columns are matched by name; what a part lacks is missing there. Types that differ between parts
    are promoted where Arrow can; else the column is held as JSON texts.

    Args:
        kind: "parquet", "arrow", "csv", "memory" or "npy": what an output is by default.
        parts: At least one.
        arrays: Feature arrays the data carries.
    """

    def __init__(
        self, kind: str, parts: Sequence[Part], arrays: Mapping[str, Any] | None = None
    ) -> None:
        self.kind = kind
        self.parts = list(parts)
        self.arrays: Mapping[str, Any] = arrays or {}
        self.first = np.cumsum([0, *(part.rows for part in self.parts)]).tolist()
        self.rows: int = self.first[-1]
        if not self.rows:
            raise errors.empty_pool(", ".join(part.name for part in self.parts[:3]))
        self.table_schema = unified([part.schema for part in self.parts])
        self.typed_schema = self.table_schema
        self.schema: Mapping[str, Kind] = {f.name: native_kind(f) for f in self.table_schema}
        self.bad: Sequence[BadRow] = [
            BadRow(row.row + first, row.where, row.reason)
            for part, first in zip(self.parts, self.first, strict=False)
            for row in part.bad
        ]

    @property
    def files(self) -> list[tuple[str, int]]:
        """Name and number of rows of each part, in order."""
        return [(part.name, part.rows) for part in self.parts]

    @property
    def paths(self) -> list[Path]:
        """The files read, none for data in memory."""
        return [part.path for part in self.parts if part.path is not None]

    def read(self, columns: Mapping[str, Kind], start: int, stop: int) -> dict[str, ColumnData]:
        """Rows [start, stop) of some columns, each as the kind asked for."""
        self.require(columns)
        table = self.table(list(columns), start, stop)
        return {
            name: convert(
                table.column(i), table.schema.field(i), kind, lambda row: self.where(start + row)
            )
            for i, (name, kind) in enumerate(columns.items())
        }

    def require(self, columns: Iterable[str]) -> None:
        """Refuse a column that is not there."""
        for column in columns:
            if column not in self.schema:
                raise errors.unknown_column(column, self.schema)

    def table(self, columns: list[str] | None, start: int, stop: int) -> pa.Table:
        """Rows [start, stop) as a table in the common schema."""
        names = self.table_schema.names if columns is None else columns
        schema = pa.schema([self.table_schema.field(name) for name in names])
        pieces = []
        for part, first in zip(self.parts, self.first, strict=False):
            a, b = max(start - first, 0), min(stop - first, part.rows)
            if a < b:
                there = [name for name in names if name in part.schema.names]
                pieces.append(fitted(part.read(there, a, b), schema, b - a))
        return pa.concat_tables(pieces) if pieces else schema.empty_table()

    def take(self, rows: NDArray[np.int64]) -> Iterator[pa.Table]:
        """Some rows, in the order given, in tables of at most `BLOCK_ROWS`.

        Rows that ascend are streamed; any other order holds all that are taken.
        """
        ascending = np.unique(rows)
        if len(ascending) == len(rows) and (ascending == rows).all():
            yield from self._take_ascending(rows)
            return
        joinable = pa.schema([f.with_type(wide(f.type)) for f in self.table_schema])
        taken = [fitted(table, joinable, len(table)) for table in self._take_ascending(ascending)]
        table = pa.concat_tables(taken).unify_dictionaries().combine_chunks()
        places = np.searchsorted(ascending, rows)
        for start in range(0, len(rows), BLOCK_ROWS):
            chunk = table.take(places[start : start + BLOCK_ROWS])
            yield fitted(chunk, self.table_schema, len(chunk))

    def typed(self, table: pa.Table) -> pa.Table:
        """A table of `take` in `typed_schema`: with the types that other formats get."""
        return table

    def _take_ascending(self, rows: NDArray[np.int64]) -> Iterator[pa.Table]:
        blocks = rows // BLOCK_ROWS
        cuts = np.flatnonzero(np.diff(blocks)) + 1
        for picked in np.split(rows, cuts) if len(rows) else []:
            start = int(picked[0]) // BLOCK_ROWS * BLOCK_ROWS
            block = self.table(None, start, min(start + BLOCK_ROWS, self.rows))
            yield block.take(picked - start)

    def where(self, row: int) -> str:
        """Name a row: "pool.parquet row 41"."""
        i = self.part_of(row)
        return self.parts[i].where(row - self.first[i])

    def part_of(self, row: int) -> int:
        """Which part holds a row."""
        return min(bisect_right(self.first, row), len(self.parts)) - 1

    def fingerprint(self) -> dict[str, Any]:
        """Kind, rows, a hash of the content, and the parts."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> dict[str, Any]:
        files = [part.fingerprint() for part in self.parts]
        arrays = {name: _array_digest(array) for name, array in sorted(self.arrays.items())}
        content = [[file["sha256"], file["rows"]] for file in files]
        return {
            "kind": self.kind,
            "rows": self.rows,
            "content": digest.of_parts([content, arrays]),
            "files": files,
            **({"arrays": arrays} if arrays else {}),
        }


class TablePart:
    """A table in memory, or the columns beside a bare array.

    Args:
        table: Columns; may have none.
        name: For messages.
        rows: Needed where the table has no columns.
        path: The file it was read from, if any.
    """

    bad: Sequence[BadRow] = ()

    def __init__(
        self,
        table: pa.Table,
        name: str = "data",
        rows: int | None = None,
        path: Path | None = None,
    ) -> None:
        refuse_repeated(name, table.schema)
        self.name, self.path = name, path
        self.values = table
        self.schema = table.schema
        self.rows = table.num_rows if rows is None else rows

    def read(self, columns: list[str], start: int, stop: int) -> pa.Table:
        """A slice, without a copy."""
        return self.values.select(columns).slice(start, stop - start)

    def where(self, row: int) -> str:
        """Name a row."""
        return f"{self.name} row {row}"

    def fingerprint(self) -> dict[str, Any]:
        """A hash of the values, cut into fixed blocks, so chunks in memory do not matter."""
        hashed = hashlib.sha256()
        with pa.ipc.new_stream(pa.PythonFile(_Sink(hashed.update), "w"), self.schema) as stream:
            for start in range(0, self.values.num_rows, BLOCK_ROWS):
                stream.write_table(self.values.slice(start, BLOCK_ROWS).combine_chunks())
        return {"name": self.name, "rows": self.rows, "sha256": hashed.hexdigest()}


class _Sink:
    """A file to write to that hands every piece on."""

    closed = False

    def __init__(self, update: Callable[[Any], None]) -> None:
        self._update = update

    def write(self, data: Any) -> int:
        self._update(data)
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


def file_fingerprint(path: Path, name: str, rows: int) -> dict[str, Any]:
    """Name as given, size in bytes, rows and SHA-256 of a file."""
    size = path.stat().st_size
    return {"name": name, "bytes": size, "rows": rows, "sha256": digest.of_file(path)}


def refuse_repeated(name: str, schema: pa.Schema) -> None:
    """Refuse a table in which two columns have one name."""
    seen: set[str] = set()
    for column in schema.names:
        if column in seen:
            raise errors.repeated_column(name, column)
        seen.add(column)


def _array_digest(array: Any) -> str:
    if isinstance(array, np.ndarray):
        return digest.of_array(array)
    return digest.of_parts(
        [array.shape, *map(digest.of_array, (array.indptr, array.indices, array.data))]
    )
