"""The rows with the highest score."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from handful.budget import Ledger
from handful.methods._contract import MethodFacts, View, wanted
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.selection import Floats, Indices, Picks


@dataclass(frozen=True)
class Top:
    """Pick the rows with the highest score; ties in the order of ids.

    Under a cost, rows that no longer fit are passed over and the next best taken.
    """

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="sorting",
        needs=("score",),
        honours=("rows", "amount", "include", "quotas", "max_similarity", "changes"),
        nested=True,
        cost="O(n log n) time, 24 bytes a row",
        optimises=("score",),
    )

    def work(self, size: Size) -> Work:
        """A sort."""
        return Work(steps=2 * size.n * math.log2(size.n + 1), memory_bytes=32 * size.n)

    def standing(self, view: View, picks: Indices, rng: Draws) -> Floats:
        """The score."""
        return view.score()

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Order the rows by score; take what fits."""
        scores = view.score()
        ledger.take_ranked(view.ranking(scores, at_most=wanted(ledger)))
        picks = np.array(ledger.taken, np.int64)
        return Picks(picks, gains=scores[picks], value=float(np.sum(scores[picks])))
