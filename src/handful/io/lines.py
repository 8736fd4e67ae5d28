"""A file of JSON Lines: mapped, checked once, its rows found by a sparse index.

A row is a line that is not blank. The index keeps three numbers for each piece of 2 MB; between two of
its entries rows are found by looking for line ends, at several bytes a cycle.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.io.open import COMPRESSIONS
from handful.io.unpack import map_bytes
from handful.kernels import jsonl, jsonl_reference
from handful.kernels.strings import spans_end_to_end
from handful.pool import BadRow

PIECE_BYTES = 1 << 21
LONG_BYTES = 1 << 24
_LOOK_BYTES = 1 << 14

_BOM = b"\xef\xbb\xbf"
_FOREIGN = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"{\x00\x00\x00": "UTF-32",
    b"{\x00": "UTF-16",
    b"\x00{": "UTF-16",
}
Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Piece:
    """The lines in one stretch of a file's bytes.

    Args:
        lines: The file.
        start: Where the first of them begins.
        stop: Past the end of the last.
        rows: Those that are not blank.
        newlines: Line ends.
        faulty: Row in the piece, line ends before it, and what is wrong, for each row that is not sound.
        spans: (rows,), (rows,) where the rows lie; None where they lie end to end, a newline behind each.
    """

    lines: Lines
    start: int
    stop: int
    rows: int
    newlines: int
    faulty: list[tuple[int, int, str]]
    spans: tuple[Places, Places] | None

    def rows_bytes(self) -> NDArray[np.uint8]:
        """The rows end to end, each with one newline behind it."""
        buffer = self.lines.buffer
        if self.spans is None:
            return buffer[self.start : self.stop]
        return spans_end_to_end(buffer, *self.spans, gap=1)


def scan(cut: tuple[Lines, int, int]) -> Piece:
    """Find and check the lines of a stretch of bytes that `Lines.cuts` gave: any, on any thread."""
    lines, start, stop = cut
    buffer = lines.buffer
    starts, ends, _ = jsonl.lines(buffer, start, stop, (stop - start) // 2 + 1)
    end_to_end = int((ends - starts).sum()) + len(starts) == stop - start and buffer[stop - 1] == 10
    faulty = []
    faults = jsonl.check(buffer, starts, ends)
    for row in np.flatnonzero(faults >= 0).tolist():
        reason = _reason(buffer[starts[row] : ends[row]], int(faults[row] - starts[row]))
        if reason is not None:
            faulty.append((row, reason))
    line_ends = None if end_to_end and not faulty else np.flatnonzero(buffer[start:stop] == 10)
    before = [] if line_ends is None else np.searchsorted(line_ends, starts - start).tolist()
    return Piece(
        lines,
        start,
        stop,
        len(starts),
        len(starts) if line_ends is None else len(line_ends),
        [(row, before[row], reason) for row, reason in faulty],
        None if end_to_end else (starts, ends),
    )


def _reason(line: NDArray[np.uint8], place: int) -> str | None:
    """What is wrong with a line that the kernel faults at a place; the reference may yet take it.

    What is longer than `LONG_BYTES` (one JSON document, say) is not parsed: that takes many times its size.
    """
    if len(line) > LONG_BYTES:
        return f"not a JSON object, at byte {place + 1} of a line of {len(line):,} bytes"
    return jsonl_reference.fault(line.tobytes())


class Lines:
    """One file, mapped. It has rows once its pieces have been scanned and added.

    Args:
        name: As given; "-" is stdin.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.label = "stdin" if name == "-" else name
        self.buffer = map_bytes(name)
        self.size = len(self.buffer)
        head = self.buffer[:4].tobytes()
        for mark, encoding in _FOREIGN.items():
            if head.startswith(mark):
                raise errors.foreign_encoding(self.label, encoding)
        self.first = len(_BOM) if head.startswith(_BOM) else 0
        self.packed = name != "-" and Path(name.lower()).suffix in COMPRESSIONS
        self.rows = 0
        self.bad: list[BadRow] = []
        self._newlines = 0
        self._index: list[tuple[int, int, int]] = []  # row, line and place where a piece begins
        self._marks: dict[int, int] = {}  # places of rows where a read ended

    def facts(self) -> dict[str, Any]:
        """Name and size on disk."""
        size = Path(self.name).stat().st_size if self.packed else self.size
        return {"name": self.label, "bytes": size}

    def is_list(self) -> bool:
        """Whether the file begins as one JSON list does."""
        return self.buffer[self.first : self.first + 4096].tobytes().lstrip().startswith(b"[")

    def cuts(self) -> Iterator[tuple[Lines, int, int]]:
        """The stretches to scan: whole lines, of `PIECE_BYTES` and as much as ends the last."""
        start = self.first
        while start < self.size:
            stop = self._line_end(start + PIECE_BYTES)
            yield self, start, stop
            start = stop

    def _line_end(self, place: int) -> int:
        for start in range(place, self.size, _LOOK_BYTES):
            found = np.flatnonzero(self.buffer[start : start + _LOOK_BYTES] == 10)
            if len(found):
                return start + int(found[0]) + 1
        return self.size

    def add(self, piece: Piece) -> None:
        """Note the next piece: where it begins, and its rows that are not sound."""
        self._index.append((self.rows, self._newlines, piece.start))
        for row, newlines, reason in piece.faulty:
            where = f"{self.label}:{self._newlines + newlines + 1}"
            self.bad.append(BadRow(self.rows + row, where, reason))
        self.rows += piece.rows
        self._newlines += piece.newlines

    def spans(self, start: int, stop: int) -> tuple[Places, Places]:
        """Where rows [start, stop) begin and end, line ends left out."""
        place = self._marks.get(start)
        if place is None:
            row, _, place = self._index[self._piece(start)]
            place = jsonl.lines(self.buffer, place, self.size, start - row).next
        found = jsonl.lines(self.buffer, place, self.size, stop - start)
        self._marks[stop] = found.next  # blocks are read in turn, and the next begins here
        return found.starts, found.ends

    def spans_of(self, rows: Places) -> tuple[Places, Places]:
        """Where some rows, ascending, begin and end."""
        firsts = np.array([row for row, _, _ in self._index])
        pieces = np.searchsorted(firsts, rows, "right") - 1
        starts, ends = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for inside in np.split(rows, np.flatnonzero(np.diff(pieces)) + 1) if len(rows) else []:
            first, _, place = self._index[self._piece(int(inside[0]))]
            found = jsonl.lines(self.buffer, place, self.size, int(inside[-1]) - first + 1)
            starts.append(found.starts[inside - first])
            ends.append(found.ends[inside - first])
        return np.concatenate(starts), np.concatenate(ends)

    def raw(self, start: int, end: int) -> bytes:
        """A row's line as it stands, and a line end where it has none."""
        line = self.buffer[start : end + 2].tobytes()
        behind = line[end - start :]
        if behind.startswith(b"\n"):
            return line[: end - start + 1]
        return line if behind == b"\r\n" else line + b"\n"

    def where(self, row: int) -> str:
        """Name a row of this file: "pool.jsonl:1042"."""
        _, line, place = self._index[self._piece(row)]
        start = int(self.spans_of(np.array([row]))[0][0])
        return f"{self.label}:{line + int(np.count_nonzero(self.buffer[place:start] == 10)) + 1}"

    def _piece(self, row: int) -> int:
        return bisect_right(self._index, row, key=lambda entry: entry[0]) - 1
