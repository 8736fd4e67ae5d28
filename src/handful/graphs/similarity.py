"""How alike two rows are, for every pair: by name, by matrix, by neighbour graph, or by the user's function.

This file is the definition. `Pairs.column` says exactly what each similarity is; `Pairs.tile` gives
whole blocks of them quickly, within `Pairs.error`. The one expensive line is `_products`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from handful import errors
from handful.graphs.tiles import each_pair_once
from handful.runtime.blas import one_blas_thread
from handful.runtime.run import Run

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Singles = NDArray[np.float32]
Tile = Singles | NDArray[np.float64]
Similarity = Any
"""A name of `NAMES`; an (n, m) array; an (n, m) CSR matrix; or a function of two blocks of features,
(a, d) and (b, d), giving (a, b)."""

NAMES = ("clipped_cosine", "cosine", "dot", "euclidean", "rbf")
"""Larger is closer. clipped_cosine: max(0, cosine). dot: ⟨x, y⟩. euclidean: 1 / (1 + ‖x − y‖).
rbf: exp(−‖x − y‖² / m), where m is the mean of ‖x − y‖² over all pairs of candidates."""

SINGLE = 2.0**-22
"""Relative error of a similarity and the bounds it is held to, once they are float32."""

TILE_ROWS = 1024
"""Rows and columns of one tile. A constant: results may not depend on memory or threads."""


class Pairs(Protocol):
    """The similarity s_ij of each row i of one set, n rows, to each candidate j of another, m rows.

    Attributes:
        shape: (n, m).
        symmetric: The two sets are one, and s_ij = s_ji.
        sparse: Pairs left out count 0.
        error: |tile − column| is at most this, in every entry.
        rounding: Relative error of `sums` beside that.
    """

    shape: tuple[int, int]
    symmetric: bool
    sparse: bool
    error: float
    rounding: float

    def column(self, j: int) -> tuple[Indices, Floats]:
        """Rows i and their s_ij in float64, summed in a fixed order: equal rows have equal bits.

        Rows are ascending; those left out have s_ij = 0. O(n·d).
        """
        ...

    def tile(self, rows: slice, columns: Indices) -> Tile:
        """(a, b): similarities of a run of rows to some candidates, each within `error`."""
        ...

    def precise(self, rows: slice, columns: Indices) -> Tile:
        """(a, b): the same to nearly full float64 precision, more slowly."""
        ...

    def counts(self, columns: Indices, bar: Floats) -> Floats:
        """(n,) how many of some candidates each row is nearer to than its bar, to within `error`."""
        ...

    def sums(
        self,
        columns: Indices,
        low: Floats,
        room: Floats | None = None,
        weights: Floats | None = None,
    ) -> Floats:
        """(b,) float64: Σ_i w_i · min(max(s_ij − low_i, 0), room_i), the sum under most objectives.

        Args:
            columns: (b,) candidates.
            low: (n,) ≥ 0, what row i has already; so a pair left out, a similarity of 0, adds nothing.
            room: (n,) ≥ 0, how much more row i can use; None: no limit.
            weights: (n,) ≥ 0; None: ones.
        """
        ...

    def totals(self) -> Floats:
        """(m,) Σ_i s_ij over all rows i, to nearly full float64 precision. O(n·m·d)."""
        ...

    def peaks(self) -> Floats:
        """(m,) max_i s_ij, at least 0, of the bits that `column` has for some largest one. O(n·m·d)."""
        ...

    def diagonal(self) -> Floats:
        """(n,) s_jj, where the two sets are one; exact as `column` is."""
        ...

    def first_negative(self) -> tuple[int, int, float] | None:
        """(i, j, s_ij) of one similarity below 0, or None where there is none."""
        ...


def pairs(similarity: Similarity, left: Any, right: Any = None, *, reference: Any = None) -> Pairs:
    """Bind a similarity to the rows it compares.

    Args:
        similarity: See `Similarity`.
        left: (n, d) features of the rows to be served, dense or CSR; None with a matrix or a graph.
        right: (m, d) features of the candidates; None: the same rows.
        reference: (p, d) features from which "rbf" takes its scale; None: the candidates.

    Example:
        >>> x = np.array([[1, 0], [0, 1], [-1, 0]], np.float32)
        >>> [pairs(name, x).column(0)[1].round(2).tolist() for name in ("clipped_cosine", "euclidean")]
        [[1.0, 0.0, 0.0], [1.0, 0.41, 0.33]]
    """
    if isinstance(similarity, str):
        if similarity not in NAMES:
            raise errors.unknown_choice("similarity", similarity, NAMES)
        return FeaturePairs.of(similarity, left, right, reference)
    if _is_sparse(similarity):
        return GraphPairs(similarity)
    if callable(similarity):
        return CallablePairs(similarity, left, left if right is None else right, right is None)
    return MatrixPairs(similarity)


def hold(made: Pairs, memory_bytes: int, threads: int = 1) -> Pairs:
    """Keep all similarities in memory where they take at most half of what is allowed.

    The exact columns stay what they were, so the picks are the same either way.
    """
    if isinstance(made, _Tiled):
        made.threads = threads
    fits = made.shape[0] * made.shape[1] * 8 <= memory_bytes
    return (
        made
        if made.sparse or isinstance(made, MatrixPairs) or not fits
        else HeldPairs(made, threads)
    )


class _Tiled(Pairs):
    """What every kind of pairs that can be cut into tiles shares."""

    shape: tuple[int, int]
    symmetric: bool
    sparse: bool = False
    error: float = 0.0
    rounding: float = 2.0**-17
    threads: int = 1

    def tile(self, rows: slice, columns: Indices) -> Tile:
        """See `Pairs.tile`."""
        raise NotImplementedError

    def sums(
        self,
        columns: Indices,
        low: Floats,
        room: Floats | None = None,
        weights: Floats | None = None,
    ) -> Floats:
        """See `Pairs.sums`."""
        n = self.shape[0]
        high = np.full(n, np.inf) if room is None else low + room
        unit = np.ones(n) if weights is None else weights
        bounds = tuple(np.asarray(bound, np.float32) for bound in (low, high, unit))

        def work(run: slice) -> Floats:
            return self._column_sums(columns[run], bounds)

        runs = [slice(at, at + TILE_ROWS) for at in range(0, len(columns), TILE_ROWS)]
        with one_blas_thread():
            parts = list(Run(threads=self.threads).map_blocks(work, runs))
        return np.concatenate([np.zeros(0), *parts])

    def _column_sums(self, columns: Indices, bounds: tuple[Singles, ...]) -> Floats:
        """The sums of some candidates, over rows in order."""
        from handful.kernels.served import column_sums

        out = np.zeros((3, len(columns)))
        for start in range(0, self.shape[0], TILE_ROWS):
            rows = slice(start, min(start + TILE_ROWS, self.shape[0]))
            tile = np.ascontiguousarray(self.tile(rows, columns), np.float32)
            low, high, weights = (bound[rows] for bound in bounds)
            column_sums(tile, low, high, weights, 0.0, out[0], out[1], out[2])
        return np.asarray(out[0])

    def counts(self, columns: Indices, bar: Floats) -> Floats:
        """See `Pairs.counts`."""
        out = np.zeros(self.shape[0])
        for start in range(0, len(out), TILE_ROWS):
            rows = slice(start, min(start + TILE_ROWS, len(out)))
            for at in range(0, len(columns), TILE_ROWS):
                tile = self.tile(rows, columns[at : at + TILE_ROWS])
                out[rows] += (tile > bar[rows, None]).sum(axis=1)
        return out

    def totals(self) -> Floats:
        """See `Pairs.totals`."""
        out = np.zeros(self.shape[1])
        if not self.symmetric:
            for rows, run in self._tiles():
                out[run] += self.precise(rows, run).sum(axis=0, dtype=np.float64)
            return out
        blocks = [slice(at, at + TILE_ROWS) for at in range(0, len(out), TILE_ROWS)]
        columns = np.arange(len(out))

        def work(at: tuple[int, int]) -> tuple[tuple[int, int], Floats, Floats]:
            rows, run = blocks[at[0]], columns[blocks[at[1]]]
            tile = self.precise(slice(rows.start, min(rows.stop, len(out))), run)
            return at, tile.sum(axis=0, dtype=np.float64), tile.sum(axis=1, dtype=np.float64)

        with one_blas_thread():
            for (i, j), down, across in Run(threads=self.threads).map_blocks(
                work, each_pair_once(len(blocks))
            ):
                out[blocks[j]] += down
                if i != j:
                    out[blocks[i]] += across
        return out

    def peaks(self) -> Floats:
        """See `Pairs.peaks`."""
        out, places = np.zeros(self.shape[1]), np.full(self.shape[1], -1)
        for rows, run in self._tiles():
            tile = self.precise(rows, run)
            row = tile.argmax(axis=0)
            highest = tile[row, np.arange(len(run))]
            higher = highest > out[run]
            out[run[higher]], places[run[higher]] = highest[higher], rows.start + row[higher]
        above = np.flatnonzero(places >= 0)
        out[above] = self._single(places[above], above, out[above])
        return out

    def _single(self, rows: Indices, columns: Indices, near: Floats) -> Floats:
        """(p,) single pairs as `column` gives them, where `near` may differ by rounding."""
        return near

    def _tiles(self) -> Iterator[tuple[slice, Indices]]:
        """All tiles, row after row of them."""
        for start in range(0, self.shape[0], TILE_ROWS):
            for at in range(0, self.shape[1], TILE_ROWS):
                run = np.arange(at, min(at + TILE_ROWS, self.shape[1]))
                yield slice(start, min(start + TILE_ROWS, self.shape[0])), run

    def diagonal(self) -> Floats:
        """See `Pairs.diagonal`."""
        blocks = range(0, self.shape[0], TILE_ROWS)
        runs = [np.arange(at, min(at + TILE_ROWS, self.shape[0])) for at in blocks]
        parts = [np.diagonal(self.tile(slice(run[0], run[-1] + 1), run)) for run in runs]
        return np.concatenate([np.zeros(0), *parts]).astype(np.float64)

    def precise(self, rows: slice, columns: Indices) -> Tile:
        """A tile to full float64 precision, where the usual one is not."""
        return self.tile(rows, columns)

    def first_negative(self) -> tuple[int, int, float] | None:
        """See `Pairs.first_negative`."""
        for rows, run in self._tiles():
            tile = self.tile(rows, run)
            if tile.min(initial=0.0) < -self.error:
                i, j = np.unravel_index(int(tile.argmin()), tile.shape)
                return rows.start + int(i), int(run[j]), float(tile[i, j])
        return None


class FeaturePairs(_Tiled):
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
        if _is_sparse(first) != _is_sparse(second):
            first, second = sparse.csr_array(first), sparse.csr_array(second)
        scale = 1.0
        if name == "rbf":
            scale = _mean_squared_distance(second if reference is None else prepare(reference))
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
        if not (_is_sparse(self.left) or _is_sparse(self.right)):
            raw = _exact(self.left, rows, self.right, columns, self._metric)
            return np.asarray(self._shaped(raw), np.float64)
        out, formula = np.empty(len(rows)), squared_distances if self._metric else products
        for j in np.unique(columns).tolist():
            here = np.flatnonzero(columns == j)
            out[here] = formula(self.left[rows[here]], self.right[j : j + 1])
        return np.asarray(self._shaped(out), np.float64)

    def keys(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        """(a, b) float32 numbers in the order of the similarities, within `key_error` of exact ones.

        The product of the rows; for distances, minus half the squared distance.
        """
        keys = np.ascontiguousarray(_products(self.left[rows], self.right[columns]), np.float32)
        if self._squares is not None:
            keys -= (0.5 * self._squares[0][rows, None]).astype(np.float32)
            keys -= (0.5 * self._squares[1][columns]).astype(np.float32)
        return keys

    def singles(self, rows: slice | Indices, columns: slice | Indices) -> NDArray[np.float32]:
        """(a, b) similarities as float32, unclipped, within `error` + 2⁻²⁴·`largest`; C-contiguous."""
        if self._squares is not None:
            return np.ascontiguousarray(self.precise(rows, columns), np.float32)
        return np.ascontiguousarray(_products(self.left[rows], self.right[columns]), np.float32)

    def moments(self, weights: Floats) -> tuple[Floats, Floats] | None:
        """(n,) Σ_i w_i·s_ij and Σ_i w_i·s_ij² of unclipped products, in O(n·d²); None for distances."""
        if self._metric or _is_sparse(self.left) or self.left.shape[1] > self.shape[0]:
            return None
        d = self.left.shape[1]
        total, square = np.zeros(d), np.zeros((d, d))
        for start in range(0, self.shape[0], TILE_ROWS):
            block = self.left[start : start + TILE_ROWS].astype(np.float64)
            scaled = block * weights[start : start + TILE_ROWS, None]
            total += scaled.sum(axis=0)
            square += block.T @ scaled
        first, second = np.empty(self.shape[1]), np.empty(self.shape[1])
        for start in range(0, self.shape[1], TILE_ROWS):
            run = slice(start, start + TILE_ROWS)
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
        return self.name in {"cosine", "dot"} and not _is_sparse(self.left)

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
        return self._shaped(_products(self.left[rows], self.right[columns]))

    def precise(self, rows: slice | Indices, columns: slice | Indices) -> Tile:
        """See `Pairs.precise`."""
        out = _products(self.left[rows].astype(np.float64), self.right[columns].astype(np.float64))
        if self._squares is not None:
            both = self._squares[0][rows, None] + self._squares[1][columns]
            out *= -2.0
            out += both
            np.maximum(out, 0.0, out=out)
            if not _is_sparse(self.left):  # a small difference of large numbers is taken by itself
                i, j = np.nonzero(out < 2.0**-20 * both)
                first, second = (np.arange(n) for n in self.shape)
                out[i, j] = _exact(self.left, first[rows][i], self.right, second[columns][j], True)
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
        return np.asarray(self.right @ _column_sums(self.left), np.float64)

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


class MatrixPairs(_Tiled):
    """A similarity given as an array, (n, m); held as it is."""

    def __init__(self, matrix: Any) -> None:
        self.matrix = np.asarray(matrix)
        if self.matrix.dtype.kind != "f" or self.matrix.dtype.itemsize < 4:
            self.matrix = self.matrix.astype(np.float32)
        _require_finite(self.matrix, "similarity")
        self.error = SINGLE * float(np.abs(self.matrix).max(initial=0.0))
        self.shape = (self.matrix.shape[0], self.matrix.shape[1])
        self.symmetric = self.shape[0] == self.shape[1] and bool(
            (self.matrix == self.matrix.T).all()
        )

    def column(self, j: int) -> tuple[Indices, Floats]:
        """See `Pairs.column`."""
        return np.arange(self.shape[0]), self.matrix[:, j].astype(np.float64)

    def tile(self, rows: slice, columns: Indices) -> Tile:
        """See `Pairs.tile`."""
        return self.matrix[rows][:, columns]


class HeldPairs(_Tiled):
    """Pairs whose tiles were all computed once, as float32. 4 bytes a pair."""

    def __init__(self, made: Pairs, threads: int = 1) -> None:
        self.made, self.shape, self.symmetric = made, made.shape, made.symmetric
        self.threads, self.matrix = threads, np.empty(made.shape, np.float32)

        def work(at: tuple[slice, Indices]) -> None:
            rows, run = at
            self.matrix[rows, run[0] : run[-1] + 1] = made.tile(rows, run)

        with one_blas_thread():
            for _ in Run(threads=threads).map_blocks(work, self._tiles()):
                pass
        largest = max(self.matrix.max(initial=0.0), -self.matrix.min(initial=0.0))
        self.error = made.error + SINGLE * float(largest)

    def column(self, j: int) -> tuple[Indices, Floats]:
        """See `Pairs.column`."""
        return self.made.column(j)

    def totals(self) -> Floats:
        """See `Pairs.totals`."""
        return self.made.totals()

    def peaks(self) -> Floats:
        """See `Pairs.peaks`."""
        return self.made.peaks()

    def diagonal(self) -> Floats:
        """See `Pairs.diagonal`."""
        return self.made.diagonal()

    def tile(self, rows: slice, columns: Indices) -> Tile:
        """See `Pairs.tile`."""
        return self.matrix[rows, _run(columns)]

    def precise(self, rows: slice, columns: Indices) -> Tile:
        """See `Pairs.precise`."""
        return self.made.precise(rows, columns)

    def first_negative(self) -> tuple[int, int, float] | None:
        """See `Pairs.first_negative`."""
        return self.made.first_negative()


class CallablePairs(_Tiled):
    """A similarity that the user computes, one block of pairs at a time.

    The function is asked for whole aligned blocks of `TILE_ROWS` rows only, so one pair has one value.
    """

    def __init__(
        self, function: Callable[[Any, Any], Any], left: Any, right: Any, symmetric: bool
    ) -> None:
        self.function, self.left, self.right = function, left, right
        self.shape, self.symmetric = (left.shape[0], right.shape[0]), symmetric
        self._largest = 0.0

    @property
    def error(self) -> float:  # type: ignore[override]
        """That of float32, in the largest similarity seen so far."""
        return SINGLE * self._largest

    def column(self, j: int) -> tuple[Indices, Floats]:
        """See `Pairs.column`."""
        start = j - j % TILE_ROWS
        parts = [self._block(i, start)[:, j - start] for i in range(0, self.shape[0], TILE_ROWS)]
        return np.arange(self.shape[0]), np.concatenate(parts).astype(np.float64)

    def tile(self, rows: slice, columns: Indices) -> Tile:
        """See `Pairs.tile`."""
        out = np.empty((rows.stop - rows.start, len(columns)))
        for i in range(rows.start - rows.start % TILE_ROWS, rows.stop, TILE_ROWS):
            inner = slice(max(rows.start, i), min(rows.stop, i + TILE_ROWS))
            for start in np.unique(columns - columns % TILE_ROWS).tolist():
                here = (columns >= start) & (columns < start + TILE_ROWS)
                block = self._block(i, start)[inner.start - i : inner.stop - i]
                out[inner.start - rows.start : inner.stop - rows.start, here] = block[
                    :, columns[here] - start
                ]
        return out

    def _block(self, row: int, column: int) -> Tile:
        left, right = self.left[row : row + TILE_ROWS], self.right[column : column + TILE_ROWS]
        block = np.asarray(self.function(left, right))
        if block.shape != (left.shape[0], right.shape[0]):
            raise errors.similarity_shape(block.shape, (left.shape[0], right.shape[0]))
        _require_finite(block, "similarity")
        self._largest = max(self._largest, float(np.abs(block).max(initial=0.0)))
        return block


class GraphPairs(Pairs):
    """A sparse similarity: row i lists the candidates it is near; all other pairs count 0."""

    sparse = True
    error = 0.0
    rounding = 2.0**-40

    def __init__(self, graph: Any) -> None:
        by_candidate = _by_column(graph)
        _require_finite(by_candidate.data, "similarity")
        self.by_candidate = by_candidate
        self.shape = (int(graph.shape[0]), int(graph.shape[1]))
        self._starts = by_candidate.indptr.astype(np.int64)
        self._rows = by_candidate.indices.astype(np.int32, copy=False)

    @cached_property
    def symmetric(self) -> bool:  # type: ignore[override]  # asked for seldom, and not cheap
        """Whether s_ij = s_ji for all pairs."""
        rows, columns = self.shape
        return rows == columns and abs(self.by_candidate - self.by_candidate.T).max() == 0.0

    def column(self, j: int) -> tuple[Indices, Floats]:
        """See `Pairs.column`."""
        entries = slice(self.by_candidate.indptr[j], self.by_candidate.indptr[j + 1])
        rows = self.by_candidate.indices[entries].astype(np.int64)
        return rows, self.by_candidate.data[entries].astype(np.float64)

    def tile(self, rows: slice, columns: Indices) -> Tile:
        """See `Pairs.tile`."""
        return np.asarray(self.by_candidate[:, columns][rows].toarray())

    def sums(
        self,
        columns: Indices,
        low: Floats,
        room: Floats | None = None,
        weights: Floats | None = None,
    ) -> Floats:
        """See `Pairs.sums`."""
        from handful.kernels.lists import sparse_sums

        none, out = np.zeros(0), np.empty(len(columns))
        limits = none if room is None else room, none if weights is None else weights
        entries = (self._starts, self._rows, self.by_candidate.data)
        sparse_sums(*entries, np.ascontiguousarray(columns, np.int64), low, *limits, out)
        return out

    def precise(self, rows: slice, columns: Indices) -> Tile:
        """See `Pairs.precise`."""
        return self.tile(rows, columns)

    def counts(self, columns: Indices, bar: Floats) -> Floats:
        """See `Pairs.counts`."""
        chosen = self.by_candidate[:, columns]
        above = chosen.indices[chosen.data > bar[chosen.indices]]
        return np.bincount(above, minlength=self.shape[0]).astype(np.float64)

    def totals(self) -> Floats:
        """See `Pairs.totals`."""
        return _column_sums(self.by_candidate)

    def peaks(self) -> Floats:
        """See `Pairs.peaks`."""
        highest = self.by_candidate.max(axis=0)
        return np.maximum(np.asarray(highest.todense(), np.float64).ravel(), 0.0)

    def diagonal(self) -> Floats:
        """See `Pairs.diagonal`."""
        return np.asarray(self.by_candidate.diagonal(), np.float64)

    def first_negative(self) -> tuple[int, int, float] | None:
        """See `Pairs.first_negative`."""
        entry = int(self.by_candidate.data.argmin()) if self.by_candidate.nnz else -1
        if entry < 0 or self.by_candidate.data[entry] >= 0:
            return None
        j = int(np.searchsorted(self.by_candidate.indptr, entry, side="right")) - 1
        return int(self.by_candidate.indices[entry]), j, float(self.by_candidate.data[entry])


def _by_column(graph: Any) -> Any:
    """A sparse matrix as CSC, float32 or float64, each pair once; the one given stays as it is."""
    from handful.kernels.transpose import by_column

    if graph.format == "csc" and graph.has_canonical_format and _kind(graph) == graph.dtype:
        return sparse.csc_array(graph)
    rows = sparse.csr_array(graph)
    if not rows.has_canonical_format:
        rows = rows.copy()
        rows.sum_duplicates()
    kind = _kind(rows)
    starts = np.zeros(rows.shape[1] + 1, np.int64)
    names, values = np.empty(rows.nnz, np.int32), np.empty(rows.nnz, kind)
    entries = rows.indptr.astype(np.int64), rows.indices.astype(np.int32, copy=False)
    by_column(*entries, rows.data.astype(kind, copy=False), starts, names, values)
    return sparse.csc_array((values, names, starts), shape=rows.shape)


def _kind(matrix: Any) -> Any:
    """The float type in which the entries of a matrix are kept."""
    return matrix.dtype if matrix.dtype in (np.float32, np.float64) else np.dtype(np.float32)


def _run(places: Indices) -> slice | Indices:
    """Places as a slice where they are one after the other, which copies nothing."""
    if len(places) and places[-1] - places[0] + 1 == len(places) and (np.diff(places) == 1).all():
        return slice(int(places[0]), int(places[-1]) + 1)
    return places


def highest(made: Pairs, columns: Indices) -> Floats:
    """(n,) the largest similarity of each row to some candidates, at least 0; to float64 precision."""
    out = np.zeros(made.shape[0])
    if made.sparse:
        for j in columns:
            near, similar = made.column(int(j))
            out[near] = np.maximum(out[near], similar)
        return out
    for rows, run in _over(made, columns):
        out[rows] = np.maximum(out[rows], made.precise(rows, run).max(axis=1))
    return out


def total(made: Pairs, columns: Indices, cap: Floats | None = None) -> Floats:
    """(n,) Σ_j min(s_ij, cap_i) of each row over some candidates; to float64 precision."""
    out = np.zeros(made.shape[0])
    if made.sparse:
        for j in columns:
            near, similar = made.column(int(j))
            out[near] += similar if cap is None else np.minimum(similar, cap[near])
        return out
    for rows, run in _over(made, columns):
        tile = made.precise(rows, run)
        tile = tile if cap is None else np.minimum(tile, cap[rows, None])
        out[rows] += tile.sum(axis=1, dtype=np.float64)
    return out


def _over(made: Pairs, columns: Indices) -> Iterator[tuple[slice, Indices]]:
    """Tiles of all rows and some candidates."""
    places = np.asarray(columns, np.int64)
    for start in range(0, made.shape[0], TILE_ROWS):
        for at in range(0, len(places), TILE_ROWS):
            yield slice(start, min(start + TILE_ROWS, made.shape[0])), places[at : at + TILE_ROWS]


def float_rows(features: Any) -> Any:
    """(n, d) float32, C-contiguous or CSR; a value that is not finite is refused with its row."""
    if _is_sparse(features):
        spread = sparse.csr_array(features, dtype=np.float32, copy=True)
        spread.sum_duplicates()
        _require_finite(spread.data, "features")
        return spread
    rows = np.ascontiguousarray(features, np.float32)
    _require_finite(rows, "features")
    return rows


def unit_rows(features: Any) -> Any:
    """(n, d) float32: each row over its length, taken in float64; a row of zeros stays as it is."""
    rows = float_rows(features)
    length = np.sqrt(squared_lengths(rows))
    length[length == 0.0] = 1.0
    if _is_sparse(rows):
        rows.data = (rows.data / np.repeat(length, np.diff(rows.indptr))).astype(np.float32)
        return rows
    out = np.empty(rows.shape, np.float32)
    for start in range(0, len(rows), TILE_ROWS):
        block = slice(start, start + TILE_ROWS)
        out[block] = rows[block] / length[block, None]
    return out


def products(rows: Any, one: Any) -> Floats:
    """(n,) float64 inner products of rows with one row (1, d), each summed in a fixed order."""
    if _is_sparse(rows):
        return np.asarray(rows.astype(np.float64) @ one.toarray()[0].astype(np.float64))
    nil = np.zeros(len(rows), np.int64)
    return _exact(rows, np.arange(len(rows)), _dense(one), nil, False)


def squared_distances(rows: Any, one: Any) -> Floats:
    """(n,) float64 ‖x − y‖² of rows to one row (1, d), each summed in a fixed order; 0 for equal rows."""
    if _is_sparse(rows):
        squares = squared_lengths(rows) + squared_lengths(one) - 2.0 * products(rows, one)
        return np.maximum(squares, 0.0)
    nil = np.zeros(len(rows), np.int64)
    return _exact(rows, np.arange(len(rows)), _dense(one), nil, True)


def exact_squares(rows: Any, first: Indices, second: Indices) -> Floats:
    """(p,) float64 squared distances of single pairs of rows, each as `squared_distances` gives it."""
    if not _is_sparse(rows):
        return _exact(rows, first, rows, second, True)
    out = np.empty(len(first))
    for j in np.unique(second).tolist():
        here = np.flatnonzero(second == j)
        out[here] = squared_distances(rows[first[here]], rows[j : j + 1])
    return out


def _exact(left: Any, left_rows: Indices, right: Any, right_rows: Indices, metric: bool) -> Floats:
    """(p,) float64 products, or squared distances, of single pairs of dense float32 rows."""
    from handful.kernels import products as kernels

    out = np.empty(len(left_rows))
    left_rows, right_rows = (np.ascontiguousarray(x, np.int64) for x in (left_rows, right_rows))
    (kernels.squared_distances if metric else kernels.dots)(left, left_rows, right, right_rows, out)
    return out


def _products(left: Any, right: Any) -> Tile:
    """(a, b) inner products: the one expensive line of every named similarity."""
    products: Tile = _dense(left @ right.T)
    return products


def _is_sparse(x: Any) -> bool:
    return bool(sparse.issparse(x))


def _dense(x: Any) -> Any:
    return x.toarray() if _is_sparse(x) else x


def squared_lengths(rows: Any) -> Floats:
    """(n,) float64 squared lengths, each summed in a fixed order."""
    if _is_sparse(rows):  # entry after entry, as `products` adds them
        owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        squares = np.square(rows.data, dtype=np.float64)
        return np.bincount(owner, squares, minlength=rows.shape[0]).astype(np.float64)
    return _exact(rows, np.arange(len(rows)), rows, np.arange(len(rows)), False)


def mean_row(rows: Any) -> Any:
    """(1, d) the mean of float32 rows, of their kind: dense or CSR."""
    mean = (_column_sums(rows) / max(1, rows.shape[0])).astype(np.float32)[None]
    return sparse.csr_array(mean) if _is_sparse(rows) else mean


def _column_sums(rows: Any) -> Floats:
    if _is_sparse(rows):  # whose own sum is taken in float32, whatever it is asked for
        rows = rows.astype(np.float64)
    return np.asarray(rows.sum(axis=0, dtype=np.float64)).ravel()


def _mean_squared_distance(rows: Any) -> float:
    """Mean of ‖x − y‖² over all pairs, in one pass: 2·(mean ‖x‖² − ‖mean x‖²); 1 where all are equal."""
    if not rows.shape[0]:
        return 1.0
    mean = _column_sums(rows) / rows.shape[0]
    spread = 2.0 * float(squared_lengths(rows).mean() - mean @ mean)
    return spread if spread > 1e-12 else 1.0


def _require_finite(values: Any, what: str) -> None:
    step = TILE_ROWS if values.ndim > 1 else TILE_ROWS**2
    for start in range(0, len(values), step):
        block = values[start : start + step]
        if not np.isfinite(block).all():
            first, *rest = np.argwhere(~np.isfinite(block))[0].tolist()
            where = (start + first, *rest)
            raise errors.not_finite(what, where, float(values[where]))
