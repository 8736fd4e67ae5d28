"""Do layers of neighbours in whitened space find what helps a target of several kinds? Real texts, 10 seeds.

Each seed draws three domains; each is a target by itself, on latent semantic vectors (TF-IDF, SVD to 64 numbers,
whose first directions vary most, left as they are). A bigram model of the picks is held to the domain's held-out
rows. Beside: dsir and rds; and how many rows the automatic size takes.

    HANDFUL_DATA=FOLDER python benchmarks/claims/tarot.py [--seeds 10]

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

K = 150


def main() -> int:
    asked, corpus, start = options(__doc__), corpus_or_none(), time.process_time()
    if corpus is None:
        return 0
    texts = Strings.of(corpus.texts)
    vectors = TfidfSvd(d=64).fit(texts, seed=0).apply(texts)
    sizes = []

    def pick(task: Task, seed: int) -> dict[str, np.ndarray]:
        like = vectors[task.target]
        common = {"like": like, "rows": K, "cache": False, "seed": seed}
        automatic = handful.select(
            vectors[task.pool], method="tarot:size=automatic", **{**common, "rows": len(task.pool)}
        )
        sizes.append(len(automatic))
        return {
            "dsir": dsir(task, K, seed),
            "rds": task.pool[handful.select(vectors[task.pool], method="rds", **common).indices],
            "tarot": task.pool[
                handful.select(vectors[task.pool], method="tarot", **common).indices
            ],
        }

    held = show(run(corpus, pick, seeds=asked.seeds, domains=asked.domains), "tarot", start)
    print(
        f"  the automatic size: {np.median(sizes):.0f} rows ({min(sizes)} to {max(sizes)}), median"
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
