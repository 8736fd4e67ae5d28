"""Some rows of a view, and some rows of a target, as if they were all there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from handful.methods._contract import Target, View
from handful.pool import BLOCK_ROWS, Strings
from handful.selection import Floats, Indices

MOST_BYTES_HELD = 128_000_000


def narrow_view(view: View, rows: Indices, targets: tuple[Target, ...]) -> View:
    """A view of some rows, numbered anew from 0; their keys, and so their draws, stay what they were.

    Args:
        view: The rows to take from.
        rows: (m,) ascending.
        targets: What the method may see of the targets.
    """
    read, arrays, group = view.read_texts, view.arrays, view.group
    scores, partial = view.scores, view.partial
    return replace(
        view,
        n=len(rows),
        keys=view.keys[rows],
        identity={},  # a trial leaves nothing in the cache
        read_texts=None if read is None else _texts(read, rows),
        arrays=None if arrays is None else _rows_of(arrays, rows),
        targets=targets,
        rank=None if view.rank is None else _order(view.rank[rows]),
        scores=None if scores is None else _rows_of(scores, rows),
        partial=None if partial is None else _rows_of(partial, rows),
        source=view.source_rows(rows),
        group=None if group is None else (group[0][rows], group[1]),
    )


def remembered(view: View) -> View:
    """The same view, whose texts are read once where all of them together are at most 128 MB.

    A sub-pool's rows lie scattered over the whole file, so to read them is to read all of it.
    """
    read = view.read_texts
    if read is None:
        return view
    blocks: dict[int, Strings] = {}

    def again(start: int, stop: int) -> Strings:
        parts = []
        for block in range(start // BLOCK_ROWS, -(-stop // BLOCK_ROWS)):
            first = block * BLOCK_ROWS
            texts = blocks.get(block)
            if texts is None:
                texts = read(first, min(view.n, first + BLOCK_ROWS))
                held = sum(len(part.data) for part in list(blocks.values()))
                if held + len(texts.data) <= MOST_BYTES_HELD:
                    blocks[block] = texts
            parts.append(texts[max(start - first, 0) : stop - first])
        return parts[0] if len(parts) == 1 else Strings.concatenate(parts)

    return replace(view, read_texts=again)


def narrow_target(target: Target, rows: Indices) -> Target:
    """Some rows of a target, ascending, numbered anew."""
    texts = None if target.texts is None else _texts(target.texts, rows)
    return Target(target.name, len(rows), texts, _rows_of(target.arrays, rows))


def _rows_of(read: Callable[[str | None], Any], rows: Indices) -> Callable[[str | None], Any]:
    def taken(name: str | None) -> Any:
        array = read(name)
        return array if len(rows) == array.shape[0] else array[rows]

    return taken


def _texts(read: Callable[[int, int], Strings], rows: Indices) -> Callable[[int, int], Strings]:
    """Texts of rows [start, stop) of the narrow numbering, read in stretches of the wide one."""

    def narrow(start: int, stop: int) -> Strings:
        wanted = rows[start:stop]
        if not len(wanted):
            return Strings.of([])
        parts = []
        for block in np.unique(wanted // BLOCK_ROWS).tolist():
            within = wanted[wanted // BLOCK_ROWS == block]
            first, last = int(within[0]), int(within[-1]) + 1
            texts = read(first, last)
            parts.append(texts if len(within) == last - first else texts.take(within - first))
        return Strings.concatenate(parts)

    return narrow


def _order(rank: Floats | Indices) -> Indices:
    """Places 0 to m − 1 in the same order."""
    return np.argsort(np.argsort(rank, kind="stable"), kind="stable")
