"""How the picks lie among themselves and beside the held-out rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from handful.comparing._contract import Aim, Fact, Scene
from handful.comparing.vectors import cosines, sample, tiles
from handful.rng import uniforms
from handful.selection import Floats, Indices

MOST_PICKS = 512
MOST_ROWS = 1024
NEAR = 0.95


class Spread:
    """Energy distance to the held-out rows, effective diversity, and near-duplicates.

        energy      2·mean‖x − y‖ − mean‖x − x'‖ − mean‖y − y'‖    x, x' picked, y, y' held out, x ≠ x', y ≠ y'
        diversity   (tr K)² / ‖K‖²        K the picks' cosines: the number of directions they fill
        near        share of picks with another at cosine ≥ 0.95

    Rows are of length 1, so ‖x − y‖² = 2 − 2·cos. Among themselves, at most 512 picks (drawn by seed) are set
    side by side, and at most 1,024 held-out rows are asked.
    Cost: O(e·n·d) once, and O(512²·d) a pick.

    Source: Székely & Rizzo 2013, Energy statistics; Friedman & Dieng 2023, The Vendi score, of order 2.
    """

    needs: ClassVar[tuple[str, ...]] = ("features", "held_features")

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        of = "the target" if scene.held == "target" else "the pool"
        aim: Aim = "target" if scene.held == "target" else "likeness"
        by_design = (
            ""
            if scene.held == "target"
            else " Random picks follow it; an even spread departs from it."
        )
        self.facts = (
            Fact(
                "energy_distance",
                f"energy distance to {of}",
                False,
                aim,
                "closer to the target than"
                if scene.held == "target"
                else "more like the pool than",
                "farther from the target than"
                if scene.held == "target"
                else "less like the pool than",
                f"How unlike the cloud of picks is to the cloud of held-out rows of {of}."
                + by_design,
            ),
            Fact(
                "diversity",
                "effective diversity, directions",
                True,
                "diversity",
                "more diverse than",
                "less diverse than",
                "As many directions at right angles would be as spread out as the picks are.",
            ),
            Fact(
                "near_duplicates",
                f"near-duplicates, cosine ≥ {NEAR}",
                False,
                "diversity",
                "fewer near-duplicates than",
                "more near-duplicates than",
                f"Share of picks that have another at a cosine of {NEAR} or more.",
            ),
        )
        count = scene.held_features.shape[0]
        draws = uniforms(0, "held-out rows asked", np.arange(count, dtype=np.uint64))
        self.asked = scene.held_features[sample(draws, np.arange(count), MOST_ROWS)]
        self.order = uniforms(0, "picks set side by side", scene.keys)

    def values(self, picks: Sequence[Indices]) -> Floats:
        """Energy distance, diversity, near-duplicates."""
        rows, asked, run = self.scene.features, self.asked, self.scene.run
        within_held = _within(_distances(cosines(asked, asked)))

        def across(tile: tuple[int, int]) -> Floats:
            mean: Floats = _distances(cosines(asked, rows[tile[0] : tile[1]])).mean(axis=0)
            return mean

        to_held = np.concatenate(list(run.map_blocks(across, tiles(self.scene.n))))

        def one(pick: Indices) -> list[float]:
            chosen = sample(self.order, pick, MOST_PICKS)
            close = cosines(rows[chosen], rows[chosen]).astype(np.float64)
            energy = 2 * to_held[np.sort(pick)].mean() - _within(_distances(close)) - within_held
            squares = float(np.sum(close**2))
            diversity = float(np.trace(close)) ** 2 / squares if squares else 1.0
            np.fill_diagonal(close, -1.0)
            return [energy, diversity, float(np.mean(close.max(axis=1) >= NEAR))]

        return np.array(list(run.map_blocks(one, picks)), np.float64)


def _distances(close: Any) -> Floats:
    """Euclidean distances of unit rows from their cosines, float64."""
    apart: Floats = np.sqrt(np.maximum(2.0 - 2.0 * close.astype(np.float64), 0.0))
    return apart


def _within(distances: Floats) -> float:
    """Mean over pairs of different rows; 0 for a single row."""
    count = len(distances)
    off = float(distances.sum() - np.trace(distances))
    return off / (count * (count - 1)) if count > 1 else 0.0
