"""How many picks say again what another pick says, word for word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from handful.comparing._contract import Fact, Scene
from handful.selection import Floats, Indices


class Repeats:
    """Share of picks whose text equals an earlier pick's: 1 − distinct texts / k. O(k log k) a pick."""

    needs: ClassVar[tuple[str, ...]] = ("text_hashes",)

    facts = (
        Fact(
            "repeated_texts",
            "repeated texts",
            False,
            "diversity",
            "fewer repeated texts than",
            "more repeated texts than",
            "Share of picks whose text another pick has too, word for word.",
        ),
    )

    def __init__(self, scene: Scene) -> None:
        assert scene.text_hashes is not None
        self.hashes = scene.text_hashes

    def values(self, picks: Sequence[Indices]) -> Floats:
        """Share of picks that repeat another."""
        return np.array([[1 - len(np.unique(self.hashes[p])) / len(p)] for p in picks], np.float64)
