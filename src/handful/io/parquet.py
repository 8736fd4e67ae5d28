"""Parquet files, decoded forward in small batches: never a whole row group, never the whole file."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from handful import errors
from handful.io.arrow import file_fingerprint, refuse_repeated
from handful.pool import BLOCK_ROWS, BadRow

_CURSORS = 4
_HELD_BYTES = 64 << 20


class ParquetPart:
    """One file.

    Rows inside a row group can only be reached by decoding those before. Reading goes forward, so a
    cursor for each set of columns stays where the last read ended, and hands a batch that was passed
    over (threads ask a little out of order) to whoever comes for it. A read further back begins its
    row group again.
    """

    bad: Sequence[BadRow] = ()

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name
        self._lock = threading.Lock()
        self._cursors: OrderedDict[tuple[str, ...], _Cursor] = OrderedDict()
        try:
            self._file = pq.ParquetFile(path, memory_map=True)
        except (pa.ArrowException, OSError) as error:
            raise errors.unreadable(name, "Parquet", error) from None
        self.schema: pa.Schema = self._file.schema_arrow
        refuse_repeated(name, self.schema)
        meta = self._file.metadata
        counts = [meta.row_group(i).num_rows for i in range(meta.num_row_groups)]
        self._first = np.cumsum([0, *counts]).tolist()
        self.rows: int = self._first[-1]
        groups = meta.num_row_groups and meta.num_columns
        self.compression: str = meta.row_group(0).column(0).compression if groups else "SNAPPY"

    def read(self, columns: list[str], start: int, stop: int) -> pa.Table:
        """Rows [start, stop), decoded once if reads go forward."""
        schema = pa.schema([self.schema.field(name) for name in columns])
        if not columns or start >= stop:
            return schema.empty_table()
        with self._lock:
            cursor = self._cursors.setdefault(tuple(columns), _Cursor(self, columns))
            self._cursors.move_to_end(tuple(columns))
            if len(self._cursors) > _CURSORS:
                self._cursors.popitem(last=False)
            try:
                return pa.Table.from_batches(cursor.read(start, stop), schema)
            except (pa.ArrowException, OSError) as error:
                del self._cursors[tuple(columns)]
                raise errors.unreadable(self.where(start), "Parquet", error) from None

    def batches(self, columns: list[str], row: int) -> tuple[int, Iterator[pa.RecordBatch]]:
        """Decode onward from the row group that holds a row: its first row, and the batches."""
        group = bisect_right(self._first, row) - 1
        groups = range(group, len(self._first) - 1)
        batches = self._file.iter_batches(
            BLOCK_ROWS, row_groups=list(groups), columns=columns, use_threads=False
        )
        first: int = self._first[group]
        return first, batches

    def same_group(self, row: int, other: int) -> bool:
        """Whether two rows lie in one row group."""
        return bisect_right(self._first, row) == bisect_right(self._first, other)

    def where(self, row: int) -> str:
        """Name a row."""
        return f"{self.name} row {row}"

    def fingerprint(self) -> dict[str, Any]:
        """Name, size and hash of the file."""
        return file_fingerprint(self.path, self.name, self.rows)


@dataclass
class _Held:
    """A decoded batch, and how many of its rows nobody has asked for yet."""

    start: int
    batch: pa.RecordBatch
    left: int

    @property
    def stop(self) -> int:
        return self.start + int(self.batch.num_rows)


class _Cursor:
    """Where the reading of some columns stands. Held: batches [low, next) with rows not yet asked for."""

    def __init__(self, part: ParquetPart, columns: list[str]) -> None:
        self._part, self._columns = part, columns
        self._held: deque[_Held] = deque()
        self._next = 0
        self._batches: Iterator[pa.RecordBatch] | None = None

    def read(self, start: int, stop: int) -> list[pa.RecordBatch]:
        far = start > self._next and not self._part.same_group(start, max(self._next - 1, 0))
        if self._batches is None or far or not self._covers(start, stop):
            self._held.clear()
            self._next, self._batches = self._part.batches(self._columns, start)
        while self._next < stop:
            batch = next(self._batches, None)
            if batch is None:
                raise pa.ArrowInvalid("it has fewer rows than it says")
            batch = batch.select(self._columns)
            self._held.append(_Held(self._next, batch, batch.num_rows))
            self._next += batch.num_rows
            self._forget(start)
        pieces = []
        for held in self._held:
            a, b = max(start, held.start), min(stop, held.stop)
            if a < b:
                pieces.append(held.batch.slice(a - held.start, b - a))
                held.left -= b - a
        self._held = deque(held for held in self._held if held.left > 0)
        return pieces

    def _covers(self, start: int, stop: int) -> bool:
        """Whether the rows asked for are held, up to where decoding goes on."""
        for held in self._held:
            if held.start <= start < held.stop:
                start = held.stop
        return start >= min(stop, self._next)

    def _forget(self, start: int) -> None:
        """Drop what was passed over longest ago, past a limit of bytes."""
        size = sum(held.batch.nbytes for held in self._held)
        while size > _HELD_BYTES and self._held[0].stop <= start:
            size -= self._held.popleft().batch.nbytes
