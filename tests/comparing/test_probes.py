"""Each probe equals its textbook definition, and refuses what it cannot learn from."""

import math
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful import errors
from handful.comparing import probes
from handful.comparing.closed_form import ridge
from handful.comparing.ngram_rows import weighted_ngrams
from handful.comparing.probes import choose, configured
from handful.comparing.probes._contract import Lesson
from handful.comparing.probes.classifier import Classifier
from handful.comparing.probes.nearest import Nearest
from handful.comparing.probes.ngram_model import VOCABULARY, NgramModel, _bigrams, bigram_chances
from handful.comparing.probes.number import Number
from handful.parameters import member, members
from handful.pool import Strings


def kneser_ney(learnt, before, word, d=0.75):
    """The formula, as loops over the bigrams themselves."""
    counts = Counter(learnt)
    kinds = defaultdict(set)
    for v, w in counts:
        kinds[w].add(v)
    alone = (
        max(len(kinds[word]) - d, 0) + d * sum(bool(k) for k in kinds.values()) / VOCABULARY
    ) / len(counts)
    total = sum(c for (v, _), c in counts.items() if v == before)
    if not total:
        return alone
    follows = sum(v == before for v, _ in counts)
    return (max(counts[before, word] - d, 0) + d * follows * alone) / total


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30))
def test_the_bigram_model_is_kneser_ney(learnt):
    asked = [(v, w) for v in range(6) for w in range(6)]
    code = [v * (VOCABULARY + 1) + w for v, w in learnt]
    found = bigram_chances(
        np.array(code), np.array([v * (VOCABULARY + 1) + w for v, w in asked]), 0.75
    )
    for (v, w), chance in zip(asked, found, strict=True):
        assert math.isclose(chance, kneser_ney(learnt, v, w), rel_tol=1e-12)


def test_chances_of_all_words_sum_to_one():
    rng = np.random.default_rng(0)
    learnt = rng.integers(0, 50, 200) * (VOCABULARY + 1) + rng.integers(0, 50, 200)
    for before in (3, 60, VOCABULARY):
        asked = before * (VOCABULARY + 1) + np.arange(VOCABULARY)
        assert math.isclose(bigram_chances(learnt, asked, 0.75).sum(), 1, rel_tol=1e-9)


def test_a_model_of_like_texts_needs_fewer_bits_and_an_untrained_one_all_of_them():
    test = Strings.of(["the cat sat on the mat", "the dog sat on the log"])
    same = NgramModel().score(Lesson(np.arange(2), lambda: test, lambda: test))
    other = NgramModel().score(
        Lesson(np.arange(1), lambda: Strings.of(["stocks fell sharply on monday"]), lambda: test)
    )
    nothing = NgramModel().score(Lesson(np.arange(1), lambda: Strings.of([""]), lambda: test))
    assert same < 3 < other and nothing == 18.0


def test_bigrams_begin_every_text_anew_and_skip_empty_ones():
    codes = _bigrams(Strings.of(["A b", "", "b"]))
    before, word = codes // (VOCABULARY + 1), codes % (VOCABULARY + 1)
    assert before.tolist() == [VOCABULARY, word[0], VOCABULARY] and word[1] == word[2] != word[0]


def data(classes=3, m=60, q=200, d=6, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((classes, d)) * 2
    labels, answers = rng.integers(0, classes, m), rng.integers(0, classes, q)
    rows = (centres[labels] + rng.standard_normal((m, d))).astype(np.float32)
    asked = (centres[answers] + rng.standard_normal((q, d))).astype(np.float32)
    return rows, labels, asked, answers


def test_the_classifier_equals_scikit_learns_on_unit_rows():
    from sklearn.linear_model import RidgeClassifier
    from sklearn.preprocessing import normalize

    rows, labels, asked, answers = data()
    lesson = Lesson(np.arange(60), None, None, lambda: rows, lambda: asked, labels, answers)
    model = RidgeClassifier(alpha=1.0, solver="cholesky").fit(normalize(rows), labels)
    assert Classifier().score(lesson) == np.mean(model.predict(normalize(asked)) == answers) > 0.8


def test_the_classifier_reads_words_where_there_are_no_features():
    texts = Strings.of(["red apple", "red cherry", "green leaf", "green grass"] * 5)
    lesson = Lesson(
        np.arange(20),
        lambda: texts,
        lambda: Strings.of(["red red rose", "green frog"]),
        labels=np.array([0, 0, 1, 1] * 5),
        test_labels=np.array([0, 1]),
    )
    assert Classifier().score(lesson) == 1.0
    rows = weighted_ngrams(texts)
    assert np.allclose(np.sqrt(rows.multiply(rows).sum(axis=1)), 1)


def test_the_number_probe_is_r_squared():
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score
    from sklearn.preprocessing import normalize

    rows, _, asked, _ = data()
    y, true = rows[:, 0] * 2.0 + 1, asked[:, 0] * 2.0 + 1
    lesson = Lesson(np.arange(60), None, None, lambda: rows, lambda: asked, y, true)
    expected = r2_score(true, Ridge(alpha=1.0).fit(normalize(rows), y).predict(normalize(asked)))
    assert math.isclose(Number().score(lesson), expected, rel_tol=1e-4)
    flat = Lesson(np.arange(60), None, None, lambda: rows, lambda: asked, y, np.ones(len(true)))
    assert Number().score(flat) == 0.0


def test_the_nearest_pick_is_found_by_cosine_and_the_first_wins_a_tie():
    rows = np.array([[2.0, 0], [1, 0], [0, 3]], np.float32)
    asked = np.array([[5.0, 0.1], [0.1, 1]], np.float32)
    lesson = Lesson(
        np.arange(3), None, None, lambda: rows, lambda: asked, np.array([7, 8, 9]), np.array([7, 9])
    )
    assert Nearest().score(lesson) == 1.0
    plain = Lesson(np.arange(3), None, None, lambda: rows, lambda: asked)
    nearest = [5 / math.hypot(5, 0.1), 1 / math.hypot(0.1, 1)]
    assert math.isclose(Nearest().score(plain), sum(nearest) / 2, rel_tol=1e-6)


def test_many_sparse_rows_are_solved_by_gradients_to_the_same_answer(monkeypatch):
    import scipy.sparse

    from handful.comparing import closed_form

    rng = np.random.default_rng(0)
    rows = scipy.sparse.random(80, 200, 0.1, format="csr", random_state=rng)
    targets, asked = rng.standard_normal((80, 3)), rows[:10]
    exact = ridge(rows, targets, asked)
    monkeypatch.setattr(closed_form, "MOST_SOLVED", 10)
    assert np.allclose(ridge(rows, targets, asked), exact, atol=1e-4)
    assert not (ridge(rows, targets, asked) == exact).all()  # it went the other way


@pytest.mark.parametrize("key", members(probes))
def test_every_probe_declares_what_a_reader_needs(key):
    cls = member(probes, key, "needs")
    assert cls.unit and isinstance(cls.larger_is_better, bool) and cls.version >= 1
    assert configured(key, {"texts", "features", "labels", "numbers"}) == cls()


def test_auto_takes_the_first_line_that_applies():
    assert [
        choose(s)[0]
        for s in ({"texts"}, {"texts", "features"}, {"features"}, {"numbers", "labels"})
    ] == [
        "ngram_model",
        "ngram_model",
        "nearest",
        "number",
    ]
    with pytest.raises(errors.UsageError, match="--probe-command"):
        choose(set())


def test_a_probe_is_refused_what_it_cannot_learn_from():
    with pytest.raises(errors.UsageError, match=r"classifier needs labels \(--label COLUMN\)"):
        configured("classifier", {"texts"})
    with pytest.raises(errors.UsageError, match="Nearest: 'classifier'"):
        configured("clasifier", {"labels"})
    assert configured("classifier:penalty=0.1", {"labels"}) == Classifier(penalty=0.1)
