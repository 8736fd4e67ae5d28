"""How work is run: threads over fixed blocks, memory allowed, cache, progress."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from handful import errors
from handful.runtime.cache import Cache
from handful.runtime.progress import Progress, Silent

Item = TypeVar("Item")
Result = TypeVar("Result")

SMALLEST_MEMORY = 10**9


def available_threads() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def available_memory() -> int:
    """Half of the machine's memory, in bytes: what is used where no limit is given."""
    try:
        return max(SMALLEST_MEMORY, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
    except (ValueError, OSError, AttributeError):
        return 4 * 10**9


@dataclass(frozen=True, eq=False)
class Run:
    """The means of one run. Nothing here may change a result.

    Args:
        threads: Worker threads, ≥ 1.
        memory_bytes: Anonymous memory allowed, ≥ 1 GB.
        cache: Where finished blocks are kept, or None to keep nothing.
        progress: Who listens.
    """

    threads: int = field(default_factory=available_threads)
    memory_bytes: int = field(default_factory=available_memory)
    cache: Cache | None = None
    progress: Progress = field(default_factory=Silent)

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise errors.bad_flag("--threads", self.threads, "at least 1")
        if self.memory_bytes < SMALLEST_MEMORY:
            raise errors.bad_flag("--memory", self.memory_bytes, "at least 1GB")

    def map_blocks(
        self, function: Callable[[Item], Result], blocks: Iterable[Item]
    ) -> Iterator[Result]:
        """Apply a function to blocks on the threads; results come in the blocks' order.

        At most 2 blocks a thread are in flight, so memory is bounded whatever the number of blocks.
        The first error ends the work and is raised here.
        """
        if self.threads == 1:
            yield from map(function, blocks)
            return
        with ThreadPoolExecutor(self.threads) as pool:
            waiting: deque[Future[Result]] = deque()
            try:
                for block in blocks:
                    waiting.append(pool.submit(function, block))
                    if len(waiting) >= 2 * self.threads:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()
