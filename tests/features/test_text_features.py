"""Features made from text: what they are, and that no row depends on the rows around it."""

import builtins
import random
import sys
import types
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from handful import errors
from handful.features import configured
from handful.features.hashed_ngrams import HashedNgrams
from handful.features.sentence_model import SentenceModel
from handful.features.tfidf_svd import TfidfSvd
from handful.kernels import text_reference
from handful.pool import Strings

TOPICS = {
    "sea": ["ship", "sail", "wave", "tide", "harbour", "anchor", "captain", "whale"],
    "law": ["court", "judge", "claim", "statute", "appeal", "verdict", "clause", "oath"],
    "food": ["bread", "butter", "oven", "flour", "salt", "recipe", "onion", "simmer"],
}
COMMON = ["the", "of", "and", "to", "in", "a", "is", "was", "for", "with"]


def topic_texts(per_topic=60, seed=0):
    rng = random.Random(seed)
    labels = [topic for topic in TOPICS for _ in range(per_topic)]
    rows = [rng.choices(TOPICS[topic], k=10) + rng.choices(COMMON, k=10) for topic in labels]
    return [" ".join(rng.sample(row, 20)) for row in rows], labels


def cut(texts, sizes):
    rows, start = [], 0
    for size in sizes:
        rows.append(texts[start : start + size])
        start += size
    assert start >= len(texts)
    return rows


# TF-IDF + SVD -----------------------------------------------------------------------------------


def by_hand(texts, d):
    """The class docstring, with dense matrices and an exact decomposition."""
    feature = TfidfSvd(buckets=512)
    x = np.zeros((len(texts), feature.buckets))
    for row, pairs in enumerate(text_reference.ngram_rows(texts, order=1, bucket_count=512)):
        for bucket, count in pairs:
            x[row, bucket] = 1 + np.log(count)
    x *= np.log((1 + len(texts)) / (1 + (x > 0).sum(axis=0))) + 1
    _, _, v = np.linalg.svd(x / np.linalg.norm(x, axis=1, keepdims=True), full_matrices=False)
    rows = x @ v[:d].T
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_rows_are_the_formula():
    texts, _ = topic_texts()
    rows = TfidfSvd(d=3, buckets=512).fit(Strings.of(texts), seed=3).apply(Strings.of(texts))
    expected = by_hand(texts, 3)
    assert rows.dtype == np.float32
    # The sign and rotation of singular vectors are free: compare inner products of rows.
    np.testing.assert_allclose(rows @ rows.T, expected @ expected.T, atol=2e-3)
    wrong = by_hand(texts, 2)
    assert np.abs(wrong @ wrong.T - expected @ expected.T).max() > 0.02  # so the check can fail


def test_neighbours_are_of_the_same_topic():
    texts, labels = topic_texts()
    rows = TfidfSvd(d=8).fit(Strings.of(texts), seed=0).apply(Strings.of(texts))
    similarity = rows @ rows.T - 2 * np.eye(len(rows), dtype=np.float32)
    assert np.mean([labels[i] == labels[j] for i, j in enumerate(similarity.argmax(axis=1))]) > 0.98


@given(st.lists(st.integers(1, 9), min_size=30, max_size=30))
def test_a_row_is_the_same_to_the_last_bit_in_any_block(sizes):
    texts, _ = topic_texts(per_topic=8)
    strings = Strings.of(texts)
    fitted = TfidfSvd(d=8).fit(strings, seed=0)
    whole = fitted.apply(strings)
    parts = [fitted.apply(part) for part in cut(strings, [*sizes, 24]) if len(part)]
    assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_threads_give_the_bytes_one_thread_gives():
    texts, _ = topic_texts(per_topic=200)
    strings = Strings.of(texts)
    fitted = TfidfSvd(d=16).fit(strings, seed=0)
    with ThreadPoolExecutor(4) as threads:
        parts = list(threads.map(fitted.apply, cut(strings, [50] * 12)))
    assert np.concatenate(parts).tobytes() == fitted.apply(strings).tobytes()


def test_the_fit_does_not_depend_on_the_threads_of_the_linear_algebra():
    strings = Strings.of(topic_texts(per_topic=300)[0])
    tables = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            tables.append(TfidfSvd(d=40).fit(strings, seed=0).table.tobytes())
    assert tables[0] == tables[1]


def test_a_text_without_known_words_is_the_zero_vector():
    fitted = TfidfSvd(d=2).fit(Strings.of(["one two", "two three", ""]), seed=0)
    rows = fitted.apply(Strings.of(["", " \n", "zebra", "two"]))
    assert not rows[:3].any()
    assert np.linalg.norm(rows[3]) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    "sample", [[], ["", " "], ["one"], ["one two", "one two"], ["a", "b", "c"]]
)
def test_small_samples_give_as_many_columns_as_they_have_directions(sample):
    fitted = TfidfSvd(d=64).fit(Strings.of(sample), seed=0)
    assert fitted.d == len({text for text in sample if text.strip()})
    assert fitted.apply(Strings.of(["one a", ""])).shape == (2, fitted.d)


def test_the_seed_settles_the_fit():
    strings = Strings.of(topic_texts()[0])
    fit = TfidfSvd(d=10).fit
    assert fit(strings, seed=1).table.tobytes() == fit(strings, seed=1).table.tobytes()
    assert fit(strings, seed=1).table.tobytes() != fit(strings, seed=2).table.tobytes()


# Hashed n-grams ---------------------------------------------------------------------------------


def test_hashed_ngrams_are_the_reference_counts():
    texts = ["To be, or not to be", "", "naïve ΣΑΣ"]
    rows = HashedNgrams(ngrams=3, buckets=97).fit(Strings.of([]), seed=0).apply(Strings.of(texts))
    expected = np.zeros((3, 97), np.float32)
    for row, pairs in enumerate(text_reference.ngram_rows(texts, order=3, bucket_count=97)):
        for bucket, count in pairs:
            expected[row, bucket] = count
    assert rows.dtype == np.float32
    assert rows.toarray().tolist() == expected.tolist()


def test_features_are_found_by_the_name_of_their_file():
    assert configured("hashed-ngrams:buckets=50")[1] == HashedNgrams(buckets=50)
    assert configured("tfidf_svd:d=7") == ("tfidf_svd", TfidfSvd(d=7))
    with pytest.raises(errors.UsageError, match="1 to 2,048"):
        configured("tfidf_svd:d=0")


# A sentence model -------------------------------------------------------------------------------


class FakeTransformer:
    """Stands for sentence_transformers.SentenceTransformer: three letters' counts, unit rows."""

    def __init__(self, name, *, local_files_only):
        assert local_files_only
        if name == "absent":
            raise OSError("not found")

    def encode(self, texts, *, batch_size=32, normalize_embeddings=False, show_progress_bar):
        assert not show_progress_bar
        rows = np.array([[t.count(letter) + 1 for letter in "abc"] for t in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True) if normalize_embeddings else rows


@pytest.fixture
def fake(monkeypatch):
    module = types.ModuleType("sentence_transformers")
    module.SentenceTransformer = FakeTransformer
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)


@pytest.mark.usefixtures("fake")
def test_a_sentence_model_gives_unit_rows_and_zero_for_empty_texts():
    fitted = SentenceModel(model="here").fit(Strings.of([]), seed=0)
    rows = fitted.apply(Strings.of(["aab", " ", "c", ""]))
    assert fitted.d == 3
    assert np.linalg.norm(rows, axis=1).round(6).tolist() == [1, 0, 1, 0]
    assert fitted.apply(Strings.of([""])).tolist() == [[0, 0, 0]]


@pytest.mark.usefixtures("fake")
def test_a_sentence_model_must_be_named_and_be_there():
    with pytest.raises(errors.UsageError, match="model=''"):
        SentenceModel().fit(Strings.of([]), seed=0)
    with pytest.raises(errors.UsageError, match="No model 'absent' on this machine"):
        SentenceModel(model="absent").fit(Strings.of([]), seed=0)


def test_a_missing_extra_is_one_line_naming_the_install_command(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "sentence_transformers":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(errors.UsageError) as caught:
        SentenceModel(model="here").fit(Strings.of([]), seed=0)
    assert "pip install 'handful[models]'" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.models
def test_a_real_sentence_model_is_read_from_its_folder(tmp_path):
    """The library itself, with a model of two random layers made here."""
    library = pytest.importorskip("sentence_transformers")
    import tokenizers
    import transformers

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefgh"]
    whole = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]")
    )
    whole.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=whole, pad_token="[PAD]", unk_token="[UNK]"
    ).save_pretrained(tmp_path / "bert")
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
    )
    transformers.BertModel(config).save_pretrained(tmp_path / "bert")
    library.SentenceTransformer(str(tmp_path / "bert")).save(str(tmp_path / "model"))

    fitted = SentenceModel(model=str(tmp_path / "model")).fit(Strings.of([]), seed=0)
    rows = fitted.apply(Strings.of(["a b c", "", "a b c", "h"]))
    assert (fitted.d, rows.dtype) == (16, np.float32)
    assert np.linalg.norm(rows, axis=1).round(5).tolist() == [1, 0, 1, 1]
    assert rows[0] == pytest.approx(rows[2], abs=1e-6)
    assert rows[0] @ rows[3] < 0.999
    with pytest.raises(errors.UsageError, match="No model"):
        SentenceModel(model=str(tmp_path / "absent")).fit(Strings.of([]), seed=0)
