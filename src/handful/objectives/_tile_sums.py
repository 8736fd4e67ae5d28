"""What candidates would add to the rows they serve, summed over tiles of similarities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from handful.graphs._contract import Floats, Indices, Singles
from handful.graphs.feature_pairs import FeaturePairs
from handful.graphs.tiles import TILE, tile_blocks
from handful.runtime.run import Run

ROUNDING = 2.0**-17
"""Relative error allowed in float32 sums over tiles, twice what it may be."""

Step = tuple[Singles, Singles]
"""(n,) and (n,): what rows have, and what they may come to have."""


@dataclass(frozen=True, eq=False)
class TileSums:
    """Σ_i w_i · (clip(s_ij, low_i, high_i) − low_i), in float32 within a tile and float64 beyond.

    Args:
        pairs: Similarity of each row to each.
        high: (n,) the most a row can use, in float32.
        caps: (n,) the same in float64, or None where there is no most.
        weights: (n,) ≥ 0.
        run: Worker threads.
        error: Of one similarity, and of the bounds it is held to.
    """

    pairs: FeaturePairs
    high: Singles
    caps: Floats | None
    weights: Singles
    run: Run
    error: float

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.high)

    def low(self, best: Floats) -> Singles:
        """(n,) bests in float32, at the cap where they are in float64, and nowhere else."""
        low = best.astype(np.float32)
        if self.caps is not None:
            full = best >= self.caps
            low[full] = self.high[full]
            near = ~full & (low >= self.high)
            low[near] = np.nextafter(self.high[near], np.float32(-1.0))
        return low

    def of_tile(self, tile: Singles, rows: slice | Indices, steps: list[Step]) -> Floats:
        """(steps, 3, b) what a tile gives its candidates in each step; see `column_sums`."""
        from handful.kernels.served import column_sums

        out = np.zeros((len(steps), 3, tile.shape[1]))
        error, weights = float(self.error), self.weights[rows]
        for (low, high), sums in zip(steps, out, strict=True):
            column_sums(tile, low[rows], high[rows], weights, error, *sums)
        return out

    def over(
        self, rows: Indices | None, candidates: Indices, low: Singles, high: Singles
    ) -> tuple[Floats, Floats]:
        """(m,) the sums of some candidates over some rows (None: all), and how far they may be off."""
        return self.over_each(rows, candidates, [(low, high)])[0]

    def over_each(
        self, rows: Indices | None, candidates: Indices, steps: list[Step]
    ) -> list[tuple[Floats, Floats]]:
        """The same in each of several steps; a similarity is computed once for all of them."""
        runs = tile_blocks(self.n) if rows is None else _split(rows)
        out = np.zeros((len(steps), 2, len(candidates)))
        for places in _split(np.arange(len(candidates))):
            some = candidates[places]

            def work(run: Any, some: Indices = some) -> Floats:
                return self.of_tile(self.pairs.singles(run, some), run, steps)[:, :2]

            for sums in self.run.map_blocks(work, runs):
                out[:, :, places] += sums
        return [(step[0], self.off(step)) for step in out]

    def off(self, sums: Floats) -> Floats:
        """How far sums and reaches over tiles, (≥ 2, m), may be off."""
        return np.asarray(self.error * sums[1] + ROUNDING * sums[0])

    def bar(self, best: Singles) -> Singles:
        """(n,) what a similarity must exceed to matter at these bests or later ones, less rounding."""
        bar = best - np.float32(3.0 * self.error)
        bar[(best >= self.high) | (self.weights == 0.0)] = np.inf
        return bar


def _split(places: Indices) -> list[Indices]:
    return [places[start : start + TILE] for start in range(0, len(places), TILE)]
