"""Does a small group chosen by exact transport serve a target, and do exchanges help? Real texts, 10 seeds.

Each seed draws three domains, each a target by itself, on latent semantic vectors (TF-IDF, SVD to 32 numbers). 64
rows are picked for each, and a bigram model of them is held to the domain's held-out rows. Beside: dsir, rds, and
the greedy start alone. No gradient norms: distance alone.

    HANDFUL_DATA=FOLDER python benchmarks/claims/goracs.py [--seeds 10] [--first 0]

Exit code 1: not better than random.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from _domains import Task, corpus_or_none, dsir, options, run, show

import handful
from handful.features.tfidf_svd import TfidfSvd
from handful.pool import Strings

K = 64


def main() -> int:
    asked, corpus, start = options(__doc__), corpus_or_none(), time.process_time()
    if corpus is None:
        return 0
    texts = Strings.of(corpus.texts)
    vectors = TfidfSvd(d=32).fit(texts, seed=0).apply(texts)
    fallen = []

    def pick(task: Task, seed: int) -> dict[str, np.ndarray]:
        common = {"like": vectors[task.target], "rows": K, "cache": False, "seed": seed}
        found = {
            name: handful.select(vectors[task.pool], method=method, **common)
            for name, method in {
                "rds": "rds",
                "goracs, greedy alone": "goracs:exchanges=0",
                "goracs": "goracs",
            }.items()
        }
        notes = found["goracs"].notes
        fallen.append(1 - notes["transport_cost"] / notes["transport_at_start"])
        return {"dsir": dsir(task, K, seed)} | {
            name: task.pool[one.indices] for name, one in found.items()
        }

    held = show(run(corpus, pick, seeds=asked.seeds, domains=asked.domains), "goracs", start)
    print(f"  exchanges bring transport down by {np.mean(fallen):.1%} (mean of the runs)")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
