"""Probes of the user's own: a command that prints a number, or a function that returns one."""

from __future__ import annotations

import inspect
import math
import shlex
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from handful import errors
from handful.comparing.probes._contract import Lesson
from handful.io.write import write_rows
from handful.pool import Source

TAIL = 400


@dataclass(frozen=True)
class Command:
    """Run a command on each pick; the last line it prints is the number.

    `{subset}` in it becomes the path of a file with the picked rows, in the pool's format and order. It is run
    by the shell, in the folder the user is in.

    Args:
        command: Such as "./train.sh {subset}".
        source: Where the rows come from.
        larger_is_better: Of the number printed.
    """

    command: str
    source: Source
    larger_is_better: bool = True

    needs: ClassVar[tuple[str, ...]] = ()
    unit: ClassVar[str] = "number printed"
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if "{subset}" not in self.command:
            raise errors.command_without_subset(self.command)

    def score(self, lesson: Lesson) -> float:
        """Write the rows, run the command, read the number."""
        kind = getattr(self.source, "kind", "jsonl")
        suffix = kind if kind in {"jsonl", "parquet", "csv", "tsv", "arrow"} else "jsonl"
        with tempfile.TemporaryDirectory(prefix="handful-probe-") as folder:
            subset = Path(folder) / f"subset.{suffix}"
            rows = lesson.rows.copy()
            rows.sort()
            write_rows(self.source, rows, subset)
            line = self.command.replace("{subset}", shlex.quote(str(subset)))
            done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise errors.command_failed(line, done.returncode, done.stderr[-TAIL:])
        return _number(line, done.stdout)


def _number(line: str, printed: str) -> float:
    last = (printed.strip().splitlines() or [""])[-1]
    try:
        value = float(last)
    except ValueError:
        raise errors.command_without_number(line, last[-TAIL:]) from None
    if not math.isfinite(value):
        raise errors.command_without_number(line, last)
    return value


def asks_held_out(function: Callable[..., Any]) -> bool:
    """Whether a function needs a second argument, the rows held out.

    Example:
        >>> asks_held_out(lambda rows, penalty=1: 0), asks_held_out(lambda rows, held: 0)
        (False, True)
    """
    try:
        found = inspect.signature(function).parameters.values()
    except ValueError:  # of some built-in functions nothing can be told
        return False
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in places and p.default is p.empty for p in found) == 2


@dataclass(frozen=True)
class Function:
    """Call a function with the row numbers picked; it returns the number, larger is better unless said.

    Args:
        function: (k,) int64 row numbers of the source, in picked order, to a number. Where it needs a second
            argument: those of the rows held out, of the target where that is held out.
        larger_is_better: Of that number.
    """

    function: Callable[..., Any]
    larger_is_better: bool = True

    needs: ClassVar[tuple[str, ...]] = ()
    unit: ClassVar[str] = "number returned"
    version: ClassVar[int] = 1

    def score(self, lesson: Lesson) -> float:
        """Call it."""
        given = (lesson.rows, lesson.held) if asks_held_out(self.function) else (lesson.rows,)
        value = float(self.function(*given))
        if not math.isfinite(value):
            raise errors.probe_not_finite(value)
        return value
