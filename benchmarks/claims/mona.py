"""Does overlap of sparse activations find the target's kind of text? Real texts, 10 seeds.

Two stand-ins for a model's features, both non-negative: one feature a word (unigram TF-IDF, disentangled), and the
same mixed into 512 features, each the sum of hundreds of words at random (polysemantic). Rows are brought to sum
1, a mean over tokens. Jaccard (mona) and the cosine to the prototype are measured on both, beside dsir.

    HANDFUL_DATA=FOLDER python benchmarks/claims/mona.py [--seeds 10] [--domains 3]

Exit code 1: not better than random.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from _domains import Task, corpus_or_none, dsir, options, run, show
from scipy import sparse

import handful
from handful.features.hashed_ngrams import HashedNgrams
from handful.pool import Strings

BUCKETS, MIXED = 2**17, 512


class Activations:
    """Both kinds of features of a corpus."""

    def __init__(self, texts: list[str]) -> None:
        counts = (
            HashedNgrams(ngrams=1, buckets=BUCKETS).fit(Strings.of([]), 0).apply(Strings.of(texts))
        )
        frequency = np.bincount(counts.indices, minlength=BUCKETS)
        counts.data *= np.log((1 + len(texts)) / (1 + frequency))[counts.indices]
        self.single = shares(counts)
        owner = np.random.default_rng(0).integers(MIXED, size=BUCKETS)
        mixing = sparse.csr_matrix((np.ones(BUCKETS), (np.arange(BUCKETS), owner)))
        self.mixed = shares(counts @ mixing)


def shares(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    """Each row over its sum."""
    sums = np.maximum(np.asarray(rows.sum(axis=1)).ravel(), 1e-12)
    return sparse.csr_matrix(sparse.diags(1 / sums) @ rows, dtype=np.float32)


def picks_by(features: sparse.csr_matrix, task: Task) -> dict[str, np.ndarray]:
    """Jaccard's picks and the cosine's."""
    pool, target = features[task.pool], features[task.target]
    chosen = handful.select(
        pool, rows=task.k, like_arrays={"embedding": target}, method="mona", cache=False
    )
    prototype = np.asarray(target.mean(axis=0)).ravel()
    lengths = np.sqrt(np.asarray(pool.multiply(pool).sum(axis=1)).ravel())
    cosines = (pool @ prototype) / np.maximum(lengths, 1e-12)
    order = np.argsort(-cosines, kind="stable")[: task.k]
    return {"mona": task.pool[chosen.indices], "cosine": task.pool[order]}


def main() -> int:
    asked, corpus, start = options(__doc__), corpus_or_none(), time.process_time()
    if corpus is None:
        return 0
    made = Activations(corpus.texts)

    def pick(task: Task, seed: int) -> dict[str, np.ndarray]:
        single, mixed = picks_by(made.single, task), picks_by(made.mixed, task)
        return {
            "dsir": dsir(task, task.k, seed),
            "mona": single["mona"],
            "cosine to the prototype": single["cosine"],
            "mona, mixed features": mixed["mona"],
            "cosine, mixed features": mixed["cosine"],
        }

    found = run(corpus, pick, seeds=asked.seeds, domains=asked.domains)
    return 0 if show(found, "mona", start) else 1


if __name__ == "__main__":
    sys.exit(main())
