"""JSON Lines as rows to choose from: never parsed into objects, never held, copied byte for byte."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.io import digest, jsonl_chat, jsonl_values
from handful.io.jsonl_schema import JsonlSchema
from handful.io.jsonl_values import Cells
from handful.io.lines import PIECE_BYTES, Lines, scan
from handful.io.open import OnBadRow
from handful.kernels import jsonl
from handful.kernels.jsonl_reference import Kind as ValueKind
from handful.pool import BLOCK_ROWS, BadRow, ColumnData, Kind, Strings
from handful.runtime.run import Run


class JsonlSource:
    """Files of JSON Lines, one under the other: a `handful.pool.Source`.

    One pass checks every line and takes the fingerprints; from then on only the fields asked for are
    looked at. What a field holds may change from line to line. Anonymous memory: the blocks in flight,
    and some 20 bytes for each 100 KB of file.

    Args:
        names: Paths, "-" for stdin; .gz and .zst are unpacked to a temporary file.
        on_bad_row: "fail" at the first row that is not sound, or "skip" and list them in `bad`.
        run: Threads and progress.
    """

    kind = "jsonl"

    def __init__(
        self, names: Sequence[str], on_bad_row: OnBadRow = "fail", run: Run | None = None
    ) -> None:
        self.run = run or Run()
        self.lines = [Lines(name) for name in names]
        self._scan(on_bad_row)
        self._first = np.cumsum([0, *(lines.rows for lines in self.lines)]).tolist()
        self.rows: int = self._first[-1]
        if not self.rows:
            raise errors.empty_pool(", ".join(lines.label for lines in self.lines[:3]))
        self.bad: Sequence[BadRow] = [
            BadRow(row.row + first, row.where, row.reason)
            for lines, first in zip(self.lines, self._first, strict=False)
            for row in lines.bad
        ]
        self._unsound = np.array([row.row for row in self.bad], np.int64)
        self._schema = JsonlSchema(self)
        self.schema: Mapping[str, Kind] = self._schema
        self.arrays: Mapping[str, Any] = {}

    @property
    def files(self) -> list[tuple[str, int]]:
        """Name and number of rows of each file, in order."""
        return [(lines.label, lines.rows) for lines in self.lines]

    @property
    def paths(self) -> list[Path]:
        """The files read; stdin is none."""
        return [Path(lines.name) for lines in self.lines if lines.name != "-"]

    def fingerprint(self) -> dict[str, Any]:
        """Kind, rows, a hash of the content, and the files.

        "content" is the SHA-256 of all rows, each followed by one newline: that of `cat FILE…` where the
        files hold nothing else, and the same however the lines are spread over files, packed or ended.
        """
        return self._fingerprint

    # The first pass -----------------------------------------------------------------------------

    def _scan(self, on_bad_row: OnBadRow) -> None:
        content = hashlib.sha256()
        self.run.progress.stage("read", sum(lines.size for lines in self.lines))
        files = [
            {
                **lines.facts(),
                "sha256": self._scan_file(lines, content, on_bad_row),
                "rows": lines.rows,
            }
            for lines in self.lines
        ]
        rows = sum(lines.rows for lines in self.lines)
        facts = {"kind": self.kind, "rows": rows, "content": content.hexdigest()}
        self._fingerprint: dict[str, Any] = {**facts, "files": files}

    def _scan_file(self, lines: Lines, content: Any, on_bad_row: OnBadRow) -> str:
        """Read a file through, adding its rows to the content's hash; the hash of the file on disk.

        The two are one computation as long as rows are all there is, and none stood before them.
        """
        if on_bad_row == "fail" and lines.is_list():
            raise errors.json_array(lines.label)
        alone = lines is self.lines[0] and not lines.first
        own = None if alone or lines.packed else hashlib.sha256(lines.buffer[: lines.first].data)
        few = lines.size <= PIECE_BYTES
        for piece in map(scan, lines.cuts()) if few else self.run.map_blocks(scan, lines.cuts()):
            lines.add(piece)
            if lines.bad and on_bad_row == "fail":
                raise errors.bad_row(lines.bad[0].where, lines.bad[0].reason)
            if own is None and piece.spans is not None and not lines.packed:
                own = content.copy()
            content.update(piece.rows_bytes().data)
            if own is not None:
                own.update(lines.buffer[piece.start : piece.stop].data)
            self.run.progress.advance(piece.stop - piece.start)
        return digest.of_file(lines.name) if lines.packed else (own or content).hexdigest()

    # Reading ------------------------------------------------------------------------------------

    def read(self, columns: Mapping[str, Kind], start: int, stop: int) -> dict[str, ColumnData]:
        """Rows [start, stop) of some columns, each as the kind asked for, in one pass over the bytes."""
        for column in columns:
            if column not in self.schema:
                raise errors.unknown_column(column, self.schema)
        parts = list(self.cells(list(columns), start, stop))
        return {
            name: jsonl_values.joined(
                [jsonl_values.convert(cells[i], kind, self._schema.width) for cells in parts], kind
            )
            for i, (name, kind) in enumerate(columns.items())
        }

    def chats(self, column: str, roles: frozenset[str] | None, start: int, stop: int) -> Strings:
        """Rows [start, stop) of a column of chats, each as `handful.io.chat.chat_text` has it."""
        if column not in self.schema:
            raise errors.unknown_column(column, self.schema)
        parts = self.cells([column], start, stop)
        return Strings.concatenate([jsonl_chat.render(cells, roles) for (cells,) in parts])

    def cells(self, columns: Sequence[str], start: int, stop: int) -> Iterator[list[Cells]]:
        """Where the values of some columns lie: a list for each file with a share in rows [start, stop)."""
        for part in range(self._part(start), len(self.lines)):
            lines, first = self.lines[part], self._first[part]
            begin, end = max(start, first), min(stop, self._first[part + 1])
            if first >= stop:
                return
            if begin >= end:
                continue
            spans = lines.spans(begin - first, end - first)
            kinds, firsts, lasts = jsonl.extract(lines.buffer, *spans, columns)
            low, high = np.searchsorted(self._unsound, [begin, end])
            unsound = self._unsound[low:high] - begin
            kinds[:, unsound] = ValueKind.MISSING
            rest = (unsound, self._namer(begin))
            yield [
                Cells(lines.buffer, kinds[i], firsts[i], lasts[i], name, *rest)
                for i, name in enumerate(columns)
            ]

    def raw_lines(self, rows: NDArray[np.int64]) -> Iterator[bytes]:
        """The lines of some rows as they stand, in the order given; each ends in a newline.

        Rows that ascend take no memory; in any other order 40 bytes each.
        """
        ascending = bool((np.diff(rows) >= 0).all())
        step = BLOCK_ROWS if ascending else max(1, len(rows))
        for start in range(0, len(rows), step):
            yield from self._raw_lines(rows[start : start + step])

    def _raw_lines(self, rows: NDArray[np.int64]) -> Iterator[bytes]:
        order = np.argsort(rows, kind="stable")
        ascending = rows[order]
        starts, ends = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
        cuts = np.searchsorted(ascending, self._first)
        for part in np.flatnonzero(np.diff(cuts)).tolist():
            inside = slice(cuts[part], cuts[part + 1])
            found = self.lines[part].spans_of(ascending[inside] - self._first[part])
            starts[order[inside]], ends[order[inside]] = found
        for place in range(len(rows)):
            part = self._part(int(rows[place]))
            yield self.lines[part].raw(int(starts[place]), int(ends[place]))

    def where(self, row: int) -> str:
        """Name a row: "pool.jsonl:1042"."""
        part = self._part(row)
        return self.lines[part].where(row - self._first[part])

    def _namer(self, start: int) -> Callable[[int], str]:
        return lambda row: self.where(start + int(row))

    def _part(self, row: int) -> int:
        return min(bisect_right(self._first, row), len(self.lines)) - 1
