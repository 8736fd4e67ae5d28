"""What a value of an Arrow column is as text, number, vector or object: the same as in JSON Lines.

A column whose values have several types is held as JSON texts; its field is marked (`is_encoded`).
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from handful import errors
from handful.pool import ColumnData, Kind, Strings

Where = Callable[[int], str]
"""Names row i of the block at hand."""

INTEGER = r"^-?(0|[1-9][0-9]*)$"
NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$|^-?(Infinity|inf)$|^(NaN|nan)$"


def encoded_field(name: str, kind: Kind = "object") -> pa.Field:
    """The field of a column held as JSON texts, one value each, of a kind by themselves."""
    return pa.field(name, pa.large_string(), metadata={"handful": "json", "handful.kind": kind})


def is_encoded(field: pa.Field) -> bool:
    """Whether a column's texts are JSON, one value each."""
    return (field.metadata or {}).get(b"handful") == b"json"


def native_kind(field: pa.Field) -> Kind:
    """The kind a column is of by itself."""
    kind = field.type
    if is_encoded(field):
        return field.metadata[b"handful.kind"].decode()  # type: ignore[no-any-return]
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if _is_text(kind) or pa.types.is_temporal(kind) or _is_binary(kind):
        return "text"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return "vector" if pa.types.is_floating(kind.value_type) else "object"
    return "object" if pa.types.is_nested(kind) or pa.types.is_null(kind) else "number"


def convert(column: pa.ChunkedArray, field: pa.Field, kind: Kind, where: Where) -> ColumnData:
    """A column's values as one kind.

    Args:
        column: Values of a block of rows.
        field: Their name and type.
        kind: As wanted; every column can be text, see `json_text`.
        where: Names a row of the block in errors.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if kind == "text":
        return _text(column, is_encoded(field), where)
    if kind == "number":
        return _number(column, field, where)
    if kind == "vector":
        return _vector(_unpacked(column, field, where), field.name, where)
    return objects(column, field)


def objects(column: pa.ChunkedArray, field: pa.Field) -> list[Any]:
    """Values as Python objects."""
    values: list[Any] = _microseconds(column).to_pylist()
    return [None if v is None else json.loads(v) for v in values] if is_encoded(field) else values


def json_text(value: Any) -> str:
    r"""A value as plain text: a string as it is, None empty, all else as compact JSON.

    Example:
        >>> [json_text(value) for value in ("5", 5, 1.0, True, None, {"a": ["é", 1]})]
        ['5', '5', '1.0', 'true', '', '{"a":["é",1]}']
    """
    if isinstance(value, decimal.Decimal):
        return str(value)
    value = "" if value is None else _plain(value)
    return value if isinstance(value, str) else to_json(value)


def to_json(value: Any) -> str:
    """Compact JSON; dates in ISO format, bytes as text where they are UTF-8, else in base 64."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_unknown)


def sound(text: str) -> str:
    """A lone surrogate becomes U+FFFD, as in `handful.pool.Strings`."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def strict_json(value: Any) -> str:
    """As `to_json`, but NaN and infinities, which JSON lacks, become null."""
    try:
        return json.dumps(
            value, ensure_ascii=False, separators=(",", ":"), default=_unknown, allow_nan=False
        )
    except ValueError:
        return to_json(_finite(value))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _unknown(value: Any) -> Any:
    plain = _plain(value)
    return plain if plain is not value else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    if isinstance(value, decimal.Decimal | datetime.timedelta):
        return float(value) if isinstance(value, decimal.Decimal) else str(value)
    return value.tolist() if hasattr(value, "tolist") else value  # numpy's own types


def _microseconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times in nanoseconds cut to the microseconds that Python's own types hold."""
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return column.cast(pa.timestamp("us", kind.tz), safe=False)
    if pa.types.is_duration(kind) and kind.unit == "ns":
        return column.cast(pa.duration("us"), safe=False)
    if pa.types.is_time64(kind) and kind.unit == "ns":
        return column.cast(pa.time64("us"), safe=False)
    return column


def _is_text(kind: pa.DataType) -> bool:
    view = getattr(pa.types, "is_string_view", lambda _: False)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or view(kind))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


# Text -------------------------------------------------------------------------------------------


def _text(column: pa.ChunkedArray, encoded: bool, where: Where) -> Strings:
    kind = column.type
    if not encoded and (_is_text(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        parts, first = [], 0
        for chunk in column.chunks:
            parts.append(_packed(chunk.cast(pa.large_string()), first, where))
            first += len(chunk)
        return parts[0] if len(parts) == 1 else Strings.concatenate(parts)
    values: Iterable[Any] = _microseconds(column).to_pylist()
    if encoded:
        values = (None if value is None else json.loads(value) for value in values)
    return Strings.of([json_text(value) for value in values])


def _packed(array: pa.Array, first: int, where: Where) -> Strings:
    """The buffers of an Arrow array of texts, checked, without a copy."""
    if not len(array):
        return Strings.of([])
    if array.null_count:
        array = pc.fill_null(array, "")
    try:
        array.validate(full=True)
    except pa.ArrowInvalid as error:
        raise errors.wrong_encoding(where(first + _not_utf8(array)), error) from None
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    texts = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return Strings(texts, ends)


def _not_utf8(array: pa.Array) -> int:
    for row, value in enumerate(array.cast(pa.large_binary())):
        try:
            value.as_py().decode()
        except UnicodeDecodeError:
            return row
    return 0


# Numbers ----------------------------------------------------------------------------------------


def _number(column: pa.ChunkedArray, field: pa.Field, where: Where) -> NDArray[Any]:
    kind = column.type
    if is_encoded(field):
        return _mixed_numbers(objects(column, field), field.name, where)
    if _is_text(kind):
        return _parsed(column.cast(pa.large_string()), field.name, where)
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    elif pa.types.is_null(kind) or pa.types.is_decimal(kind) or pa.types.is_floating(kind):
        column = column.cast(pa.float64())
    elif not pa.types.is_integer(kind):
        row = next((i for i, value in enumerate(column) if value.is_valid), 0)
        raise errors.not_a_number(where(row), field.name, column[row].as_py())
    return _exact(column)


def _exact(column: pa.ChunkedArray) -> NDArray[Any]:
    """int64 where all values are whole and there, else float64 with NaN for the missing."""
    if pa.types.is_integer(column.type) and not column.null_count:
        try:
            return _numpy(column.cast(pa.int64()))
        except pa.ArrowInvalid:  # past 2^63
            pass
    return _numpy(column.cast(pa.float64(), safe=False))


def _numpy(column: pa.ChunkedArray) -> NDArray[Any]:
    parts = [chunk.to_numpy(zero_copy_only=False) for chunk in column.chunks]
    empty = np.zeros(0, column.type.to_pandas_dtype())
    return parts[0] if len(parts) == 1 else np.concatenate([empty, *parts])


def _parsed(column: pa.ChunkedArray, name: str, where: Where) -> NDArray[Any]:
    """Numbers written as text, as JSON writes them; an empty text is missing."""
    column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.large_string()), column)
    numeric = pc.match_substring_regex(column, NUMBER)
    if not pc.all(numeric, min_count=0).as_py():
        row = pc.index(numeric, False).as_py()
        raise errors.not_a_number(where(row), name, column[row].as_py())
    if not column.null_count and pc.all(pc.match_substring_regex(column, INTEGER)).as_py():
        try:
            return _numpy(column.cast(pa.int64()))
        except pa.ArrowInvalid:  # past 2^63
            pass
    return _numpy(column.cast(pa.float64()))


def _mixed_numbers(values: list[Any], name: str, where: Where) -> NDArray[Any]:
    texts = [
        str(int(v)) if isinstance(v, bool) else sound(v if isinstance(v, str) else json_text(v))
        for v in values
    ]
    return _parsed(pa.chunked_array([pa.array(texts, pa.large_string())]), name, where)


# Vectors ----------------------------------------------------------------------------------------


def _unpacked(column: pa.ChunkedArray, field: pa.Field, where: Where) -> pa.ChunkedArray:
    """Lists of numbers, where they are held as JSON texts."""
    if not is_encoded(field):
        return column
    kind = pa.list_(pa.float64())
    rows = []
    for row, value in enumerate(objects(column, field)):
        try:
            rows.append(pa.array([value], kind))
        except (pa.ArrowException, TypeError):
            reason = f"= {json_text(value)[:40]}"
            raise errors.not_a_vector(where(row), field.name, reason) from None
    return pa.chunked_array(rows, kind)


def _vector(column: pa.ChunkedArray, name: str, where: Where) -> NDArray[Any]:
    """(m, d) float16 as it is, other numbers as float32."""
    kind = column.type
    fixed = pa.types.is_fixed_size_list(kind)
    listed = fixed or pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if not listed or not _is_number(kind.value_type):
        raise errors.not_a_vector(where(0), name, f"holds {kind}")
    if column.null_count:
        missing = pc.index(pc.is_null(column), True).as_py()
        raise errors.not_a_vector(where(missing), name, "is missing")
    lengths = np.asarray(pc.list_value_length(column))
    width = int(lengths[0]) if len(lengths) else 0
    if (lengths != width).any():
        row = int(np.argmax(lengths != width))
        reason = f"has {lengths[row]} numbers and not the {width} of the rows before"
        raise errors.not_a_vector(where(row), name, reason)
    dtype = np.float16 if kind.value_type == pa.float16() else np.float32
    parts = [np.zeros(0, dtype)]
    with np.errstate(over="ignore"):  # an infinity is found, and named, where arrays are checked
        for chunk in column.chunks:
            flat = chunk.flatten()
            if dtype == np.float32:
                flat = flat.cast(pa.float64(), safe=False)
            parts.append(flat.to_numpy(zero_copy_only=False).astype(dtype))
    return np.concatenate(parts).reshape(len(column), width)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind))
