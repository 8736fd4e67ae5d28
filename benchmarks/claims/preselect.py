"""Does predictive strength tell clean text, and does the classifier carry over? A family of n-gram models.

Six bigram models are trained on 1, 2, 4, 8, 16 and 32 % of half of the Brown texts: their order is known, for more
clean text is better. The pool is the other half with two thirds of it spoilt: words shuffled within texts of as
many rows (noise), and licence texts (boilerplate). On a sample of the pool S is measured with the six losses, and
preselect ranks the rest. A bigram model of the picks is measured on held-out clean rows, beside random and dsir
with as many clean rows as target as are held out.

    HANDFUL_DATA=FOLDER python benchmarks/claims/preselect.py [--seeds 10]

Exit code 1: not better than random.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from _domains import Corpus, corpus_or_none, interval, options
from color_filter import Bigrams

import handful
from handful.methods.data.preselect import predictive_strength

SHARES, SAMPLE, TEST, CLEAN, K = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32), 600, 60, 1200, 400
VOCABULARY = 30_000


def pairs(words: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Each word, and the one before it."""
    before = [np.concatenate(([VOCABULARY - 1], row[:-1])) for row in words]
    return np.concatenate(before), np.concatenate(words)


def losses(model: Bigrams, words: list[np.ndarray]) -> np.ndarray:
    """Mean loss a word of each text, each by itself."""
    lengths = np.array([len(row) for row in words])
    ends = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    return np.add.reduceat(model.losses(*pairs(words)), ends) / lengths


def one_seed(corpus: Corpus, seed: int) -> dict[str, float]:
    """Measures of one draw."""
    rng = np.random.default_rng(seed)
    brown = np.flatnonzero(np.char.startswith(corpus.domains, "brown"))
    licences = np.flatnonzero(corpus.domains == "licence_text")
    brown = rng.permutation(brown)
    train, rest = np.split(brown, 2)
    test, target, clean, spoilt = np.split(rest, np.cumsum([TEST, TEST, CLEAN]))
    family = [
        Bigrams(
            [(*pairs([corpus.words[row] for row in train[: int(2 * share * len(train))]]), 1.0)]
        )
        for share in SHARES
    ]
    rows = [corpus.words[row] for row in clean]
    texts = [corpus.texts[row] for row in clean]
    for row in rng.choice(spoilt, CLEAN):
        order = rng.permutation(len(corpus.texts[row].split()))
        texts.append(" ".join(np.array(corpus.texts[row].split())[order]))
        rows.append(rng.permutation(corpus.words[row]))
    for row in rng.choice(licences, CLEAN, replace=False):
        texts.append(corpus.texts[row])
        rows.append(corpus.words[row])
    is_clean = np.arange(len(rows)) < CLEAN
    sample = rng.choice(len(rows), SAMPLE, replace=False)
    pool = np.setdiff1d(np.arange(len(rows)), sample)
    table = np.column_stack([losses(model, [rows[i] for i in sample]) for model in family])
    strength = predictive_strength(table, SHARES)
    found = {"S of clean rows": strength[is_clean[sample]].mean()}
    found["S of spoilt rows"] = strength[~is_clean[sample]].mean()
    asked = {"rows": K, "seed": seed, "cache": False}
    given = [texts[i] for i in pool]
    picks = {
        "preselect": handful.select(
            given,
            like=[texts[i] for i in sample],
            like_arrays={"losses": table.astype(np.float32)},
            method="preselect",
            params={"benchmark": "+".join(map(str, SHARES))},
            **asked,
        ).indices,
        "dsir": handful.select(
            given, like=[corpus.texts[i] for i in target], method="dsir", **asked
        ).indices,
        "random": rng.choice(len(pool), K, replace=False),
    }
    held = [corpus.words[row] for row in test]
    for name, chosen in picks.items():
        model = Bigrams([(*pairs([rows[pool[i]] for i in chosen]), 1.0)])
        found[f"{name}: nats"] = float(model.losses(*pairs(held)).mean())
        found[f"{name}: clean"] = float(is_clean[pool[chosen]].mean())
    return found


def main() -> int:
    asked, corpus, start = options(__doc__), corpus_or_none(), time.process_time()
    if corpus is None:
        return 0
    found = [one_seed(corpus, seed) for seed in asked.seeds]
    for name in found[0]:
        mean, half = interval(np.array([row[name] for row in found]))
        print(f"  {name:30} {mean:6.3f} ± {half:.3f}")
    held = True
    for other in ("random", "dsir"):
        apart = np.array([row[f"{other}: nats"] - row["preselect: nats"] for row in found])
        mean, half = interval(apart)
        print(f"  preselect is better than {other} by {mean:+.3f} ± {half:.3f} nats a word")
        held &= other != "random" or mean - half > 0
    print(f"  {time.process_time() - start:.0f} CPU s")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
