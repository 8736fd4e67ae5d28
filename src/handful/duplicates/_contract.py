"""What a kind of duplicates is: it says which rows belong together, and which of them stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from handful.methods._contract import Need, Target, View
from handful.rng import Draws
from handful.selection import Floats, Indices


@dataclass(frozen=True, eq=False)
class Found:
    """Clusters of rows: the candidates, and behind them the rows already owned.

    Args:
        labels: (n + p,) int64, for each row the first row of its cluster.
        notes: Named facts worth telling.
    """

    labels: Indices
    notes: Mapping[str, Any] = field(default_factory=dict)


class Kind(Protocol):
    """A frozen dataclass whose fields are its parameters; the module's file name is its key.

    Attributes:
        version: Rises when its clusters change.
        either: One of these must be at hand.
        kept_bytes: A row's part of what is kept in the cache; in memory where there is none.
    """

    version: ClassVar[int]
    either: ClassVar[tuple[Need, ...]]

    @property
    def kept_bytes(self) -> int:
        """Bytes a row."""
        ...

    def find(self, view: View, owned: Target | None, rng: Draws) -> Found:
        """Cluster the candidates and the rows already owned."""
        ...


@dataclass(frozen=True, eq=False)
class Kept:
    """What is left of each cluster.

    Args:
        mask: (n,) bool, the candidates that stay.
        stands: (n,) int64, for each candidate the row that stands for it: itself where it stays, else a
            candidate that stays, or n + i for row i of those already owned.
    """

    mask: NDArray[np.bool_]
    stands: Indices


def keep(
    labels: Indices, n: int, included: Indices, scores: Floats | None, rank: Indices | None
) -> Kept:
    """Keep one row of each cluster, and every must-include.

    For the others of its cluster stands: the first must-include; else a row already owned, and then none
    of the cluster stays; else the row with the best score; of equal ones the earliest id.

    Args:
        labels: (n + p,) of `Found`.
        n: Candidates.
        included: Candidates that must be picked, in their order.
        scores: (n,) larger is better; None: all equal.
        rank: (n,) places in the order of ids; None: row order.

    Example:
        >>> kept = keep(np.array([0, 0, 2, 0]), 4, np.zeros(0, int), np.array([1.0, 5.0, 2.0, 5.0]), None)
        >>> kept.mask.tolist(), kept.stands.tolist()
        ([False, True, True, False], [1, 1, 2, 1])
    """
    total = len(labels)
    turn = np.full(total, 2)
    turn[n:] = 1
    turn[included] = 0
    score, tie = np.zeros(total), np.arange(total)
    if scores is not None:
        score[:n] = scores
    if rank is not None:
        tie[:n] = rank
    tie[included] = np.arange(len(included))
    order = np.lexsort((tie, -score, turn, labels))
    first = np.concatenate([[True], labels[order][1:] != labels[order][:-1]])[:total]
    best = order[first][np.cumsum(first) - 1]  # of each row's cluster, in that order
    stands = np.empty(total, np.int64)
    stands[order] = best
    stands[included] = included
    return Kept(stands[:n] == np.arange(n), stands[:n])


def labels_of(hashes: NDArray[np.uint64]) -> Indices:
    """(n,) the first row with the same two hashes.

    Example:
        >>> labels_of(np.array([[7, 1], [7, 2], [7, 1]], np.uint64)).tolist()
        [0, 1, 0]
    """
    order = np.lexsort((hashes[:, 1], hashes[:, 0]))  # stable: equal ones stay in row order
    turned = hashes[order]
    first = np.concatenate([[True], (turned[1:] != turned[:-1]).any(axis=1)])[: len(order)]
    labels = np.empty(len(order), np.int64)
    labels[order] = order[first][np.cumsum(first) - 1]
    return labels
