"""Exact duplicates: rows with equal texts, or equal features."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from handful.duplicates._contract import Found, labels_of
from handful.methods._contract import Need, Target, View
from handful.parameters import parameter
from handful.pool import BLOCK_ROWS, Strings
from handful.rng import Draws
from handful.runtime.work import Size, Work

Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class Exact:
    r"""Rows whose texts are equal once case and white space are put aside.

    A text is compared as its tokens (runs of `\w`, and of neither `\w` nor white space) in lower case with
    one space between them; with `bytes` as its bytes. Rows without text are compared by their features, value
    by value. Equal means an equal 128-bit hash (BLAKE2b): for n rows, two different ones are taken as
    equal with probability below n²/2¹²⁹. One pass; 16 bytes a row.
    """

    bytes: bool = parameter(False, "Compare the bytes of texts: case and white space count.")

    version: ClassVar[int] = 1
    either: ClassVar[tuple[Need, ...]] = ("text", "features")

    @property
    def kept_bytes(self) -> int:
        """A hash."""
        return 16

    def work(self, size: Size) -> Work:
        """Each text once, and a sort."""
        return Work(text_bytes=size.text_bytes, steps=2000 * size.n, memory_bytes=64 * size.n)

    def find(self, view: View, owned: Target | None, rng: Draws) -> Found:
        """Hash each row; equal hashes are a cluster."""
        if view.read_texts is None:
            rows = [view.array()] if owned is None else [view.array(), owned.arrays(None)]
            return Found(labels_of(np.concatenate([hash_rows(array) for array in rows])))
        hashes = view.cached_rows(
            "text hashes",
            {"hash": "blake2b-128", "bytes": self.bytes, "version": self.version},
            (2,),
            np.uint64,
            self.hash_texts,
            progress="hashing texts",
        )
        return Found(labels_of(np.concatenate([hashes, *hashes_beside(owned, self.hash_texts)])))

    def hash_texts(self, texts: Strings) -> Hashes:
        """(m, 2) uint64: the 128-bit hash of each text."""
        from handful.kernels.shingles import normal_texts

        data, ends = texts.data, texts.offsets
        if not self.bytes:
            data, ends = normal_texts(data, ends)
        whole = np.ascontiguousarray(data).data
        return _hashes([whole[a:b] for a, b in pairwise(ends.tolist())])


def hashes_beside(owned: Target | None, function: Callable[[Strings], Any]) -> list[Any]:
    """What a function of texts makes of the rows already owned, block by block."""
    if owned is None:
        return []
    assert owned.texts is not None
    starts = range(0, owned.n, BLOCK_ROWS)
    return [function(owned.texts(at, min(owned.n, at + BLOCK_ROWS))) for at in starts]


def hash_rows(array: Any) -> Hashes:
    """(n, 2) uint64: the 128-bit hash of each row's float32 values; 0 and −0 are one."""
    parts = []
    for start in range(0, array.shape[0], BLOCK_ROWS):
        block = array[start : start + BLOCK_ROWS]
        if hasattr(block, "tocsr"):
            parts.append(_hashes(_sparse_rows(block)))
        else:
            values = np.ascontiguousarray(block, np.float32) + np.float32(0.0)
            parts.append(_hashes([row.data for row in values]))
    return np.concatenate([np.zeros((0, 2), np.uint64), *parts])


def _sparse_rows(block: Any) -> list[bytes]:
    """Columns and values of each row, without stored zeros, columns ascending."""
    rows = block.tocsr().astype(np.float32)
    rows.sum_duplicates()
    rows.eliminate_zeros()
    columns, ends = rows.indices.astype("<i8"), pairwise(rows.indptr.tolist())
    return [columns[a:b].tobytes() + rows.data[a:b].tobytes() for a, b in ends]


def _hashes(parts: list[Any]) -> Hashes:
    made = b"".join([hashlib.blake2b(part, digest_size=16).digest() for part in parts])
    return np.frombuffer(made, "<u8").astype(np.uint64).reshape(-1, 2)
