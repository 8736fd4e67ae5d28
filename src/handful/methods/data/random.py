"""Uniform random choice: the baseline that embarrasses this field."""

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
class Random:
    """Pick rows uniformly, without replacement.

    Each row draws a number keyed by (seed, id), and the smallest are kept: the draw of a row does not
    depend on the rest of the pool. Under a row budget alone the weights n/k (inclusion, 1/p) make sums
    over the picks unbiased estimates of sums over the pool.

    Source: Fan, Muller & Rezucha 1962, Development of sampling plans by using sequential selection.
    """

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Fan, Muller & Rezucha 1962, Development of sampling plans",
        needs=(),
        honours=("rows", "amount", "include", "quotas", "max_similarity"),
        nested=True,
        cost="O(n log n) time, 16 bytes a row",
    )

    def work(self, size: Size) -> Work:
        """One draw a row, and a sort."""
        return Work(steps=size.n * (20 + 2 * math.log2(size.n + 1)), memory_bytes=32 * size.n)

    def standing(self, view: View, picks: Indices, rng: Draws) -> Floats:
        """The draw, the smallest being kept, with its sign turned."""
        return -rng.uniforms("random", view.keys)

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Order the rows by their draws; take what fits."""
        plain = ledger.costs is None and ledger.apart is None and ledger.quotas is None
        plain = plain and not ledger.taken
        ledger.take_ranked(view.ranking(-rng.uniforms("random", view.keys), at_most=wanted(ledger)))
        picks = np.array(ledger.taken, np.int64)
        if not plain or not len(picks):
            return Picks(picks)
        weights = np.full(len(picks), view.n / len(picks))
        return Picks(picks, weights=weights, weight_kind="inclusion")
