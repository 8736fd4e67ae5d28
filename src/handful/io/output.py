"""Where rows go: checked before any work starts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from handful import errors
from handful.io.open import COMPRESSIONS, FORMATS

WRITABLE = ("jsonl", "parquet", "csv", "tsv", "arrow", "npy")
_STREAMED = {"jsonl", "csv", "tsv"}


@dataclass(frozen=True)
class Output:
    """A place for rows.

    Args:
        path: None is stdout.
        format: One of `WRITABLE`.
        compression: "gzip", "zstd" or None; for text formats only.
    """

    path: Path | None
    format: str
    compression: str | None = None


def check_output(
    out: str | Path,
    *,
    format: str | None = None,
    default: str = "jsonl",
    overwrite: bool = False,
    inputs: Iterable[str | Path] = (),
) -> Output:
    """Settle an output's format, and refuse what could not be written, before any work is done.

    Args:
        out: A path, or "-" for stdout.
        format: As asked for; else the suffix says it.
        default: Format of stdout, where none is asked for: that of the pool.
        overwrite: Replace what is there.
        inputs: Files read, over which nothing is written.

    Example:
        >>> check_output("subset.jsonl.gz")
        Output(path=PosixPath('subset.jsonl.gz'), format='jsonl', compression='gzip')
    """
    if format is not None and format not in WRITABLE:
        raise errors.unknown_choice("--format", format, WRITABLE)
    if str(out) == "-":
        plain = default if default in _STREAMED else "jsonl"
        return Output(None, format or plain)
    path = Path(out)
    packed = COMPRESSIONS.get(path.suffix.lower())
    suffix = path.with_suffix("").suffix if packed else path.suffix
    found = format or FORMATS.get(suffix.lower())
    writable = found in _STREAMED or (packed is None and suffix.lower() != ".npz")
    if found is None or not writable:
        raise errors.unknown_format(path, [s for s in FORMATS if s != ".npz"])
    check_place(path, overwrite=overwrite, inputs=inputs)
    return Output(path, found, packed)


def check_place(path: Path, *, overwrite: bool, inputs: Iterable[str | Path] = ()) -> None:
    """Refuse a place where nothing can be written, where something is, or where an input is."""
    folder = path.parent
    if not folder.is_dir():
        raise errors.output_folder(path, f"there is no folder {folder}")
    if path.is_dir():
        raise errors.output_folder(path, "that is a folder")
    if not os.access(folder, os.W_OK):
        raise errors.output_folder(path, f"{folder} may not be written to")
    if not path.exists():
        return
    if any(Path(name).exists() and path.samefile(name) for name in inputs):
        raise errors.output_is_input(path)
    if path.is_file() and not overwrite:
        raise errors.output_exists(path)
