"""How much anonymous memory a stretch of work takes at its peak."""

from __future__ import annotations

import threading
from pathlib import Path

_STATUS = Path("/proc/self/status")
INTERVAL_SECONDS = 0.01


class Peak:
    """Watches this process while the `with` block runs. Where the system does not tell, `grown_bytes` is None.

    Example:
        >>> with Peak() as peak:
        ...     block = bytearray(1000)
        >>> peak.grown_bytes is None or peak.grown_bytes >= 0
        True
    """

    def __init__(self) -> None:
        self._start = anonymous_bytes()
        self._most = self._start or 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peak:
        if self._start is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        if self._start is not None:
            self._thread.join()
            self._look()

    @property
    def grown_bytes(self) -> int | None:
        """Most anonymous memory seen, above what there was at the start."""
        return None if self._start is None else self._most - self._start

    def _watch(self) -> None:
        while not self._done.wait(INTERVAL_SECONDS):
            self._look()

    def _look(self) -> None:
        self._most = max(self._most, anonymous_bytes() or 0)


def anonymous_bytes() -> int | None:
    """Anonymous resident memory of this process (RssAnon), or None where the system does not tell."""
    try:
        for line in _STATUS.read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None
