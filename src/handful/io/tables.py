"""Rows of any source as Arrow tables, for formats other than their own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from handful import errors
from handful.io.arrow import TableSource
from handful.io.columns import column_of
from handful.io.numpy import is_sparse
from handful.io.schemas import promoted
from handful.io.values import is_encoded, to_json
from handful.pool import BLOCK_ROWS, Source

Tables = Iterator[pa.Table]
Rows = NDArray[np.int64]

GROUP_ROWS = 4 * BLOCK_ROWS
"""Rows of a Parquet row group that we write: fixed, so the bytes are the same in every run."""


def tables_of(source: Source, rows: Rows) -> tuple[pa.Schema, Tables]:
    """Some rows as tables, in the order given, and their schema; feature arrays become list columns."""
    if isinstance(source, TableSource):
        if source.arrays:
            return _with_arrays(source, rows)
        return source.typed_schema, map(source.typed, source.take(rows))
    return _from_lines(source, rows)


def with_columns(
    schema: pa.Schema, tables: Tables, extra: Mapping[str, NDArray[Any]]
) -> tuple[pa.Schema, Tables]:
    """Tables with columns added, and without our own marks on fields, ready to be written."""
    plain = pa.schema([_unmarked(field) for field in schema], metadata=schema.metadata)
    columns = {name: pa.array(values) for name, values in extra.items()}
    for name, column in columns.items():
        plain = plain.append(pa.field(name, column.type))

    def added() -> Tables:
        start = 0
        for table in tables:
            more = [column.slice(start, len(table)) for column in columns.values()]
            start += len(table)
            yield pa.table([*table.columns, *more], schema=plain)

    return plain, added()


def regrouped(tables: Iterable[pa.Table], schema: pa.Schema) -> Tables:
    """The same rows in tables of `GROUP_ROWS`; at least one table."""
    held, count = [schema.empty_table()], 0
    for table in tables:
        held.append(table)
        count += len(table)
        while count >= GROUP_ROWS:
            joined = pa.concat_tables(held)
            yield joined.slice(0, GROUP_ROWS)
            held, count = [joined.slice(GROUP_ROWS)], count - GROUP_ROWS
    yield pa.concat_tables(held)


def compression_of(source: Source) -> str:
    """The codec of a Parquet source, else Snappy."""
    part = source.parts[0] if isinstance(source, TableSource) else None
    codec = str(getattr(part, "compression", "SNAPPY"))
    return "NONE" if codec == "UNCOMPRESSED" else codec


def _unmarked(field: pa.Field) -> pa.Field:
    return field.remove_metadata() if is_encoded(field) else field


def _with_arrays(source: TableSource, rows: Rows) -> tuple[pa.Schema, Tables]:
    for name, array in source.arrays.items():
        if is_sparse(array):
            reason = f"the array {name!r} is sparse"
            raise errors.cannot_write("This format", reason, "Use .apply on the matrix in Python.")
    schema = source.table_schema
    for name, array in source.arrays.items():
        kind = pa.list_(pa.from_numpy_dtype(array.dtype), array.shape[1])
        schema = schema.append(pa.field(name, kind))

    def tables() -> Tables:
        for start in range(0, len(rows), BLOCK_ROWS):
            picked = rows[start : start + BLOCK_ROWS]
            columns = list(pa.concat_tables(source.take(picked)).columns)
            for array in source.arrays.values():
                flat = np.ascontiguousarray(array[picked]).reshape(-1)
                columns.append(pa.FixedSizeListArray.from_arrays(flat, array.shape[1]))
            yield pa.table(columns, schema=schema)

    return schema, tables()


# JSON Lines -------------------------------------------------------------------------------------


def _from_lines(source: Source, rows: Rows) -> tuple[pa.Schema, Tables]:
    """Types are settled by a first pass over the rows; values of several types become JSON texts."""
    fields: dict[str, pa.Field] = {}
    for values in _columns(source, rows):
        for name, column in values.items():
            field = column_of(name, column, loose=True)[1]
            fields[name] = promoted(fields[name], field) if name in fields else field
    schema = pa.schema(list(fields.values()))

    def tables() -> Tables:
        for values in _columns(source, rows):
            count = len(next(iter(values.values()), []))
            missing = [None] * count
            arrays = [_typed(values.get(field.name, missing), field) for field in schema]
            yield pa.table(arrays, schema=schema)

    return schema, tables()


def _columns(source: Any, rows: Rows) -> Iterator[dict[str, list[Any]]]:
    for start in range(0, len(rows), BLOCK_ROWS):
        lines = source.raw_lines(rows[start : start + BLOCK_ROWS])
        objects = [json.loads(line.decode("utf-8-sig")) for line in lines]
        names = dict.fromkeys(name for row in objects for name in row)
        yield {name: [row.get(name) for row in objects] for name in names}


def _typed(values: list[Any], field: pa.Field) -> pa.Array:
    if is_encoded(field):
        texts = [None if value is None else to_json(value) for value in values]
        return pa.array(texts, field.type)
    return pa.array(values, field.type)
