"""Named similarities of feature rows, from products of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from handful.graphs._contract import SINGLE, Floats, Indices, Tile
from handful.graphs._tiled import Tiled
from handful.graphs.rows import (
    column_sums,
    float_rows,
    is_sparse,
    mean_squared_distance,
    product,
    products,
    single_pairs,
    squared_distances,
    squared_lengths,
    unit_rows,
)
from handful.graphs.tiles import tile_blocks


class FeaturePairs(Tiled):
    """A named similarity of feature rows. Cosines are of unit rows rounded to float32.

    A row of zeros has no direction: its cosine is 0 with every row, itself included.

    Args:
        name: One of `NAMES`.
        left: (n, d) float32, C-contiguous or CSR; unit rows where the name is a cosine.
        right: (m, d), likewise; `left` itself where the sets are one.
        scale: The mean squared distance of "rbf".
    """

    def __init__(self, name: str, left: Any, right: Any, scale: float) -> None:
        self.name, self.left, self.right, self.scale = name, left, right, scale
        self.shape = (left.shape[0], right.shape[0])
        self.symmetric = left is right
        first = squared_lengths(left)
        second = first if self.symmetric else squared_lengths(right)
        self._longest = tuple(float(np.sqrt(x.max(initial=0.0))) for x in (first, second))
        self._squares = (first, second) if self._metric else None
        self.error = self._bound()

    @classmethod
    def of(cls, name: str, left: Any, right: Any = None, reference: Any = None) -> FeaturePairs:
        """Check and prepare raw features: float32, and unit length for cosines."""
        prepare = unit_rows if name.endswith("cosine") else float_rows
        first = prepare(left)
        second = first if right is None else prepare(right)
        if is_sparse(first) != is_sparse(second):
            first, second = sparse.csr_array(first), sparse.csr_array(second)
        scale = 1.0
        if name == "rbf":
            scale = mean_squared_distance(second if reference is None else prepare(reference))
        return cls(name, first, second, scale)

    @property
    def _metric(self) -> bool:
        return self.name in {"euclidean", "rbf"}

    def column(self, j: int) -> tuple[Indices, Floats]:
        """See `Pairs.column`."""
        one = self.right[j : j + 1]
        out = squared_distances(self.left, one) if self._metric else products(self.left, one)
        return np.arange(len(out)), self._shaped(out).astype(np.float64, copy=False)

    def _single(self, rows: Indices, columns: Indices, near: Floats) -> Floats:
        return self.at(rows, columns)

    def at(self, rows: Indices, columns: Indices) -> Floats:
        """(p,) float64 similarities of single pairs, each as `column` gives it. O(p·d)."""
        raw = single_pairs(self.left, rows, self.right, columns, metric=self._metric)
        return np.asarray(self._shaped(raw), np.float64)

    def keys(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        """(a, b) float32 numbers in the order of the similarities, within `key_error` of exact ones.

        The product of the rows; for distances, minus half the squared distance.
        """
        keys = np.ascontiguousarray(product(self.left[rows], self.right[columns]), np.float32)
        if self._squares is not None:
            keys -= (0.5 * self._squares[0][rows, None]).astype(np.float32)
            keys -= (0.5 * self._squares[1][columns]).astype(np.float32)
        return keys

    def singles(self, rows: slice | Indices, columns: slice | Indices) -> NDArray[np.float32]:
        """(a, b) similarities as float32, unclipped, within `error` + 2⁻²⁴·`largest`; C-contiguous."""
        if self._squares is not None:
            return np.ascontiguousarray(self.precise(rows, columns), np.float32)
        return np.ascontiguousarray(product(self.left[rows], self.right[columns]), np.float32)

    def moments(self, weights: Floats) -> tuple[Floats, Floats] | None:
        """(n,) Σ_i w_i·s_ij and Σ_i w_i·s_ij² of unclipped products, in O(n·d²); None for distances."""
        if self._metric or is_sparse(self.left) or self.left.shape[1] > self.shape[0]:
            return None
        d = self.left.shape[1]
        total, square = np.zeros(d), np.zeros((d, d))
        for run in tile_blocks(self.shape[0]):
            block = self.left[run].astype(np.float64)
            scaled = block * weights[run, None]
            total += scaled.sum(axis=0)
            square += block.T @ scaled
        first, second = np.empty(self.shape[1]), np.empty(self.shape[1])
        for run in tile_blocks(self.shape[1]):
            block = self.right[run].astype(np.float64)
            first[run] = block @ total
            second[run] = np.einsum("ij,ij->i", block @ square, block)
        return first, second

    @property
    def largest(self) -> float:
        """No similarity is larger than this in size."""
        return 1.0 if self._metric else float(np.prod(self._longest))

    @property
    def linear(self) -> bool:
        """Whether similarities are the plain products of dense rows."""
        return self.name in {"cosine", "dot"} and not is_sparse(self.left)

    @property
    def key_error(self) -> float:
        """A bound on the rounding of `keys`."""
        left, right = self._longest
        d = float(self.left.shape[1] + 4)
        if not self._metric:
            return 2.0**-24 * d * left * right
        return 2.0**-24 * (d + 4.0) * (left + right) ** 2

    def of_key(self, keys: Floats) -> Floats:
        """The similarity that an exact key stands for."""
        raw = np.maximum(-2.0 * keys, 0.0) if self._metric else keys
        return np.asarray(self._shaped(raw), np.float64)

    def tile(self, rows: slice, columns: Indices) -> Tile:
        """See `Pairs.tile`."""
        if self._squares is not None:  # distances lose half their digits near 0
            return self.precise(rows, columns)
        return self._shaped(product(self.left[rows], self.right[columns]))

    def precise(self, rows: slice | Indices, columns: slice | Indices) -> Tile:
        """See `Pairs.precise`."""
        out = product(self.left[rows].astype(np.float64), self.right[columns].astype(np.float64))
        if self._squares is not None:
            both = self._squares[0][rows, None] + self._squares[1][columns]
            out *= -2.0
            out += both
            np.maximum(out, 0.0, out=out)
            if not is_sparse(self.left):  # a small difference of large numbers is taken by itself
                i, j = np.nonzero(out < 2.0**-20 * both)
                first, second = (np.arange(n) for n in self.shape)
                names = self.left, first[rows][i], self.right, second[columns][j]
                out[i, j] = single_pairs(*names, metric=True)
        return self._shaped(out)

    def diagonal(self) -> Floats:
        """See `Pairs.diagonal`."""
        if self._metric:
            return self._shaped(np.zeros(self.shape[0])).astype(np.float64, copy=False)
        return self._shaped(squared_lengths(self.left)).astype(np.float64, copy=False)

    def totals(self) -> Floats:
        """See `Pairs.totals`. O(n·d) where the similarity is linear."""
        if self.name not in {"cosine", "dot"}:
            return super().totals()
        return np.asarray(self.right @ column_sums(self.left), np.float64)

    def first_negative(self) -> tuple[int, int, float] | None:
        """See `Pairs.first_negative`."""
        if self._metric or self.name == "clipped_cosine":
            return None
        if all(x.min() >= 0 for x in (self.left, self.right) if x.shape[0]):
            return None
        return super().first_negative()

    def _shaped(self, raw: Tile) -> Tile:
        """From the product or the squared distance to the similarity."""
        match self.name:
            case "clipped_cosine":
                return np.maximum(raw, 0.0)
            case "euclidean":
                return 1.0 / (1.0 + np.sqrt(raw))
            case "rbf":
                return np.exp(raw / -self.scale)
            case _:
                return raw

    def _bound(self) -> float:
        """Sequential sums of d products: relative error d·u, in the float type of the product."""
        if not min(self.shape):
            return 0.0
        d = self.left.shape[1] + 4
        left, right = self._longest
        if self._metric:
            squared = 2.0**-53 * d * (left + right) ** 2
            near = np.sqrt(squared) if self.name == "euclidean" else squared / self.scale
            return float(near) + SINGLE
        return float(2.0**-24 * d * left * right) + SINGLE * self.largest
