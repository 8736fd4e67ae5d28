"""How alike two rows are, for every pair: by name, by matrix, by neighbour graph, or by the user's function.

`Pairs.column` says exactly what each similarity is; `Pairs.tile` gives whole blocks of them quickly, within
`Pairs.error`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from handful import errors
from handful.graphs._contract import Floats, Indices, Pairs
from handful.graphs._tiled import Tiled
from handful.graphs.callable_pairs import CallablePairs
from handful.graphs.feature_pairs import FeaturePairs
from handful.graphs.graph_pairs import GraphPairs
from handful.graphs.matrix_pairs import HeldPairs, MatrixPairs
from handful.graphs.rows import is_sparse
from handful.graphs.tiles import tile_blocks

Similarity = Any
"""A name of `NAMES`; an (n, m) array; an (n, m) CSR matrix; or a function of two blocks of features,
(a, d) and (b, d), giving (a, b)."""

NAMES = ("clipped_cosine", "cosine", "dot", "euclidean", "rbf")
"""Larger is closer. clipped_cosine: max(0, cosine). dot: ⟨x, y⟩. euclidean: 1 / (1 + ‖x − y‖).
rbf: exp(−‖x − y‖² / m), where m is the mean of ‖x − y‖² over all pairs of candidates."""


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
    if is_sparse(similarity):
        return GraphPairs(similarity)
    if callable(similarity):
        return CallablePairs(similarity, left, left if right is None else right, right is None)
    return MatrixPairs(similarity)


def hold(made: Pairs, memory_bytes: int, threads: int = 1) -> Pairs:
    """Keep all similarities in memory where they take at most half of what is allowed.

    The exact columns stay what they were, so the picks are the same either way.
    """
    if isinstance(made, Tiled):
        made.threads = threads
    fits = made.shape[0] * made.shape[1] * 8 <= memory_bytes
    return (
        made
        if made.sparse or isinstance(made, MatrixPairs) or not fits
        else HeldPairs(made, threads)
    )


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
    for rows in tile_blocks(made.shape[0]):
        for run in tile_blocks(len(places)):
            yield rows, places[run]
