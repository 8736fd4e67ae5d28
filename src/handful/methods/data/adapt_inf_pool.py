"""Adapt-inf's second step: prune the pool for good, least of all where skills are small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from handful.budget import Ledger
from handful.graphs.rows import product, single_pairs, unit_rows
from handful.methods._contract import MethodFacts, View
from handful.methods.data.adapt_inf import (
    cluster_notes,
    clustering_work,
    clusters_by_size,
    members,
)
from handful.parameters import parameter
from handful.rng import Draws
from handful.runtime.blas import one_blas_thread
from handful.runtime.run import Run
from handful.runtime.work import Size, Work
from handful.samplers.water_filling import in_turns
from handful.selection import Floats, Indices, Picks

BLOCK = 1008
"""Rows compared with those before them at a time. A constant."""


@dataclass(frozen=True)
class AdaptInfPool:
    """Keep of each cluster of gradients an equal part of the pool: the rows least like any before them.

        M_j = max over earlier rows i of j's cluster of cos(semantic_i, semantic_j);    the first row: −1
        keep the lowest M, each cluster up to its water-filled part

    The second half of a time step of lifelong training (see `adapt_inf`): what is not kept is gone for the steps
    to come. Of two rows alike the earlier stays, so what counts as earlier matters. In the released code it is
    the order of the file; here it is the order of ids, so that shuffling a file changes nothing, and ids that
    count up with time let what came first stay. A maximum over all rows would have no order, and would drop both
    of two rows alike.

    Cost: O(n·c·d) a pass of k-means, and Σ n_c²·e/2 multiply-adds for clusters of n_c rows, block by block.
    Memory: a copy of both arrays.

    Source: Maharana, Yoon, Chen & Bansal 2025, Adapt-∞: scalable continual multimodal instruction tuning via
    dynamic data selection (ICLR), section 4. Not reproduced: LLaVA's relative gains.
    """

    array: str | None = parameter(None, "Name of the gradient vectors; none: the default features.")
    semantic: str | None = parameter(None, "Name of the embeddings compared; none: the default.")
    clusters: int = parameter(10, "c: clusters; raise it with the number of skills.", low=1)
    distance: str = parameter(
        "cosine",
        "Of unit gradients (cosine), or of gradients as they are (euclidean).",
        choices=("cosine", "euclidean"),
    )

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Maharana et al. 2025, Adapt-∞: scalable continual multimodal instruction tuning via dynamic data "
        "selection",
        needs=("features",),
        honours=("rows", "amount", "include", "quotas", "max_similarity"),
        nested=True,
        cost="O(n·c·d) a pass of k-means, and Σ n_c²·e for clusters of n_c rows; a copy of both arrays",
        optimises=("balance", "diversity"),
    )

    def work(self, size: Size) -> Work:
        """k-means, and every row with those before it, as if clusters were of one size."""
        pairs = float(size.n) ** 2 / (2.0 * self.clusters)
        again = Work(multiply_adds=pairs * size.d, memory_bytes=4 * size.entries)
        return clustering_work(size, self.clusters) + again

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Cut, compare each row with those before it, and take turns."""
        if not view.n:
            return Picks(np.zeros(0, np.int64))
        labels = clusters_by_size(view, self, rng)
        semantic = view.array(self.semantic)
        view.run_with.progress.stage("earlier rows", None)
        ranking = [np.array(ledger.taken, np.int64)]
        for rows in members(view, labels, []):
            alike = most_like_earlier(semantic[rows], view.run_with)
            lowest = rows[np.argsort(alike, kind="stable")]
            ranking.append(lowest[~np.isin(lowest, ledger.taken)])
        ledger.take_ranked(in_turns(np.concatenate(ranking), labels))
        picks = np.array(ledger.taken, np.int64)
        return Picks(picks, notes=cluster_notes(labels, picks))


def most_like_earlier(rows: Any, run: Run) -> Floats:
    """(n,) the largest cosine of each row with a row before it; −1 for the first.

    Products of blocks find the row; its cosine is then summed in float64 in one order, so rows that are equal
    have equal numbers. It is within 2⁻²³·(d + 16) of the largest.

    Args:
        rows: (n, d) finite, dense or CSR. A row of zeros has the cosine 0 with every other.
        run: Threads.

    Example:
        >>> rows = np.array([[1, 0], [0, 1], [3, 0], [1, 1]], np.float32)
        >>> most_like_earlier(rows, Run(threads=1)).round(3).tolist()
        [-1.0, 0.0, 1.0, 0.707]
    """
    units = unit_rows(rows)
    n = units.shape[0]

    def nearest(start: int) -> Indices:
        """Of each row of a block, the most alike of those before it."""
        block = units[start : min(n, start + BLOCK)]
        best, value = np.zeros(block.shape[0], np.int64), np.full(block.shape[0], -np.inf)
        for first in range(0, start + 1, BLOCK):
            tile = product(block, units[first : min(n, first + BLOCK)])
            if first == start:
                tile[np.triu_indices(len(tile))] = -np.inf
            place = tile.argmax(axis=1)
            found = tile[np.arange(len(tile)), place]
            better = found > value
            best[better], value[better] = first + place[better], found[better]
        return best

    with one_blas_thread():
        found = list(run.map_blocks(nearest, range(0, n, BLOCK)))
    best = np.concatenate(found) if found else np.zeros(0, np.int64)
    alike = np.full(n, -1.0)
    alike[1:] = single_pairs(units, np.arange(1, n), units, best[1:], metric=False)
    return alike
