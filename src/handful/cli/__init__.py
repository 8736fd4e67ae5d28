"""The command line: parse, call, print. `main` turns what happens into an exit code.

0 done, 1 bad data or a failure, 2 usage, 3 constraints that cannot be met, 4 interrupted, 5 verify mismatch.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn, TextIO

from handful.cli import signals
from handful.errors import HandfulError, no_room

INTERRUPTED = 4
FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end with its exit code; the entry point `handful`."""
    code = code_of(sys.argv[1:] if arguments is None else list(arguments))
    signals.hear_no_more()  # else one that comes while Python shuts down would change the code
    sys.exit(code)


def code_of(arguments: list[str]) -> int:
    """Carry out one command line; the exit code."""
    signals.end_the_work()
    _settle_streams()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        _forget(sys.stdout)
        code = 0
    except signals.Interrupted:
        signals.hear_no_more()
        _say("Interrupted. No output was left half written; the same command goes on from here.")
        code = INTERRUPTED
    except OSError as error:
        if error.errno not in FULL:
            raise
        _forget(sys.stdout)
        _say(f"Error: {no_room(error)}")
        code = 1
    try:
        sys.stderr.flush()
    except OSError:
        _forget(sys.stderr)
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


def _settle_streams() -> None:
    """Let stdout write all it is given, and show "?" for a letter it cannot show.

    Under `python -u` it is not buffered, and then what a full disk did not take would be lost unsaid.
    """
    if isinstance(getattr(sys.stdout, "buffer", None), io.RawIOBase):
        whole = io.BufferedWriter(sys.stdout.buffer)
        sys.stdout = io.TextIOWrapper(whole, sys.stdout.encoding, line_buffering=True)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _say(line: str) -> None:
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def _forget(stream: TextIO) -> None:
    """Whoever read this has gone; let the interpreter's last flush go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
