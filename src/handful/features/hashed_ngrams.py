"""Counts of hashed word n-grams, as sparse rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from handful.parameters import parameter
from handful.pool import Strings
from handful.runtime.work import Size, Work


@dataclass(frozen=True)
class HashedNgrams:
    r"""How often each hashed word n-gram stands in a text: CSR (m, buckets), float32 counts.

    Tokens are the maximal runs of `\w+|[^\w\s]+` of the text in lower case. Nothing is learnt, and a
    text without tokens is a row without entries. Cost: one hashing of the text, about 10 ns a byte.

    Source: Weinberger et al. 2009, Feature hashing for large scale multitask learning.

    Example:
        >>> fitted = HashedNgrams(buckets=1000).fit(Strings.of([]), seed=0)
        >>> fitted.apply(Strings.of(["to be or not to be", ""])).sum(axis=1).tolist()
        [[11.0], [0.0]]
    """

    ngrams: int = parameter(2, "Orders of n-grams counted, 1 to this.", low=1, high=5)
    buckets: int = parameter(2**18, "Buckets the n-grams are hashed to.", low=1, high=2**31)

    version: ClassVar[int] = 1
    sample_rows: ClassVar[int] = 0

    def work(self, size: Size) -> Work:
        """One hashing of all tokens."""
        return Work(steps=2 * size.text_bytes, text_bytes=size.text_bytes)

    def fit(self, sample: Strings, seed: int) -> FittedNgrams:
        """There is nothing to learn."""
        return FittedNgrams(self.ngrams, self.buckets)


@dataclass(frozen=True)
class FittedNgrams:
    """Counts n-grams of orders 1 to `ngrams` in `d` buckets."""

    ngrams: int
    d: int
    sparse: ClassVar[bool] = True

    def apply(self, texts: Strings) -> Any:
        """CSR (m, d) float32; indices are int32, ascending in a row."""
        from scipy.sparse import csr_matrix

        from handful.kernels.text_rows import ngram_rows

        counts, buckets, starts = ngram_rows(
            texts.data, texts.offsets, order=self.ngrams, bucket_count=self.d
        )
        rows = csr_matrix((counts.astype(np.float32), buckets, starts), shape=(len(texts), self.d))
        rows.has_canonical_format = True
        return rows
