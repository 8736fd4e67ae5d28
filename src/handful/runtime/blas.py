"""One thread for the matrix library while our own threads share out the work."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Within it, a matrix product runs on the thread that calls it.

    Blocks are spread over threads by `Run.map_blocks`; products that start threads of their own would
    only get in each other's way, and their last bits would depend on how many there are.
    """
    with _controller().limit(limits=1, user_api="blas"):
        yield


@contextmanager
def one_thread() -> Iterator[None]:
    """Within it, third-party fits run on the thread that calls them: their sums differ from count to count.

    Import what is to be held to it beforehand: libraries are looked for anew at each entry.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


@functools.cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()  # finds the libraries once; that takes milliseconds
