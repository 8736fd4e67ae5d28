"""Proportional stratified sampling."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from handful.budget import Ledger
from handful.methods._contract import MethodFacts, View
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.selection import Indices, Picks


@dataclass(frozen=True)
class Stratified:
    """Give each group its share of the rows, and draw uniformly within it.

        k_g = ⌊k·n_g/n⌋, the rows left over going to the largest remainders (ties: larger group, then label)

    The weights n_g/k_g (inclusion, 1/p) make the weighted mean of the picks an unbiased estimate of the
    mean over the groups that were given a row.

    Source: Neyman 1934, On the two different aspects of the representative method, section IV.
    """

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Neyman 1934, On the two different aspects of the representative method",
        needs=("group",),
        honours=("rows",),
        nested=False,
        cost="O(n log n) time, 32 bytes a row",
    )

    def work(self, size: Size) -> Work:
        """One draw a row, and two sorts."""
        return Work(steps=size.n * (20 + 4 * math.log2(size.n + 1)), memory_bytes=64 * size.n)

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Allot, then take the smallest draws of each group, in one order over all groups."""
        assert view.group is not None
        codes, labels = view.group
        sizes = np.bincount(codes, minlength=len(labels))
        quota = largest_remainder(sizes, min(ledger.rows_left, view.n))

        order = view.ranking(-rng.uniforms("stratified", view.keys))
        by_group = order[np.argsort(codes[order], kind="stable")]
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        place = np.empty(view.n, np.int64)  # a row's place within its group's order
        place[by_group] = np.arange(view.n) - np.repeat(starts, sizes)

        ledger.take_ranked(order[place[order] < quota[codes[order]]])
        picks = np.array(ledger.taken, np.int64)
        return Picks(
            picks,
            weights=(sizes / np.maximum(quota, 1))[codes[picks]],
            weight_kind="inclusion",
            notes={"rows_per_group": {str(g): int(k) for g, k in zip(labels, quota, strict=True)}},
        )


def largest_remainder(sizes: Indices, k: int) -> Indices:
    """Share `k` seats in proportion to `sizes`, none getting more than its size.

    Ties go to the larger group, then to the earlier one. Whole-number arithmetic, so exact.

    Args:
        sizes: (groups,) ≥ 0.
        k: 0 ≤ k ≤ sum of sizes.

    Returns:
        (groups,) int64, summing to `k`.

    Example:
        >>> largest_remainder(np.array([50, 30, 21]), 10).tolist()
        [5, 3, 2]
    """
    total = int(sizes.sum())
    if total == 0:
        return np.zeros(len(sizes), np.int64)
    shares = [divmod(int(size) * k, total) for size in sizes]
    quota = np.array([whole for whole, _ in shares], np.int64)
    order = sorted(range(len(sizes)), key=lambda g: (-shares[g][1], -int(sizes[g]), g))
    quota[order[: k - int(quota.sum())]] += 1
    return quota
