"""Which columns JSON Lines have, and of what kind, where no header says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from handful.kernels.jsonl_reference import Kind as ValueKind
from handful.pool import BLOCK_ROWS, Kind

if TYPE_CHECKING:
    from handful.io.jsonl import JsonlSource

_RUNS, _RUN_ROWS, _BYTES = 16, 64, 1 << 25


class JsonlSchema(Mapping[str, Kind]):
    """Columns and kinds as a sample of rows has them: up to 16 runs of 64 rows, evenly spaced, 32 MB in all.

    Asked for a column that the sample lacks, it looks through the whole pool before it says no.
    """

    def __init__(self, source: JsonlSource) -> None:
        self._source = source
        self._kinds = _kinds(_sample(source))
        self._absent: set[str] = set()
        self._widths: dict[str, int] = {}

    def __getitem__(self, column: str) -> Kind:
        if column not in self:
            raise KeyError(column)
        return self._kinds[column]

    def __contains__(self, column: object) -> bool:
        if column in self._kinds:
            return True
        if not isinstance(column, str) or column in self._absent:
            return False
        if self._search(column):
            self._kinds[column] = "object"
            return True
        self._absent.add(column)
        return False

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._kinds))

    def __len__(self) -> int:
        return len(self._kinds)

    def width(self, column: str) -> int:
        """Length of the first list in a column of vectors; 0 where there is none."""
        if column not in self._widths:
            self._widths[column] = next(self._lengths(column), 0)
        return self._widths[column]

    def _lengths(self, column: str) -> Iterator[int]:
        source = self._source
        for start in range(0, source.rows, BLOCK_ROWS):
            for (cells,) in source.cells([column], start, min(start + BLOCK_ROWS, source.rows)):
                yield from (
                    len(cells.object(row)) for row in np.flatnonzero(cells.is_list()).tolist()
                )

    def _search(self, column: str) -> bool:
        source = self._source

        def there(start: int) -> bool:
            parts = source.cells([column], start, min(start + BLOCK_ROWS, source.rows))
            return any((cells.kinds != ValueKind.MISSING).any() for (cells,) in parts)

        return any(source.run.map_blocks(there, range(0, source.rows, BLOCK_ROWS)))


def _sample(source: JsonlSource) -> list[dict[str, Any]]:
    starts = np.linspace(0, max(0, source.rows - _RUN_ROWS), _RUNS).astype(np.int64)
    rows = np.unique(starts[:, None] + np.arange(_RUN_ROWS))
    bad = {row.row for row in source.bad}
    rows = rows[rows < source.rows]
    sample, size = [], 0
    for row, line in zip(rows.tolist(), source.raw_lines(rows), strict=True):
        if row not in bad:
            sample.append(json.loads(line))
            size += len(line)
        if size > _BYTES:
            break
    return sample


def _kinds(sample: list[dict[str, Any]]) -> dict[str, Kind]:
    values: dict[str, list[Any]] = {}
    for row in sample:
        for column, value in row.items():
            values.setdefault(column, [])
            if value is not None:
                values[column].append(value)
    return {column: _kind(held) for column, held in values.items()}


def _kind(values: list[Any]) -> Kind:
    """The kind of values that are there.

    Example:
        >>> _kind(["a", "b"]), _kind([1, 2.5, True]), _kind([[0.5, 1], [2, 3.5]]), _kind(["a", 1])
        ('text', 'number', 'vector', 'object')
    """
    if values and all(isinstance(value, str) for value in values):
        return "text"
    if values and all(isinstance(value, int | float) for value in values):
        return "number"
    numbers = [x for value in values if isinstance(value, list) for x in value]
    plain = all(isinstance(x, int | float) and not isinstance(x, bool) for x in numbers)
    lengths = {len(value) if isinstance(value, list) else 0 for value in values}
    if plain and len(lengths) == 1 and any(isinstance(x, float) for x in numbers):
        return "vector"
    return "object"
