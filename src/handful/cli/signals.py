"""Ctrl-C and SIGTERM: they end the work cleanly, and leave alone what is nearly done."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import NoReturn

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """The user or the system asked the work to end."""


_asked = threading.Event()


def end_the_work() -> None:
    """From here on a signal raises `Interrupted` in the main thread."""
    _asked.clear()
    _on_signal(_interrupt)


def finish_the_work() -> None:
    """From here on the outputs are moved into place: a signal is too late to stop that.

    Raises `Interrupted` where one came before and was lost in a callback.
    """
    hear_no_more()
    if _asked.is_set():
        raise Interrupted


def hear_no_more() -> None:
    """From here on a signal changes nothing."""
    _on_signal(signal.SIG_IGN)


def end_at_once() -> None:
    """From here on all is written: a signal ends the process, with success."""
    _on_signal(lambda number, frame: os._exit(0))


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    _asked.set()
    raise Interrupted


def _on_signal(handler: object) -> None:
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            signal.signal(number, handler)  # type: ignore[arg-type]
