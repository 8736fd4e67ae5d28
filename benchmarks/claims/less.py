"""Does alignment of gradients tell which rows help a task? A small real network, exact gradients, 10 seeds.

20 Newsgroups, as TF-IDF reduced to 64 numbers; a network of one hidden layer, trained here on a random tenth of
the pool with Adam (the warm-up), its states kept at four checkpoints. The task: tell two close groups apart (a
pair a seed), given 40 labelled rows of them. `adam_update` makes each pool row's update, `less` ranks; a fresh
network is trained on the picks and measured by its loss on held-out rows of the two groups. Beside: random, dsir
on the texts, and less without bringing gradients to length 1.

    HANDFUL_DATA=FOLDER python benchmarks/claims/less.py [--seeds 10]

Exit code 1: not better than random.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
from _domains import interval, options

import handful
from handful.features.tfidf_svd import TfidfSvd
from handful.methods.data.less import adam_update
from handful.pool import Strings

D, HIDDEN, STEPS, BATCH, RATE, K, POOL, WARM = 64, 16, 160, 64, 0.01, 300, 3000, 4
PAIRS = [
    ("comp.sys.ibm.pc.hardware", "comp.sys.mac.hardware"),
    ("rec.autos", "rec.motorcycles"),
    ("rec.sport.baseball", "rec.sport.hockey"),
    ("sci.crypt", "sci.electronics"),
    ("talk.politics.guns", "talk.politics.mideast"),
]


class Network:
    """x → softmax(tanh(x·A)·B), trained with Adam."""

    def __init__(self, classes: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.w = {"a": rng.standard_normal((D, HIDDEN)) / 8, "b": np.zeros((HIDDEN, classes))}
        self.w["b"] += rng.standard_normal((HIDDEN, classes)) / 4
        self.m, self.v = ({name: np.zeros_like(w) for name, w in self.w.items()} for _ in range(2))
        self.step = 0

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Hidden states and log-odds turned into probabilities."""
        hidden = np.tanh(x @ self.w["a"])
        odds = hidden @ self.w["b"]
        odds = np.exp(odds - odds.max(axis=1, keepdims=True))
        return hidden, odds / odds.sum(axis=1, keepdims=True)

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        """Mean cross-entropy."""
        return float(-np.log(self.forward(x)[1][np.arange(len(y)), y]).mean())

    def gradients(self, x: np.ndarray, y: np.ndarray) -> list[dict[str, np.ndarray]]:
        """Of each row by itself."""
        hidden, odds = self.forward(x)
        odds[np.arange(len(y)), y] -= 1
        back = (odds @ self.w["b"].T) * (1 - hidden**2)
        return [
            {"a": np.outer(x[i], back[i]), "b": np.outer(hidden[i], odds[i])} for i in range(len(y))
        ]

    def train(self, x: np.ndarray, y: np.ndarray, seed: int, steps: int) -> None:
        """Adam over random batches."""
        rng = np.random.default_rng(seed)
        for _ in range(steps):
            batch = rng.integers(len(y), size=BATCH)
            hidden, odds = self.forward(x[batch])
            odds[np.arange(BATCH), y[batch]] -= 1
            back = (odds @ self.w["b"].T) * (1 - hidden**2)
            mean = {"a": x[batch].T @ back / BATCH, "b": hidden.T @ odds / BATCH}
            self.step += 1
            for name, g in mean.items():
                self.m[name] = 0.9 * self.m[name] + 0.1 * g
                self.v[name] = 0.999 * self.v[name] + 0.001 * g**2
                m, v = self.m[name] / (1 - 0.9**self.step), self.v[name] / (1 - 0.999**self.step)
                self.w[name] = self.w[name] - RATE * m / (np.sqrt(v) + 1e-8)


def one_seed(texts: list[str], x: np.ndarray, labels: np.ndarray, seed: int) -> dict[str, float]:
    """Held-out loss after training on the picks of each method."""
    rng, pair = np.random.default_rng(seed), PAIRS[seed % len(PAIRS)]
    names = np.unique(labels)
    y = np.searchsorted(names, labels)
    own = rng.permutation(np.flatnonzero(np.isin(labels, pair)))
    target, test = own[:40], own[40:340]
    pool = rng.choice(np.setdiff1d(np.arange(len(y)), own[:340]), POOL, replace=False)
    network = Network(len(names), seed)
    warm = rng.choice(pool, POOL // 10, replace=False)
    arrays, like, raw = {}, {}, np.zeros(POOL)
    for t in range(WARM):
        network.train(x[warm], y[warm], seed + t, STEPS // WARM)
        updates = [
            adam_update(g, network.m, network.v) for g in network.gradients(x[pool], y[pool])
        ]
        arrays[f"c{t}"] = np.array(updates)
        rows = [
            np.concatenate([g["a"].ravel(), g["b"].ravel()])
            for g in network.gradients(x[target], y[target])
        ]
        like[f"c{t}"] = np.array(rows, np.float32)
        raw += arrays[f"c{t}"] @ like[f"c{t}"].mean(axis=0)
    data = {"text": [texts[i] for i in pool]}
    asked = {"rows": K, "seed": seed, "cache": False, "like": {"text": [texts[i] for i in target]}}
    picks = {
        "random": rng.choice(POOL, K, replace=False),
        "dsir": handful.select(data, method="dsir", **asked).indices,
        "less": handful.select(
            data, method="less:arrays=" + "+".join(arrays), arrays=arrays, like_arrays=like, **asked
        ).indices,
        "less, lengths as they are": np.argsort(-raw, kind="stable")[:K],
    }
    found = {}
    for name, rows in picks.items():
        fresh = Network(len(names), 1000 + seed)
        fresh.train(x[pool[rows]], y[pool[rows]], seed, 2 * STEPS)
        found[name] = fresh.loss(x[test], y[test])
        found[f"{name}: of the task"] = float(np.isin(labels[pool[rows]], pair).mean())
    return found


def main() -> int:
    asked, folder, start = options(__doc__), os.environ.get("HANDFUL_DATA"), time.process_time()
    if not folder or not (Path(folder) / "newsgroups20" / "newsgroups20.parquet").exists():
        print("SKIPPED: HANDFUL_DATA names no folder with newsgroups20/newsgroups20.parquet.")
        return 0
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(Path(folder) / "newsgroups20" / "newsgroups20.parquet")
    kept = [i for i, text in enumerate(table["text"].to_pylist()) if text.split()]
    texts = [table["text"][i].as_py() for i in kept]
    labels = np.array([str(table["label"][i].as_py()) for i in kept])
    strings = Strings.of(texts)
    x = 4 * TfidfSvd(d=D).fit(strings[:8000], seed=0).apply(strings).astype(np.float64)
    found = [one_seed(texts, x, labels, seed) for seed in asked.seeds]
    for name in found[0]:
        mean, half = interval(np.array([row[name] for row in found]))
        print(f"  {name:40} {mean:6.3f} ± {half:.3f}")
    held = True
    for other in ("random", "dsir", "less, lengths as they are"):
        mean, half = interval(np.array([row[other] - row["less"] for row in found]))
        print(f"  less is better than {other} by {mean:+.3f} ± {half:.3f} nats a row")
        held &= other != "random" or mean - half > 0
    print(f"  {time.process_time() - start:.0f} CPU s")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
