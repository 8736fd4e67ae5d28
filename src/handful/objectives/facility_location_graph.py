"""Facility location over a neighbour graph: only the near can serve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from handful import errors
from handful.graphs._contract import Pairs
from handful.graphs.neighbour_graph import METRICS, SEARCHES, NeighbourGraph, neighbour_graph
from handful.graphs.similarity import pairs
from handful.objectives._bind import row_weights
from handful.objectives._contract import View
from handful.objectives._service import Bounds, Service, State
from handful.parameters import parameter


@dataclass(frozen=True, eq=False)
class FacilityLocationGraph(Service):
    """Give every row of the pool one pick among its neighbours.

        f(S) = Σ_i w_i · max_{j ∈ S ∩ N(i)} s_ij,    0 where no pick is a neighbour of i

    N(i) holds row i and the rows most like it; every other pair counts 0, so a row may stay without any pick:
    the share of such rows is told. Not the facility location over all pairs, whose values are larger.
    Monotone and submodular. Once the graph stands, time and memory are linear in its edges.

    Equal rows are neighbours like any others; of equally near rows the earlier id is taken. A row of zeros has
    no neighbours under the cosine and the inner product, not even itself.

    Args:
        array: Name of the features; None: the default.
        neighbours: Rows in N(i) beside i itself.
        metric: "cosine": max(0, cosine). "inner": max(0, ⟨x, y⟩). "euclidean": 1 / (1 + ‖x − y‖).
        search: "exact", or "approximate" (extra `ann`), whose recall on a sample is told.
        graph: An (n, n) CSR matrix, row i listing N(i), or a `NeighbourGraph`; None: made from the features.
        weights: (n,) ≥ 0, or the name of a score: how much each row deserves to be served. None: ones.

    Example:
        >>> from handful.objectives import Arrays
        >>> x = np.array([[1, 0], [0.6, 0.8], [0, 1], [0, 0]], np.float32)
        >>> f, view = FacilityLocationGraph(neighbours=1), Arrays({"x": x})
        >>> f.value(view, [2]), f.value(view, [0, 2])  # row 1 knows row 2, and row 0 knows row 1 alone
        (1.8..., 2.8...)

    Source: Wei, Iyer & Bilmes 2014, Fast multi-stage submodular maximization, section 4, for the sparse graph.
    """

    array: str | None = None
    neighbours: int = parameter(32, "Rows that each row knows, beside itself.", low=1)
    metric: str = parameter("cosine", "How near two rows are.", choices=tuple(METRICS))
    search: str = parameter(
        "exact", "How neighbours are found; approximate needs the extra ann.", choices=SEARCHES
    )
    graph: Any = None
    weights: Any = None

    facts = replace(Service.facts, all_pairs=False, estimable=False)

    def prepared(self, view: View) -> FacilityLocationGraph:
        """The same with its graph made."""
        return self if self.graph is not None else replace(self, graph=self._made(view))

    def bind(self, view: View) -> tuple[Pairs, Bounds]:
        """The graph's pairs; nothing is served beforehand."""
        graph = self._made(view) if self.graph is None else self.graph
        made = pairs(graph.matrix if isinstance(graph, NeighbourGraph) else graph, None)
        if not made.sparse:
            raise errors.not_a_graph(type(self.graph).__name__)
        if made.shape != (view.n, view.n):
            raise errors.similarity_shape(made.shape, (view.n, view.n))
        weights = row_weights(view, self.weights, type(self).__name__)
        return made, Bounds(np.zeros(view.n), None, weights)

    def told(self, state: State) -> Mapping[str, Any]:
        """How the graph was made, and how many rows no pick covers."""
        covered = np.zeros(len(state.best), bool)
        for j in state.subset:
            rows, similar = state.pairs.column(j)
            covered[rows[similar > 0]] = True
        missed = 1.0 - float(covered.mean()) if len(covered) else 0.0
        record = self.graph.record if isinstance(self.graph, NeighbourGraph) else {}
        return {"rows_not_covered": missed, **({"graph": record} if record else {})}

    def _made(self, view: View) -> NeighbourGraph:
        return neighbour_graph(
            view.array(self.array),
            self.neighbours,
            metric=self.metric,
            search=self.search,
            rank=view.rank,
            run=getattr(view, "run_with", None),
        )
