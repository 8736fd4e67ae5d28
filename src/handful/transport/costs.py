"""Distances between rows and targets, tile by tile, the same to the last bit wherever a pair stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from scipy import sparse

from handful.graphs.rows import is_sparse, require_finite
from handful.transport._contract import Floats

TILE_ROWS = 512
"""Rows in one tile. A constant: sums over rows are taken tile by tile."""
HELD_BYTES = 1 << 26
"""All costs are kept where they fit this; else they are made anew in each sweep."""

Kind = Literal["euclidean", "squared"]
Change = Callable[[Any], Any]


class Costs:
    """The cost c_ij = ‖x_i − y_j‖, or its square, of each row i of a pool to each target j.

    A matrix product gives a pair different last bits in different places. Here coordinates are first rounded
    to whole multiples of a step so small that no float64 product of theirs has to be rounded again: the
    products are exact, whatever the tile, the library and the threads. The step is 2⁻²⁰ of the largest
    coordinate for d = 1,024, which is what float32 keeps of it, and half of that for each d four times larger.

    Args:
        rows: (n, d) finite, dense (may be memory-mapped, float16 or float32) or CSR; read in blocks.
        targets: (m, d) of the same kind.
        kind: "euclidean", or "squared".
        change: What is done to each block of rows, and to the targets, first: unit rows, whitening.

    Cost: n·m·d multiply-adds a sweep. Memory: 8·m·d and a few tiles, or 64 MB.

    Example:
        >>> costs = Costs(np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 0.0]]))
        >>> costs.tile(0).tolist()
        [[0.0], [5.0]]
    """

    def __init__(
        self, rows: Any, targets: Any, kind: Kind = "euclidean", *, change: Change | None = None
    ) -> None:
        self.shape = (int(rows.shape[0]), int(targets.shape[0]))
        self.kind = kind
        self._rows = rows.tocsr() if is_sparse(rows) else rows
        self._change = change
        changed = self._changed(targets.tocsr() if is_sparse(targets) else targets, "targets")
        largest, terms = _extent(changed)
        for start in range(0, self.shape[0], TILE_ROWS):
            block = _extent(self._block(start))
            largest, terms = max(largest, block[0]), max(terms, block[1])
        bits = (51 - max(1, terms - 1).bit_length()) // 2
        self._step = 2.0 ** (np.ceil(np.log2(largest)) - bits) if largest > 0.0 else 1.0
        whole = self._whole(changed)
        self._targets, self._squares = whole.T, _squares(whole)
        self._held: dict[int, Floats] = {}

    @property
    def tiles(self) -> range:
        """Numbers of the tiles: tile t has rows [512·t, 512·(t + 1))."""
        return range(-(-self.shape[0] // TILE_ROWS))

    def part(self, tile: int) -> slice:
        """The rows of a tile."""
        return slice(tile * TILE_ROWS, min(self.shape[0], (tile + 1) * TILE_ROWS))

    def tile(self, tile: int) -> Floats:
        """(b, m) float64 costs of the rows of a tile; not to be written to."""
        found = self._held.get(tile)
        if found is None:
            found = self._costs(self._block(tile * TILE_ROWS))
            if 8 * self.shape[0] * self.shape[1] <= HELD_BYTES:
                self._held[tile] = found
        return found

    def of(self, rows: Any) -> Floats:
        """(k, m) float64 costs of some rows by number: the same bits as in their tiles."""
        return self._costs(self._changed(self._rows[rows], "features"))

    def _costs(self, block: Any) -> Floats:
        whole = self._whole(block)
        products = whole @ self._targets
        found: Floats = products.toarray() if is_sparse(products) else products
        found *= -2.0
        found += self._squares
        found += _squares(whole)[:, None]
        if self.kind == "euclidean":
            np.sqrt(found, out=found)
            found *= self._step
        else:
            found *= self._step**2
        return found

    def _block(self, start: int) -> Any:
        return self._changed(self._rows[start : start + TILE_ROWS], "features")

    def _changed(self, block: Any, whose: str) -> Any:
        if self._change is not None:
            block = self._change(block)
        if is_sparse(block):
            block = sparse.csr_array(block, copy=True)
            block.sum_duplicates()
        require_finite(block.data if is_sparse(block) else block, whose)
        return block

    def _whole(self, block: Any) -> Any:
        """The block in whole steps, float64."""
        block = block.astype(np.float64)
        data = block.data if is_sparse(block) else block
        data /= self._step
        np.rint(data, out=data)
        return block


def _extent(block: Any) -> tuple[float, int]:
    """The largest coordinate, and how many a row has at most."""
    if is_sparse(block):
        most = int(np.diff(block.indptr).max(initial=0))
        return float(np.abs(block.data).max(initial=0.0)), most
    return float(np.abs(block).max(initial=0.0)), int(block.shape[1])


def _squares(whole: Any) -> Floats:
    """(b,) squared lengths; sums of whole numbers below 2⁵³, so exact."""
    if is_sparse(whole):
        owner = np.repeat(np.arange(whole.shape[0]), np.diff(whole.indptr))
        return np.bincount(owner, whole.data**2, minlength=whole.shape[0]).astype(np.float64)
    return np.asarray(np.einsum("ij,ij->i", whole, whole))


def unit(block: Any) -> Any:
    """Rows over their lengths, for `change`; a row of zeros stays.

    Example:
        >>> unit(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
        [[0.6, 0.8], [0.0, 0.0]]
    """
    if is_sparse(block):
        block = sparse.csr_array(block, dtype=np.float64, copy=True)
        lengths = np.sqrt(_squares(block))
        block.data /= np.repeat(np.where(lengths > 0.0, lengths, 1.0), np.diff(block.indptr))
        return block
    block = np.asarray(block, np.float64)
    lengths = np.sqrt((block * block).sum(axis=1, keepdims=True))
    return block / np.where(lengths > 0.0, lengths, 1.0)
