"""Random picks of the same budget, through the same ledger as the pick they are set beside."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from handful.budget import Ledger
from handful.methods._contract import View, wanted
from handful.rng import Draws
from handful.selection import Floats, Indices

TABLE = ((10_000, 99), (None, 59))
"""Picks at most (None: any number), and how many random picks they are set beside."""


def how_many(k: int) -> int:
    """The number of random picks for a pick of `k` rows: from the table, never from the clock.

    Example:
        >>> how_many(1_000), how_many(40_000)
        (99, 59)
    """
    return next(draws for most, draws in TABLE if most is None or k <= most)


def random_picks(
    view: View, ledger: Callable[[], Ledger], count: int, rng: Draws, *, purpose: str = "verdict"
) -> list[Indices]:
    """Uniform random picks, each filled from its own keyed draws; must-includes are in every one.

    Args:
        view: The rows to pick from.
        ledger: Makes a fresh ledger, must-includes taken.
        count: How many picks.
        rng: The seed; the number of the draw is part of its purpose.
        purpose: A word that keeps these draws apart from others.
    """
    picks = []
    for number in range(count):
        filled = ledger()
        draws = rng.uniforms(f"{purpose}: random pick {number}", view.keys)
        filled.take_ranked(view.ranking(-draws, at_most=wanted(filled)))
        picks.append(np.array(filled.taken, np.int64))
    return picks


def lowest(draws: Floats, count: int) -> Indices:
    """The `count` rows with the smallest draws, ascending: a seeded sample, or a fold held out.

    Example:
        >>> lowest(np.array([0.3, 0.1, 0.2]), 2).tolist()
        [1, 2]
    """
    if count >= len(draws):
        return np.arange(len(draws))
    return np.sort(np.argpartition(draws, count)[:count]) if count else np.zeros(0, np.int64)
