"""GORACS: a small group of rows that, taken together, lie as the target does."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np

from handful import errors
from handful.budget import Ledger
from handful.methods._contract import MethodFacts, View
from handful.parameters import parameter
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.selection import Floats, Indices, Picks
from handful.transport._contract import Transport


@dataclass(frozen=True)
class Goracs:
    """Pick the group whose exact transport to the target, less what its gradients weigh, costs least.

        c_ij = ‖x_i − y_j‖ / max ‖x − y‖ − λ·g_i / max g
        minimise OT(c) between equal weights on S and equal weights on the target
        start:  the row of least Σ_j c_ij, then the row of least Σ_j min(c_ij − min_S c_j, 0), …
        refine: exchange a row that adds most for one that adds least, as prices say; keep it if the cost falls

    What adding row i at mass 1/k changes is estimated with all other prices x held, f_j = min over S without i of
    c_lj − x_l: it is max_y y/k + mean_j min(c_ij − y − f_j, 0). The released code leaves i in where i is of S (it
    writes to a copy), and takes the R-th largest of c_ij − f_j as y where the top is at the R-th smallest,
    R = ⌈m/k⌉. Once every target has its nearest row, the start goes round again without the rows taken. Left out:
    budgets by class, and going on past k to drop picks nearest to no target.

    Cost: n·m·d a sweep, one a pick and one an exchange, and candidates² exact transports k × m an exchange at
    worst. For small groups: 16·k·m bytes.

    Source: GORACS 2025, Group-level optimal transport-guided coreset selection for LLM-based recommender systems
    (KDD), equations 14 to 16, algorithm 1. Not reproduced: its tables.
    """

    array: str | None = parameter(None, "Name of the features; none: the default.")
    norms: str | None = parameter(None, "Column of gradient norms, ≥ 0; none: distance alone.")
    trade: float = parameter(0.1, "λ: what the largest norm weighs, in largest distances.", low=0)
    exchanges: int = parameter(100, "Exchanges kept, at most.", low=0)
    candidates: int = parameter(30, "Rows tried on either side of an exchange.", low=1)

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="GORACS 2025, Group-level optimal transport-guided coreset selection for LLM-based recommenders",
        needs=("features", "target_features"),
        honours=("rows", "include"),
        nested=False,
        cost="O(n·m·d) a pick; candidates² exact transports of k × m an exchange",
        columns=("norms",),
    )

    def work(self, size: Size) -> Work:
        """A sweep a pick, one an exchange, and the transports tried."""
        sweeps = float(size.k + self.exchanges)
        tried = float(self.exchanges) * self.candidates * size.k * size.target_rows
        return Work(
            multiply_adds=2 * sweeps * size.n * size.d * size.target_rows,
            steps=sweeps * size.n * size.target_rows + 20 * tried,
            memory_bytes=16 * size.k * size.target_rows + 32 * size.n,
        )

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Start greedily, then exchange."""
        if not view.n or ledger.rows_left <= 0:
            return Picks(np.array(ledger.taken, np.int64))
        group = _Group(view, self)
        fixed = len(ledger.taken)
        group.start(ledger)
        rows = np.array(ledger.taken, np.int64)
        began = group.solve(group.costs(rows))
        rows, solved, kept = group.refine(rows, fixed, began)
        notes = {"transport_at_start": began.cost, "transport_cost": solved.cost, "exchanges": kept}
        return Picks(rows, notes=notes)


class _Group:
    """Costs of rows to targets, the transport of a group, and its exchanges."""

    def __init__(self, view: View, method: Goracs) -> None:
        from handful.transport.costs import Costs

        self.view, self.method = view, method
        self._costs = Costs(view.array(method.array), view.target_array(method.array))
        largest = max(float(self._costs.tile(t).max()) for t in self._costs.tiles) or 1.0
        bonus = np.zeros(view.n)
        if method.norms is not None:
            norms = view.score(method.norms)
            if norms.min() < 0.0:
                row = int(norms.argmin())
                raise errors.negative_value("norms", row, float(norms[row]), "goracs")
            bonus = method.trade * norms / (norms.max() or 1.0)
        self._scale, self._bonus = largest, bonus

    def costs(self, rows: Indices) -> Floats:
        """(r, m) c of some rows."""
        return self._costs.of(rows) / self._scale - self._bonus[rows, None]

    def solve(self, matrix: Floats) -> Transport:
        """Exact transport of a group, from its costs."""
        from handful.transport.exact import exact

        return exact(matrix)

    def _each(self, function: Any) -> Floats:
        """(n,) a number of each row's costs, tile by tile."""

        def work(tile: int) -> Floats:
            part = self._costs.part(tile)
            return np.asarray(
                function(self._costs.tile(tile) / self._scale - self._bonus[part, None])
            )

        return np.concatenate(list(self.view.run_with.map_blocks(work, self._costs.tiles)))

    def start(self, ledger: Ledger) -> None:
        """Facility location, round after round."""
        least: Floats | None = None
        if ledger.taken:
            least = self.costs(np.array(ledger.taken)).min(axis=0)
        while ledger.rows_left > 0:
            floor = least
            gains = (
                self._each(lambda c: c.sum(axis=1))
                if floor is None
                else self._each(lambda c, f=floor: np.minimum(c - f, 0.0).sum(axis=1))
            )
            gains[~ledger.open] = np.inf
            if floor is not None and gains.min() >= 0.0:
                least = None  # every target has its nearest: go round again
                continue
            row = int(self.view.ranking(-gains, at_most=1)[0])
            ledger.take(row)
            own = self.costs(np.array([row]))[0]
            least = own if least is None else np.minimum(least, own)

    def estimates(self, rows: Indices, matrix: Floats, solved: Transport) -> tuple[Floats, Floats]:
        """(n,) F of every row added to the group, and (k,) F of each of the group added to the others."""
        reduced = matrix - solved.rows[:, None]
        k, least = len(rows), reduced.min(axis=0)
        inner = np.empty(k)
        for place in range(k):
            others = np.delete(reduced, place, axis=0)
            f = others.min(axis=0) if k > 1 else least
            inner[place] = added(matrix[place : place + 1], f, k)[0]
        return self._each(lambda c: added(c, least, k)), inner

    def refine(
        self, rows: Indices, fixed: int, solved: Transport
    ) -> tuple[Indices, Transport, int]:
        """Exchanges, each of which lowers the cost."""
        kept, matrix = 0, self.costs(rows)
        while kept < self.method.exchanges:
            outer, inner = self.estimates(rows, matrix, solved)
            outer[rows] = np.inf
            most = self.method.candidates
            ranked = self.view.ranking(-outer, at_most=min(self.view.n - len(rows), most))
            leaving = [p for p in np.argsort(-inner, kind="stable") if p >= fixed][:most]
            better = self._better(rows, matrix, leaving, ranked, solved)
            if better is None:
                break
            rows, matrix, solved = better
            kept += 1
        return rows, solved, kept

    def _better(
        self, rows: Indices, matrix: Floats, leaving: list[Any], ranked: Any, solved: Transport
    ) -> tuple[Indices, Floats, Transport] | None:
        """The first exchange that lowers the cost: the group, its costs and its transport."""
        coming = self.costs(ranked)
        for place, (row, own) in product(leaving, list(zip(ranked, coming, strict=True))):
            changed = matrix.copy()
            changed[place] = own
            found = self.solve(changed)
            if found.cost < solved.cost - 1e-12:
                rows = rows.copy()
                rows[place] = row
                return rows, changed, found
        return None


def added(costs: Floats, f: Floats, k: int) -> Floats:
    """(r,) the most that prices of one row more, of mass 1/k, can add: max_y y/k + mean_j min(c_j − y − f_j, 0).

    Concave in y, with its top where m/k targets are nearer than y: the ⌈m/k⌉-th smallest of c − f.

    Example:
        >>> added(np.array([[3.0, 1.0, 2.0]]), np.zeros(3), 3).tolist()
        [0.3333333333333333]
    """
    apart = costs - f
    place = -(-apart.shape[1] // k) - 1
    y = np.partition(apart, place, axis=1)[:, place]
    return np.asarray(np.minimum(apart - y[:, None], 0.0).mean(axis=1) + y / k)
