"""Features as they come: counts of words, and embeddings with numbers below 0."""

import numpy as np
import pytest
from scipy import sparse

from handful import HandfulError
from handful.objectives import Arrays, FeatureBased, ProbabilisticCover
from handful.optimizers import maximize
from handful.testing.laws import FOR_OBJECTIVES, Case

X = np.array([[4.0, -1.0], [-9.0, 0.0], [0.0, -4.0], [1.0, 1.0]], np.float32)
COUNTS = np.array([[3, 0, 1], [0, 2, 0], [1, 1, 1], [0, 0, 5]], np.float32)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_split_by_sign_positive_and_negative_parts_are_features_of_their_own(kind):
    by_hand = Arrays({"x": np.hstack([X.clip(0), (-X).clip(0)])})
    split, view = FeatureBased(signed="split"), Arrays({"x": kind(X)})
    for law in FOR_OBJECTIVES:
        law(Case(split, view))
    for rows in ([0], [0, 1], [1, 2, 3], [0, 1, 2, 3]):
        assert split.value(view, rows) == FeatureBased().value(by_hand, rows)


def test_a_number_below_0_is_refused_where_no_sign_is_expected():
    with pytest.raises(HandfulError, match="signed=split"):
        maximize(FeatureBased(), Arrays({"x": X}), 2)


@pytest.mark.parametrize("mention", [0.25, 1.0])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_a_word_mentioned_often_is_missed_only_where_every_mention_misses(kind, mention):
    f, view = ProbabilisticCover(mention=mention), Arrays({"words": kind(COUNTS)})
    for law in FOR_OBJECTIVES:
        law(Case(f, view))
    for rows in ([0], [0, 2], [1, 3], [0, 1, 2, 3]):
        missed = (1 - mention) ** COUNTS[rows].sum(axis=0)
        assert f.value(view, rows) == pytest.approx(np.sum(1 - missed), rel=1e-12)


def test_counts_are_no_chances_unless_a_mention_has_one():
    with pytest.raises(HandfulError, match="how likely one mention covers"):
        maximize(ProbabilisticCover(), Arrays({"words": COUNTS}), 2)
