"""Rows in memory: frames, tables, data sets, lists and dicts of arrays, each seen as an Arrow table.

None of the libraries they come from is imported: a type is known by what it can do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from handful import errors
from handful.io.arrow import TablePart, TableSource
from handful.io.columns import columns_table
from handful.io.numpy import as_features, check_array, named_columns, read_arrays


def memory_source(data: Any) -> TableSource:
    """A source of rows in memory; see `handful.io.open.open_source`."""
    if isinstance(data, Mapping):
        return _dict_source(data)
    table = _table(data)
    if table is not None:
        return TableSource("memory", [TablePart(table)])
    if hasattr(data, "tocsr") or hasattr(data, "__array__") or hasattr(data, "detach"):
        return array_source({"embedding": as_features(data, "embedding")}, "npy")
    hint = " Call .collect() on it first." if hasattr(data, "collect") else ""
    raise errors.unsupported_data(_name(data), hint)


def _table(data: Any) -> pa.Table | None:
    """The rows as a table, where they are columns of any make."""
    if isinstance(data, pa.Table | pa.RecordBatch):
        return data if isinstance(data, pa.Table) else pa.Table.from_batches([data])
    if hasattr(data, "with_format") and hasattr(data, "column_names"):
        if not hasattr(data, "__len__"):
            raise errors.unsupported_data(
                f"streamed {_name(data)}", " Write it to Parquet or JSON Lines first."
            )
        return _dataset_table(data)
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "iloc"):
        return _stream_table(data)
    if hasattr(data, "to_arrow"):  # a frame of polars before it streamed
        return _table(data.to_arrow())
    return _list_table(data) if isinstance(data, list | tuple) else None


def array_file_source(paths: Sequence[tuple[Path, str]]) -> TableSource:
    """A pool that is a bare .npy or .npz."""
    if len(paths) > 1:
        raise errors.one_array_file(paths[0][1], paths[1][1])
    path, name = paths[0]
    arrays = read_arrays(path, name)
    if len(arrays) == 1 and (shape := next(iter(arrays.values())).shape) and len(shape) != 2:
        raise errors.array_shape(name, shape)
    return array_source(arrays, "npy", name, path)


def array_source(
    arrays: Mapping[str, Any], kind: str, name: str = "data", path: Path | None = None
) -> TableSource:
    """Feature arrays and columns by name, checked; as of a .npz or a dict."""
    columns, features = named_columns(arrays)
    loaded = {key: as_features(value, key) for key, value in features.items()}
    lengths = {key: len(value) for key, value in columns.items()}
    lengths |= {key: value.shape[0] for key, value in loaded.items()}
    if not lengths:
        raise errors.empty_pool(name)
    first = next(iter(lengths))
    for key, length in lengths.items():
        if length != lengths[first]:
            raise errors.unlike_lengths(first, lengths[first], key, length)
    part = TablePart(columns_table(columns), name, rows=lengths[first], path=path)
    source = TableSource(kind, [part], loaded)
    for key, value in loaded.items():
        check_array(value, key, source.where)
    return source


def _dict_source(data: Mapping[str, Any]) -> TableSource:
    for key, value in data.items():
        if not isinstance(key, str):
            raise errors.unsupported_data(f"dict with the key {key!r}", " Keys are names.")
        sized = hasattr(value, "__len__") or hasattr(value, "shape")
        sized = sized and not isinstance(value, str | bytes)
        if hasattr(value, "column_names") or not sized:
            raise errors.unsupported_data(
                f"dict of {_name(value)}", " Pass one of its data sets, such as data['train']."
            )
    return array_source(data, "memory")


def _stream_table(data: Any) -> pa.Table:
    """By the Arrow C stream; a pandas frame with mixed columns does not stream, and goes by column."""
    try:
        return _without_views(pa.RecordBatchReader.from_stream(data).read_all())
    except (pa.ArrowException, TypeError, ValueError):
        if not hasattr(data, "columns"):
            hint = (
                " Make it a frame, with .to_frame('text') say." if hasattr(data, "to_frame") else ""
            )
            raise errors.unsupported_data(_name(data), hint) from None
        repeated = [name for name in data.columns if list(data.columns).count(name) > 1]
        if repeated:
            raise errors.repeated_column("the frame", str(repeated[0])) from None
        return columns_table({str(name): data[name] for name in data.columns})


def _without_views(table: pa.Table) -> pa.Table:
    """Newer Arrow's views of strings and bytes as plain ones, which every function knows."""
    fields = []
    for field in table.schema:
        plain = {"string_view": pa.large_string(), "binary_view": pa.large_binary()}
        fields.append(field.with_type(plain.get(str(field.type), field.type)))
    return table.cast(pa.schema(fields, metadata=table.schema.metadata))


def _dataset_table(data: Any) -> pa.Table:
    """A Hugging Face data set: its own mapped table, or what its row order makes of it."""
    inner = getattr(getattr(data, "data", None), "table", None)
    if isinstance(inner, pa.Table) and getattr(data, "_indices", None) is None:
        return inner
    table = data.with_format("arrow")[:]
    return table if isinstance(table, pa.Table) else _stream_table(table)


def _list_table(data: Sequence[Any]) -> pa.Table:
    if not data:
        raise errors.empty_pool("the list")
    kinds = {
        str if isinstance(row, str) else Mapping if isinstance(row, Mapping) else None
        for row in data
    }
    if kinds == {str}:
        return columns_table({"text": data})
    if kinds != {Mapping}:
        odd = (
            next(row for row in data if not isinstance(row, str | Mapping))
            if None in kinds
            else data[0]
        )
        raise errors.unsupported_data(
            f"list with a {_name(odd)} in it", " Rows are all texts or all dicts."
        )
    names = list(dict.fromkeys(name for row in data for name in row))
    return columns_table({name: [row.get(name) for row in data] for name in names})


def _name(value: Any) -> str:
    return type(value).__name__
