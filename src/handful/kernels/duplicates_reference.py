"""What equal and nearly equal texts mean, in plain Python: slow, readable, the judge of `shingles.py`."""

from __future__ import annotations

from collections.abc import Sequence

from handful.kernels.text_reference import FACTOR, gram_hash, tokens

_WORD = 0xFFFFFFFFFFFFFFFF
EMPTY = 0xFFFF
"""What every place of a signature holds where a text has no token."""


def normal(text: str) -> str:
    r"""The text as `exact` compares it: tokens in lower case, one space between them.

    So neither case nor white space counts; every other sign does.

    Example:
        >>> normal("  Don't\n PANIC!! ")
        "don ' t panic !!"
    """
    return " ".join(tokens(text))


def shingles(text: str, width: int) -> set[int]:
    """Hashes of the runs of `width` tokens; of a shorter text, the hash of all its tokens.

        x = fold(F · h),    fold(h) = h ⊕ ⌊h / 2³²⌋,    h as `text_reference.gram_hash` has it

    Example:
        >>> len(shingles("to be or not to be", 2)), len(shingles("to be", 3)), len(shingles(" ", 3))
        (4, 1, 0)
    """
    words = tokens(text)
    if len(words) < width:
        return {_fold(gram_hash(words))} if words else set()
    return {_fold(gram_hash(words[i : i + width])) for i in range(len(words) - width + 1)}


def signature(found: set[int], multipliers: Sequence[int], increments: Sequence[int]) -> list[int]:
    """A MinHash signature: 16 bits of the smallest hash of any shingle, once for each hash function.

        v_i = min_x (a_i · x + b_i mod 2⁶⁴),    s_i = ⌊v_i / 2³²⌋ mod 2¹⁶

    Source: Broder 1997, On the resemblance and containment of documents, section 3; Li & König 2010,
    b-bit minwise hashing, section 2.

    Example:
        >>> signature({1, 2}, [2**32], [0]), signature(set(), [1], [0])
        ([1], [65535])
    """
    if not found:
        return [EMPTY] * len(multipliers)
    pairs = zip(multipliers, increments, strict=True)
    return [(min((a * x + b) & _WORD for x in found) >> 32) & 0xFFFF for a, b in pairs]


def jaccard(left: set[int], right: set[int]) -> float:
    """|A ∩ B| / |A ∪ B|, and 1 where both are empty.

    Example:
        >>> jaccard({1, 2, 3}, {2, 3, 4}), jaccard(set(), set())
        (0.5, 1.0)
    """
    return len(left & right) / len(left | right) if left | right else 1.0


def estimate(left: Sequence[int], right: Sequence[int]) -> float:
    """The share of places where two signatures agree: an estimate of `jaccard`.

    Its standard error is √(J·(1 − J)/m) for signatures of m places.
    """
    return sum(a == b for a, b in zip(left, right, strict=True)) / len(left)


def small_set(text: str, width: int, most: int) -> list[int]:
    """The 32 high bits of a text's shingles, ascending, the smallest `most` of them.

    Of two sets so cut, the similarity is that of the smallest `most` of their union (`overlap`).
    """
    return sorted({x >> 32 for x in shingles(text, width)})[:most]


def overlap(left: Sequence[int], right: Sequence[int], most: int) -> float:
    """The Jaccard similarity of two small sets; an estimate where one was cut at `most`.

    Source: Broder 1997, On the resemblance and containment of documents, section 3 (theorem 1).

    Example:
        >>> overlap([1, 2, 3], [2, 3, 4], 9), overlap([1, 2, 3], [2, 3, 4], 3)
        (0.5, 0.6666666666666666)
    """
    both = sorted({*left, *right})
    if max(len(left), len(right)) >= most:
        both = both[:most]
    return jaccard(set(left) & set(both), set(right) & set(both))


def bands_of(places: int, band: int) -> list[slice]:
    """The bands of a signature: runs of neighbouring places, and places as far apart as there are runs.

    Example:
        >>> [list(range(4))[b] for b in bands_of(4, 2)]
        [[0, 1], [2, 3], [0, 2], [1, 3]]
    """
    runs = places // band
    near = [slice(first, first + band) for first in range(0, places, band)]
    return near + [slice(first, None, runs) for first in range(runs)]


def near_pairs(
    signatures: Sequence[Sequence[int]],
    band: int,
    share: float,
    sets: Sequence[Sequence[int]] | None = None,
    threshold: float = 0.0,
    most: int = 0,
) -> list[tuple[int, int]]:
    """Pairs of rows that agree in all places of some band, in a share of all places, and as sets.

    Source: Leskovec, Rajaraman & Ullman 2014, Mining of massive datasets, section 3.4.
    """
    found = []
    for j, right in enumerate(signatures):
        for i, left in enumerate(signatures[:j]):
            meet = any(list(left[b]) == list(right[b]) for b in bands_of(len(left), band))
            as_sets = sets is None or overlap(sets[i], sets[j], most) >= threshold - 1e-12
            if meet and estimate(left, right) >= share and as_sets:
                found.append((i, j))
    return found


def components(n: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """For each of n rows the least row that pairs lead to, one after another.

    Example:
        >>> components(5, [(3, 4), (1, 3)])
        [0, 1, 2, 1, 1]
    """
    label = list(range(n))
    for left, right in pairs:
        low, high = sorted((label[left], label[right]))
        label = [low if old == high else old for old in label]
    return label


def _fold(value: int) -> int:
    mixed = (value * FACTOR) & _WORD
    return mixed ^ (mixed >> 32)
