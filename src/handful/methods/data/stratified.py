"""Proportional stratified sampling."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from handful.budget import Ledger
from handful.methods._contract import MethodFacts, View, wanted
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.samplers.in_proportion import in_proportion
from handful.selection import Indices, Picks


@dataclass(frozen=True)
class Stratified:
    """Give each group its share of the rows, and draw uniformly within it.

        k_g = ⌊k·n_g/n⌋, the rows left over going to the largest remainders (ties: larger group, then label)

    The weights n_g/k_g (inclusion, 1/p) make the weighted mean of the picks an unbiased estimate of the
    mean over the groups that were given a row.

    Under any limit but one on rows, rows are taken from a ranking of which every beginning holds the groups in
    proportion, and the first k rows hold k_g of each. Within a group must-includes come first, then rows by their
    draws. A row that does not fit is passed over, so that limits win over shares; chances are then not known, and
    there are no weights.

    Source: Neyman 1934, On the two different aspects of the representative method, section IV.
    """

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Neyman 1934, On the two different aspects of the representative method",
        needs=("group",),
        honours=("rows", "amount", "include", "quotas", "max_similarity"),
        nested=False,
        cost="O(n log n) time, 32 bytes a row; 200 under other limits",
    )

    def work(self, size: Size) -> Work:
        """One draw a row, and two sorts; the memory of a ranking under other limits, which takes more."""
        return Work(steps=size.n * (20 + 4 * math.log2(size.n + 1)), memory_bytes=200 * size.n)

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Allot; then the smallest draws of each group, in one order over all groups, or in turns."""
        assert view.group is not None
        codes, labels = view.group
        sizes = np.bincount(codes, minlength=len(labels))
        quota = largest_remainder(sizes, min(ledger.rows, view.n))
        order = view.ranking(-rng.uniforms("stratified", view.keys))
        plain = not ledger.taken and wanted(ledger) is not None
        if plain:
            place = np.empty(view.n, np.int64)  # a row's place within its group's order
            place[_by_group(order, codes)] = np.concatenate([np.arange(size) for size in sizes])
            ledger.take_ranked(order[place[order] < quota[codes[order]]])
        else:
            ledger.take_ranked(in_shares(order, codes, quota, ledger.taken))

        picks = np.array(ledger.taken, np.int64)
        got = np.bincount(codes[picks], minlength=len(labels))
        return Picks(
            picks,
            weights=(sizes / np.maximum(got, 1))[codes[picks]] if plain else None,
            weight_kind="inclusion" if plain else None,
            notes={"rows_per_group": {str(g): int(k) for g, k in zip(labels, got, strict=True)}},
        )


def in_shares(order: Indices, codes: Indices, quota: Indices, first: list[int]) -> Indices:
    """Rows so that every beginning has the groups in proportion, and the first Σ quota rows have the quota.

    Args:
        order: (n,) all rows, the first of each group first.
        codes: (n,) int64 group of each row.
        quota: (groups,) rows of each group among the first.
        first: Rows that come before the others of their group.

    Returns:
        (n,) the same rows.

    Example:
        >>> in_shares(np.arange(6), np.array([0, 0, 0, 0, 1, 1]), np.array([2, 1]), [3]).tolist()
        [3, 4, 0, 1, 5, 2]
    """
    rest = np.bincount(codes, minlength=len(quota)) - quota
    turns = np.concatenate([in_proportion(quota), in_proportion(rest)])
    queue = np.concatenate([np.array(first, np.int64), order[~np.isin(order, first)]])
    ranking = np.empty(len(order), np.int64)
    ranking[np.argsort(turns, kind="stable")] = _by_group(queue, codes)
    return ranking


def _by_group(order: Indices, codes: Indices) -> Indices:
    """Rows group by group, each group's in the order given."""
    return np.asarray(order[np.argsort(codes[order], kind="stable")], np.int64)


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
