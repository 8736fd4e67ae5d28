"""Similarities given as a sparse matrix, a neighbour graph say."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from handful.graphs._contract import Floats, Indices, Pairs, Tile
from handful.graphs.rows import column_sums, require_finite


class GraphPairs(Pairs):
    """A sparse similarity: row i lists the candidates it is near; all other pairs count 0."""

    sparse = True
    error = 0.0
    rounding = 2.0**-40

    def __init__(self, graph: Any) -> None:
        by_candidate = _by_column(graph)
        require_finite(by_candidate.data, "similarity")
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
        return column_sums(self.by_candidate)

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
