"""How high the picks score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from handful.comparing._contract import Fact, Scene
from handful.selection import Floats, Indices


class Score:
    """Mean score of the picks."""

    needs: ClassVar[tuple[str, ...]] = ("scores",)

    facts = (
        Fact(
            "mean_score",
            "mean score",
            True,
            "score",
            "scores higher than",
            "scores lower than",
            "The mean of the column that --score names.",
        ),
    )

    def __init__(self, scene: Scene) -> None:
        assert scene.scores is not None
        self.scores = scene.scores

    def values(self, picks: Sequence[Indices]) -> Floats:
        """Mean score."""
        return np.array([[np.mean(self.scores[np.sort(pick)])] for pick in picks], np.float64)
