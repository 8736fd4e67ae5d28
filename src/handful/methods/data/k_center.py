"""k-center: leave no row far from its nearest pick."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from handful.budget import Ledger
from handful.graphs.farthest import Farthest
from handful.graphs.rows import float_rows, unit_rows
from handful.methods._contract import MethodFacts, View
from handful.methods._farthest import take_farthest
from handful.parameters import parameter
from handful.pool import BLOCK_ROWS
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.selection import Floats, Indices, Picks


@dataclass(frozen=True)
class KCenter:
    """Pick the row farthest from all picks, again and again.

        p_{t+1} = argmax_i min_{j ∈ S_t} ‖x_i − x_j‖

    Farthest-first by Gonzalez: the covering radius, the largest distance of a row to its nearest pick, is
    at most twice the least possible for as many picks; no selection of that many has a radius below half
    of it. The same picks are within 1/2 of the most spread-out selection. Outliers are picked early, for
    they are far from everything.

    With `distance=cosine` the rows are first brought to length 1; ‖x − y‖² is then 2·(1 − cosine).
    Must-includes are the first picks; without any, the first is the row nearest to the mean of all rows,
    or with `start=edge` the one farthest from it. Ties go to the earlier id.

    Source: Gonzalez 1985, Clustering to minimize the maximum intercluster distance, section 3. Sener &
    Savarese 2018, Active learning for convolutional neural networks: a core-set approach (ICLR), algorithm
    1, on features of any kind. Not reproduced: its CIFAR accuracies, which need a network trained in a loop.
    """

    array: str | None = parameter(None, "Name of the features; none: the default.")
    distance: str = parameter(
        "cosine",
        "Of unit rows (cosine), or of the rows as they are (euclidean).",
        choices=("cosine", "euclidean"),
    )
    start: str = parameter(
        "centre",
        "The first pick: the row nearest to the mean (centre), or farthest from it (edge).",
        choices=("centre", "edge"),
    )

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Gonzalez 1985, Clustering to minimize the maximum intercluster distance",
        needs=("features",),
        honours=("rows", "amount", "include", "quotas", "max_similarity"),
        nested=True,
        optimises=("coverage", "diversity"),
        cost="O(n·k·d) at worst, far less where outliers lead; the features once, 32 bytes a row",
    )

    def work(self, size: Size) -> Work:
        """At worst one distance from every row to every pick."""
        held = (32 + 4 * size.d) * size.n  # distances, and the rows at unit length
        return Work(multiply_adds=float(size.n) * size.k * size.d, memory_bytes=held)

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Take the farthest feasible row until none is left; then measure what is covered."""
        features = view.array(self.array)
        rows = unit_rows(features) if self.distance == "cosine" else float_rows(features)
        far = Farthest(rows, view.rank)
        for row in ledger.taken:
            far.add(row)
        if not ledger.taken:
            self._take_first(far, view, ledger)
        if far.picks:
            take_farthest(far, ledger)
        return Picks(np.array(ledger.taken, np.int64), notes=_covered(far))

    def standing(self, view: View, picks: Indices, rng: Draws) -> Floats:
        """Distance to the nearest pick; the farthest would be next."""
        features = view.array(self.array)
        rows = unit_rows(features) if self.distance == "cosine" else float_rows(features)
        chosen = _dense(rows[picks])
        nearest = np.empty(view.n)
        for start in range(0, view.n, BLOCK_ROWS):
            block = _dense(rows[start : start + BLOCK_ROWS])
            squares = (block**2).sum(axis=1)[:, None] + (chosen**2).sum(axis=1)
            apart = (squares - 2 * block @ chosen.T).min(axis=1)
            nearest[start : start + BLOCK_ROWS] = np.sqrt(np.maximum(apart, 0))
        nearest[picks] = np.nan
        return nearest

    def runners_up(self, view: View, picks: Indices, count: int) -> tuple[Indices, Floats]:
        """The rows farthest from the picks, and how far; without asking most rows of most picks."""
        features = view.array(self.array)
        far = Farthest(
            unit_rows(features) if self.distance == "cosine" else float_rows(features), view.rank
        )
        for row in picks.tolist():
            far.add(row)
        rows, squares = far.runners_up(count)
        return rows, np.sqrt(squares)

    def _take_first(self, far: Farthest, view: View, ledger: Ledger) -> None:
        """The feasible row nearest to the mean, or farthest from it."""
        candidates = np.flatnonzero(ledger.feasible(np.arange(view.n)))
        if not len(candidates):
            return
        squares = far.squares_to_mean()[candidates]
        wanted = squares.min() if self.start == "centre" else squares.max()
        tied = candidates[squares == wanted]
        row = int(tied[np.argmin(tied if view.rank is None else view.rank[tied])])
        ledger.take(row)
        far.add(row)


def _dense(rows: Any) -> NDArray[np.float64]:
    return np.asarray(rows.toarray() if hasattr(rows, "toarray") else rows, np.float64)


def _covered(far: Farthest) -> dict[str, Any]:
    """The covering radius, over all rows, picked or not."""
    if not far.picks:
        return {}
    far.reopen()
    found = far.farthest()
    radius = 0.0 if found is None else math.sqrt(found[1])
    return {"covering_radius": radius}
