"""Is a rare skill kept alive over many steps by choosing from every cluster? Eight tasks in turn, 10 seeds.

Lifelong training of a small real model. A skill is to tell two of the 20 Newsgroups apart; eight skills come one
after the other in an order drawn by the seed; the first or the second has 30 rows, each other 500. At each step
120 rows are chosen from all that has come so far, and a network of one hidden layer, over the 16 labels, is
trained further on them alone. The gradients of its output's bias at that moment, and its perplexity, EL2N,
entropy and gradient norm, are what `adapt_inf` sees. After the last step: nats a row on held-out rows of the rare
skill (lower is better), how far that rose from its lowest (forgetting), and the mean over all skills.

Beside random rows: the largest EL2N; coverage of EL2N without clusters; with clusters (one score for all);
`dsir`, which is given 40 rows of each skill seen as its target, though nobody else is told of skills; and an
equal number of rows of each skill, by somebody who knows them. The last two prune the pool to 800 rows after each
step, at random and by `adapt_inf_pool`. 24 clusters, three a skill, and the layer were chosen on other seeds (100
to 105): clusters of gradients of weights do not part the rare skill from others, and do no better than random.

    HANDFUL_DATA=FOLDER python benchmarks/claims/adapt_inf.py [--seeds 10]

Exit code 1: `adapt_inf` is not better than random on the rare skill.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from _domains import interval, options

import handful
from handful.features.tfidf_svd import TfidfSvd
from handful.methods.data.adapt_inf import perplexity
from handful.pool import Strings
from handful.samplers.water_filling import in_turns

D, HIDDEN, STEPS, BATCH, RATE, K = 64, 32, 100, 32, 0.01, 120
FILE = "newsgroups20/newsgroups20.parquet"
SKILLS = (
    ("comp.graphics", "comp.windows.x"),
    ("comp.sys.ibm.pc.hardware", "comp.sys.mac.hardware"),
    ("rec.autos", "rec.motorcycles"),
    ("rec.sport.baseball", "rec.sport.hockey"),
    ("sci.crypt", "sci.electronics"),
    ("sci.med", "sci.space"),
    ("soc.religion.christian", "alt.atheism"),
    ("talk.politics.guns", "talk.politics.mideast"),
)
LABELS = 2 * len(SKILLS)
COMMON, RARE, TEST, TARGET, KEPT, CLUSTERS = 500, 30, 300, 40, 800, 24


@dataclass
class Rows:
    """Posts of all skills: their texts, vectors, labels (a 1 among zeros), and skills."""

    texts: list[str]
    x: np.ndarray
    y: np.ndarray
    skill: np.ndarray

    @classmethod
    def read(cls, folder: Path) -> Rows:
        """All posts of the groups that any skill tells apart."""
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(folder / FILE, columns=["text", "label"]).to_pydict()
        number = {name: i for i, name in enumerate(name for pair in SKILLS for name in pair)}
        both = zip(table["text"], table["label"], strict=True)
        kept = [(text, number[name]) for text, name in both if name in number and text.split()]
        texts, labels = [text for text, _ in kept], np.array([label for _, label in kept])
        strings = Strings.of(texts)
        x = TfidfSvd(d=D).fit(strings, seed=0).apply(strings).astype(np.float64)
        return cls(texts, 4 * x, np.eye(LABELS)[labels], labels // 2)


class Network:
    """x → softmax(tanh(x·A)·B + b), trained with Adam, and what one can ask of it about each row."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.w = [
            rng.standard_normal((D, HIDDEN)) / 8,
            np.zeros((HIDDEN, LABELS)),
            np.zeros(LABELS),
        ]
        self.m, self.v = ([np.zeros_like(w) for w in self.w] for _ in range(2))
        self.step = 0

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Hidden states, and a chance for each label."""
        hidden = np.tanh(x @ self.w[0])
        odds = hidden @ self.w[1] + self.w[2]
        odds = np.exp(odds - odds.max(axis=1, keepdims=True))
        return hidden, odds / odds.sum(axis=1, keepdims=True)

    def train(self, x: np.ndarray, y: np.ndarray, seed: int) -> None:
        """Adam over random batches."""
        rng = np.random.default_rng(seed)
        for _ in range(STEPS):
            rows = rng.integers(len(x), size=BATCH)
            hidden, odds = self.forward(x[rows])
            error = (odds - y[rows]) / BATCH
            back = (error @ self.w[1].T) * (1 - hidden**2)
            self.step += 1
            for i, g in enumerate([x[rows].T @ back, hidden.T @ error, error.sum(axis=0)]):
                self.m[i] = 0.9 * self.m[i] + 0.1 * g
                self.v[i] = 0.999 * self.v[i] + 0.001 * g**2
                m, v = self.m[i] / (1 - 0.9**self.step), self.v[i] / (1 - 0.999**self.step)
                self.w[i] = self.w[i] - RATE * m / (np.sqrt(v) + 1e-8)

    def losses(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Nats of each row."""
        return -(y * np.log(self.forward(x)[1] + 1e-12)).sum(axis=1)

    def about(self, x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        """Gradients of the output's bias, which are its errors, and four scores."""
        hidden, odds = self.forward(x)
        error = odds - y
        length = np.linalg.norm(error, axis=1)
        return {
            "gradients": error.astype(np.float32),
            "perplexity": perplexity(self.losses(x, y)[:, None]),
            "el2n": length,
            "entropy": -(odds * np.log(odds + 1e-12)).sum(axis=1),
            "gradient_norm": length * np.linalg.norm(hidden, axis=1),
        }


@dataclass
class Moment:
    """What can be chosen from at one step."""

    rows: Rows
    pool: np.ndarray
    network: Network
    target: np.ndarray
    seed: int
    about: dict[str, np.ndarray] = field(default_factory=dict)

    def seen(self) -> dict[str, np.ndarray]:
        """What the network says of each row of the pool."""
        if not self.about:
            self.about = self.network.about(self.rows.x[self.pool], self.rows.y[self.pool])
        return self.about

    def select(self, method: str, rows: int = K, **params: object) -> np.ndarray:
        """Rows that a method picks, seeing the network's gradients and scores."""
        about = self.seen()
        scores = {name: values for name, values in about.items() if name != "gradients"}
        arrays = {"gradients": about["gradients"], "semantic": self.rows.x[self.pool]}
        found = handful.select(
            scores, rows=min(rows, len(self.pool)), method=method, arrays=arrays,
            params=params, seed=self.seed, cache=False,
        )  # fmt: skip
        return self.pool[found.rows()]

    def dsir(self) -> np.ndarray:
        """Rows whose y are those of the skills seen."""
        pool, like = ({"text": [self.rows.texts[i] for i in at]} for at in (self.pool, self.target))
        found = handful.select(pool, rows=K, like=like, method="dsir", seed=self.seed, cache=False)
        return self.pool[found.rows()]

    def equal(self) -> np.ndarray:
        """The same number of rows of each skill, as far as it has them."""
        order = np.random.default_rng(self.seed).permutation(self.pool)
        return in_turns(order, self.rows.skill)[:K]

    def random(self, rows: int = K) -> np.ndarray:
        """Any rows."""
        return np.random.default_rng(self.seed).permutation(self.pool)[:rows]


SCORES = "perplexity+el2n+entropy+gradient_norm"


def ours(moment: Moment, scores: str = SCORES, clusters: int = CLUSTERS) -> np.ndarray:
    """What adapt_inf picks."""
    return moment.select("adapt_inf", array="gradients", scores=scores, clusters=clusters)


def pruned(moment: Moment) -> np.ndarray:
    """What adapt_inf_pool keeps."""
    return moment.select(
        "adapt_inf_pool", KEPT, array="gradients", semantic="semantic", clusters=CLUSTERS
    )


def all_of(moment: Moment) -> np.ndarray:
    """The whole pool: nothing is pruned."""
    return moment.pool


def hardest(moment: Moment) -> np.ndarray:
    """Rows of the largest EL2N."""
    return moment.pool[np.argsort(-moment.seen()["el2n"], kind="stable")[:K]]


Choose = Callable[[Moment], np.ndarray]
WAYS: dict[str, tuple[Choose, Choose]] = {
    "random": (Moment.random, all_of),
    "largest EL2N": (hardest, all_of),
    "EL2N, no clusters": (lambda m: ours(m, "el2n", 1), all_of),
    "EL2N in clusters": (lambda m: ours(m, "el2n"), all_of),
    "dsir": (Moment.dsir, all_of),
    "adapt_inf": (ours, all_of),
    "adapt_inf, 10 clusters": (lambda m: ours(m, clusters=10), all_of),
    "equal parts of skills": (Moment.equal, all_of),
    "random, pool pruned": (Moment.random, lambda m: m.random(KEPT)),
    "adapt_inf, pool pruned": (ours, pruned),
}  # fmt: skip

AGAINST = {
    "adapt_inf": ("random", "dsir", "largest EL2N", "EL2N, no clusters", "EL2N in clusters"),
    "adapt_inf, pool pruned": ("random, pool pruned", "adapt_inf"),
}


def lifetime(rows: Rows, seed: int, choose: Choose, keep: Choose) -> dict[str, float]:
    """Train on what is chosen at each step; what is known of the rare skill and of all at the end."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(SKILLS))
    rare, network = order[int(rng.integers(2))], Network(seed)
    pool, target, tests, known = np.zeros(0, int), np.zeros(0, int), {}, []
    for step, skill in enumerate(order):
        own = rng.permutation(np.flatnonzero(rows.skill == skill))
        tests[skill], target = own[:TEST], np.concatenate([target, own[TEST : TEST + TARGET]])
        new = own[TEST + TARGET :][: RARE if skill == rare else COMMON]
        pool = np.sort(np.concatenate([pool, new]))
        moment = Moment(rows, pool, network, target, 1000 * seed + step)
        chosen = choose(moment)
        pool = keep(moment)
        network.train(rows.x[chosen], rows.y[chosen], seed + step)
        if rare in tests:
            known.append(network.losses(rows.x[tests[rare]], rows.y[tests[rare]]).mean())
    every = [network.losses(rows.x[test], rows.y[test]).mean() for test in tests.values()]
    return {
        "rare": known[-1],
        "forgetting": known[-1] - min(known),
        "all": float(np.mean(every)),
        "rows": float((rows.skill[chosen] == rare).sum()),
        "in pool": float((rows.skill[pool] == rare).sum()),
    }


def show(found: dict[str, list[dict[str, float]]]) -> bool:
    """Print losses and paired differences; whether adapt_inf beats random on the rare skill."""
    print(
        f"  {'chosen by':24}rare skill        forgetting        all skills        its rows at the end"
    )
    for name, lives in found.items():
        cells = []
        for what in ("rare", "forgetting", "all"):
            mean, half = interval(np.array([life[what] for life in lives]))
            cells.append(f"{mean:6.3f} ± {half:.3f}")
        last, left = (np.mean([life[what] for life in lives]) for what in ("rows", "in pool"))
        print(f"  {name:24}{'   '.join(cells)}   {last:.1f} of {left:.0f} in the pool")
    held = True
    for ours, others in AGAINST.items():
        for other in others:
            for what in ("rare", "all"):
                apart = [b[what] - a[what] for a, b in zip(found[ours], found[other], strict=True)]
                mean, half = interval(np.array(apart))
                print(f"  {ours} is better than {other}, {what}: {mean:+.3f} ± {half:.3f}")
                held &= (other, what) != ("random", "rare") or mean - half > 0
    return held


def main() -> int:
    asked, folder, start = options(__doc__), os.environ.get("HANDFUL_DATA"), time.process_time()
    if not folder or not (Path(folder) / FILE).exists():
        print(f"SKIPPED: HANDFUL_DATA names no folder with {FILE}.")
        return 0
    rows, seeds = Rows.read(Path(folder)), asked.seeds
    held = show({name: [lifetime(rows, s, *way) for s in seeds] for name, way in WAYS.items()})
    print(f"  {time.process_time() - start:.0f} CPU s")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
