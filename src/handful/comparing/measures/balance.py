"""How evenly the picks share themselves among the groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from handful.comparing._contract import Fact, Scene
from handful.selection import Floats, Indices


class Balance:
    """Entropy of the groups among the picks, in bits: 0 where all are of one, log₂ g where g share evenly.

    Source: Shannon 1948, A mathematical theory of communication, section 6.
    """

    needs: ClassVar[tuple[str, ...]] = ("groups",)

    facts = (
        Fact(
            "group_entropy",
            "entropy of the groups, bits",
            True,
            "balance",
            "more evenly spread over the groups than",
            "less evenly spread over the groups than",
            "How evenly the groups share the picks; 0 where all are of one.",
        ),
    )

    def __init__(self, scene: Scene) -> None:
        assert scene.groups is not None
        self.groups = scene.groups

    def values(self, picks: Sequence[Indices]) -> Floats:
        """Entropy in bits."""
        return np.array([[self._entropy(pick)] for pick in picks], np.float64)

    def _entropy(self, pick: Indices) -> float:
        sizes = np.bincount(self.groups[pick])
        share = sizes[sizes > 0] / len(pick)
        return -float(np.sum(share * np.log2(share)))
