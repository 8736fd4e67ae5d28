"""Pool against picks, by groups and by numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from handful.reporting.page import Profile
from handful.reporting.svg import number
from handful.reporting.text import beginning
from handful.selection import Floats, Indices

BARS = 20
MOST_GROUPS = 12


def of_groups(title: str, labels: Sequence[str], pool: Indices, picks: Indices) -> Profile:
    """Shares of the largest groups; what the rest hold is told in words.

    Args:
        title: Of the chart.
        labels: Of the codes.
        pool: (n,) codes of the pool.
        picks: (k,) codes of the picks.
    """
    sizes = np.bincount(pool, minlength=len(labels))
    chosen = np.bincount(picks, minlength=len(labels))
    total, count = max(1, len(pool)), max(1, len(picks))
    order = np.argsort(-sizes, kind="stable")
    shown, rest = order[:MOST_GROUPS], order[MOST_GROUPS:]
    names = [beginning(str(labels[i])[:80]) or "(empty)" for i in shown]
    caption = f"{len(labels):,} groups, {np.count_nonzero(chosen):,} of them among the picks"
    if len(rest):
        own, theirs = int(sizes[rest].sum()) / total, int(chosen[rest].sum()) / count
        caption += (
            f"; the {len(shown)} largest are shown, the others hold {own:.1%} of the pool and "
            f"{theirs:.1%} of the picks"
        )
    pool_shares, pick_shares = sizes[shown] / total, chosen[shown] / count
    return Profile(title, caption, names, pool_shares.tolist(), pick_shares.tolist())


def of_numbers(title: str, pool: Floats, picks: Floats, *, unit: str = "") -> Profile | None:
    """Shares of stretches of a number: even ones, or of even ratio where it runs over two decades.

    The outermost hundredths of the pool fall into the first and last stretch. None where all are equal.
    """
    low, high = (float(v) for v in np.quantile(pool, [0.01, 0.99]))
    if low == high:
        low, high = float(pool.min()), float(pool.max())
    if low == high:
        return None
    wide = low > 0 and high / low > 100
    edges = np.geomspace(low, high, BARS + 1) if wide else np.linspace(low, high, BARS + 1)
    if wide and high > 20 and np.array_equal(pool, np.round(pool)):
        edges = np.unique(np.round(edges))
    labels = [f"{number(a)}–{number(b)}" for a, b in pairwise(edges)]
    middle = np.median(pool), np.median(picks)
    caption = (
        f"median of the pool {number(middle[0])}{unit}, of the picks {number(middle[1])}{unit}"
    )
    shares = _shares(pool, edges), _shares(picks, edges)
    return Profile(title, caption, labels, *shares, edges=edges.tolist())


def _shares(values: Floats, edges: Floats) -> list[float]:
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(place, minlength=len(edges) - 1)
    shares: list[float] = (counts / max(1, len(values))).tolist()
    return shares
