from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.kernels import bands, shingles
from handful.kernels import duplicates_reference as reference
from handful.pool import Strings

WORDS = st.lists(st.sampled_from(["aa", "Bb", "c!", "..", "İx", "ΣΑΣ", "  ", "\n"]), max_size=12)
TEXTS = st.lists(st.text(max_size=40) | WORDS.map(" ".join), min_size=1, max_size=6)


def _hashes(places, seed=0):
    draw = np.random.default_rng(seed)
    return draw.integers(0, 2**64, (2, places), dtype=np.uint64)


@given(TEXTS)
def test_texts_are_normalised_as_the_reference_says(texts):
    packed = Strings.of(texts)
    data, ends = shingles.normal_texts(packed.data, packed.offsets)
    found = [bytes(data[a:b]).decode() for a, b in pairwise(ends)]
    assert found == [reference.normal(text) for text in packed]


@given(TEXTS, st.integers(1, 5))
def test_signatures_are_those_of_the_reference(texts, width):
    packed = Strings.of(texts)
    multipliers, increments = _hashes(8)
    found = shingles.signatures(packed.data, packed.offsets, multipliers, increments, width=width)
    pairs = multipliers.tolist(), increments.tolist()
    wanted = [reference.signature(reference.shingles(text, width), *pairs) for text in packed]
    assert found.tolist() == wanted


@given(TEXTS, st.integers(1, 4), st.integers(1, 9))
def test_sets_of_shingles_are_those_of_the_reference(texts, width, most):
    packed = Strings.of(texts)
    values, ends = shingles.shingle_sets(packed.data, packed.offsets, width=width, most=most)
    found = [values[a:b].tolist() for a, b in pairwise(ends)]
    assert found == [reference.small_set(text, width, most) for text in packed]


def test_a_text_longer_than_a_stretch_is_read_to_its_end():
    texts = ["x y " * 9000 + end for end in ("left", "right")]
    packed = Strings.of(texts)
    multipliers, increments = _hashes(64)
    found = shingles.signatures(packed.data, packed.offsets, multipliers, increments, width=2)
    pairs = multipliers.tolist(), increments.tolist()
    for row, text in zip(found.tolist(), texts, strict=True):
        assert row == reference.signature(reference.shingles(text, 2), *pairs)
    data, ends = shingles.normal_texts(packed.data, packed.offsets)
    assert bytes(data[ends[0] : ends[1]]).decode() == reference.normal(texts[0])


def test_signatures_estimate_the_jaccard_similarity():
    words = [f"w{i}" for i in range(120)]
    left, right = " ".join(words[:90]), " ".join(words[30:])
    packed = Strings.of([left, right])
    multipliers, increments = _hashes(1024)
    multipliers |= np.uint64(1)
    found = shingles.signatures(packed.data, packed.offsets, multipliers, increments, width=1)
    true = reference.jaccard(reference.shingles(left, 1), reference.shingles(right, 1))
    error = np.sqrt(true * (1 - true) / 1024)
    assert abs(reference.estimate(*found.tolist()) - true) < 5 * error  # 6 in 10 million


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 16))
def test_rows_that_meet_in_a_band_and_agree_are_joined(seed, n, needed):
    rows = np.random.default_rng(seed).integers(0, 3, (n, 16)).astype(np.uint16)
    wanted = reference.components(n, reference.near_pairs(rows.tolist(), bands.BAND, needed / 16))
    found, _, cut = bands.join_near(rows, needed=needed, window=n)
    assert found.tolist() == wanted
    assert cut == 0


@given(st.integers(0, 10**6), st.integers(1, 30), st.sampled_from([0.3, 0.5, 0.75, 1.0]))
def test_where_sets_are_given_they_must_overlap_too(seed, n, threshold):
    draw = np.random.default_rng(seed)
    rows = draw.integers(0, 2, (n, 8)).astype(np.uint16)
    sets = [np.unique(draw.integers(0, 9, draw.integers(0, 8))).astype(np.uint32) for _ in rows]
    lists = [part.tolist() for part in sets]
    pairs = reference.near_pairs(rows.tolist(), 4, 4 / 8, lists, threshold, bands.MOST)
    ends = np.append(0, np.cumsum([len(part) for part in sets]))
    found, _, _ = bands.join_near(
        rows, needed=4, window=n, sets=(np.concatenate(sets), ends), threshold=threshold
    )
    assert found.tolist() == reference.components(n, pairs)


def test_large_sets_are_compared_by_their_smallest_members():
    draw = np.random.default_rng(0)
    large = np.sort(draw.choice(10**6, (2, 1500), replace=False)).astype(np.uint32)
    large[1, :1000] = large[0, :1000]  # the smaller values are shared
    sets = [np.unique(part)[: bands.MOST] for part in large]
    true = reference.overlap(sets[0].tolist(), sets[1].tolist(), bands.MOST)
    assert 0.9 < true < 1
    ends = np.append(0, np.cumsum([len(part) for part in sets]))
    rows = np.array([[1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 0, 0, 0, 0]], np.uint16)
    for threshold, joined in ((true, [0, 0]), (true + 1e-6, [0, 1])):
        found = bands.join_near(
            rows, needed=1, window=9, sets=(np.concatenate(sets), ends), threshold=threshold
        )
        assert found[0].tolist() == joined


def test_a_crowded_band_is_searched_in_its_window_alone():
    rows = np.arange(40 * 8, dtype=np.uint16).reshape(40, 8)
    rows[:, :4] = 7  # all meet in the first band alone, and agree in half
    labels, compared, cut = bands.join_near(rows, needed=5, window=3)
    assert labels.tolist() == list(range(40))
    assert compared == 3 * 40 - 6
    assert cut == 36


def test_a_million_equal_rows_would_be_no_trouble():
    labels, compared, _ = bands.join_near(np.zeros((50_000, 8), np.uint16), needed=8, window=512)
    assert not labels.any()
    assert compared == 0


@pytest.mark.parametrize("seed", range(3))
def test_pairs_join_to_components(seed):
    draw = np.random.default_rng(seed)
    left, right = draw.integers(0, 50, (2, 30))
    forest = np.arange(50, dtype=np.int32)
    bands.join_pairs(forest, left, right)
    wanted = reference.components(50, list(zip(left.tolist(), right.tolist(), strict=True)))
    assert bands.roots(forest).tolist() == wanted
