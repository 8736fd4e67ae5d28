"""Files that appear whole or not at all: written beside their place, synced, then renamed.

A file being written is called `.NAME.handful-part`. A killed run may leave it; the next run of the
same command takes it over. While a run is alive it holds a lock on it, so two runs cannot mix.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from handful import errors

try:
    import fcntl
except ImportError:  # Windows has no such lock; the rest holds there too
    fcntl = None  # type: ignore[assignment]

_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


def part_of(path: Path) -> Path:
    """Where a file lies while it is being written."""
    return path.with_name(f".{path.name}.handful-part")


class Files:
    """Files written together: none appears unless all could be written.

    On leaving, all are synced and renamed, the one opened first last: where that one is there, all
    are. On an error, on Ctrl-C and on SIGTERM what was written is removed.

    Args:
        ready: Called once all is on the disk, before the first is renamed; what it raises stops that.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "out.txt"
        >>> with Files() as files:
        ...     _ = files.open(path).write(b"whole")
        ...     before = path.exists()
        >>> before, path.read_bytes()
        (False, b'whole')
    """

    def __init__(self, ready: Callable[[], None] = lambda: None) -> None:
        self._ready = ready
        self._parts: list[PartFile] = []
        self._signals = contextlib.ExitStack()

    def open(self, path: Path) -> PartFile:
        """A file to write bytes to, unbuffered; appears at `path` when all is done."""
        part = PartFile(Path(os.path.realpath(path)))
        self._parts.append(part)
        return part

    def __enter__(self) -> Files:
        self._signals.enter_context(_at_sigterm(self._remove))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._signals:
            try:
                if error is None:
                    self._keep()
            except BaseException as late:
                error = late
                raise
            finally:
                full = isinstance(error, OSError) and error.errno in _FULL and self._parts
                message = self._full() if full else None
                self._remove()
                if message is not None:
                    raise message from None

    def _keep(self) -> None:
        for part in self._parts:
            part.sync()
        self._ready()
        for part in reversed(self._parts):
            part.publish()

    def _remove(self) -> None:
        for part in self._parts:
            part.discard()

    def _full(self) -> errors.DataError:
        last = self._parts[-1]
        written = sum(part.size for part in self._parts)
        return errors.disk_full(last.path, shutil.disk_usage(last.path.parent).free, written)


class PartFile:
    """One file on its way. Every write is complete or an error; size and SHA-256 are kept.

    Whoever writes may call `close`; it is `Files` that ends the file.

    Args:
        path: Where it will appear. A device or a pipe is written to directly.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self.closed = False
        self.error: OSError | None = None
        self._digest = hashlib.sha256()
        direct = path.exists() and not path.is_file()
        self._part = None if direct else part_of(path)
        try:
            self._descriptor = os.open(path, os.O_WRONLY) if direct else _locked(path)
        except OSError as error:
            raise errors.output_folder(path, error.strerror or str(error)) from None

    @property
    def sha256(self) -> str:
        """Of what was written so far."""
        return self._digest.hexdigest()

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing: see above."""

    def tell(self) -> int:
        """Bytes written so far."""
        return self.size

    def write(self, data: Any) -> int:
        """Write all of it; after an error, nothing more."""
        view = memoryview(data).cast("B")
        if (
            self.error is not None or self.closed
        ):  # a writer that is torn down writes its last words
            return len(view)
        done = 0
        try:
            while done < len(view):
                done += os.write(self._descriptor, view[done:])
        except OSError as error:
            self.error = error
            raise
        self._digest.update(view)
        self.size += len(view)
        return len(view)

    def sync(self) -> None:
        """Have it on the disk."""
        if self.error is not None:
            raise self.error
        if self._part is not None:
            os.fsync(self._descriptor)

    def publish(self) -> None:
        """Rename it into place."""
        if self._part is not None:
            self._part.replace(self.path)
            self._part = None
            _sync_folder(self.path.parent)

    def discard(self) -> None:
        """Close it, and remove it unless it is in place."""
        if self._part is not None:
            self._part.unlink(missing_ok=True)
            self._part = None
        if not self.closed:
            self.closed = True
            os.close(self._descriptor)


def _locked(path: Path) -> int:
    """Open the part file of a path for this run alone, emptied of what a killed run left."""
    part = part_of(path)
    while True:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if fcntl is not None:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
                os.close(descriptor)
                raise errors.output_busy(path) from None
        if _same(descriptor, part):  # else another run has just renamed it away
            os.ftruncate(descriptor, 0)
            return descriptor
        os.close(descriptor)


def _same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _at_sigterm(remove: Any) -> Iterator[None]:
    """Clean up when asked to end, unless the program has a handler of its own."""
    mine = threading.current_thread() is threading.main_thread()
    if not mine or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def end(number: int, _frame: Any) -> None:
        remove()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
