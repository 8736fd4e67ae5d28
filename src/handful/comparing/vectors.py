"""Cosines between rows, dense or sparse, in blocks of a fixed shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful.selection import Indices

TILE = 128
"""Rows of the second factor in one product. A constant: results may not depend on threads."""


def cosines(rows: Any, others: Any) -> NDArray[np.float32]:
    """(m, q) products of unit rows, clipped to [-1, 1]."""
    product = rows @ others.T
    dense = product if isinstance(product, np.ndarray) else product.toarray()
    return np.clip(dense, -1.0, 1.0, out=dense)


def tiles(n: int) -> Iterator[tuple[int, int]]:
    """Fixed stretches of the second factor."""
    return ((start, min(n, start + TILE)) for start in range(0, n, TILE))


def sample(keys: NDArray[np.float64], rows: Indices, size: int) -> Indices:
    """At most `size` of some rows: those with the smallest keys, in row order.

    A row's key does not depend on the pick it is in, so every pick is sampled alike.
    """
    if len(rows) <= size:
        return np.sort(rows)
    return np.sort(rows[np.argsort(keys[rows], kind="stable")[:size]])
