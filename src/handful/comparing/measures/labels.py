"""What a small classifier trained on the picks gets right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from handful.comparing._contract import Fact, Scene
from handful.comparing.closed_form import naive_bayes, ridge_classifier
from handful.comparing.vectors import sample
from handful.rng import uniforms
from handful.selection import Floats, Indices

MOST_ROWS = 2048


class Labels:
    """Accuracy on held-out rows of a linear classifier trained on the picks and their labels.

    With features: ridge regression on the classes; with text alone: naive Bayes on hashed n-grams. Both have
    a closed form, so that a hundred of them cost seconds. At most 2,048 picks train, at most 2,048 rows test.
    """

    needs: ClassVar[tuple[str, ...]] = ("labels", "held_labels")

    facts = (
        Fact(
            "label_probe",
            "linear classifier, accuracy",
            True,
            "learning",
            "trains a better linear classifier than",
            "trains a worse linear classifier than",
            "A linear classifier is trained on the picks and their labels, and tested on held-out rows.",
        ),
    )

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        assert scene.held_labels is not None
        count = len(scene.held_labels)
        draws = uniforms(0, "held-out rows asked", np.arange(count, dtype=np.uint64))
        self.asked = sample(draws, np.arange(count), MOST_ROWS)
        self.order = uniforms(0, "picks that train", scene.keys)

    def values(self, picks: Sequence[Indices]) -> Floats:
        """Accuracy of the classifier that each pick trains."""
        scene = self.scene
        assert scene.labels is not None and scene.held_labels is not None
        labels, answers = scene.labels, scene.held_labels[self.asked]
        by_features = scene.features is not None
        rows = scene.features if by_features else scene.ngrams
        asked = (scene.held_features if by_features else scene.held_ngrams)[self.asked]
        learn = ridge_classifier if by_features else naive_bayes

        def one(pick: Indices) -> list[float]:
            chosen = sample(self.order, pick, MOST_ROWS)
            return [float(np.mean(learn(rows[chosen], labels[chosen], asked) == answers))]

        return np.array(list(scene.run.map_blocks(one, picks)), np.float64)
