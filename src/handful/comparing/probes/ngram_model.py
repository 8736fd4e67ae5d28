"""A word bigram language model."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from handful.comparing.probes._contract import Lesson
from handful.parameters import parameter
from handful.pool import Strings
from handful.selection import Floats, Indices

_WORDS = re.compile(r"\w+|[^\w\s]+")
VOCABULARY = 2**18
"""Buckets that words are hashed to: fixed, so that no pick has a vocabulary of its own."""


@dataclass(frozen=True)
class NgramModel:
    """Bits per word that an interpolated Kneser–Ney bigram model of the picks needs for held-out texts.

        p(w | v) = (max(c(v w) − D, 0) + D · n(v ·) · p(w)) / c(v ·)
        p(w)     = (max(n(· w) − D, 0) + D · #{w : n(· w) > 0} / V) / n(· ·)

    c counts bigrams, n different ones; V is the size of the vocabulary. Where v was never seen, p(w).

    Source: Chen & Goodman 1999, An empirical study of smoothing techniques, section 2.7.
    """

    discount: float = parameter(0.75, "D: taken from every count.", low=0.01, high=0.99)

    needs: ClassVar[tuple[str, ...]] = ("texts",)
    unit: ClassVar[str] = "bits per word"
    larger_is_better: ClassVar[bool] = False
    version: ClassVar[int] = 1

    def score(self, lesson: Lesson) -> float:
        """Mean bits per held-out word."""
        assert lesson.texts is not None and lesson.test_texts is not None
        asked = _bigrams(lesson.test_texts())
        if not len(asked):
            return 0.0
        chances = bigram_chances(_bigrams(lesson.texts()), asked, self.discount)
        return -float(np.mean(np.log2(chances)))


def bigram_chances(learnt: Indices, asked: Indices, discount: float) -> Floats:
    """(m,) the model's chance of each asked word after the one before it.

    Args:
        learnt: Codes of the bigrams to learn from: word before · (V + 1) + word.
        asked: The same, of those asked for.
        discount: D.
    """
    wide = VOCABULARY + 1
    word = asked % wide
    if not len(learnt):
        return np.full(len(asked), 1 / VOCABULARY)
    seen, count = np.unique(learnt, return_counts=True)
    before_of, word_of = seen // wide, seen % wide
    kinds = np.bincount(word_of, minlength=wide)  # n(· w)
    alone = np.maximum(kinds - discount, 0) + discount * np.count_nonzero(kinds) / VOCABULARY
    alone /= len(seen)
    total = np.bincount(before_of, weights=count, minlength=wide)  # c(v ·)
    follows = np.bincount(before_of, minlength=wide)  # n(v ·)
    place = np.minimum(np.searchsorted(seen, asked), len(seen) - 1)
    own = np.where(seen[place] == asked, count[place], 0)
    before = asked // wide
    mixed = np.maximum(own - discount, 0) + discount * follows[before] * alone[word]
    chances: Floats = np.where(total[before] > 0, mixed / np.maximum(total[before], 1), alone[word])
    return chances


def _bigrams(texts: Strings) -> Indices:
    """Codes of all bigrams; every text begins after a mark of its own."""
    known: dict[str, int] = {}
    parts: list[NDArray[np.int64]] = []
    for text in texts:
        words = _WORDS.findall(text.lower())
        if not words:
            continue
        codes = [known[w] if w in known else known.setdefault(w, _bucket(w)) for w in words]
        now = np.array(codes, np.int64)
        before = np.concatenate([[VOCABULARY], now[:-1]])
        parts.append(before * (VOCABULARY + 1) + now)
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _bucket(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "replace")) % VOCABULARY
