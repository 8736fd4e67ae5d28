"""What a small linear model that the picks train knows of held-out rows, without any label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from handful.comparing._contract import Fact, Scene
from handful.comparing.closed_form import ridge
from handful.comparing.vectors import sample
from handful.rng import uniforms
from handful.selection import Floats, Indices

MOST_ROWS, MOST_SUMS = 2048, 32
FEWEST_FEATURES = 4
PRIOR_ROWS = 3
"""The penalty of ridge regression, in rows of the mean variance: few picks are no reason to run wild."""


class Filling:
    """How well hidden values of held-out rows are filled in by ridge regression trained on the picks.

        R² = 1 − Σ‖h_i − ĥ(s_i)‖² / Σ‖h_i − h̄‖²,    i held out

    s and h, what is seen of a row and what is hidden, are 32 sums each of its features with random signs, fixed
    for all pools (half as many as there are features, where there are fewer than 64). No method strives for
    this; of the measures that need no label it says most of what a classifier would say that was trained on
    labels (`benchmarks/measures.py`). Features of fewer than four numbers are not measured.
    Cost: O(n·d) once, and O(32²·k) a pick.

    Source: Hoerl & Kennard 1970, Ridge regression; Achlioptas 2003, Database-friendly random projections.
    """

    needs: ClassVar[tuple[str, ...]] = ("features", "held_features")

    def __init__(self, scene: Scene) -> None:
        self.scene, width = scene, scene.features.shape[1]
        self.facts: tuple[Fact, ...] = () if width < FEWEST_FEATURES else (_FACT,)
        self.sums = min(MOST_SUMS, width // 2)
        draws = uniforms(0, "signs of the sums", np.arange(2 * self.sums * width, dtype=np.uint64))
        self.signs = np.where(draws < 0.5, -1.0, 1.0).reshape(width, 2 * self.sums)
        count = scene.held_features.shape[0]
        draws = uniforms(0, "held-out rows asked", np.arange(count, dtype=np.uint64))
        asked = sample(draws, np.arange(count), MOST_ROWS)
        if self.facts:
            self.rows, self.asked = (
                self._sums(scene.features),
                self._sums(scene.held_features[asked]),
            )

    def values(self, picks: Sequence[Indices]) -> Floats:
        """R² of the model that each pick trains; as many columns as facts."""
        if not self.facts:
            return np.zeros((len(picks), 0))
        (seen, hidden), (asked, answers) = self.rows, self.asked
        whole = float(np.sum((answers - answers.mean(axis=0)) ** 2))

        def one(pick: Indices) -> list[float]:
            rows = np.sort(pick)
            penalty = max(PRIOR_ROWS * float(seen[rows].var(axis=0).mean()), 1e-9)
            filled = ridge(seen[rows], hidden[rows], asked, penalty=penalty)
            missed = float(np.sum((filled - answers) ** 2))
            return [1 - missed / whole if whole else 0.0]

        return np.array(list(self.scene.run.map_blocks(one, picks)), np.float64)

    def _sums(self, rows: Any) -> tuple[Floats, Floats]:
        """(m, sums) what is seen of each row, and what is hidden."""
        both: Floats = np.asarray(rows @ self.signs, np.float64)
        return both[:, : self.sums], both[:, self.sums :]


_FACT = Fact(
    "fill_probe",
    "linear model filling in hidden values, R²",
    True,
    "learning",
    "trains a linear model that fills in hidden values better than",
    "trains a linear model that fills in hidden values worse than",
    "Half of a row's numbers are hidden; a linear model learns from the picks to tell them from the other "
    "half, and is tested on held-out rows. It needs no label, and no method strives for it.",
)
