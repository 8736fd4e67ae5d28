"""Does the gradient of transport pick what a trained model lacks of its target? Real texts, 10 seeds.

The paper's thought experiment. Each seed draws two domains, A and B. A model is trained on the pool's
distribution: a bigram model of 150 rows, 99 in 100 of them A. The pool is the other rows of A, with as many
of B as make up 1 in 20, and the target is half A, half B. k picks are added to the model's 150 rows, and its
cross-entropy is measured on held-out rows, half A, half B. Vectors: TF-IDF, SVD to 64 numbers.

    HANDFUL_DATA=FOLDER python benchmarks/claims/got_d.py [--seeds 10]

Exit code 1: not better than random.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from _domains import Task, corpus_or_none, interval, options

import handful
from handful.features.tfidf_svd import TfidfSvd
from handful.pool import Strings

LEAST, TRAINED, SIDE, K = 280, 150, 30, 20


def one_seed(corpus, vectors, seed):
    """Cross-entropy after adding the picks of each method, and how many of them are of B."""
    rng = np.random.default_rng(400 + seed)
    names, sizes = np.unique(corpus.domains, return_counts=True)
    a, b = rng.choice(names[sizes >= LEAST], 2, replace=False)
    of_a, of_b = (rng.permutation(np.flatnonzero(corpus.domains == name))[:700] for name in (a, b))
    target = rng.permutation(np.concatenate([of_a[:SIDE], of_b[:SIDE]]))
    test = np.concatenate([of_a[SIDE : 3 * SIDE], of_b[SIDE : 3 * SIDE]])
    of_a, of_b = of_a[3 * SIDE :], of_b[3 * SIDE :]
    trained = np.concatenate([of_a[: TRAINED - 2], of_b[:2]])
    of_a = of_a[TRAINED - 2 :] if len(of_a) > 2 * TRAINED else of_a
    pool = rng.permutation(np.concatenate([of_a, of_b[2 : 2 + max(K, len(of_a) // 19)]]))
    texts = {"text": [corpus.texts[row] for row in pool]}
    like = {"text": [corpus.texts[row] for row in target], "x": vectors[target]}
    asked = {"rows": K, "seed": seed, "cache": False, "like": like, "arrays": {"x": vectors[pool]}}
    picks = {
        key: handful.select(texts, method=spec, **asked).indices
        for key, spec in {"dsir": "dsir", "rds": "rds:array=x", "got_d": "got_d:array=x"}.items()
    }
    picks["random"] = rng.choice(len(pool), K, replace=False)
    judge = Task(corpus, pool, target, test, of_b)
    found = {}
    for name, rows in picks.items():
        loss = judge.cross_entropy(np.concatenate([trained, pool[rows]]))
        found[name] = (loss, float((corpus.domains[pool[rows]] == b).mean()))
    found["nothing added"] = (judge.cross_entropy(trained), 0.0)
    return found


def main() -> int:
    asked, corpus, start = options(__doc__), corpus_or_none(), time.process_time()
    if corpus is None:
        return 0
    texts = Strings.of(corpus.texts)
    vectors = TfidfSvd(d=64).fit(texts, seed=0).apply(texts)
    found = [one_seed(corpus, vectors, seed) for seed in asked.seeds]
    print("  method            nats a word         of the domain that is lacking")
    for name in found[0]:
        (loss, half), (share, apart) = (
            interval(np.array([row[name][i] for row in found])) for i in (0, 1)
        )
        print(f"  {name:15} {loss:7.3f} ± {half:.3f}    {share:6.3f} ± {apart:.3f}")
    held = True
    for other in ("random", "dsir", "rds"):
        mean, half = interval(np.array([row[other][0] - row["got_d"][0] for row in found]))
        print(f"  got_d is better than {other} by {mean:+.3f} ± {half:.3f} nats a word")
        held &= other != "random" or mean - half > 0
    print(f"  {time.process_time() - start:.0f} CPU s")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
