"""The record beside an output: a small JSON, and a Parquet sidecar with a row for each pick."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from handful import errors
from handful.io.atomic import Files
from handful.selection import Duplicates, Selection

FORMAT = 1


def manifest_path(out: Path) -> Path:
    """Where the manifest of an output lies: its whole name and ".manifest.json"."""
    return out.with_name(out.name + ".manifest.json")


def sidecar_path(out: Path) -> Path:
    """Where the sidecar of an output lies: its whole name and ".manifest.parquet"."""
    return out.with_name(out.name + ".manifest.parquet")


def duplicates_path(out: Path) -> Path:
    """Where the list of duplicates lies: the output's whole name and ".duplicates.parquet"."""
    return out.with_name(out.name + ".duplicates.parquet")


def write_manifest(
    files: Files, out: Path, manifest: Mapping[str, Any], selection: Selection
) -> None:
    """Write manifest and sidecar of an output.

    The output itself is opened in `files` first, so it appears last: sidecar, manifest, output. A
    kill between the renames leaves no output, and the same command writes all again.

    Args:
        files: What is written together.
        out: The output's path.
        manifest: JSON-able; numpy numbers become Python's. NaN has no place in it.
        selection: Its rows go into the sidecar: row, id, order, and gain and weight where there are any.
    """
    files.open(manifest_path(out)).write(canonical(manifest))
    _write_sidecar(files, sidecar_path(out), selection)
    if selection.duplicates is not None:
        _write_duplicates(files, duplicates_path(out), selection.duplicates)


def canonical(manifest: Mapping[str, Any]) -> bytes:
    r"""A manifest's bytes: sorted keys, UTF-8, floats in their shortest exact form.

    Example:
        >>> canonical({"b": np.float64(0.1), "a": np.int64(1)})
        b'{\n  "a": 1,\n  "b": 0.1\n}\n'
    """
    text = json.dumps(
        manifest, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False, default=_plain
    )
    return (text + "\n").encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def _write_sidecar(files: Files, path: Path, selection: Selection) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    ids = selection.ids
    whole = ids.dtype.kind in "iu"
    columns = {
        "row": _numbers(selection.indices, np.int64),
        "id": _numbers(ids, np.int64) if whole else pa.array(ids.tolist(), pa.string()),
        "order": _numbers(np.arange(len(selection)), np.int64),
    }
    for name, values in (("gain", selection.gains), ("weight", selection.weights)):
        if values is not None:
            columns[name] = _numbers(values, np.float64)
    pq.write_table(pa.table(columns), files.open(path), compression="zstd")


def _write_duplicates(files: Files, path: Path, left_out: Duplicates) -> None:
    """A row for each row left out: its number, the row that stands for it, or the row of --given."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        "row": _numbers(left_out.rows, np.int64),
        "stands": _numbers(left_out.stands, np.int64),
        "owned": _numbers(left_out.owned, np.int64),
    }
    pq.write_table(pa.table(columns), files.open(path), compression="zstd")


def _numbers(values: NDArray[Any], dtype: DTypeLike) -> Any:
    """An Arrow array over the same memory; `pa.array` would load pandas where it is installed."""
    import pyarrow as pa

    held = np.ascontiguousarray(values, dtype)
    kind = pa.from_numpy_dtype(held.dtype)
    return pa.Array.from_buffers(kind, len(held), [None, pa.py_buffer(held)])


def read_manifest(path: str | Path) -> dict[str, Any]:
    """Read a manifest; refuses what is none, or of a format not known here."""
    name, path = str(path), Path(path)
    try:
        manifest = json.loads(path.read_bytes())
    except FileNotFoundError:
        near = [str(p) for p in path.parent.glob("*.manifest.json")]
        raise errors.missing_file(name, near) from None
    except (OSError, ValueError) as error:
        raise errors.unreadable(name, "manifest", error) from None
    sections = {"request", "inputs", "result"}
    if not isinstance(manifest, dict) or not sections <= set(manifest):
        raise errors.unreadable(name, "manifest", "it lacks the sections request, inputs, result")
    if manifest.get("format") != FORMAT:
        raise errors.manifest_format(name, manifest.get("format"), FORMAT)
    return manifest


def read_sidecar(out: Path) -> dict[str, NDArray[Any]]:
    """The columns of an output's sidecar as arrays, in picked order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = sidecar_path(out)
    try:
        table = pq.read_table(path)
    except FileNotFoundError:
        raise errors.missing_file(path) from None
    except (pa.ArrowException, OSError) as error:
        raise errors.unreadable(path, "Parquet", error) from None
    return {name: table[name].to_numpy() for name in table.column_names}
