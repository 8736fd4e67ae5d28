"""The nearest pick of each held-out row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from handful.comparing.probes._contract import Lesson
from handful.comparing.vectors import cosines, tiles
from handful.graphs.rows import unit_rows


@dataclass(frozen=True)
class Nearest:
    """What the nearest pick, by cosine, knows of each held-out row.

    With labels: the share of held-out rows that have the label of their nearest pick (1-nearest-neighbour
    accuracy; ties go to the pick made first). Without: the mean cosine of the nearest pick.
    Cost: O(e·k·d).

    Source: Cover & Hart 1967, Nearest neighbor pattern classification.
    """

    needs: ClassVar[tuple[str, ...]] = ("features",)
    unit: ClassVar[str] = "nearest pick: accuracy, or cosine without labels"
    larger_is_better: ClassVar[bool] = True
    version: ClassVar[int] = 1

    def score(self, lesson: Lesson) -> float:
        """Accuracy, or mean cosine without labels."""
        assert lesson.features is not None and lesson.test_features is not None
        rows, asked = unit_rows(lesson.features()), unit_rows(lesson.test_features())
        best, place = [], []
        for start, stop in tiles(asked.shape[0]):
            close = cosines(asked[start:stop], rows)
            place.append(close.argmax(axis=1))
            best.append(close.max(axis=1).astype(np.float64))
        if lesson.labels is None or lesson.test_labels is None:
            return float(np.mean(np.concatenate(best)))
        return float(np.mean(lesson.labels[np.concatenate(place)] == lesson.test_labels))
