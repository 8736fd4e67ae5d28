"""Arrow and Feather files, memory-mapped: the file format batch by batch, the stream format whole."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from handful import errors
from handful.io.arrow import file_fingerprint, refuse_repeated
from handful.pool import BadRow

_MAGIC = b"ARROW1"


class IpcPart:
    """One file. What is not compressed is read in place; else a batch or two are held at a time.

    A compressed stream (rare: streams are seldom compressed) is held in memory.
    """

    bad: Sequence[BadRow] = ()

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name
        self._lock = threading.Lock()
        try:
            mapped = pa.memory_map(str(path))
            if mapped.read(len(_MAGIC)) == _MAGIC:
                reader = pa.ipc.open_file(mapped)
                self._batch = lru_cache(2)(reader.get_batch)
                counts = [self._batch(i).num_rows for i in range(reader.num_record_batches)]
                self.schema = reader.schema
            else:
                mapped.seek(0)
                table = pa.ipc.open_stream(mapped).read_all()
                batches = table.to_batches()
                self._batch = lru_cache(2)(batches.__getitem__)
                counts = [batch.num_rows for batch in batches]
                self.schema = table.schema
        except (pa.ArrowException, OSError) as error:
            raise errors.unreadable(name, "Arrow", error) from None
        refuse_repeated(name, self.schema)
        self._first = np.cumsum([0, *counts]).tolist()
        self.rows: int = self._first[-1]

    def read(self, columns: list[str], start: int, stop: int) -> pa.Table:
        """Slices of the batches that hold these rows."""
        i = bisect_right(self._first, start) - 1
        pieces = []
        while i < len(self._first) - 1 and self._first[i] < stop:
            a, b = max(start - self._first[i], 0), stop - self._first[i]
            with self._lock:
                batch = self._batch(i)
            pieces.append(batch.slice(a, b - a).select(columns))
            i += 1
        schema = pa.schema([self.schema.field(name) for name in columns])
        return pa.Table.from_batches(pieces, schema)

    def where(self, row: int) -> str:
        """Name a row."""
        return f"{self.name} row {row}"

    def fingerprint(self) -> dict[str, Any]:
        """Name, size and hash of the file."""
        return file_fingerprint(self.path, self.name, self.rows)
