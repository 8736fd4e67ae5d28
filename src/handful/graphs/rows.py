"""Rows of features, dense or CSR: made float32 or unit, and the exact products of single pairs.

Products of a matrix with a matrix differ in their last bits from place to place; those here never do. Each
is summed in float64 in one fixed order, so equal rows have equal bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from handful import errors
from handful.graphs._contract import Floats, Indices, Tile
from handful.graphs.tiles import TILE, tile_blocks


def float_rows(features: Any) -> Any:
    """(n, d) float32, C-contiguous or CSR; a value that is not finite is refused with its row."""
    if is_sparse(features):
        spread = sparse.csr_array(features, dtype=np.float32, copy=True)
        spread.sum_duplicates()
        require_finite(spread.data, "features")
        return spread
    rows = np.ascontiguousarray(features, np.float32)
    require_finite(rows, "features")
    return rows


def unit_rows(features: Any) -> Any:
    """(n, d) float32: each row over its length, taken in float64; a row of zeros stays as it is."""
    rows = float_rows(features)
    length = np.sqrt(squared_lengths(rows))
    length[length == 0.0] = 1.0
    if is_sparse(rows):
        rows.data = (rows.data / np.repeat(length, np.diff(rows.indptr))).astype(np.float32)
        return rows
    out = np.empty(rows.shape, np.float32)
    for block in tile_blocks(len(rows)):
        out[block] = rows[block] / length[block, None]
    return out


def products(rows: Any, one: Any) -> Floats:
    """(n,) float64 inner products of rows with one row (1, d), each summed in a fixed order."""
    if is_sparse(rows):
        return np.asarray(rows.astype(np.float64) @ one.toarray()[0].astype(np.float64))
    nil = np.zeros(len(rows), np.int64)
    return _dense_pairs(rows, np.arange(len(rows)), dense(one), nil, False)


def squared_distances(rows: Any, one: Any) -> Floats:
    """(n,) float64 ‖x − y‖² of rows to one row (1, d), each summed in a fixed order; 0 for equal rows."""
    if is_sparse(rows):
        squares = squared_lengths(rows) + squared_lengths(one) - 2.0 * products(rows, one)
        return np.maximum(squares, 0.0)
    nil = np.zeros(len(rows), np.int64)
    return _dense_pairs(rows, np.arange(len(rows)), dense(one), nil, True)


def single_pairs(
    left: Any, left_rows: Indices, right: Any, right_rows: Indices, *, metric: bool
) -> Floats:
    """(p,) inner products, or squared distances, of single pairs of rows: the bits of the two above."""
    if is_sparse(left) or is_sparse(right):
        out, formula = np.empty(len(left_rows)), squared_distances if metric else products
        for j in np.unique(right_rows).tolist():
            here = np.flatnonzero(right_rows == j)
            out[here] = formula(left[left_rows[here]], right[j : j + 1])
        return out
    return _dense_pairs(left, left_rows, right, right_rows, metric)


def _dense_pairs(
    left: Any, left_rows: Indices, right: Any, right_rows: Indices, metric: bool
) -> Floats:
    from handful.kernels import products as kernels

    out = np.empty(len(left_rows))
    left_rows, right_rows = (np.ascontiguousarray(x, np.int64) for x in (left_rows, right_rows))
    (kernels.squared_distances if metric else kernels.dots)(left, left_rows, right, right_rows, out)
    return out


def squared_lengths(rows: Any) -> Floats:
    """(n,) float64 squared lengths, each summed in a fixed order."""
    if is_sparse(rows):  # entry after entry, as `products` adds them
        owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        squares = np.square(rows.data, dtype=np.float64)
        return np.bincount(owner, squares, minlength=rows.shape[0]).astype(np.float64)
    return _dense_pairs(rows, np.arange(len(rows)), rows, np.arange(len(rows)), False)


def mean_row(rows: Any) -> Any:
    """(1, d) the mean of float32 rows, of their kind: dense or CSR."""
    mean = (column_sums(rows) / max(1, rows.shape[0])).astype(np.float32)[None]
    return sparse.csr_array(mean) if is_sparse(rows) else mean


def column_sums(rows: Any) -> Floats:
    """(d,) float64 sums of columns."""
    if is_sparse(rows):  # whose own sum is taken in float32, whatever it is asked for
        rows = rows.astype(np.float64)
    return np.asarray(rows.sum(axis=0, dtype=np.float64)).ravel()


def mean_squared_distance(rows: Any) -> float:
    """Mean of ‖x − y‖² over all pairs, in one pass: 2·(mean ‖x‖² − ‖mean x‖²); 1 where all are equal."""
    if not rows.shape[0]:
        return 1.0
    mean = column_sums(rows) / rows.shape[0]
    spread = 2.0 * float(squared_lengths(rows).mean() - mean @ mean)
    return spread if spread > 1e-12 else 1.0


def product(left: Any, right: Any) -> Tile:
    """(a, b) inner products: the one expensive line of every named similarity."""
    products: Tile = dense(left @ right.T)
    return products


def is_sparse(x: Any) -> bool:
    """Whether it is one of scipy's sparse arrays or matrices."""
    return bool(sparse.issparse(x))


def dense(x: Any) -> Any:
    """The same, dense."""
    return x.toarray() if is_sparse(x) else x


def require_finite(values: Any, what: str) -> None:
    """Refuse NaN and infinities, naming the place of the first; no mask of all values is made."""
    step = TILE if values.ndim > 1 else TILE**2
    for start in range(0, len(values), step):
        block = values[start : start + step]
        if not np.isfinite(block).all():
            first, *rest = np.argwhere(~np.isfinite(block))[0].tolist()
            where = (start + first, *rest)
            raise errors.not_finite(what, where, float(values[where]))
