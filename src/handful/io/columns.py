"""Python values as Arrow columns: a type where one fits them all, else JSON texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from handful import errors
from handful.io.values import encoded_field, sound, to_json
from handful.pool import Kind


def columns_table(columns: Mapping[str, Any]) -> pa.Table:
    """Named columns, lists or arrays of one dimension, as a table."""
    arrays, fields = [], []
    for name, values in columns.items():
        array, field = _column(name, values)
        arrays.append(array)
        fields.append(field)
    return pa.table(arrays, schema=pa.schema(fields))


def _column(name: str, values: Any) -> tuple[Any, pa.Field]:
    """Values as Arrow infers them, or as JSON texts where they are of several types."""
    if hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__"):
        try:
            array = (
                pa.chunked_array(values)
                if hasattr(values, "__arrow_c_stream__")
                else pa.array(values)
            )
            return array, pa.field(name, array.type)
        except (pa.ArrowException, TypeError, ValueError):
            pass
    if isinstance(values, np.ndarray) and values.dtype.kind not in "OUS":
        if values.ndim != 1:
            raise errors.array_shape(name, values.shape)
        try:
            array = pa.array(values)
        except pa.ArrowException:
            raise errors.array_type(name, values.dtype) from None
        return array, pa.field(name, array.type)
    plain = values.tolist() if hasattr(values, "tolist") else list(values)
    return column_of(name, plain)


def column_of(
    name: str, values: Sequence[Any], *, loose: bool = False
) -> tuple[pa.Array, pa.Field]:
    """Python values as an Arrow column; as JSON texts where Arrow would change them to fit one type.

    Args:
        name: Of the column.
        values: None is missing.
        loose: Whole numbers among fractions may become float64, and dicts may get the keys of others.
    """
    kinds = {type(value) for value in values if value is not None}
    nested = bool(kinds & {dict, list})
    if len(kinds) <= 1 or (loose and kinds == {int, float}):
        try:
            array = pa.array(values)
            if nested:
                array = pa.array(values, _in_order(array.type, values))
            if loose or not nested or _same(array.to_pylist(), list(values)):
                return array, pa.field(name, array.type)
        except (pa.ArrowException, OverflowError, UnicodeEncodeError):
            pass
    texts = [None if value is None else sound(to_json(value)) for value in values]
    return pa.array(texts, pa.large_string()), encoded_field(name, _kind(kinds, values))


def _in_order(kind: pa.DataType, values: Sequence[Any]) -> pa.DataType:
    """A type whose members stand as they are first met; some versions of Arrow sort them."""
    there = [value for value in values if value is not None]
    if pa.types.is_list(kind):
        return pa.list_(_in_order(kind.value_type, [item for value in there for item in value]))
    if not pa.types.is_struct(kind):
        return kind
    names = dict.fromkeys(key for value in there for key in value)
    members = {field.name: field.type for field in kind}
    return pa.struct(
        {key: _in_order(members[key], [value.get(key) for value in there]) for key in names}
    )


def _same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of one type, keys in one order; NaN equals itself."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other) or repr(one) == repr(other) == "nan"


def _kind(kinds: set[type], values: Sequence[Any]) -> Kind:
    if kinds <= {int, float}:
        return "number"
    items = {type(item) for value in values if isinstance(value, list) for item in value}
    return "vector" if kinds == {list} and items == {int, float} else "object"
