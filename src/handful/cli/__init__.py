"""The command line: parse, call, print. `main` turns what happens into an exit code.

0 done, 1 bad data or a failure, 2 usage, 3 constraints that cannot be met, 4 interrupted, 5 verify mismatch.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from handful.cli import signals
from handful.errors import HandfulError

INTERRUPTED = 4


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end with its exit code; the entry point `handful`."""
    sys.exit(code_of(sys.argv[1:] if arguments is None else list(arguments)))


def code_of(arguments: list[str]) -> int:
    """Carry out one command line; the exit code."""
    signals.end_the_work()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a letter shows "?"
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()
        code = 0
    except signals.Interrupted:
        _say("Interrupted. No output was left half written; the same command goes on from here.")
        code = INTERRUPTED
    return code


def _run(arguments: list[str]) -> int:
    """Parse and carry out; every refusal is one message on stderr."""
    from handful.cli.app import call

    try:
        call(arguments)
    except HandfulError as refused:
        _say(f"Error: {refused}")
        return refused.exit_code
    return 0


def _say(line: str) -> None:
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def _forget_stdout() -> None:
    """Whoever read our output has gone; let the interpreter's last flush go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
