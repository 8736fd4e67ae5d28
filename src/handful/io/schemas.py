"""One schema for tables that differ: types promoted where Arrow can, else values as JSON texts."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from handful.io.values import encoded_field, is_encoded, to_json


def unified(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """The columns of all schemas, by name, in the order they are met; metadata of the first."""
    fields: dict[str, pa.Field] = {}
    for schema in schemas:
        for field in schema:
            known = fields.get(field.name)
            fields[field.name] = field if known is None else promoted(known, field)
    return pa.schema(list(fields.values()), metadata=schemas[0].metadata)


def promoted(one: pa.Field, other: pa.Field) -> pa.Field:
    """One field for the values of two, as JSON texts where Arrow knows no common type."""
    if one.equals(other, check_metadata=False) and is_encoded(one) == is_encoded(other):
        return one
    plain = [f.with_type(wide(_decoded(f.type))) for f in (one, other)]
    if not is_encoded(one) and not is_encoded(other):
        schemas = [pa.schema([f.remove_metadata().with_nullable(True)]) for f in plain]
        try:
            return pa.unify_schemas(schemas, promote_options="permissive").field(0)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            pass
    return encoded_field(one.name)


def wide(kind: pa.DataType) -> pa.DataType:
    """A type whose values can be joined past 2 GB."""
    if pa.types.is_string(kind):
        return pa.large_string()
    return pa.large_binary() if pa.types.is_binary(kind) else kind


def _decoded(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def fitted(table: pa.Table, schema: pa.Schema, rows: int) -> pa.Table:
    """A table in the common schema: columns cast, or missing."""
    columns = []
    for field in schema:
        if field.name not in table.schema.names:
            columns.append(pa.chunked_array([pa.nulls(rows, field.type)]))
            continue
        column = table.column(field.name)
        if is_encoded(field) and not is_encoded(table.schema.field(field.name)):
            texts = [None if v is None else to_json(v) for v in column.to_pylist()]
            column = pa.chunked_array([pa.array(texts, pa.large_string())])
        columns.append(column if column.type == field.type else column.cast(field.type, safe=False))
    return pa.table(columns, schema=schema)
