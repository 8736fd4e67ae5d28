"""RDS+: each row of the target, in turn, picks the row whose representation is nearest to its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handful.budget import Ledger
from handful.graphs.closest import Lists, closest
from handful.methods._contract import MethodFacts, View
from handful.methods._near import pick_near
from handful.parameters import parameter
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.selection import Picks


@dataclass(frozen=True)
class Rds:
    """Let each row of the target, in turn, pick the row left whose vector has the largest cosine to its own.

        e = Σ_i w_i · h_i,    w_i = i / (1 + … + L)        over the L token states of a row: `pooled`
        s_ij = cos(x_i, y_j)
        the turn of target row j picks argmax_{i not picked} s_ij;    then comes the next row of the target

    The states are yours: give their pooled rows by --array and --like-array. Several targets take turns. Within
    a target its rows do, as in the paper's section on a single task; `merge=best` ranks the pool by max_j s_ij
    instead, as the paper does within each of several tasks. The pool may be memory-mapped: it is read
    once, block by block, and only the best rows of each target row are kept. Lists are exact, cosines float64.

    The released code differs: its script for large pools ranks by max_j s_ij over all tasks together, so that
    tasks of lower cosines get nothing; its simple script spends a turn on a row that another has picked; its
    pooling counts padding. None of that is here.

    Cost: n·m·d multiply-adds. Memory: 16 bytes an entry of a list, lists of max(8·k/m, 32) entries or more.

    Source: Ivison, Zhang, Brahman, Koh & Dasigi 2025, Large-scale data selection for instruction tuning, section
    3. Not reproduced: its scores, which need a language model tuned on the picks.
    """

    array: str | None = parameter(None, "Name of the features; none: the default.")
    merge: str = parameter(
        "turns",
        "Rows of a target take turns, or the row nearest to any of them comes first (best).",
        choices=("turns", "best"),
    )

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Ivison et al. 2025, Large-scale data selection for instruction tuning",
        needs=("features", "target_features"),
        honours=("rows", "amount", "include", "quotas", "max_similarity", "floor"),
        nested=True,
        cost="O(n·m·d) for m target rows; 16 bytes a target row and entry of its list",
    )

    def work(self, size: Size) -> Work:
        """One product of each row with each target row."""
        entries = max(size.k, 32) * size.target_rows
        return Work(
            multiply_adds=float(size.n) * size.d * size.target_rows,
            array_bytes=4.0 * size.n * size.d,
            memory_bytes=min(16 * entries, 1 << 25) + 10 * size.n,
        )

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """List the nearest rows of each target row, then let them take turns."""
        pool, targets = view.array(self.array), view.target_array(self.array)
        view.run_with.progress.stage("comparing with the target", None)

        def search(count: int, is_open: NDArray[np.bool_]) -> Lists:
            return closest(
                pool, targets, count, order=view.rank, is_open=is_open, run=view.run_with
            )

        return pick_near(view, ledger, search, self.merge)


def pooled(states: ArrayLike, mask: ArrayLike | None = None) -> NDArray[Any]:
    """Token states of some texts, each pooled to one vector in which later tokens weigh more.

        e = Σ_i i · h_i / (1 + … + L)

    Args:
        states: (texts, length, d), a model's last hidden states.
        mask: (texts, length), true for tokens and false for padding, on either side; None: no padding.

    Returns:
        (texts, d) float32; zeros where a text has no token.

    Source: Muennighoff 2022, SGPT: GPT sentence embeddings for semantic search, equation 2; as in RDS+.

    Example:
        >>> states = np.array([[[3.0], [6.0], [99.0]]])
        >>> pooled(states, [[True, True, False]]).tolist()
        [[5.0]]
    """
    states = np.asarray(states)
    there = np.ones(states.shape[:2], bool) if mask is None else np.asarray(mask, bool)
    weights = np.cumsum(there, axis=1) * there
    weights = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1)
    means: NDArray[Any] = np.einsum("tl,tld->td", weights, states, dtype=np.float64)
    return means.astype(np.float32)
