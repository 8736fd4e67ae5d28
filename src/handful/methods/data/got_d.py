"""GOT-D: pick the rows that move the pool's distribution fastest toward the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from handful.budget import Ledger
from handful.methods._contract import MethodFacts, View, wanted
from handful.parameters import parameter
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.selection import Floats, Indices, Picks
from handful.transport._contract import Transport


@dataclass(frozen=True)
class GotD:
    """Rank rows by the gradient of the cost of transport from the pool to the target.

        OT(pool, target) = min_π Σ π_ij·c_ij = max_{f, g} mean f_i + mean g_j,   f_i + g_j ≤ c_ij
        v_i = f_i − mean_{l ≠ i} f_l        what the cost grows by for mass moved onto row i
        pick the k smallest;    with direction=away, the k largest

    For a model that has been trained on data like the pool: the picks are what it lacks of the target, not what
    resembles the target. Where a target is half what the pool is full of, none of that half is picked. Rows of
    the pool and of all targets weigh the same. Sinkhorn's iteration runs until the cost is within `gap` of the
    least, in units of the mean cost, so ε ends well below the mean cost; what was reached is in the notes.

    All rows are picked by one gradient: there are no diminishing returns, and near-copies are picked together, so
    deduplicate first. Not for targets unlike anything in the pool.

    Cost: n·m·d multiply-adds a sweep, 10 to 50 sweeps. Memory: 16 bytes a row, 8·m·d, at most 64 MB of tiles.

    Source: Kang, Just, Sun, Jahagirdar, Zhang, Du, Sahu & Jia 2024, Get more for less: principled data selection
    for warming up fine-tuning in LLMs (ICLR), section 3. ε and the number of iterations are not stated there.
    Not reproduced: toxicity and GLUE scores of GPT-2 and BERT.
    """

    array: str | None = parameter(None, "Name of the features; none: the default.")
    distance: str = parameter(
        "squared",
        "Cost of a pair: the squared distance, the distance (euclidean), or 2 − 2·cos (cosine).",
        choices=("squared", "euclidean", "cosine"),
    )
    direction: str = parameter(
        "toward", "Toward the target, or away from it.", choices=("toward", "away")
    )
    gap: float = parameter(0.01, "How near the least cost, in parts of the mean cost.", low=1e-6)

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Kang et al. 2024, Get more for less: principled data selection for warming up fine-tuning in LLMs",
        needs=("features", "target_features"),
        honours=("rows", "amount", "include", "quotas", "max_similarity"),
        nested=True,
        cost="O(n·m·d) a sweep for m target rows, 10 to 50 sweeps; 16 bytes a row",
    )

    def work(self, size: Size) -> Work:
        """Some thirty sweeps over all pairs; products in float64 count twice."""
        pairs = 30.0 * size.n * size.target_rows
        held = 8 * min(size.n * size.target_rows, 1 << 23)
        return Work(
            multiply_adds=2 * pairs * size.d,
            steps=4 * pairs,
            memory_bytes=16 * size.n + 8 * size.target_rows * size.d + held,
        )

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Solve once, take the smallest."""
        if not view.n:
            return Picks(np.zeros(0, np.int64))
        solved = self._transport(view)
        gradient = _gradient(solved.rows)
        at_most = wanted(ledger)
        enough = None if at_most is None else at_most + len(ledger.taken)
        ledger.take_ranked(view.ranking(self._sign * gradient, at_most=enough))
        picks = np.array(ledger.taken, np.int64)
        notes = {
            "transport_cost": solved.cost,
            "transport_bound": solved.bound,
            "gap": solved.gap,
            "epsilon": solved.epsilon / solved.scale if solved.scale else 0.0,
            "sweeps": solved.sweeps,
        }
        if len(picks):
            notes["gradient_of_picks"] = float(gradient[picks].mean())
        return Picks(picks, notes=notes)

    def standing(self, view: View, picks: Indices, rng: Draws) -> Floats:
        """The gradient, turned so that larger is nearer to being picked."""
        return self._sign * _gradient(self._transport(view).rows)

    @property
    def _sign(self) -> float:
        return -1.0 if self.direction == "toward" else 1.0

    def _transport(self, view: View) -> Transport:
        from handful.transport.costs import Costs, unit
        from handful.transport.sinkhorn import sinkhorn

        view.run_with.progress.stage("moving the pool onto the target", None)
        costs = Costs(
            view.array(self.array),
            view.target_array(self.array),
            "euclidean" if self.distance == "euclidean" else "squared",
            change=unit if self.distance == "cosine" else None,
        )
        return sinkhorn(costs, gap=self.gap, run=view.run_with)


def _gradient(f: Floats) -> Floats:
    """(n,) v; the constant that f leaves open cancels."""
    others = max(1, len(f) - 1)
    return np.asarray(f - (f.sum() - f) / others)
