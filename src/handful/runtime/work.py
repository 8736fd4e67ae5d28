"""How much work something is, said before it is done; and how fast this machine does it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Size:
    """What is known of a selection before it runs.

    Args:
        n: Rows a method may see.
        k: Rows to pick, at most.
        d: Width of the features; 0 where there are none.
        targets: Number of targets, and `target_rows` their rows together.
        text_bytes: Bytes of the rows' texts, from a sample; 0 where there are none.
        sparse: Numbers that sparse features hold; None where they are dense.
    """

    n: int
    k: int
    d: int = 0
    targets: int = 0
    target_rows: int = 0
    text_bytes: int = 0
    sparse: int | None = None

    @property
    def entries(self) -> int:
        """Numbers in the features.

        Example:
            >>> Size(n=10, k=1, d=4).entries, Size(n=10, k=1, d=2**18, sparse=600).entries
            (40, 600)
        """
        return self.n * self.d if self.sparse is None else self.sparse


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a method or a feature will do; an optional `work(self, size: Size) -> Work` says it.

    Args:
        multiply_adds: In matrix products.
        steps: Plain steps that follow one another: hashing, sorting, heaps. About a nanosecond each.
        array_bytes: Of arrays read from end to end, each time they are.
        text_bytes: Of texts read and made, each time they are.
        memory_bytes: Held at once, beyond the features themselves.

    Example:
        >>> (Work(steps=5, memory_bytes=8) + Work(steps=2, memory_bytes=4)).steps
        7
    """

    multiply_adds: float = 0
    steps: float = 0
    array_bytes: float = 0
    text_bytes: float = 0
    memory_bytes: float = 0

    def __add__(self, other: Work) -> Work:
        """One after the other, what is held being held together."""
        pairs = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        return Work(**pairs)


@dataclass(frozen=True)
class Rates:
    """What this machine does in a second, with all the threads it may use."""

    multiply_adds: float
    steps: float
    array_bytes: float
    text_bytes: float

    def seconds(self, work: Work) -> float:
        """How long some work takes, roughly."""
        return float(sum(getattr(work, f.name) / getattr(self, f.name) for f in fields(self)))


def measure(threads: int, read_texts: Callable[[], int] | None) -> Rates:
    """Rates of this machine, from a fraction of a second of each kind of work.

    Args:
        threads: That the work will run on.
        read_texts: Reads some texts and returns their bytes; None where there are none.
    """
    matrix = np.ones((384, 384), np.float32)
    array = np.ones(1 << 21, np.float32)
    steps = np.ones(1 << 18)
    multiply_adds = _rate(lambda: float((matrix @ matrix).shape[0] ** 3))
    return Rates(
        multiply_adds=multiply_adds,
        steps=threads * _rate(lambda: float(len(np.cumsum(steps)))),
        array_bytes=_rate(lambda: float(array.sum()) * 4),
        text_bytes=threads * _rate(read_texts) if read_texts is not None else 1.0,
    )


def _rate(work: Callable[[], float], seconds: float = 0.05) -> float:
    """Units a second, after one call that does not count."""
    work()
    start, done = time.perf_counter(), 0.0
    while (spent := time.perf_counter() - start) < seconds:
        done += work()
    return done / spent
