"""Do turns serve every task where a ranking by the mean of the best starves some? Real texts, 10 seeds.

Three domains a seed are three targets at once, on latent semantic vectors (TF-IDF, SVD). Their cosines are on
scales of their own. k rows are picked by rds in turns, by rds with `merge=best` within each task, by the mean
over tasks of the best cosine, by one ranking over all tasks (the released script for large pools), and by dsir.
Each task is measured by itself: a bigram model of all picks on the held-out rows of its domain.

    HANDFUL_DATA=FOLDER python benchmarks/claims/rds.py [--seeds 10] [--first 0] [--first 0]

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

TASKS, K = 3, 450


def one_seed(corpus, vectors, seed):
    """Gap closed over the three tasks, and by the task served worst, for each method."""
    names = np.random.default_rng(seed).choice(corpus.large(), TASKS, replace=False)
    tasks = [Task.draw(corpus, str(name), 300 + seed) for name in names]
    held = np.concatenate([np.concatenate([task.target, task.test]) for task in tasks])
    pool = np.setdiff1d(np.arange(len(corpus.texts)), held)
    best = [(vectors[pool] @ vectors[task.target].T).max(axis=1) for task in tasks]
    texts = {"text": [corpus.texts[row] for row in pool]}
    like = {str(name): task.texts(task.target) for name, task in zip(names, tasks, strict=True)}
    arrays = {
        f"{name}": {**like[str(name)], "x": vectors[task.target]}
        for name, task in zip(names, tasks, strict=True)
    }
    asked = {"rows": K, "seed": seed, "cache": False}
    rds = {**asked, "like": arrays, "arrays": {"x": vectors[pool]}}
    picks = {
        "dsir": handful.select(texts, like=like, method="dsir", **asked).indices,
        "rds": handful.select(texts, method="rds:array=x", **rds).indices,
        "rds, best of each task": handful.select(
            texts, method="rds:array=x,merge=best", **rds
        ).indices,
        "mean over tasks of the best": np.argsort(-np.mean(best, axis=0), kind="stable")[:K],
        "one ranking over all tasks": np.argsort(-np.max(best, axis=0), kind="stable")[:K],
    }
    rng, result = np.random.default_rng(seed), {}
    drawn = [rng.choice(pool, K, replace=False) for _ in range(3)]
    own = np.concatenate(
        [rng.choice(t.own, min(K // TASKS, len(t.own)), replace=False) for t in tasks]
    )
    random = [np.mean([task.cross_entropy(rows) for rows in drawn]) for task in tasks]
    whole = np.array(random) - [task.cross_entropy(own) for task in tasks]
    for name, rows in picks.items():
        gain = np.array(random) - [task.cross_entropy(pool[rows]) for task in tasks]
        result[name] = (gain.sum() / whole.sum(), (gain / whole).min())
    return result


def main() -> int:
    asked, corpus, start = options(__doc__), corpus_or_none(), time.process_time()
    if corpus is None:
        return 0
    texts = Strings.of(corpus.texts)
    vectors = TfidfSvd(d=128).fit(texts, seed=0).apply(texts)
    found = [one_seed(corpus, vectors, seed) for seed in asked.seeds]
    print("  method                          gap closed        of the task served worst")
    for name in found[0]:
        values = np.array([row[name] for row in found])
        (mean, half), (worst, apart) = interval(values[:, 0]), interval(values[:, 1])
        print(f"  {name:30} {mean:6.3f} ± {half:.3f}    {worst:6.3f} ± {apart:.3f}")
    ours = np.array([row["rds"][0] for row in found])
    for other in ("dsir", "mean over tasks of the best", "one ranking over all tasks"):
        mean, half = interval(ours - [row[other][0] for row in found])
        print(f"  rds less {other}: {mean:+.3f} ± {half:.3f}")
    mean, half = interval(ours)
    print(f"  {time.process_time() - start:.0f} CPU s")
    return 0 if mean - half > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
