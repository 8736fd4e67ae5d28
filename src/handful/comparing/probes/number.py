"""A linear regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from handful.comparing.closed_form import ridge
from handful.comparing.probes._contract import Lesson
from handful.comparing.probes.classifier import rows_to_learn_from
from handful.parameters import parameter


@dataclass(frozen=True)
class Number:
    """R² of ridge regression on the held-out rows: 1 is perfect, 0 no better than their own mean.

        R² = 1 − Σ (y − ŷ)² / Σ (y − ȳ)²

    Source: Hoerl & Kennard 1970, Ridge regression.
    """

    penalty: float = parameter(1.0, "Of the squared weights; rows have length 1.", low=1e-6)

    needs: ClassVar[tuple[str, ...]] = ("numbers",)
    unit: ClassVar[str] = "R²"
    larger_is_better: ClassVar[bool] = True
    version: ClassVar[int] = 1

    def score(self, lesson: Lesson) -> float:
        """R² on the held-out rows; 0 where they are all equal."""
        rows, asked = rows_to_learn_from(lesson)
        assert lesson.labels is not None and lesson.test_labels is not None
        known = np.asarray(lesson.labels, np.float64)[:, None]
        true = np.asarray(lesson.test_labels, np.float64)
        error = float(np.sum((true - ridge(rows, known, asked, penalty=self.penalty)[:, 0]) ** 2))
        spread = float(np.sum((true - true.mean()) ** 2))
        return 1 - error / spread if spread else 0.0
