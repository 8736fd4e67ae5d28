"""Hashed word n-grams of texts as sparse rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from handful.graphs.rows import unit_rows
from handful.pool import Strings

ORDER = 2
BUCKETS = 2**16


def count_ngrams(texts: Strings) -> Any:
    """(m, 65536) CSR counts of words and word pairs."""
    from scipy.sparse import csr_matrix

    from handful.kernels.text_rows import ngram_rows

    counts, buckets, starts = ngram_rows(
        texts.data, texts.offsets, order=ORDER, bucket_count=BUCKETS
    )
    return csr_matrix((counts, buckets, starts), shape=(len(texts), BUCKETS))


def weighted_ngrams(texts: Strings) -> Any:
    """The same as unit rows of 1 + log(count)."""
    rows = count_ngrams(texts).astype(np.float64)
    rows.data = 1 + np.log(rows.data)
    return unit_rows(rows)
