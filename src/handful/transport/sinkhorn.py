"""Transport between large sets by Sinkhorn's iteration: in logarithms, without a matrix of all pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handful.runtime.blas import one_blas_thread
from handful.runtime.run import Run
from handful.transport._contract import Floats, Transport, centred, weights
from handful.transport.costs import Costs

COARSE = 0.05
"""Above this part of the mean cost, epsilon falls after each sweep; below, once the plan is settled."""
RELAXATION = 1.5
"""How far a step overshoots while it helps; 1 is Sinkhorn's own. Halves the sweeps on real embeddings."""
SMALLEST = 1e-300


def sinkhorn(
    costs: Costs,
    *,
    rows: Floats | None = None,
    targets: Floats | None = None,
    gap: float = 0.01,
    sweeps: int = 300,
    run: Run | None = None,
) -> Transport:
    """Move rows onto targets at a cost that is within `gap` of the least, surely.

        f_i = −ε·ln Σ_j b_j·exp((g_j − c_ij)/ε),    g_j ← g_j + ω·ε·(ln b_j − ln Σ_i π_ij)
        π_ij = a_i·b_j·exp((f_i + g_j − c_ij)/ε)

    ε starts at the mean cost and is halved, until the plan, mended so that it moves exactly a onto b, costs at
    most gap · (mean cost) more than prices prove to be needed. Both sums of a sweep come from one exponential a
    pair; rows are summed in logarithms, and what underflows in a column is made good by the next sweeps.

    Args:
        costs: (n, m).
        rows: (n,) a > 0; None: equal. Brought to a sum of 1.
        targets: (m,) b > 0; None: equal. Brought to a sum of 1.
        gap: ≥ 0, in units of the mean cost.
        sweeps: At most so many; what is reached then is returned, with its own gap.
        run: Threads.

    Returns:
        f and g of the last ε, and the bounds. The same bits for any number of threads.

    Cost: n·m·(d + some 10) a sweep, 10 to 40 sweeps for a gap of 1 % of embeddings. Memory: O((n + m)·d).

    Example:
        >>> ends = Costs(np.array([[0.0], [1.0], [5.0]]), np.array([[0.0], [1.0]]))
        >>> found = sinkhorn(ends, gap=1e-4)
        >>> bool(found.bound <= 1.5 <= found.cost), bool(found.gap <= 1e-4), int(found.rows.argmax())
        (True, True, 2)

    Source: Cuturi 2013, Sinkhorn distances; Schmitzer 2019, Stabilized sparse scaling algorithms, section 3 (ε);
    Thibault, Chizat, Dossal & Papadakis 2021, Overrelaxed Sinkhorn-Knopp; Altschuler, Weed & Rigollet 2017,
    Near-linear time approximation algorithms for optimal transport, algorithm 2 (mending).
    """
    n, m = costs.shape
    a, b = weights(rows, n), weights(targets, m)
    sweeping = _Sweeping(costs, a, b, run or Run(threads=1))
    with one_blas_thread():
        scale = sweeping.mean_cost()
        if scale == 0.0:
            return Transport(np.zeros(n), np.zeros(m), 0.0, 0.0, 0.0)
        epsilon, g, before = scale, np.zeros(m), np.inf
        settled, small = min(0.01, gap + 1e-9), gap * scale / np.log(max(n, m, 2))
        for done in range(1, sweeps + 1):
            f, sums = sweeping.sweep(g, epsilon)
            off = float(np.abs(sums - b).sum())
            fine = epsilon <= COARSE * scale
            if (fine and off <= settled) or done == sweeps:
                cost, bound = sweeping.certify(g, epsilon, sums)
                f, centre = centred(f, g, b)
                found = Transport(f, centre, cost, bound, scale, epsilon, done)
                if found.gap <= gap or done == sweeps:
                    return found
                if epsilon > small:
                    fine = False
                else:  # a smaller epsilon would only hold g where it is: what is off is the mass
                    settled /= 2
            step = RELAXATION if fine and off < before else 1.0
            g = g + step * epsilon * (np.log(b) - np.log(np.maximum(sums, SMALLEST)))
            epsilon, before = (epsilon, off) if fine else (epsilon / 2, np.inf)
    raise AssertionError("at least one sweep")


@dataclass(frozen=True, eq=False)
class _Sweeping:
    """Passes over all pairs, tile by tile on the threads; sums over tiles are taken in their order."""

    costs: Costs
    a: Floats
    b: Floats
    run: Run

    def mean_cost(self) -> float:
        """Σ a·b·c."""

        def work(tile: int) -> float:
            return float(self.a[self.costs.part(tile)] @ (self.costs.tile(tile) @ self.b))

        return float(sum(self.run.map_blocks(work, self.costs.tiles)))

    def sweep(self, g: Floats, epsilon: float) -> tuple[Floats, Floats]:
        """(n,) f, and (m,) what the plan brings to each target."""
        f, sums = np.empty(len(self.a)), np.zeros(len(self.b))

        def work(tile: int) -> Floats:
            part = self.costs.part(tile)
            plan, total, f[part] = self._plan(self.costs.tile(tile), g, epsilon)
            return np.asarray((self.a[part] / total) @ plan)

        for brought in self.run.map_blocks(work, self.costs.tiles):
            sums += brought
        return f, sums

    def _plan(self, tile: Floats, g: Floats, epsilon: float) -> tuple[Floats, Floats, Floats]:
        """exp((g_j − c_ij)/ε + ln b_j − largest of the row), its sum over the row, and f."""
        plan = np.subtract(g + epsilon * np.log(self.b), tile)
        plan /= epsilon
        most = plan.max(axis=1)
        plan -= most[:, None]
        np.exp(plan, out=plan)
        total = plan.sum(axis=1)
        return plan, total, -epsilon * (most + np.log(total))

    def certify(self, g: Floats, epsilon: float, sums: Floats) -> tuple[float, float]:
        """The cost of the plan, mended; and the value of g with the best f there is for it."""
        keep = np.minimum(self.b / np.maximum(sums, SMALLEST), 1.0)
        missing = self.b - keep * sums
        total_missing = float(missing.sum())
        missing = missing / total_missing if total_missing > 0.0 else missing

        def work(tile: int) -> tuple[float, float]:
            part, costs = self.costs.part(tile), self.costs.tile(tile)
            plan, total, _ = self._plan(costs, g, epsilon)
            plan *= (self.a[part] / total)[:, None]
            plan *= keep
            left = np.maximum(self.a[part] - plan.sum(axis=1), 0.0)
            paid = float(np.einsum("ij,ij->", plan, costs) + left @ (costs @ missing))
            return paid, float(self.a[part] @ (costs - g).min(axis=1))

        cost, bound = 0.0, float(self.b @ g)
        for paid, prices in self.run.map_blocks(work, self.costs.tiles):
            cost += paid
            bound += prices
        return cost, bound
