"""How close every held-out row has a pick standing by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from handful.comparing._contract import Aim, Fact, Scene
from handful.comparing.vectors import cosines, sample, tiles
from handful.rng import uniforms
from handful.selection import Floats, Indices

MOST_ROWS = 1024


class Coverage:
    """For each held-out row the cosine of the nearest pick: their mean, and the worst of them.

        mean_i max_{j ∈ S} cos(x_i, x_j),   min_i max_{j ∈ S} cos(x_i, x_j),   i held out

    At most 1,024 held-out rows, drawn by seed, are asked.
    Cost: O(e·n·d) once, and O(e·k) a pick.
    """

    needs: ClassVar[tuple[str, ...]] = ("features", "held_features")

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        of = "the target" if scene.held == "target" else "the pool"
        aim: Aim = "target" if scene.held == "target" else "coverage"
        words = f"covers {of} better than", f"covers {of} worse than"
        self.facts = (
            Fact(
                "coverage_mean",
                f"coverage of {of}, mean cosine",
                True,
                aim,
                *words,
                f"How near a held-out row of {of} has a pick, on average.",
            ),
            Fact(
                "coverage_worst",
                f"coverage of {of}, worst cosine",
                True,
                aim,
                *words,
                f"How near the most neglected held-out row of {of} has a pick.",
            ),
        )
        count = scene.held_features.shape[0]
        draws = uniforms(0, "held-out rows asked", np.arange(count, dtype=np.uint64))
        self.asked = sample(draws, np.arange(count), MOST_ROWS)

    def values(self, picks: Sequence[Indices]) -> Floats:
        """Mean and worst cosine of the nearest pick."""
        rows, asked = self.scene.features, self.scene.held_features[self.asked]

        def nearest(tile: tuple[int, int]) -> Floats:
            close = cosines(rows, asked[tile[0] : tile[1]])  # a row of picks' cosines lies together
            return np.array([close[pick].max(axis=0) for pick in picks], np.float64)

        best = np.concatenate(
            list(self.scene.run.map_blocks(nearest, tiles(len(self.asked)))), axis=1
        )
        return np.stack([best.mean(axis=1), best.min(axis=1)], axis=1)
