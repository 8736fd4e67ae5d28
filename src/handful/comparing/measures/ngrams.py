"""How far the picks' words are from those of the held-out texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from handful.comparing._contract import Aim, Fact, Scene
from handful.selection import Floats, Indices

BACKGROUND = 0.1


class Ngrams:
    """Divergence of the held-out texts' hashed n-grams from the picks', and how many n-grams the picks use.

        KL(t ‖ q) = Σ_b t_b · log₂(t_b / q_b),      q = 0.9 · p_S + 0.1 · p_pool

    t and p_S are the shares of each bucket in the held-out texts and in the picks; the pool's (one added to
    each count) keep it finite. The effective number of n-grams is 2 to the entropy of p_S.
    Cost: O(n-grams of the picks) a pick.

    Source: Kullback & Leibler 1951; Jelinek & Mercer 1980, Interpolated estimation (the background).
    """

    needs: ClassVar[tuple[str, ...]] = ("ngrams", "held_ngrams")

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        everything, held = _totals(scene.ngrams) + 1, _totals(scene.held_ngrams)
        self.background, self.target = everything / everything.sum(), held / max(held.sum(), 1)
        of = "the target" if scene.held == "target" else "the pool"
        aim: Aim = "target" if scene.held == "target" else "likeness"
        self.facts = (
            Fact(
                "ngram_kl",
                f"n-gram KL to {of}, bits",
                False,
                aim,
                "closer to the target than"
                if scene.held == "target"
                else "more like the pool than",
                "farther from the target than"
                if scene.held == "target"
                else "less like the pool than",
                f"How unlike the picks' words and word pairs are to those of held-out rows of {of}.",
            ),
            Fact(
                "ngram_diversity",
                "effective number of n-grams",
                True,
                "diversity",
                "more varied in its words than",
                "less varied in its words than",
                "As many equally frequent words and word pairs would be as varied as the picks' are.",
            ),
        )

    def values(self, picks: Sequence[Indices]) -> Floats:
        """KL in bits, and the effective number of n-grams."""
        counts, background, target = self.scene.ngrams, self.background, self.target
        seen = np.flatnonzero(target)
        own = float(np.sum(target[seen] * np.log2(target[seen])))

        def one(pick: Indices) -> list[float]:
            total = _totals(counts[pick])
            share = total / max(total.sum(), 1)
            mixed = (1 - BACKGROUND) * share[seen] + BACKGROUND * background[seen]
            some = share[share > 0]
            entropy = -float(np.sum(some * np.log2(some)))
            return [own - float(np.sum(target[seen] * np.log2(mixed))), float(2**entropy)]

        return np.array(list(self.scene.run.map_blocks(one, picks)), np.float64)


def _totals(counts: Any) -> Floats:
    """(buckets,) counts of all rows together; whole numbers, so exact in any order."""
    totals: Floats = np.zeros(counts.shape[1])
    for start in range(0, len(counts.data), _STRETCH):  # bincount makes float64 of what it is given
        part = slice(start, start + _STRETCH)
        totals += np.bincount(counts.indices[part], counts.data[part], counts.shape[1])
    return totals


_STRETCH = 1 << 20
