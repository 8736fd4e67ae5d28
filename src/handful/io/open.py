"""One way in: whatever rows come in, a `Source` comes out."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from handful import errors
from handful.pool import Source
from handful.runtime.run import Run

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
_Paths = Sequence[tuple[Path, str]]


def open_source(data: Any, *, on_bad_row: OnBadRow = "fail", run: Run | None = None) -> Source:
    """Open rows wherever they are.

    Args:
        data: A path or several (a file, a folder, a glob; "-" is JSON Lines on stdin); a pandas or polars
            frame; an Arrow table or stream; a Hugging Face data set; a numpy array (n, d) or a scipy
            sparse matrix, which become the array "embedding"; a list of texts or of dicts; or a dict of
            named columns (one dimension) and feature arrays (two).
        on_bad_row: "fail" at the first row that cannot be read, or "skip" and list them in `.bad`.
        run: Memory, threads and progress.

    Returns:
        A source of at least one row. Files are read in the order given, globs and folders sorted.

    Example:
        >>> source = open_source({"text": ["a", "b"], "n": [1, 2]})
        >>> source.rows, dict(source.schema)
        (2, {'text': 'text', 'n': 'number'})
    """
    if on_bad_row not in {"fail", "skip"}:
        raise errors.unknown_choice("--on-bad-row", on_bad_row, ("fail", "skip"))
    paths = as_paths(data)
    if paths is None:
        from handful.io.memory import memory_source

        return memory_source(data)
    return _open_files([name for path in paths for name in expand(path)], on_bad_row, run or Run())


def as_paths(data: Any) -> list[str] | None:
    """Paths, where the data are paths; a list of plain strings is paths only if the first is one."""
    if isinstance(data, str | os.PathLike):
        return [os.fspath(data)]
    if not isinstance(data, list | tuple) or not data:
        return None
    if all(isinstance(path, os.PathLike) for path in data) or _are_paths(data):
        return [os.fspath(path) for path in data]
    return None


def _are_paths(data: Sequence[Any]) -> bool:
    """Whether strings name files rather than being texts: each has a known suffix, or is there."""
    return all(
        isinstance(p, str | os.PathLike)
        and len(os.fspath(p)) < 4096
        and "\n" not in os.fspath(p)
        and (p == "-" or _by_suffix(os.fspath(p)) is not None or _is_there(p))
        for p in data
    )


def _is_there(path: Any) -> bool:
    try:
        return Path(path).exists()
    except OSError:  # a text, and longer than a name may be
        return False


def _open_files(names: list[str], on_bad_row: OnBadRow, run: Run) -> Source:
    kinds = [format_of(name) for name in names]
    for name, kind in zip(names, kinds, strict=True):
        if kind != kinds[0]:
            raise errors.mixed_kinds(names[0], kinds[0], name, kind)
    kind = kinds[0]
    if kind == "jsonl":
        from handful.io.jsonl import JsonlSource

        return JsonlSource(names, on_bad_row=on_bad_row, run=run)
    paths = [(Path(name), name) for name in names]
    for path, name in paths:
        _refuse_unopened(path, name)
    return _READERS[kind](paths, on_bad_row)


def _refuse_unopened(path: Path, name: str) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise errors.cannot_open(name, error.strerror) from None
    if not path.stat().st_size:
        raise errors.empty_pool(name)


def _open_parquet(paths: _Paths, on_bad_row: OnBadRow) -> Source:
    from handful.io.arrow import TableSource
    from handful.io.parquet import ParquetPart

    return TableSource("parquet", [ParquetPart(*path) for path in paths])


def _open_arrow(paths: _Paths, on_bad_row: OnBadRow) -> Source:
    from handful.io.arrow import TableSource
    from handful.io.ipc import IpcPart

    return TableSource("arrow", [IpcPart(*path) for path in paths])


def _open_csv(paths: _Paths, on_bad_row: OnBadRow) -> Source:
    from handful.io.csv import csv_source

    return csv_source(paths, "csv", on_bad_row)


def _open_tsv(paths: _Paths, on_bad_row: OnBadRow) -> Source:
    from handful.io.csv import csv_source

    return csv_source(paths, "tsv", on_bad_row)


def _open_npy(paths: _Paths, on_bad_row: OnBadRow) -> Source:
    from handful.io.memory import array_file_source

    return array_file_source(paths)


_READERS = {
    "parquet": _open_parquet,
    "arrow": _open_arrow,
    "csv": _open_csv,
    "tsv": _open_tsv,
    "npy": _open_npy,
}


# Paths ------------------------------------------------------------------------------------------


def expand(path: str) -> list[str]:
    """The files a path stands for: itself, those of a folder, or those a glob matches, sorted.

    In folders and globs, hidden files, names that begin with "_", manifests of handful's own, and
    what has no known suffix are passed over.
    """
    if path == "-" or (Path(path).exists() and not Path(path).is_dir()):
        return [path]
    if Path(path).is_dir():
        found = _inside(path)
    elif glob.has_magic(path):
        matched = sorted(glob.glob(path, recursive=True))  # noqa: PTH207  a pattern as typed
        found = []
        for name in matched:
            found += _inside(name) if Path(name).is_dir() else [name] if _is_data(name) else []
    else:
        folder = Path(path).parent
        near = [str(folder / p.name) for p in folder.iterdir()] if folder.is_dir() else []
        raise errors.missing_file(path, near)
    if not found:
        raise errors.no_files(path, FORMATS)
    return list(dict.fromkeys(found))


def _inside(folder: str) -> list[str]:
    """The data files under a folder, in the order of their paths."""
    paths = (path for path in Path(folder).rglob("*") if path.is_file())
    return [str(path) for path in sorted(paths) if _is_data(path.relative_to(folder))]


def _is_data(path: str | Path) -> bool:
    parts = Path(path).parts
    hidden = any(part.startswith((".", "_")) and part not in {".", ".."} for part in parts)
    return not hidden and ".manifest." not in parts[-1] and _by_suffix(str(path)) is not None


def format_of(name: str) -> str:
    """The format of a file by its suffix, or where that says nothing, by its first bytes."""
    if name == "-":
        return "jsonl"
    if found := _by_suffix(name):
        return found
    if not Path(name).is_file():  # a pipe, which can be read only once
        return "jsonl"
    try:
        with Path(name).open("rb") as file:
            head = file.read(1024)
    except OSError as error:
        raise errors.cannot_open(name, error.strerror) from None
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return "jsonl"
    raise errors.unknown_format(name, FORMATS)


def _by_suffix(name: str) -> str | None:
    path = Path(name.lower())
    packed = path.suffix in COMPRESSIONS
    kind = FORMATS.get(path.with_suffix("").suffix if packed else path.suffix)
    return None if packed and kind not in _PACKED else kind
