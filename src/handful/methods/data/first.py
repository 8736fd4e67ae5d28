"""The first rows: what `head` takes, and everything where there is nothing to choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from handful.budget import Ledger
from handful.methods._contract import MethodFacts, View, wanted
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.selection import Floats, Indices, Picks


@dataclass(frozen=True)
class First:
    """Pick the first rows, in the order of ids; rows that do not fit a cost are passed over.

    With a budget it is what taking the top of a file comes to, a baseline to be wary of where files are
    sorted; without one it keeps every row that is left.
    """

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="none",
        needs=(),
        honours=("rows", "amount", "include", "quotas", "max_similarity"),
        nested=True,
        cost="O(n log n) time, 16 bytes a row",
    )

    def work(self, size: Size) -> Work:
        """A sort."""
        return Work(steps=20 * size.n, memory_bytes=32 * size.n)

    def standing(self, view: View, picks: Indices, rng: Draws) -> Floats:
        """The place in the order of ids, with its sign turned."""
        return -(np.arange(view.n) if view.rank is None else view.rank).astype(np.float64)

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Take what fits, in order."""
        ledger.take_ranked(view.ranking(np.zeros(view.n), at_most=wanted(ledger)))
        return Picks(np.array(ledger.taken, np.int64))
