"""TAROT: neighbours of every row of the target, layer by layer, where no direction of the features dominates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from handful.budget import Ledger
from handful.graphs.closest import BLOCK, Closest, Lists
from handful.methods._contract import MethodFacts, View
from handful.parameters import parameter
from handful.rng import Draws
from handful.runtime.blas import one_blas_thread
from handful.runtime.work import Size, Work
from handful.selection import Floats, Indices, Picks

FIRST_LAYERS = 64
"""Layers listed at first, beyond what the budget needs where no row is shared; then twice as many."""

Change = Callable[[Any], Any]


@dataclass(frozen=True)
class Tarot:
    """Take the nearest row of each target row, then the second nearest of each, and so on, in whitened space.

        z = L⁻¹·(x − mean) / ‖…‖,    L·Lᵀ = covariance of pool and target + ridge·I;    c_ij = ‖z_i − z_j‖
        layer r = the r-th neighbour of each target row;    whole layers while they fit
        the last layer is cut by the potentials f of transport from (picks + layer) to the target: small f first
    With size=automatic the target is cut into `folds` parts. For each, r grows while that brings the transport
    from the top r neighbours of the part (of cosine > 0) to all other parts down; the picks are the union over
    parts, at most the budget, the nearest first.

    The released code differs. Its whitening multiplies by L⁻¹ where L⁻ᵀ is due, which leaves the covariance
    as uneven as it was. It cuts the last layer in favour of large f, the far rows: here near ones come first. Its
    automatic size is one step past the best. `ridge` is in parts of the mean variance here, so that scale means
    nothing; there it is absolute. The weights the paper derives from potentials are left out.

    Cost: n·d² multiply-adds to whiten and n·m·d to compare. Memory: 16·m bytes a layer listed, 8·d².

    Source: Feng, Nie, Liu & Alahi 2025, TAROT: targeted data selection via optimal transport (ICML). Not
    reproduced: its fractions and scores on driving, segmentation and instruction tuning.
    """

    array: str | None = parameter(None, "Name of the features; none: the default.")
    size: str = parameter(
        "budget",
        "Fill the budget, or stop where transport stops falling (automatic).",
        choices=("budget", "automatic"),
    )
    folds: int = parameter(10, "Parts of the target for the automatic size.", low=2)
    ridge: float = parameter(
        1e-5, "Added to each variance, in parts of their mean.", low=1e-9, high=1
    )

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Feng et al. 2025, TAROT: targeted data selection via optimal transport",
        needs=("features", "target_features"),
        honours=("rows", "amount", "include", "quotas", "max_similarity"),
        nested=False,
        cost="O(n·d² + n·m·d) for m target rows; 16 bytes a target row and layer",
    )

    def work(self, size: Size) -> Work:
        """Whiten twice, compare once."""
        layers = 2 * (size.k // max(1, size.target_rows)) + FIRST_LAYERS
        return Work(
            multiply_adds=float(size.n) * size.d * (4 * size.d + size.target_rows),
            array_bytes=8.0 * size.n * size.d,
            memory_bytes=16 * min(layers, size.n) * size.target_rows + 32 * size.d**2,
        )

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Whiten, list neighbours, take layers."""
        if not view.n:
            return Picks(np.zeros(0, np.int64))
        from handful.transport.costs import unit
        from handful.transport.whitening import Whitening

        view.run_with.progress.stage("whitening", None)
        target = view.target_array(self.array)
        white = Whitening([view.array(self.array), target], ridge=self.ridge, run=view.run_with)
        space = _Space(view, view.array(self.array), target, lambda rows: unit(white(rows)))
        notes: dict[str, Any] = {}
        if self.size == "automatic":
            rows = _automatic(space, self.folds, rng)
            notes["automatic_rows"] = len(rows)
            ledger.take_ranked(rows)
        else:
            notes["layers"] = _fill(space, ledger)
        return Picks(np.array(ledger.taken, np.int64), notes=notes)


@dataclass(frozen=True, eq=False)
class _Space:
    """Pool and target, whitened where they are looked at."""

    view: View
    pool: Any
    target: Any
    change: Change

    def lists(self, count: int) -> Lists:
        """The nearest rows of each target row."""
        found, n = Closest(np.asarray(self.change(self.target), np.float32), count), self.view.n
        order = np.arange(n) if self.view.rank is None else self.view.rank

        def work(start: int) -> None:
            part = slice(start, min(n, start + BLOCK))
            rows = np.asarray(self.change(self.pool[part]), np.float32)
            found.offer(rows, order[part], np.ones(len(rows), bool))

        with one_blas_thread():
            for _ in self.view.run_with.map_blocks(work, range(0, n, BLOCK)):
                pass
        return found.lists()

    def rows_of(self, names: Indices) -> Indices:
        """Row numbers of places in the order of ids."""
        if self.view.rank is None:
            return names
        return np.argsort(self.view.rank, kind="stable")[names]

    def transport(self, rows: Indices, targets: NDArray[Any]) -> tuple[float, Floats]:
        """Its cost, and the potentials of the rows."""
        from handful.transport.costs import Costs
        from handful.transport.sinkhorn import sinkhorn

        costs = Costs(self.pool[rows], targets, change=self.change)
        solved = sinkhorn(costs, gap=0.01, run=self.view.run_with)
        return solved.cost, solved.rows

    def layers(self, k: int) -> Iterator[tuple[Indices, Floats]]:
        """For each r, the r-th neighbours' places in the order of ids, and their cosines."""
        n = self.view.n
        count, r = min(n, 2 * (k // max(1, len(self.target))) + FIRST_LAYERS), 0
        while r < n:
            lists = self.lists(count)
            for column in range(r, count):
                yield lists.names[:, column], lists.values[:, column]
            r, count = count, min(n, 2 * count)


def _ordered(names: Indices, values: Floats) -> Indices:
    """Distinct names, the largest cosine first; ties to the earlier id."""
    names = names[np.lexsort((names, -values))]
    return np.asarray(names[np.sort(np.unique(names, return_index=True)[1])], np.int64)


def _fill(space: _Space, ledger: Ledger) -> int:
    """Whole layers while they fit, then one cut by potentials; what is left goes by cosine."""
    cut, used = False, 0
    for names, values in space.layers(ledger.rows):
        if ledger.rows_left <= 0:
            break
        rows = space.rows_of(_ordered(names, values))
        rows = rows[ledger.feasible(rows)]
        if not len(rows):
            if not ledger.feasible(np.arange(ledger.n)).any():
                break
            continue
        if not cut and len(rows) > ledger.rows_left:
            both = np.concatenate([np.array(ledger.taken, np.int64), rows])
            potentials = space.transport(both, space.target)[1][-len(rows) :]
            rows, cut = rows[np.argsort(potentials, kind="stable")], True
        ledger.take_ranked(rows)
        used += 1
    return used


def _automatic(space: _Space, folds: int, rng: Draws) -> Indices:
    """Union over the parts of the target of the neighbours that bring transport to the others down."""
    m = len(space.target)
    shuffled = rng.generator("tarot folds").permutation(m)
    depth = min(space.view.n, 2000)
    lists = space.lists(depth)
    names, values = [], []
    for held in np.array_split(shuffled, min(folds, m)):
        others = np.setdiff1d(np.arange(m), held)
        rest = space.target[others] if len(others) else space.target

        def cost(rows: Indices, rest: Any = rest) -> float:
            return space.transport(space.rows_of(rows), rest)[0]

        r = best_depth(lists, held, cost)
        near = lists.values[held, :r] > 0
        names.append(lists.names[held, :r][near])
        values.append(lists.values[held, :r][near])
    return space.rows_of(_ordered(np.concatenate(names), np.concatenate(values)))


def best_depth(lists: Lists, held: Indices, cost: Callable[[Indices], float]) -> int:
    """The last r at which one layer more still brought the cost down.

    Args:
        lists: Neighbours of all target rows.
        held: Target rows whose neighbours are proposed.
        cost: Of the rows proposed, by their names.

    Returns:
        r ≥ 1; the set that failed to improve is not the one returned.
    """
    best, least, size = 1, np.inf, 0
    for r in range(1, lists.names.shape[1] + 1):
        near = lists.values[held, :r] > 0
        proposed = np.unique(lists.names[held, :r][near])
        if not len(proposed) or (len(proposed) == size and not near[:, -1].any()):
            break
        if len(proposed) > size:
            found = cost(proposed)
            if found >= least:
                break
            least, size = found, len(proposed)
        best = r
    return best
