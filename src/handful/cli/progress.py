"""How far the work is, on stderr: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Any

from handful.runtime.progress import Progress, Silent

SECONDS_BETWEEN_LINES = 10.0


@contextlib.contextmanager
def progress(*, quiet: bool) -> Iterator[Progress]:
    """What listens to the work: nobody where quiet, a bar on a terminal, else lines."""
    if quiet:
        yield Silent()
    elif sys.stderr.isatty():
        with Bar() as bar:
            yield bar
    else:
        yield Lines()


class Lines:
    """A line for each stage that lasts, and for each note. Nobody reading them stops the work."""

    def __init__(self, *, seconds_between: float = SECONDS_BETWEEN_LINES) -> None:
        self._seconds_between = seconds_between
        self._label, self._done = "", 0
        self._total: int | None = None
        self._told = time.monotonic()

    def stage(self, label: str, total: int | None) -> None:
        """Remember what is being done."""
        self._label, self._total, self._done = label, total, 0

    def advance(self, steps: int) -> None:
        """Say how far it is, where nothing was said for a while."""
        self._done += steps
        if time.monotonic() - self._told >= self._seconds_between:
            of = f" of {self._total:,} ({self._done / self._total:.0%})" if self._total else ""
            self.note(f"{self._label}: {self._done:,}{of}")

    def note(self, sentence: str) -> None:
        """One line."""
        self._told = time.monotonic()
        with contextlib.suppress(OSError):  # stderr is closed, or its reader has gone
            print(sentence, file=sys.stderr, flush=True)


class Bar:
    """A bar on the terminal, gone when the work is done; notes stay above it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        self._bars = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task: Any = None

    def __enter__(self) -> Bar:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._bars.stop()

    def stage(self, label: str, total: int | None) -> None:
        """A new bar in place of the last."""
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(label, total=total)

    def advance(self, steps: int) -> None:
        """Move it."""
        if self._task is not None:
            self._bars.advance(self._task, steps)

    def note(self, sentence: str) -> None:
        """A line above the bar."""
        with contextlib.suppress(OSError):
            self._bars.console.print(sentence, markup=False, highlight=False)
