"""Cells of rows that point the same way: spherical k-means on a sample, and each row's nearest cells."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from handful.pool import BLOCK_ROWS
from handful.rng import Draws
from handful.runtime.run import Run
from handful.selection import Indices

SAMPLE = 32
"""Rows of the sample for each cell."""
ROUNDS = 8
"""Rounds of k-means."""

Singles = NDArray[np.float32]


class Rows(Protocol):
    """Rows that can be asked for as unit rows."""

    def unit(self, rows: Indices) -> Any:
        """(m, d) float32 unit rows, dense or CSR."""
        ...


def nearest_cells(
    rows: Rows, which: Indices, count: int, probes: int, run: Run, rng: Draws
) -> Indices:
    """(m, probes) the cells nearest to each of some rows, by cosine with their centres.

    The sample and the first centres are drawn by the seed; blocks are fixed, so threads change nothing.

    Args:
        rows: Where rows are read.
        which: (m,) the rows, ascending.
        count: Number of cells.
        probes: Cells a row.
        run: Threads.
        rng: The draws.

    Source: Dhillon & Modha 2001, Concept decompositions for large sparse text data using clustering, section 3.
    """
    draw = rng.generator("cells")
    picked = draw.choice(len(which), min(len(which), SAMPLE * count), replace=False)
    sample = rows.unit(which[np.sort(picked)])
    centres = _centres(sample, count, run, draw)
    probes = min(probes, count)

    def work(start: int) -> Indices:
        block = rows.unit(which[start : start + BLOCK_ROWS])
        near = _products(block, centres)
        part = np.argpartition(-near, probes - 1, axis=1)[:, :probes]
        return np.sort(part, axis=1).astype(np.int64)

    starts = range(0, len(which), BLOCK_ROWS)
    return np.concatenate([np.zeros((0, probes), np.int64), *run.map_blocks(work, starts)])


def _centres(sample: Any, count: int, run: Run, draw: np.random.Generator) -> Singles:
    """(count, d) unit means; a cell that no row is nearest to keeps its centre."""
    first = np.sort(draw.choice(sample.shape[0], count, replace=False))
    centres: Singles = _dense(sample[first])
    blocks = [slice(at, at + BLOCK_ROWS) for at in range(0, sample.shape[0], BLOCK_ROWS)]
    for _ in range(ROUNDS):
        held = centres

        def nearest(block: slice, held: Singles = held) -> Indices:
            return np.asarray(_products(sample[block], held).argmax(axis=1), np.int64)

        cell = np.concatenate(list(run.map_blocks(nearest, blocks)))
        member = sparse.csr_array(
            (np.ones(len(cell), np.float32), (cell, np.arange(len(cell)))),
            shape=(count, len(cell)),
        )
        sums = _dense(member @ sample).astype(np.float64)
        length = np.linalg.norm(sums, axis=1)
        kept = length > 0
        centres = held.copy()
        centres[kept] = (sums[kept] / length[kept, None]).astype(np.float32)
    return centres


def _products(rows: Any, centres: Singles) -> Singles:
    return np.asarray(_dense(rows @ centres.T), np.float32)


def _dense(rows: Any) -> Any:
    return rows.toarray() if hasattr(rows, "toarray") else rows
