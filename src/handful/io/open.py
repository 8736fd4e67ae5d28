"""One way in: whatever rows come in, a `Source` comes out."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from handful import errors
from handful.pool import Source
from handful.runtime.progress import Progress, Silent

FORMATS: Mapping[str, str] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".npy": "npy",
    ".npz": "npy",
}
"""Suffix to format. Text formats may carry .gz or .zst behind it."""

COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
_PACKED = {"jsonl", "csv", "tsv"}
_MAGIC = {b"PAR1": "parquet", b"ARROW1": "arrow", b"\x93NUMPY": "npy", b"PK\x03\x04": "npy"}

OnBadRow = Literal["fail", "skip"]


def open_source(
    data: Any,
    *,
    on_bad_row: OnBadRow = "fail",
    spool: Path | None = None,
    progress: Progress | None = None,
) -> Source:
    """Open rows wherever they are.

    Args:
        data: A path or several (a file, a folder, a glob; "-" is JSON Lines on stdin); a pandas or polars
            frame; an Arrow table or stream; a Hugging Face data set; a numpy array (n, d) or a scipy
            sparse matrix, which become the array "embedding"; a list of texts or of dicts; or a dict of
            named columns (one dimension) and feature arrays (two).
        on_bad_row: "fail" at the first row that cannot be read, or "skip" and list them in `.bad`.
        spool: Folder for what must be unpacked or converted on disk; the system's temporary folder where None.
        progress: Who listens.

    Returns:
        A source of at least one row. Files are read in the order given, globs and folders sorted.

    Example:
        >>> source = open_source({"text": ["a", "b"], "n": [1, 2]})
        >>> source.rows, dict(source.schema)
        (2, {'text': 'text', 'n': 'number'})
    """
    if on_bad_row not in {"fail", "skip"}:
        raise errors.unknown_choice("on_bad_row", on_bad_row, ("fail", "skip"))
    paths = _as_paths(data)
    if paths is None:
        from handful.io.memory import memory_source

        return memory_source(data, spool)
    files = [Path(name) for path in paths for name in expand(path)]
    return _open_files(files, on_bad_row, spool, progress or Silent())


def _as_paths(data: Any) -> list[str] | None:
    if isinstance(data, str | os.PathLike):
        return [os.fspath(data)]
    if isinstance(data, list | tuple) and data and all(isinstance(p, os.PathLike) for p in data):
        return [os.fspath(path) for path in data]
    return None


def expand(path: str) -> list[str]:
    """The files a path stands for: itself, those of a folder, or those a glob matches, sorted.

    Hidden files, names that begin with "_", and handful's own manifests are passed over in folders.
    """
    if path == "-" or os.path.isfile(path):
        return [path]
    if os.path.isdir(path):
        inside = sorted(str(p) for p in Path(path).rglob("*") if p.is_file() and _is_data(p, path))
        if not inside:
            raise errors.no_files(path, FORMATS)
        return inside
    if glob.has_magic(path):
        matched = sorted(name for name in glob.glob(path, recursive=True) if _is_data(Path(name)))
        found = [file for name in matched for file in ([name] if Path(name).is_file() else expand(name))]
        if not found:
            raise errors.no_files(path, FORMATS)
        return found
    folder = Path(path).parent
    near = [str(folder / p.name) for p in folder.iterdir()] if folder.is_dir() else []
    raise errors.missing_file(path, near)
