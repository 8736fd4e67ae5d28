"""Finished blocks on disk, so that a killed run resumes and a repeated one is quick. No pickle.

An entry is a folder named by its key: `array.npy` (memory-mapped) and `done.npy`, one checksum a
block, 0 where the block is not finished. A block is written before its checksum, so a kill leaves it
unfinished, never wrong; a block whose bytes do not match its checksum is computed again.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from handful import errors

DEFAULT_BYTES = 20 * 10**9


def default_folder() -> Path:
    """`HANDFUL_CACHE`, else the user's cache folder."""
    if named := os.environ.get("HANDFUL_CACHE"):
        return Path(named).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "handful"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "handful" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "handful"


@dataclass(frozen=True)
class Entry:
    """One thing kept: its key, what it is, its size in bytes, when it was last used (seconds)."""

    key: str
    label: str
    size_bytes: int
    used: float


@dataclass(frozen=True)
class Cache:
    """Arrays kept by key, filled block by block.

    Args:
        folder: Where entries lie.
        limit_bytes: When more is held, the entries used longest ago go first.

    Example:
        >>> import tempfile
        >>> cache = Cache(Path(tempfile.mkdtemp()))
        >>> fill = lambda start, stop: np.full((stop - start, 2), start, np.float32)
        >>> array = cache.array("demo", {"of": "docs"}, (5, 2), np.float32, fill, block_rows=2)
        >>> array[:, 0].tolist()
        [0.0, 0.0, 2.0, 2.0, 4.0]
    """

    folder: Path
    limit_bytes: int = DEFAULT_BYTES

    def array(
        self,
        label: str,
        identity: dict[str, Any],
        shape: tuple[int, ...],
        dtype: DTypeLike,
        fill: Callable[[int, int], NDArray[Any]],
        *,
        block_rows: int,
        done: Callable[[int], None] = lambda rows: None,
    ) -> NDArray[Any]:
        """A read-only memory-mapped array, of which only missing blocks are computed.

        Args:
            label: A word for the listing, such as "tfidf_svd".
            identity: Everything the content depends on, JSON-able: content hash, class, parameters, version.
            shape: Of the whole array; blocks are cut along the first axis.
            dtype: Of the whole array.
            fill: (start, stop) to the block's values. Called in order, from this thread.
            block_rows: Rows of a block; part of the identity.
            done: Told the rows of each block as it is finished or found.
        """
        if 0 in shape:
            return np.zeros(shape, dtype)
        identity = {**identity, "label": label, "shape": list(shape), "block_rows": block_rows}
        identity["dtype"] = np.dtype(dtype).str
        folder = self.folder / key_of(identity)
        folder.mkdir(parents=True, exist_ok=True)
        blocks = -(-shape[0] // block_rows)
        array = _open(folder / "array.npy", shape, np.dtype(dtype))
        sums = _open(folder / "done.npy", (blocks,), np.dtype(np.uint64))
        (folder / "entry.json").write_text(json.dumps({"label": label, "identity": identity}))
        for block in range(blocks):
            start, stop = block * block_rows, min(shape[0], (block + 1) * block_rows)
            if sums[block] == 0 or sums[block] != _checksum(array[start:stop]):
                values = np.ascontiguousarray(fill(start, stop), dtype)
                array[start:stop] = values
                _flush(array)
                sums[block] = _checksum(values)
                _flush(sums)
            done(stop - start)
        self._touch(folder)
        self.trim(keep=folder.name)
        return np.load(folder / "array.npy", mmap_mode="r")  # type: ignore[no-any-return]

    def entries(self) -> list[Entry]:
        """What is held, last used first."""
        found = []
        for path in self.folder.glob("*/entry.json"):
            try:
                label = json.loads(path.read_text())["label"]
                size = sum(file.stat().st_size for file in path.parent.iterdir())
                found.append(Entry(path.parent.name, label, size, path.stat().st_mtime))
            except (OSError, ValueError, KeyError):  # being written, or removed, by another run
                continue
        return sorted(found, key=lambda entry: -entry.used)

    def clear(self) -> int:
        """Remove every entry; returns the bytes freed."""
        entries = self.entries()
        for entry in entries:
            shutil.rmtree(self.folder / entry.key, ignore_errors=True)
        return sum(entry.size_bytes for entry in entries)

    def trim(self, *, keep: str = "") -> None:
        """Remove the entries used longest ago until the limit is met; never `keep`."""
        held = 0
        for entry in self.entries():
            held += entry.size_bytes
            if held > self.limit_bytes and entry.key != keep:
                shutil.rmtree(self.folder / entry.key, ignore_errors=True)

    def _touch(self, folder: Path) -> None:
        now = time.time()
        os.utime(folder / "entry.json", (now, now))


def key_of(identity: dict[str, Any]) -> str:
    """A folder name from everything the content depends on."""
    text = json.dumps(identity, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _open(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Map a .npy for writing; make it, zeroed, where it is absent or not what it should be."""
    try:
        array = np.load(path, mmap_mode="r+")
        if array.shape == shape and array.dtype == dtype:
            return array  # type: ignore[no-any-return]
    except (OSError, ValueError, EOFError):
        pass
    path.unlink(missing_ok=True)
    mapped = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    _reserve(path)
    return mapped


def _reserve(path: Path) -> None:
    """Claim a file's room on the disk now: a map that runs out of it later ends the process by a signal."""
    if not hasattr(os, "posix_fallocate"):
        return
    with path.open("r+b") as file:
        size = path.stat().st_size
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                return  # a file system that cannot reserve
            path.unlink()
            raise errors.cache_full(path.parent.parent, size) from None


def _flush(array: NDArray[Any]) -> None:
    assert isinstance(array, np.memmap)
    array.flush()


def _checksum(block: NDArray[Any]) -> np.uint64:
    """A CRC-32 that is never 0."""
    data = np.ascontiguousarray(block).view(np.uint8).reshape(-1)
    return np.uint64(zlib.crc32(data.data) | 1 << 32)
