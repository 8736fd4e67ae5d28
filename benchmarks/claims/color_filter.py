"""Does color_filter pick rows that help the target? Real bigram models in the paper's three roles, 10 seeds.

The prior is a bigram model of half of the pool; the conditional one has the target's counts added, 20 times over.
Both score every row of the pool by its mean negative log-likelihood a word; color_filter ranks by the difference,
over τ·k random candidates or all. A third bigram model, of the picks, is measured on held-out rows of the
target's domain.

    HANDFUL_DATA=FOLDER python benchmarks/claims/color_filter.py [--seeds 10] [--domains 3]

Exit code 1: not better than random.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from _domains import Task, corpus_or_none, dsir, options, run, show

import handful

VOCABULARY, TARGET_WEIGHT, UNIGRAM, BIGRAM = 30_000, 20.0, 0.1, 10.0


class Bigrams:
    """P(w | v) = (c_vw + b·P(w)) / (c_v + b) from weighted counts."""

    def __init__(self, parts: list[tuple[np.ndarray, np.ndarray, float]]) -> None:
        before, after = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
        weights = np.concatenate([np.full(len(part[0]), part[2]) for part in parts])
        one = np.bincount(after, weights, VOCABULARY) + UNIGRAM
        self.one, self.starts = one / one.sum(), np.bincount(before, weights, VOCABULARY)
        self.seen, places = np.unique(before * VOCABULARY + after, return_inverse=True)
        self.counts = np.bincount(places, weights)

    def losses(self, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """−ln P of each word."""
        asked = before * VOCABULARY + after
        place = np.minimum(np.searchsorted(self.seen, asked), len(self.seen) - 1)
        both = np.where(self.seen[place] == asked, self.counts[place], 0.0)
        return -np.log((both + BIGRAM * self.one[after]) / (self.starts[before] + BIGRAM))


def pick(task: Task, seed: int) -> dict[str, np.ndarray]:
    """Picks of each method."""
    rng = np.random.default_rng(seed)
    half = rng.choice(task.pool, len(task.pool) // 2, replace=False)
    pool, target = task.corpus.pairs(half), task.corpus.pairs(task.target)
    prior, tuned = Bigrams([(*pool, 1.0)]), Bigrams([(*pool, 1.0), (*target, TARGET_WEIGHT)])
    words = task.corpus.pairs(task.pool)
    lengths = np.array([max(1, len(task.corpus.words[row])) for row in task.pool])
    ends = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    data = {
        "loss_prior": np.add.reduceat(prior.losses(*words), ends) / lengths,
        "loss_conditional": np.add.reduceat(tuned.losses(*words), ends) / lengths,
    }
    found = {"dsir": dsir(task, task.k, seed)}
    for name, params in {
        "color_filter, tau = 2": {"candidates": 2},
        "color_filter, tau = 4": {"candidates": 4},
        "color_filter, tau = 8": {"candidates": 8},
        "color_filter, all": {},
        "conditional loss alone": {"prior": "none"},
    }.items():
        chosen = handful.select(
            data, rows=task.k, method="color_filter", params=params, seed=seed, cache=False
        )
        found[name] = task.pool[chosen.indices]
    return found


def main() -> int:
    asked, corpus, start = options(__doc__), corpus_or_none(), time.process_time()
    if corpus is None:
        return 0
    found = run(corpus, pick, seeds=asked.seeds, domains=asked.domains)
    return 0 if show(found, "color_filter, all", start) else 1


if __name__ == "__main__":
    sys.exit(main())
