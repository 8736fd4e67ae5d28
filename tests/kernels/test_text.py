"""The compiled n-gram kernels mean what `text_reference` says, on all of Unicode."""

import random
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numba import config

from handful.kernels import text, text_reference, text_rows

# With the JIT off (for coverage) numpy reports the wrap-around that a 64-bit hash lives on.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")

TRICKY = "aΑσςΣ\u0345\u00adİIıſßẞKÅ ǅﬁ ٣_-'’\u0301\u200d\u3000\x1c\x85\t\n.!?…漢字👍🏽𝔸𐐀ͅ"
TEXT = st.one_of(
    st.text(max_size=40),
    st.text(alphabet=TRICKY, max_size=40),
    st.text(alphabet="ab .", max_size=40),
)
TEXTS = st.lists(TEXT, max_size=6)
ORDER = st.integers(1, 5)


def pack(texts):
    encoded = [t.encode("utf-8", "surrogatepass") for t in texts]
    offsets = np.concatenate(([0], np.cumsum([len(e) for e in encoded]))).astype(np.int64)
    return np.frombuffer(b"".join(encoded), np.uint8), offsets


def rows_of(texts, **options):
    counts, places, starts = text_rows.ngram_rows(*pack(texts), **options)
    pairs = list(zip(places.tolist(), counts.tolist(), strict=True))
    return [pairs[a:b] for a, b in pairwise(starts)]


@given(TEXTS, ORDER, st.sampled_from([1, 7, 256, 1000]))
@example(["ΑΣ ΑΣΑ Σ"], 2, 1000)  # final, medial and lone sigma
@example(["İstanbul", "x"], 1, 1000)  # one code point lowers to two
def test_counts_are_the_reference_counts(texts, order, bucket_count):
    counts = np.zeros(bucket_count, np.int64)
    tokens = text.count_ngrams(*pack(texts), counts, order=order)
    assert counts.tolist() == text_reference.count_ngrams(
        texts, order=order, bucket_count=bucket_count
    )
    assert tokens.tolist() == [len(text_reference.tokens(t)) for t in texts]


@given(TEXTS, ORDER, st.integers(0, 2**32))
def test_scores_are_the_reference_sums_to_the_last_bit(texts, order, seed):
    weights = np.random.default_rng(seed).normal(size=(2, 97)) * 10.0 ** np.arange(97)
    scores, tokens = text.score_ngrams(*pack(texts), weights, order=order)
    for target in range(2):
        expected = text_reference.score_ngrams(texts, weights[target].tolist(), order=order)
        assert scores[:, target].tolist() == expected
    assert tokens.tolist() == [len(text_reference.tokens(t)) for t in texts]


@given(TEXTS, ORDER, st.sampled_from([1, 255, 256, 257, 65536, 10_000_019, 2**31]))
def test_rows_are_the_reference_rows(texts, order, bucket_count):
    options = {"order": order, "bucket_count": bucket_count}
    assert rows_of(texts, **options) == text_reference.ngram_rows(texts, **options)


@pytest.mark.parametrize("order", [1, 2, 5])
@pytest.mark.parametrize("shift", range(4))
def test_long_texts_are_not_cut_where_a_stretch_ends(order, shift):
    words = random.Random(order).choices(
        ["naïve", "👍👍", "Σίσυφος", "x", "--", "漢字" * 40], k=2500
    )
    long = "y" * shift + " ".join(words) + "z" * 5000 + " é " + "é!" * 3000
    weights = np.random.default_rng(0).normal(size=(1, 5003))
    scores, _ = text.score_ngrams(*pack(["a b", long, "c"]), weights, order=order)
    expected = text_reference.score_ngrams(["a b", long, "c"], weights[0].tolist(), order=order)
    assert scores[:, 0].tolist() == expected
    options = {"order": order, "bucket_count": 5003}
    assert rows_of([long, "", long], **options) == text_reference.ngram_rows(
        [long, "", long], **options
    )


# All of Unicode ---------------------------------------------------------------------------------

SCALARS = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def disagreements(characters):
    """Characters that the kernel and Python's `re` and `str.lower` tokenise differently.

    Text is compared with its own tokens joined by spaces in lower case, by their 2³¹ buckets.
    """
    raw = [f"{c} x{c}B{c}{c}.{c}" for c in characters]
    joined = [" ".join(re.findall(r"\w+|[^\w\s]+", t.lower())) for t in raw]
    options = {"order": 2, "bucket_count": 2**31}
    (_, a, starts), (_, b, others) = (
        text_rows.ngram_rows(*pack(texts), **options) for texts in (raw, joined)
    )
    if np.array_equal(starts, others) and np.array_equal(a, b):
        return []
    parts = zip(np.split(a, starts[1:-1]), np.split(b, others[1:-1]), strict=True)
    return [c for c, (x, y) in zip(characters, parts, strict=True) if not np.array_equal(x, y)]


def test_every_code_point_is_tokenised_as_python_does():
    points = SCALARS[:: 101 if config.DISABLE_JIT else 1]
    wrong = []
    for start in range(0, len(points), 1 << 16):
        wrong += disagreements(points[start : start + (1 << 16)])
    assert wrong == []


def test_the_code_point_check_catches_one_wrong_entry(monkeypatch):
    table = text.folding().copy()
    table[ord("É")] = table[ord("E")]  # strips an accent
    monkeypatch.setattr(text_rows, "folding", lambda: table)
    assert disagreements(["D", "É", "F"]) == ["É"]


def test_only_two_code_points_need_pythons_own_lower_case():
    expanding = [c for c in SCALARS if len(c.lower()) != 1]
    contextual = [c for c in SCALARS if ("a" + c).lower() != "a" + c.lower()]
    assert (expanding, contextual) == (["\u0130"], ["\u03a3"])
    assert [c for c in SCALARS if c.lower().lower() != c.lower()] == []


def test_python_lowers_only_the_rows_that_need_it():
    texts = ["ABC", "ΑΣ", "déjà", "İI", "ZΣ"]
    data, offsets = text.lower_exceptions(*pack(texts))
    lowered = [data[a:b].tobytes().decode() for a, b in pairwise(offsets)]
    assert lowered == ["ABC", "ας", "déjà", "i̇i", "zς"]
    data, offsets = pack(["ABC", "déjà"])
    assert text.lower_exceptions(data, offsets) == (data, offsets)


def test_bytes_that_are_not_utf8_are_read_within_their_row():
    rng = np.random.default_rng(5)
    data = rng.choice(np.array([0x41, 0x20, 0xE2, 0xF4, 0xBF, 0xFF], np.uint8), 4000)
    offsets = np.arange(0, 4001, 8)
    whole = np.zeros(50, np.int64)
    text.count_ngrams(data, offsets, whole, order=2)
    apart = np.zeros(50, np.int64)
    for first in range(0, 4000, 8):
        alone = np.concatenate((data[first : first + 8], np.full(8, 0x80, np.uint8)))
        text.count_ngrams(alone, np.array([0, 8]), apart, order=2)
    assert whole.tolist() == apart.tolist()


# Buffers and threads ----------------------------------------------------------------------------


def test_a_slice_of_a_read_only_buffer_is_read_in_place():
    data, offsets = pack(["one two", "three four", "five"])
    data.flags.writeable = offsets.flags.writeable = False
    counts = np.zeros(64, np.int64)
    assert text.count_ngrams(data, offsets[1:], counts, order=2).tolist() == [2, 1]
    assert counts.tolist() == text_reference.count_ngrams(
        ["three four", "five"], order=2, bucket_count=64
    )


def test_blocks_counted_in_threads_add_up_to_the_whole():
    rng = random.Random(3)
    texts = [" ".join(rng.choices([*TRICKY.split(), "the", "of"], k=30)) for _ in range(400)]
    data, offsets = pack(texts)
    whole = np.zeros(500, np.int64)
    text.count_ngrams(data, offsets, whole, order=3)

    def part(first):
        counts = np.zeros(500, np.int64)
        text.count_ngrams(data, offsets[first : first + 51], counts, order=3)
        return counts

    with ThreadPoolExecutor(4) as threads:
        parts = list(threads.map(part, range(0, 400, 50)))
    assert np.sum(parts, axis=0).tolist() == whole.tolist()


# The hash ---------------------------------------------------------------------------------------


def test_the_hash_named_v1_never_changes():
    assert text.HASH_NAME == "handful-poly257-v1"
    frozen = {
        ("alice",): 0x6D6AE9BD536865C7,
        ("alice", "went"): 0x42E1342AE8C58876,
        ("naïve", "👍"): 0x2084138F6168AA17,
        ("a", "b", "c", "d", "e"): 0xEFF8193684648132,
    }
    assert {gram: text_reference.gram_hash(gram) for gram in frozen} == frozen


def small_grams():
    """Short, nearly equal tokens, the hardest case for a hash: 27,820 words and 136,161 pairs."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    few = [a + b for a in "abcdefghi" for b in letters + "_"] + list(letters)
    words = [a + b + c for a in letters[:20] for b in letters for c in letters] + few + ["1900"]
    return [(w,) for w in dict.fromkeys(words)] + [(a, b) for a in few for b in few]


def test_no_two_of_160_000_short_grams_share_a_hash():
    grams = small_grams()
    assert len({text_reference.gram_hash(gram) for gram in grams}) == len(grams) > 160_000


@pytest.mark.parametrize("bucket_count", [2, 10, 1000, 10_000, 2**14, 3 * 2**12])
def test_short_grams_spread_evenly_over_the_buckets(bucket_count):
    hashes = np.array([text_reference.gram_hash(gram) for gram in small_grams()], np.uint64)
    places = (hashes >> np.uint64(32)) * np.uint64(bucket_count) >> np.uint64(32)
    counts = np.bincount(places.astype(np.int64), minlength=bucket_count)
    expected = len(hashes) / bucket_count
    chi_square = ((counts - expected) ** 2).sum() / expected
    freedom = bucket_count - 1
    # Wilson-Hilferty: the cube root of χ²/freedom is nearly normal; 4.9 sd is a chance of 10⁻⁶.
    spread = (2 / (9 * freedom)) ** 0.5
    normal = ((chi_square / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / spread
    assert abs(normal) < 4.9


def test_short_grams_share_the_largest_number_of_buckets_as_rarely_as_chance_has_it():
    grams = small_grams()
    places = {text_reference.bucket(gram, 2**31) for gram in grams}
    # n²/2B = 6.2 pairs are expected, and a Poisson count of that mean passes 20 in 10⁻⁶ of all cases.
    assert len(grams) - len(places) <= 20


def test_sizes_that_the_kernels_cannot_hold_are_refused():
    data, offsets = pack(["a b"])
    for order in (0, 6):
        with pytest.raises(AssertionError):
            text.count_ngrams(data, offsets, np.zeros(10, np.int64), order=order)
    for bucket_count in (0, 2**31 + 1):
        with pytest.raises(AssertionError):
            text_rows.ngram_rows(data, offsets, order=1, bucket_count=bucket_count)


def test_nothing_in_gives_nothing_out():
    data, offsets = pack([])
    counts = np.zeros(5, np.int64)
    assert text.count_ngrams(data, offsets, counts, order=2).tolist() == []
    assert rows_of([], order=2, bucket_count=5) == []
    assert rows_of(["", " \t\u3000"], order=2, bucket_count=5) == [[], []]
