"""A linear classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from handful.comparing.closed_form import ridge_classifier
from handful.comparing.ngram_rows import weighted_ngrams
from handful.comparing.probes._contract import Lesson
from handful.graphs.rows import unit_rows
from handful.parameters import parameter


@dataclass(frozen=True)
class Classifier:
    """Accuracy of a linear classifier on the held-out rows.

    Ridge regression on an indicator of each class, which predicts the class of the highest value: linear,
    of one closed form, and close to logistic regression in accuracy. It learns from features where the user
    gave some, else from hashed word n-grams, 1 + log(count), each row of length 1.

    Source: Rifkin, Yeo & Poggio 2003, Regularized least-squares classification.
    """

    penalty: float = parameter(1.0, "Of the squared weights; rows have length 1.", low=1e-6)

    needs: ClassVar[tuple[str, ...]] = ("labels",)
    unit: ClassVar[str] = "accuracy"
    larger_is_better: ClassVar[bool] = True
    version: ClassVar[int] = 1

    def score(self, lesson: Lesson) -> float:
        """Share of held-out rows whose class it tells."""
        rows, asked = rows_to_learn_from(lesson)
        assert lesson.labels is not None and lesson.test_labels is not None
        told = ridge_classifier(rows, np.asarray(lesson.labels, np.int64), asked, self.penalty)
        return float(np.mean(told == lesson.test_labels))


def rows_to_learn_from(lesson: Lesson) -> tuple[Any, Any]:
    """Unit rows of the picks and of the held-out rows: features where there are any, else n-grams."""
    if lesson.features is not None and lesson.test_features is not None:
        return unit_rows(lesson.features()), unit_rows(lesson.test_features())
    assert lesson.texts is not None and lesson.test_texts is not None
    return weighted_ngrams(lesson.texts()), weighted_ngrams(lesson.test_texts())
