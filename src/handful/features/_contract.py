"""What a feature is: texts to vectors, fitted once on a seeded sample, then applied block by block."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from handful.pool import Strings


class Fitted(Protocol):
    """A feature with its parameters settled. Applying it to a row never depends on other rows."""

    d: int
    """Width of a vector."""
    sparse: bool
    """Whether `apply` gives CSR rows."""

    def apply(self, texts: Strings) -> Any:
        """(m, d) float32, one unit row a text (zero where the text has no features), or CSR (m, d)."""
        ...


class Feature(Protocol):
    """A frozen dataclass in a module of its own; the file name is its key, its fields its parameters."""

    version: ClassVar[int]
    """Rises when its vectors change; part of the cache key and of the manifest."""
    sample_rows: ClassVar[int]
    """Rows `fit` wants to see at most; 0 where it learns nothing from the pool."""

    def fit(self, sample: Strings, seed: int) -> Fitted:
        """Settle the parameters on a sample of the pool, in order of row number, under one thread."""
        ...

    # Optional: work(size: Size) -> Work, to fit on a sample and apply to all rows (see `handful.runtime.work`).
