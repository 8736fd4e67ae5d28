"""What hashed word n-grams mean, in plain Python: slow, readable, and the judge of `text.py`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

HASH_NAME = "handful-poly257-v1"
"""The name of the bucket hash below. It rises when any text would land in another bucket."""

BASE = 257
FACTOR = 0x9E3779B97F4A7C15  # 2⁶⁴ over the golden ratio, as in Fibonacci hashing
_WORD = 0xFFFFFFFFFFFFFFFF
_TOKEN = re.compile(r"\w+|[^\w\s]+")


def tokens(text: str) -> list[str]:
    r"""Split a text into the maximal runs of `\w` and of neither `\w` nor `\s`, in lower case.

    Example:
        >>> tokens("Don't  panic!!")
        ['don', "'", 't', 'panic', '!!']
    """
    return _TOKEN.findall(text.lower())


def gram_hash(gram: Sequence[str]) -> int:
    """Hash a word n-gram to 64 bits; F is `FACTOR`, all modulo 2⁶⁴.

        t(w) = fold(F · Σ_j 257^(m−1−j) · byte_j) · F,    fold(x) = x ⊕ ⌊x / 2³²⌋
        h(w₁) = t(w₁),    h(w₁…wₖ) = F · h(w₁…wₖ₋₁) + t(wₖ)

    The bytes are the token's m bytes of UTF-8. Tokens of up to 7 bytes keep distinct hashes, as every byte
    is less than 257. A longer gram extends the one that ends a token earlier, so a token costs its bytes
    once, whatever the order.

    Source: polynomial and multiplicative hashing: Knuth 1998, The art of computer programming 3, section 6.4.

    Example:
        >>> hex(gram_hash(["alice"])), hex(gram_hash(["alice", "went"]))
        ('0x6d6ae9bd536865c7', '0x42e1342ae8c58876')
    """
    last = _token_hash(gram[-1].encode())
    if len(gram) == 1:
        return last
    return (FACTOR * gram_hash(gram[:-1]) + last) & _WORD


def bucket(gram: Sequence[str], bucket_count: int) -> int:
    """Reduce the hash to `0 ≤ bucket < bucket_count` by its upper half u: ⌊u · bucket_count / 2³²⌋.

    Example:
        >>> bucket(["alice"], 10_000), bucket(["alice", "went"], 10_000)
        (4274, 2612)
    """
    return ((gram_hash(gram) >> 32) * bucket_count) >> 32


def buckets(text: str, *, order: int, bucket_count: int) -> Iterator[int]:
    """The bucket of each n-gram of orders 1 to `order`, in reading order.

    At each token come the grams that end there, the shortest first.
    """
    words = tokens(text)
    for last in range(1, len(words) + 1):
        for length in range(1, min(order, last) + 1):
            yield bucket(words[last - length : last], bucket_count)


def count_ngrams(texts: Sequence[str], *, order: int, bucket_count: int) -> list[int]:
    """How many n-grams of all texts fall into each bucket."""
    counts = [0] * bucket_count
    for text in texts:
        for place in buckets(text, order=order, bucket_count=bucket_count):
            counts[place] += 1
    return counts


def score_ngrams(texts: Sequence[str], weights: Sequence[float], *, order: int) -> list[float]:
    """Sum of `weights[bucket]` over each text's n-grams, added one by one in reading order."""
    scores = []
    for text in texts:
        score = 0.0
        for place in buckets(text, order=order, bucket_count=len(weights)):
            score += weights[place]
        scores.append(score)
    return scores


def ngram_rows(
    texts: Sequence[str], *, order: int, bucket_count: int
) -> list[list[tuple[int, int]]]:
    """Each text's distinct buckets, ascending, with their counts."""
    return [
        sorted(Counter(buckets(text, order=order, bucket_count=bucket_count)).items())
        for text in texts
    ]


def _token_hash(data: bytes) -> int:
    state = 0
    for byte in data:
        state = (state * BASE + byte) & _WORD
    mixed = (state * FACTOR) & _WORD
    return ((mixed ^ (mixed >> 32)) * FACTOR) & _WORD
