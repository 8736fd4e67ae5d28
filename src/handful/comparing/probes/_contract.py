"""What a probe is: a pick to learn from and held-out rows go in, one number comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np

from handful.pool import Strings
from handful.selection import Floats, Indices


@dataclass(frozen=True, eq=False)
class Lesson:
    """A pick, and held-out rows that no method saw. What is absent is None; the rest is read when asked for.

    Args:
        rows: (k,) row numbers of the source, in picked order.
        texts, test_texts: Texts of the picks and of the held-out rows.
        features, test_features: Their features, (k, d) and (e, d), dense or CSR.
        labels, test_labels: Their labels, as codes, or as numbers where those are to be predicted.
        held: (e,) row numbers of what was held out, in the source of the pool, or of the targets, one after
            the other; empty where nothing was.
    """

    rows: Indices
    texts: Callable[[], Strings] | None = None
    test_texts: Callable[[], Strings] | None = None
    features: Callable[[], Any] | None = None
    test_features: Callable[[], Any] | None = None
    labels: Indices | Floats | None = None
    test_labels: Indices | Floats | None = None
    held: Indices = field(default_factory=lambda: np.zeros(0, np.int64))


class Probe(Protocol):
    """A frozen dataclass whose fields are its parameters; the module's file name is its key."""

    needs: ClassVar[tuple[str, ...]]
    """Of "texts", "features", "labels", "numbers"."""
    unit: ClassVar[str]
    """What the number is, for people."""
    version: ClassVar[int]

    @property
    def larger_is_better(self) -> bool:
        """Of the number."""
        ...

    def score(self, lesson: Lesson) -> float:
        """Train on the pick, test on the held-out rows. Deterministic, under one thread."""
        ...
