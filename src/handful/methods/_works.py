"""What maximising an objective takes, for `handful plan` and for refusing what does not fit."""

from __future__ import annotations

from handful.runtime.work import Size, Work

REFRESHED = 20
"""Gains that lazy greedy computes again for a pick, about."""
TILES = 2**27
"""Tiles in work on a few threads."""
LISTS = 2**28
"""Tiles, and the lists of a tight certificate."""


def all_pairs(size: Size) -> Work:
    """All pairs once in float32, and some columns again for each pick; a bound may list 200 MB of pairs."""
    columns = REFRESHED * size.k + size.target_rows
    return Work(
        multiply_adds=float(size.entries) * (size.n + columns),
        memory_bytes=rows(size) + 64 * size.n + LISTS,
    )


def totals(size: Size) -> Work:
    """All pairs once in float64, which takes twice as long, and a column for each pick."""
    return Work(
        multiply_adds=float(size.entries) * (2 * size.n + REFRESHED * size.k),
        memory_bytes=rows(size) + 128 * size.n + TILES,
    )


def pick_by_pick(size: Size) -> Work:
    """One column a pick."""
    return Work(
        multiply_adds=float(size.entries) * size.k,
        memory_bytes=rows(size) + 64 * size.n,
    )


def entries(size: Size) -> Work:
    """Every number once, and those of some rows again for each pick; each is held by row and by column."""
    again = REFRESHED * size.k * size.entries / max(1, size.n)
    return Work(
        steps=size.entries + again,
        memory_bytes=48 * size.entries + 24 * size.d + 64 * size.n,
    )


def targeted(size: Size) -> Work:
    """Every row with every row of the target, and some again for each pick."""
    q = max(1, size.target_rows)
    return Work(
        multiply_adds=float(size.entries) * q + float(REFRESHED * size.k) * q * size.d,
        memory_bytes=rows(size) + 4 * q * size.d + 64 * (size.n + q) + TILES,
    )


def factor(size: Size) -> Work:
    """Every row with every pick, and their factor, whose room doubles as it grows."""
    wide = 2 * max(64, size.k + size.target_rows)
    return Work(
        multiply_adds=float(size.n) * size.k * (size.d + size.k + size.target_rows),
        memory_bytes=rows(size) + 4 * size.target_rows * size.d + (8 * wide + 64) * size.n + TILES,
    )


def rows(size: Size) -> int:
    """The rows at unit length; sparse ones beside the numbers' places."""
    return (4 if size.sparse is None else 16) * size.entries
