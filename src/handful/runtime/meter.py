"""Wall time, CPU time and peak memory of this process."""

from __future__ import annotations

import re
import resource
import sys
import time
from pathlib import Path

STILL_TO_LOAD = 200 * 10**6
"""Bytes of libraries and kernels that a run may load yet."""


class Meter:
    """Starts when made.

    Example:
        >>> Meter().cpu_seconds >= 0
        True
    """

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        self._held = anonymous_bytes()

    @property
    def wall_seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._wall

    @property
    def cpu_seconds(self) -> float:
        """CPU seconds of all threads since the start."""
        return time.process_time() - self._cpu

    @property
    def held_bytes(self) -> int:
        """Anonymous memory held now; of what was held at the start, at most `STILL_TO_LOAD`.

        What else lives in the process, a notebook's frames say, is not this run's to answer for.
        """
        return anonymous_bytes() - max(0, self._held - STILL_TO_LOAD)

    @property
    def peak_bytes(self) -> int:
        """Most resident memory so far, mapped files included (an upper limit of the anonymous part)."""
        return _peak_bytes()


def anonymous_bytes() -> int:
    """Anonymous resident memory of this process now: what no file stands behind (`RssAnon`).

    Where the system does not say, the most resident memory so far.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return _peak_bytes()
    found = re.search(r"^RssAnon:\s+(\d+) kB", status, re.M)
    return int(found[1]) * 1024 if found else _peak_bytes()


def _peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
