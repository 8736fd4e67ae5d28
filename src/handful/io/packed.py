"""Bytes of a file, mapped; those of a .gz or .zst unpacked first to a nameless temporary file."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.io.open import COMPRESSIONS

_CHUNK = 1 << 20


def mapped(path: Path, name: str) -> NDArray[np.uint8]:
    """(bytes,) a file's content, read-only; nothing of it is held in memory.

    The temporary file lies where Python puts such files (`TMPDIR`), and is gone when the array is.
    """
    codec = COMPRESSIONS.get(path.suffix.lower())
    if codec is None:
        return np.memmap(path, np.uint8, "r") if path.stat().st_size else np.zeros(0, np.uint8)
    import pyarrow as pa

    with tempfile.TemporaryFile() as file:
        try:
            with pa.OSFile(str(path)) as raw, pa.CompressedInputStream(raw, codec) as unpacked:
                shutil.copyfileobj(unpacked, file, _CHUNK)
        except (pa.ArrowException, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise errors.disk_full(
                    tempfile.gettempdir(),
                    shutil.disk_usage(tempfile.gettempdir()).free,
                    file.tell(),
                    None,
                ) from None
            raise errors.unreadable(name, path.suffix, error) from None
        file.flush()
        size = file.tell()
        return np.memmap(file, np.uint8, "r", shape=(size,)) if size else np.zeros(0, np.uint8)
