"""Cost-ratio greedy: the most gain a unit of cost, beside the most gain."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from handful.budget import Ledger
from handful.objectives._contract import Floats, Objective, View
from handful.optimizers._contract import OptimizerFacts
from handful.optimizers._run import Climb
from handful.optimizers.lazy import greedily
from handful.rng import Draws
from handful.selection import Picks


@dataclass(frozen=True)
class CostRatio:
    """Run greedy by gain per cost, and greedy by gain; keep the better of the two.

    Either alone can be arbitrarily bad under a cost: the first by a cheap row that keeps a great one out,
    the second by a dear one. The better of the two is within ½·(1 − 1/e) of the best for a monotone
    submodular objective. Under a row count it is greedy. Cost: two runs of greedy.

    Source: Leskovec et al. 2007, Cost-effective outbreak detection in networks, theorem 3.
    """

    facts: ClassVar[OptimizerFacts] = OptimizerFacts(
        paper="Leskovec et al. 2007, Cost-effective outbreak detection in networks",
        share=1 - 1 / math.e,
    )

    def refuses(self, objective: Objective, ledger: Ledger) -> str | None:
        """It serves every objective and every budget."""
        return None

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Both, on copies of the ledger; the better one is taken."""
        best, order = _run(objective, view, copy.deepcopy(ledger), None), "gain"
        if ledger.costs is not None:
            ratio = _run(objective, view, copy.deepcopy(ledger), _prices(ledger.costs))
            if _value(ratio) >= _value(best):
                best, order = ratio, "gain per cost"
        for row in best.indices[len(ledger.taken) :].tolist():
            ledger.take(row)
        return replace(best, notes={"order": order})


def _run(objective: Objective, view: View, ledger: Ledger, prices: Floats | None) -> Picks:
    climb = Climb(objective, view, ledger)
    greedily(climb, prices)
    return climb.picks()


def _value(picks: Picks) -> float:
    assert picks.value is not None
    return picks.value


def _prices(costs: NDArray[Any]) -> Floats:
    """Costs to divide by; one of 0 counts as a millionth of the least above it."""
    prices = costs.astype(np.float64)
    least = prices[prices > 0].min(initial=np.inf)
    prices[prices == 0] = 1e-6 * least if np.isfinite(least) else 1.0
    return prices
