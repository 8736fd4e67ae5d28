"""The pool: what is chosen from. Columns by protocol, read in blocks, never held whole as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, overload, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from handful import errors

Kind = Literal["text", "number", "vector", "object"]
"""How a column is asked for: UTF-8 strings, numbers, fixed-length vectors, or Python objects."""

BLOCK_ROWS = 8192
"""Rows in one block of work. A constant: results may not depend on memory, threads or time."""


@dataclass(frozen=True, eq=False)
class Strings:
    """Texts of a block of rows as one UTF-8 buffer: no Python object a row.

    The layout is Arrow's `large_string` without its null mask: text i is
    `data[offsets[i]:offsets[i + 1]]`. A missing value is the empty string.

    Args:
        data: (bytes,) uint8, valid UTF-8.
        offsets: (n + 1,) int64, ascending; the first need not be zero.

    Example:
        >>> names = Strings.of(["Ada", "", "Grace"])
        >>> len(names), names[2], names.lengths.tolist()
        (3, 'Grace', [3, 0, 5])
    """

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Strings:
        """Pack Python strings; a lone surrogate becomes U+FFFD."""
        encoded = [_utf8(text) for text in texts]
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(text) for text in encoded], out=offsets[1:])
        return cls(np.frombuffer(b"".join(encoded), np.uint8), offsets)

    @classmethod
    def concatenate(cls, parts: Sequence[Strings]) -> Strings:
        """Join blocks, in order."""
        data = [part.data[part.offsets[0] : part.offsets[-1]] for part in parts]
        lengths = [np.diff(part.offsets) for part in parts]
        offsets = np.zeros(sum(map(len, lengths)) + 1, np.int64)
        if lengths:
            np.cumsum(np.concatenate(lengths), out=offsets[1:])
        return cls(np.concatenate(data) if data else np.zeros(0, np.uint8), offsets)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(n,) bytes of each text."""
        return np.diff(self.offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> Strings: ...
    def __getitem__(self, row: int | slice) -> str | Strings:
        if isinstance(row, slice):
            start, stop, step = row.indices(len(self))
            if step != 1:
                raise IndexError("Strings are sliced with step 1 only; use take for other orders.")
            return Strings(self.data, self.offsets[start : max(start, stop) + 1])
        if row < 0:
            row += len(self)
        return self.data[self.offsets[row] : self.offsets[row + 1]].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        return (self[row] for row in range(len(self)))

    def take(self, rows: NDArray[np.intp]) -> Strings:
        """The texts of some rows, in the order given."""
        pieces = [self.data[self.offsets[i] : self.offsets[i + 1]] for i in rows]
        offsets = np.zeros(len(pieces) + 1, np.int64)
        np.cumsum([len(piece) for piece in pieces], out=offsets[1:])
        return Strings(np.concatenate(pieces) if pieces else np.zeros(0, np.uint8), offsets)


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


ColumnData = Strings | NDArray[Any] | list[Any]
"""Text as `Strings`; a number column (m,) int64 or float64 (missing: NaN); vectors (m, d) float32
or float16; objects as a list."""


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be read. It keeps its number, so that arrays beside the file still fit."""

    row: int
    where: str
    reason: str


@runtime_checkable
class Source(Protocol):
    """Where rows come from. Implemented by `io` for files and by it for frames in memory.

    Attributes:
        rows: Number of rows, bad ones included.
        schema: Column name to the kind it is natively; used to check names before work starts.
        bad: Rows that cannot be read; `read` gives them empty text, NaN, zeros or None.
        arrays: Feature arrays the source itself carries: those of a .npy, an .npz, a matrix or a dict.
    """

    rows: int
    schema: Mapping[str, Kind]
    arrays: Mapping[str, Any]
    bad: Sequence[BadRow]

    @property
    def files(self) -> Sequence[tuple[str, int]]:
        """Name and number of rows of each file, in order; one nameless part for rows in memory."""
        ...

    def read(self, columns: Mapping[str, Kind], start: int, stop: int) -> dict[str, ColumnData]:
        """Rows [start, stop) of some columns, in one pass; any column can be asked for as text."""
        ...

    def where(self, row: int) -> str:
        """Name a row as the user would find it: "pool.jsonl:1042" or "pool.parquet row 41"."""
        ...

    def fingerprint(self) -> dict[str, Any]:
        """What identifies the input in a manifest; the same bytes give the same fingerprint."""
        ...


@dataclass(frozen=True, eq=False)
class Block:
    """Rows [start, stop) of some columns."""

    start: int
    stop: int
    columns: Mapping[str, ColumnData]


@dataclass(frozen=True, eq=False)
class Pool:
    """Rows to choose from: named columns behind a `Source`, and named feature arrays beside it.

    Never changed by anything. Row numbers are places in the concatenated pool; ids are the row
    numbers unless `id_column` is given.

    Args:
        source: Where the rows come from.
        text: How a row becomes text, or None where the pool has none.
        id_column: Name of the id column, or None.
        arrays: Feature arrays by name, each (n, d) float16/float32 or CSR (n, d).
    """

    source: Source
    text: TextSpec | None = None
    id_column: str | None = None
    arrays: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.source.rows

    def blocks(
        self, columns: Mapping[str, Kind], *, start: int = 0, stop: int | None = None
    ) -> Iterator[Block]:
        """Read columns in blocks of `BLOCK_ROWS` rows, cut at multiples of it."""
        stop = self.n if stop is None else stop
        while start < stop:
            end = min(stop, (start // BLOCK_ROWS + 1) * BLOCK_ROWS)
            yield Block(start, end, self.source.read(columns, start, end))
            start = end

    def texts(self, start: int, stop: int) -> Strings:
        """The texts of rows [start, stop), rendered by the pool's `TextSpec`."""
        if self.text is None:
            raise errors.no_text(self.source.schema)
        return self.text.render(self.source, start, stop)

    def numbers(self, column: str) -> NDArray[Any]:
        """(n,) int64 or float64: a whole numeric column. Memory: 8 bytes a row."""
        self.require(column)
        parts = [np.asarray(b.columns[column]) for b in self.blocks({column: "number"})]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def strings(self, column: str) -> Strings:
        """A whole column as text, for ids and groups."""
        self.require(column)
        blocks = self.blocks({column: "text"})
        return Strings.concatenate([_strings(b.columns[column]) for b in blocks])

    def require(self, column: str) -> None:
        """Refuse a column the schema does not have, suggesting the nearest."""
        if column not in self.source.schema:
            raise errors.unknown_column(column, self.source.schema)


def _strings(column: ColumnData) -> Strings:
    assert isinstance(column, Strings)
    return column


class TextSpec(Protocol):
    """How a row becomes text: a column, a template, or a rendering of chat turns (see `io.text`)."""

    @property
    def spec(self) -> str:
        """What the user wrote; recorded in the manifest."""
        ...

    def render(self, source: Source, start: int, stop: int) -> Strings:
        """Texts of rows [start, stop)."""
        ...
