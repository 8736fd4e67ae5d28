"""Pure relevance: rows that are close to the target, one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from handful.graphs._contract import Pairs
from handful.objectives._bind import refuse_signed, target_pairs
from handful.objectives._contract import Facts, Floats, Indices, Majorants, Objective, View
from handful.objectives.modular import Itself
from handful.parameters import parameter

State = tuple[Pairs, Floats]


@dataclass(frozen=True, eq=False)
class GCMI(Objective):
    """Want rows close to all of the target.

        f(S) = 2λ·Σ_{j ∈ S} Σ_{q ∈ Q} s_qj

    The mutual information of graph cut. Modular, so it does not keep picks apart. Monotone while s ≥ 0.
    Costs O(n·q·d) once.

    Args:
        array: Name of the features; None: the default.
        similarity: A name, a (q, n) array or CSR matrix, or a function of two blocks.
        trade_off: λ ≥ 0, a factor, as in graph cut.

    Example:
        >>> from handful.objectives import Arrays
        >>> GCMI(similarity=[[0.5, 0.25], [0.5, 0.0]]).value(Arrays(rows=2), [0])
        1.0

    Source: Kothawade et al. 2022, PRISM, table 1 (GCMI).
    """

    array: str | None = None
    similarity: Any = "clipped_cosine"
    trade_off: float = parameter(0.5, "λ: a factor, as in graph cut.", low=0)

    facts: ClassVar[Facts] = Facts(
        monotone=True,
        submodular=True,
        modular=True,
        exact_gains=False,
        kept_gains=True,
        removable=True,
        majorized=True,
    )

    def value(self, view: View, subset: Indices) -> float:
        """The double sum, as written."""
        made = target_pairs(view, self.similarity, self.array)
        return 2.0 * self.trade_off * sum(float(made.column(int(j))[1].sum()) for j in subset)

    def start(self, view: View) -> State:
        """All gains, once and for all."""
        made = target_pairs(view, self.similarity, self.array)
        refuse_signed(made, "GCMI")
        return made, 2.0 * self.trade_off * made.totals()

    def gains(self, state: State, candidates: Indices) -> Floats:
        """2λ·Σ_q s_qj."""
        return state[1][candidates]

    def error(self, state: State, candidates: Indices, gains: Floats) -> Floats:
        """The rounding of q·d float64 products."""
        return 2.0**-44 * gains

    def exact(self, state: State, candidates: Indices) -> Floats:
        """The same, summed in a fixed order."""
        sums = [state[0].column(j)[1].sum() for j in candidates.tolist()]
        return 2.0 * self.trade_off * np.array(sums, np.float64)

    def add(self, state: State, index: int) -> State:
        """Nothing changes."""
        return state

    def copy(self, state: State) -> State:
        """Nothing ever changes."""
        return state

    def remove(self, state: State, index: int) -> State:
        """Nothing changes."""
        return state

    def majorants(self, state: State) -> Majorants:
        """The objective itself."""
        return Itself(state[1] * (1 + 2.0**-44))
