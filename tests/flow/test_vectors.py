"""Features made from text: the same in memory and out of the cache, and made once."""

import mmap
import random

import numpy as np
import pytest

import handful
from handful.features.hashed_ngrams import FittedNgrams
from handful.flow import vectors

WORDS = ["a", "few", "words", "to", "make", "many", "texts", "of", "and", "some", "more", "beside"]
DRAW = random.Random(0)
POOL = {
    "text": [" " if i % 7 == 3 else " ".join(DRAW.choices(WORDS, k=i % 5 + 1)) for i in range(300)]
}
ASKED = {"rows": 20, "method": "feature_based", "features": "hashed_ngrams"}


@pytest.fixture
def applied(monkeypatch):
    """How many texts were hashed; None in place of a number makes the next call fail."""
    seen = []
    real = FittedNgrams.apply

    def apply(self, texts):
        if seen and seen[-1] is None:
            raise KeyboardInterrupt
        seen.append(len(texts))
        return real(self, texts)

    monkeypatch.setattr(FittedNgrams, "apply", apply)
    monkeypatch.setattr(vectors, "ENTRIES", 100)
    return seen


def rows_of(cache, monkeypatch):
    """The array a method sees, and the picks."""
    held = []
    real = vectors.Vectors._from_text

    def from_text(self, view, rng):
        held.append(real(self, view, rng))
        return held[-1]

    monkeypatch.setattr(vectors.Vectors, "_from_text", from_text)
    picks = handful.select(POOL, **ASKED, cache=cache).indices.tolist()
    return held[0], picks


def mapped(array):
    """Whether an array lies in a file."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return isinstance(array.base, mmap.mmap)


def test_sparse_features_are_the_same_out_of_the_cache(tmp_path, applied, monkeypatch):
    wanted, picks = rows_of(False, monkeypatch)
    found, same = rows_of(tmp_path, monkeypatch)
    assert same == picks
    assert mapped(found.data)
    assert mapped(found.indices)
    assert not mapped(wanted.data)
    assert (wanted != found).nnz == 0
    assert found.indices.dtype == np.int32
    assert found.nnz > 3 * vectors.ENTRIES, "several stretches were written"
    del applied[:]
    again, _ = rows_of(tmp_path, monkeypatch)
    assert (wanted != again).nnz == 0
    assert not applied, "nothing is hashed twice"


def test_a_run_killed_among_sparse_features_goes_on_where_it_was(tmp_path, applied, monkeypatch):
    rows_of(tmp_path / "whole", monkeypatch)
    whole = len(applied)
    real = np.concatenate
    stretches = []

    def counted(parts, *args, **kwargs):
        stretches.append(1)
        if len(stretches) == 5:
            applied.append(None)
        return real(parts, *args, **kwargs)

    monkeypatch.setattr(vectors.np, "concatenate", counted)
    with pytest.raises(KeyboardInterrupt):
        rows_of(tmp_path / "killed", monkeypatch)
    monkeypatch.setattr(vectors.np, "concatenate", real)
    del applied[:]
    wanted, picks = rows_of(False, monkeypatch)
    del applied[:]
    found, same = rows_of(tmp_path / "killed", monkeypatch)
    assert same == picks
    assert (wanted != found).nnz == 0
    assert 0 < len(applied) < whole
