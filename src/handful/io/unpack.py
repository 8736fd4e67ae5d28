"""A file's bytes as one mapped array: as they lie on disk, or unpacked to a file without a name."""

from __future__ import annotations

import mmap
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.io.open import COMPRESSIONS

_CHUNK = 1 << 20


def map_bytes(name: str) -> NDArray[np.uint8]:
    """The bytes of a file, unpacked, as a read-only array (b,) that costs no anonymous memory.

    A .gz or .zst file, stdin ("-") and a pipe are copied to a file without a name in the temporary folder
    (`TMPDIR`), which is gone when the array is.
    """
    codec = COMPRESSIONS.get(Path(name.lower()).suffix)
    with _opened(name) as file:
        if codec is None and name != "-" and stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return _map(file)
        with tempfile.TemporaryFile() as spool:
            try:
                for chunk in _unpacked(name, file, codec):
                    spool.write(chunk)
                spool.flush()
            except OSError as error:
                folder = tempfile.gettempdir()
                raise errors.spool_full(name, folder, error.strerror or error) from None
            return _map(spool)


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(name).open("rb") as file:
            yield file
    except OSError as error:
        raise errors.cannot_open(name, error.strerror) from None


def _unpacked(name: str, file: IO[bytes], codec: str | None) -> Iterator[Any]:
    if codec is None:
        while chunk := file.read(_CHUNK):
            yield chunk
        return
    import pyarrow as pa

    with pa.PythonFile(file, "r") as packed, pa.CompressedInputStream(packed, codec) as stream:
        while True:
            try:
                chunk = stream.read(_CHUNK)
            except OSError as error:
                raise errors.unreadable(name, codec, error) from None
            if not chunk:
                return
            yield chunk


def _map(file: IO[bytes]) -> NDArray[np.uint8]:
    file.seek(0, 2)
    if not file.tell():
        return np.zeros(0, np.uint8)
    return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
