"""Ids of rows: unique, the key of every draw, and the order in which ties break."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.pool import Pool
from handful.rng import Keys, id_keys
from handful.selection import Indices

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")


@dataclass(frozen=True, eq=False)
class Ids:
    """The ids of all rows of a pool.

    Args:
        values: (n,) int64 where every id is a whole number, else objects (str); None: row numbers.
        rank: (n,) int64, each row's place in the order of ids; None where that is the row order.
        keys: (n,) uint64 for draws.
    """

    values: NDArray[Any] | None
    rank: Indices | None
    keys: Keys

    def of(self, rows: Indices) -> NDArray[Any]:
        """The ids of some rows."""
        return rows if self.values is None else self.values[rows]

    def rows_of(self, wanted: list[str]) -> tuple[Indices, list[str]]:
        """The rows of some ids given as text, in their order, and the ids that are not there."""
        n = len(self.keys)
        if self.values is None:
            known = [t for t in wanted if t.isdigit() and str(int(t)) == t and int(t) < n]
            missing = sorted(set(wanted) - set(known))
            return np.array([int(t) for t in known], np.int64), missing
        place = {str(value): row for row, value in enumerate(self.values.tolist())}
        known = [t for t in wanted if t in place]
        missing = [t for t in wanted if t not in place]
        return np.array([place[t] for t in known], np.int64), missing


def read_ids(pool: Pool) -> Ids:
    """Ids from the pool's id column, or the row numbers. Refuses an id that stands twice, or is empty.

    Whole numbers order by value, other ids by their UTF-8 bytes; the same from every format.
    Memory: 8 bytes a row without an id column; about 100 with one of texts.
    """
    if pool.id_column is None:
        return Ids(None, None, np.arange(pool.n, dtype=np.uint64))
    texts = list(pool.strings(pool.id_column))
    bad = {row.row for row in pool.source.bad}
    for row, text in enumerate(texts):
        if not text and row not in bad:
            raise errors.empty_id(pool.source.where(row), pool.id_column)
    if bad:  # a bad row has no id of its own; it is never picked
        texts = [f"\0bad row {row}" if row in bad else text for row, text in enumerate(texts)]
    if texts and all(_WHOLE.fullmatch(text) for text in texts):
        values: NDArray[Any] = np.array([int(text) for text in texts], np.int64)
        order = np.argsort(values, kind="stable")
        keys = id_keys(values.astype(np.uint64))
    else:
        values = np.array(texts, object)
        encoded = [text.encode() for text in texts]
        order = np.array(sorted(range(len(texts)), key=encoded.__getitem__), np.int64)
        keys = id_keys(encoded)
    same = np.flatnonzero(values[order][1:] == values[order][:-1])
    if len(same):
        first, second = sorted(order[same[0] : same[0] + 2].tolist())
        where = pool.source.where
        raise errors.duplicate_id(str(values[first]), where(first), where(second), len(same))
    rank = np.empty(pool.n, np.int64)
    rank[order] = np.arange(pool.n)
    return Ids(values, None if np.array_equal(rank, np.arange(pool.n)) else rank, keys)
