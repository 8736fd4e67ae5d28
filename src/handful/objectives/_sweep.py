"""One sweep over all tiles: gains of all candidates, now and after the picks that are likely to come."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from handful.graphs._contract import Floats, Singles
from handful.graphs.lists import ENTRY_BYTES, PairLists
from handful.graphs.tiles import TILE, each_pair_once, tile_blocks
from handful.objectives._tile_sums import ROUNDING, Step, TileSums
from handful.runtime.blas import one_blas_thread

SAMPLE = 1024
"""Rows by which the next picks are guessed, and the number of pairs above the bests."""

SHARE = 16
"""Of all pairs, at most one in so many is listed: a longer guess costs less than longer lists."""

AHEAD = 16
"""Picks guessed at most."""


@dataclass(frozen=True, eq=False)
class Moment:
    """Gains of all candidates at certain bests.

    Args:
        best: (n,) float32.
        gain: (n,) float64.
        margin: (n,) how far each may be off.
    """

    best: Singles
    gain: Floats
    margin: Floats


def sweep(sums: TileSums, best: Floats, memory_bytes: int) -> tuple[list[Moment], PairLists | None]:
    """Gains at some bests and after each pick guessed, and lists of the pairs above the last, where they fit.

    Args:
        sums: Over what.
        best: (n,) what rows have.
        memory_bytes: What may be used, lists included.

    Cost: n²·d/2 products, each tile computed once and turned over for its other side.
    """
    room = _room(sums, memory_bytes)
    bests, fits = _guess(sums, best, memory_bytes, room)
    lists = PairLists(sums.bar(bests[-1]), room) if fits else None
    blocks = tile_blocks(sums.n)
    steps: list[Step] = [(bests[0], sums.high), *itertools.pairwise(bests)]

    def work(at: tuple[int, int]) -> list[tuple[slice, Floats]]:
        down, across = blocks[at[0]], blocks[at[1]]
        tile = sums.pairs.singles(down, across)
        found = [(across, sums.of_tile(tile, down, steps))]
        if lists is not None:
            lists.keep(tile, down, across)
        if at[0] != at[1]:
            tile = np.ascontiguousarray(tile.T)
            found.append((down, sums.of_tile(tile, across, steps)))
            if lists is not None:
                lists.keep(tile, across, down)
        return found

    totals = np.zeros((len(steps), 3, sums.n))
    for found in sums.run.map_blocks(work, each_pair_once(len(blocks))):
        for block, some in found:
            totals[:, :, block] += some
    moments = list(_moments(sums, bests, totals))
    return moments, lists if lists is not None and lists.whole else None


def sums_of_all(sums: TileSums, best: Floats) -> tuple[Floats, Floats]:
    """(n,) gains of all candidates at some bests, and how far each may be off. One sweep, in a fixed order."""
    blocks, low = tile_blocks(sums.n), sums.low(best)

    def work(at: tuple[int, int]) -> list[tuple[slice, Floats]]:
        down, across = blocks[at[0]], blocks[at[1]]
        tile = sums.pairs.singles(down, across)
        found = [(across, sums.of_tile(tile, down, [(low, sums.high)])[0])]
        if at[0] != at[1]:
            turned = np.ascontiguousarray(tile.T)
            found.append((down, sums.of_tile(turned, across, [(low, sums.high)])[0]))
        return found

    totals = np.zeros((3, sums.n))
    with one_blas_thread():
        for found in sums.run.map_blocks(work, each_pair_once(len(blocks))):
            for block, some in found:
                totals[:, block] += some
    return totals[0], sums.off(totals)


def _moments(sums: TileSums, bests: list[Singles], totals: Floats) -> Iterator[Moment]:
    """Gains at the first bests, less what each guess takes away.

    All of them are of one tile's similarities, so the error of a gain is that of the rows left in it.
    """
    gain, reach, rounding = (np.zeros(sums.n) for _ in range(3))
    for t, best in enumerate(bests):
        total, touched, left = totals[t]
        gain = total if t == 0 else gain - total
        reach = touched if t == 0 else reach - (touched - left)
        rounding = rounding + ROUNDING * total
        yield Moment(best, np.maximum(gain, 0.0), sums.error * reach + rounding)


def _guess(
    sums: TileSums, best: Floats, memory_bytes: int, room: int
) -> tuple[list[Singles], bool]:
    """Bests after the picks that are likely to come next, until the pairs above them fit in memory.

    Gains over a sample of rows name a few candidates; their gains over all rows, the best of these. A
    wrong guess costs time only.
    """
    n, exact = sums.n, best
    m = min(n, SAMPLE, max(64, memory_bytes // (16 * n)))
    rows, blocks = np.unique(np.linspace(0, n - 1, m).astype(np.int64)), tile_blocks(n)
    tiles = list(sums.run.map_blocks(lambda block: sums.pairs.singles(rows, block), blocks))
    bests = [sums.low(best)]
    while True:
        bar = sums.bar(bests[-1])[rows, None]
        above = sum(int((tile > bar).sum()) for tile in tiles) * n / len(rows)
        if 1.1 * above <= room:
            return bests, True
        if len(bests) > AHEAD:
            return bests, False
        step = [(bests[-1], sums.high)]
        by_sample = np.concatenate([sums.of_tile(tile, rows, step)[0, 0] for tile in tiles])
        likely = np.argpartition(-by_sample, min(n - 1, 64 + n // 128))
        likely = np.sort(likely[: 64 + n // 128])
        gains, _ = sums.over(None, likely, bests[-1], sums.high)
        served, similar = sums.pairs.column(int(likely[gains.argmax()]))
        exact = exact.copy()
        most = sums.high if sums.caps is None else sums.caps
        exact[served] = np.maximum(exact[served], np.minimum(similar, most[served]))
        bests.append(sums.low(exact))


def _room(sums: TileSums, memory_bytes: int) -> int:
    """Entries that lists may have: what memory allows beside tiles and guesses, and no more than pay."""
    n = sums.n
    beside = 32 * sums.run.threads * TILE**2 + n * (44 * (AHEAD + 1) + 4 * (n // TILE + 1))
    return min(max(0, memory_bytes - beside) // ENTRY_BYTES, 1024 + n**2 // SHARE)
