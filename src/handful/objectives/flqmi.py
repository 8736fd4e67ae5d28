"""Target coverage: every target row has a pick close to it, and every pick a target row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from handful.graphs._contract import Pairs
from handful.objectives._bind import target_pairs
from handful.objectives._contract import Floats, Indices, Majorants, View
from handful.objectives._service import Bounds, Service, State
from handful.objectives.modular import Itself
from handful.objectives.weighted_sum import SummedMajorants
from handful.parameters import parameter


@dataclass(frozen=True, eq=False)
class FLQMI(Service):
    """Give every target row a pick that stands close to it, and prefer picks close to some target row.

        f(S) = Σ_{q ∈ Q} max_{j ∈ S} s_qj + η·Σ_{j ∈ S} max_{q ∈ Q} s_qj

    Monotone and submodular while s ≥ 0. The cheapest targeted objective: a gain costs O(q·d), a sweep
    O(q·n·d), and the pool is never compared with itself.

    Args:
        array: Name of the features; None: the default.
        similarity: A name, a (q, n) array or CSR matrix, or a function of two blocks.
        relevance: η ≥ 0: how much a pick's own closeness to the target counts.

    Example:
        >>> from handful.objectives import Arrays
        >>> f = FLQMI(similarity=[[0.5, 0.25, 0.0], [0.0, 0.25, 0.5]])
        >>> view = Arrays(rows=3)
        >>> f.value(view, [0]), f.value(view, [0, 1]), f.value(view, [0, 2])
        (1.0, 1.5, 2.0)

    Source: Kothawade et al. 2022, PRISM, table 1 (FLQMI).
    """

    array: str | None = None
    similarity: Any = "clipped_cosine"
    relevance: float = parameter(1.0, "η: how much a pick's own closeness counts.", low=0)

    facts = replace(Service.facts, all_pairs=False, estimable=False)

    def bind(self, view: View) -> tuple[Pairs, Bounds]:
        """Target rows are what is served."""
        made = target_pairs(view, self.similarity, self.array)
        return made, Bounds(np.zeros(made.shape[0]))

    def value(self, view: View, subset: Indices) -> float:
        """The two sums, as written."""
        made, _ = self.bind(view)
        own = sum(float(made.column(int(j))[1].max(initial=0.0)) for j in subset)
        return super().value(view, subset) + self.relevance * own

    def start(self, view: View) -> State:
        """The second sum is known from the start."""
        state = super().start(view)
        return replace(state, bonus=self.relevance * state.pairs.peaks())

    def gains(self, state: State, candidates: Indices) -> Floats:
        """Both sums' gains."""
        assert state.bonus is not None
        return super().gains(state, candidates) + state.bonus[candidates]

    def exact(self, state: State, candidates: Indices) -> Floats:
        """Both from `Pairs.column`."""
        own = [state.pairs.column(j)[1].max(initial=0.0) for j in candidates.tolist()]
        return super().exact(state, candidates) + self.relevance * np.array(own, np.float64)

    def majorants(self, state: State) -> Majorants:
        """The first sum's prices; the second is its own bound."""
        assert state.bonus is not None
        return SummedMajorants((1.0, 1.0), (super().majorants(state), Itself(state.bonus)))
