"""What hashed word n-grams mean, in plain Python: slow, readable, and the judge of `text.py`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

HASH_NAME = "handful-fnv1a64-v1"
"""The name of the bucket hash below. It rises when any text would land in another bucket."""

FNV_OFFSET = 0xCBF29CE484222325
FNV_PRIME = 0x100000001B3
CHAIN = 0x9E3779B97F4A7C15
MIX_1, MIX_2 = 0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53
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
    """Hash a word n-gram to 64 bits.

        h(w₁) = mix(fnv1a(w₁)),    h(w₁…wₖ) = mix(CHAIN · h(w₁…wₖ₋₁) + h(wₖ))   modulo 2⁶⁴

    A longer gram extends the one that ends a token earlier, so a token costs its bytes once,
    whatever the order. `fnv1a` runs over the UTF-8 bytes of the token.

    Source: Fowler, Noll & Vo, FNV-1a, 64 bits; mix is fmix64 of Appleby's MurmurHash3.

    Example:
        >>> hex(gram_hash(["alice"])), hex(gram_hash(["alice", "went"]))
        ('0x3507d047a67c08f4', '0x6f004dc3eb0cb11f')
    """
    last = _mix(_fnv1a(gram[-1].encode()))
    if len(gram) == 1:
        return last
    return _mix((CHAIN * gram_hash(gram[:-1]) + last) & _WORD)


def bucket(gram: Sequence[str], bucket_count: int) -> int:
    """Reduce the hash to `0 ≤ bucket < bucket_count` by its high bits: ⌊hash · bucket_count / 2⁶⁴⌋.

    Example:
        >>> bucket(["alice"], 10_000), bucket(["alice", "went"], 10_000)
        (2071, 4335)
    """
    return (gram_hash(gram) * bucket_count) >> 64


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


def _fnv1a(data: bytes) -> int:
    state = FNV_OFFSET
    for byte in data:
        state = ((state ^ byte) * FNV_PRIME) & _WORD
    return state


def _mix(state: int) -> int:
    state = ((state ^ (state >> 33)) * MIX_1) & _WORD
    state = ((state ^ (state >> 33)) * MIX_2) & _WORD
    return state ^ (state >> 33)
