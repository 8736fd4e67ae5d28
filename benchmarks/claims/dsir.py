"""Does dsir pick rows like the target's? Real texts of 19 domains, against random picks, 10 seeds.

For each of eight domains a seed, some of its texts are the target, others are held out, and the rest lie in
the pool among the other domains. From each choice of rows a smoothed unigram model is made, and measured by its
cross-entropy on the held-out texts:

    gap closed = (random − method) / (random − picks of the domain itself),    summed over domains

and by the share of the picks that are of the domain. The texts come in three forms: as they are (about 250
words), cut to unequal lengths, and glued to unequal lengths; the last two have a budget of tokens.

    HANDFUL_DATA=FOLDER python benchmarks/claims/dsir.py [--seeds 10] [--targets 20]

FOLDER holds domains_dev/domains.parquet with the columns domain and text. Exit code 1: a claim failed.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse
from scipy.stats import t as student

import handful
from handful.features.hashed_ngrams import HashedNgrams
from handful.methods.data.dsir import Dsir
from handful.pool import Strings

PUBLISHED = {"prior": 0, "chunk": None}
METHODS = {
    "random": None,
    "dsir as published": PUBLISHED,
    "  with a prior": {**PUBLISHED, "prior": Dsir.prior},
    "  with chunks": {**PUBLISHED, "chunk": Dsir.chunk},
    "dsir, our defaults": {},
    "  without noise": {"temperature": 0},
    "  262,144 buckets": {"buckets": 2**18},
}
DOMAINS = 8
HELD_OUT = 100
ROWS = 200
TOKENS = 30_000
FORMS = ("as they are", "cut", "glued")


@dataclass
class Corpus:
    """Texts, their domains, and their word counts for the measure."""

    texts: list[str]
    domains: np.ndarray
    words: scipy.sparse.csr_matrix

    @classmethod
    def of(cls, texts: list[str], domains: list[str]) -> Corpus:
        """Count the words."""
        words = HashedNgrams(ngrams=1, buckets=2**18).fit(Strings.of([]), seed=0)
        return cls(texts, np.array(domains), words.apply(Strings.of(texts)))

    def tokens(self) -> np.ndarray:
        """Tokens of each text."""
        return np.asarray(self.words.sum(axis=1)).ravel().astype(np.int64)


def read(folder: Path) -> tuple[list[str], list[str]]:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(folder / "domains_dev" / "domains.parquet")
    return table["text"].to_pylist(), table["domain"].to_pylist()


def cut(texts: list[str], domains: list[str]) -> tuple[list[str], list[str]]:
    """Each text cut to between 6 and 250 tokens, short ones as many as long ones on a log scale."""
    rng = np.random.default_rng(0)
    pieces = []
    for text in texts:
        ends = [match.end() for match in re.finditer(r"\w+|[^\w\s]+", text)]
        length = int(np.exp(rng.uniform(np.log(6), np.log(250))))
        start = rng.integers(0, max(1, len(ends) - length))
        pieces.append(
            text[ends[start - 1] if start else 0 : ends[min(start + length, len(ends)) - 1]]
        )
    return pieces, domains


def glue(texts: list[str], domains: list[str]) -> tuple[list[str], list[str]]:
    """One to eight texts of a domain made one."""
    rng = np.random.default_rng(0)
    order = np.lexsort((rng.random(len(texts)), domains)).tolist()
    glued: list[str] = []
    labels: list[str] = []
    left = 0
    for row in order:
        if left and labels[-1] == domains[row]:
            glued[-1] += "\n" + texts[row]
            left -= 1
        else:
            glued.append(texts[row])
            labels.append(domains[row])
            left = int(rng.choice([1, 1, 1, 2, 4, 8])) - 1
    return glued, labels


@dataclass
class Task:
    """One domain under one seed."""

    corpus: Corpus
    pool: np.ndarray
    target: np.ndarray
    held_out: np.ndarray
    own: np.ndarray
    by_tokens: bool

    @classmethod
    def draw(cls, corpus: Corpus, domain: str, targets: int, by_tokens: bool, seed: int) -> Task:
        """Split the domain's texts at random; the pool is all the rest."""
        rows = np.random.default_rng(seed).permutation(np.flatnonzero(corpus.domains == domain))
        target, held_out = rows[:targets], rows[targets : targets + HELD_OUT]
        pool = np.setdiff1d(np.arange(len(corpus.texts)), rows[: targets + HELD_OUT])
        return cls(corpus, pool, target, held_out, rows[targets + HELD_OUT :], by_tokens)

    def select(self, rows: np.ndarray, seed: int, **options: object) -> np.ndarray:
        """Picks of `handful.select` among some rows, under the form's budget."""
        own = self.corpus.tokens()[self.own]
        data = {"text": [self.corpus.texts[i] for i in rows]}
        if self.by_tokens:
            data["tokens"] = self.corpus.tokens()[rows]
            budget = {"budget": int(min(TOKENS, own.sum())), "cost": "tokens"}
        else:
            budget = {"rows": min(ROWS, len(own))}
        chosen = handful.select(
            data, text="text", seed=seed, cache=False, threads=1, **budget, **options
        )
        return rows[chosen.indices]

    def cross_entropy(self, picks: np.ndarray) -> float:
        """Nats a held-out word, under the picks' words with the pool's as 5,000 words of prior."""
        pool, held = self.corpus.words[self.pool].sum(axis=0).A1, self.corpus.words[self.held_out]
        prior = (pool + 1e-3) / (pool + 1e-3).sum()
        counts = self.corpus.words[picks].sum(axis=0).A1.astype(float)
        model = (counts + 5000 * prior) / (counts.sum() + 5000)
        seen = held.sum(axis=0).A1
        return float(-(seen * np.log(model)).sum() / seen.sum())

    def measure(self, seed: int) -> dict[str, tuple[float, float, float]]:
        """For each method: gap closed, the whole gap, share of picks of the domain."""
        target = {"text": [self.corpus.texts[i] for i in self.target]}
        random = np.mean(
            [
                self.cross_entropy(self.select(self.pool, 1000 * seed + i, method="random"))
                for i in range(3)
            ]
        )
        best = self.cross_entropy(self.select(self.own, seed, method="random"))
        result = {}
        for name, params in METHODS.items():
            options = {"method": "random"}
            if params is not None:
                options = {"method": "dsir", "params": params, "like": target}
            picks = self.select(self.pool, seed, **options)
            result[name] = (
                random - self.cross_entropy(picks),
                random - best,
                float(np.isin(picks, self.own).mean()),
            )
        return result


def interval(values: np.ndarray) -> tuple[float, float]:
    """Mean and half the width of its 95 % interval over the seeds."""
    half = student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean()), float(half)


def run(corpus: Corpus, targets: int, seeds: int, by_tokens: bool) -> dict[str, np.ndarray]:
    """(seeds, 2) gap closed and share of the domain, by method."""
    names, sizes = np.unique(corpus.domains, return_counts=True)
    large = names[sizes >= targets + HELD_OUT + 50]
    print(f"  {len(corpus.texts):,} texts", flush=True)
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in METHODS}
    for seed in range(seeds):
        domains = np.random.default_rng(seed).choice(large, DOMAINS, replace=False).tolist()
        done = [Task.draw(corpus, d, targets, by_tokens, seed).measure(seed) for d in domains]
        for name in METHODS:
            closed, whole, share = (np.array([task[name][i] for task in done]) for i in range(3))
            rows[name].append((closed.sum() / whole.sum(), share.mean()))
    return {name: np.array(values) for name, values in rows.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--targets", type=int, default=20, help="texts in the target")
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=list(FORMS))
    options = parser.parse_args()
    folder = os.environ.get("HANDFUL_DATA")
    if not folder or not (Path(folder) / "domains_dev" / "domains.parquet").exists():
        print("SKIPPED: HANDFUL_DATA names no folder with domains_dev/domains.parquet.")
        return 0
    texts, domains = read(Path(folder))
    shapes = {"as they are": lambda *pair: pair, "cut": cut, "glued": glue}
    held = True
    for form in options.forms:
        by_tokens = form != "as they are"
        unit = f"{TOKENS:,} tokens" if by_tokens else f"{ROWS} rows"
        print(
            f"\nTexts {form}, {options.targets} in the target, {unit} picked, {options.seeds} seeds"
        )
        result = run(
            Corpus.of(*shapes[form](texts, domains)), options.targets, options.seeds, by_tokens
        )
        print("  method                 gap closed        of the domain")
        for name, values in result.items():
            gap, share = interval(values[:, 0]), interval(values[:, 1])
            print(f"  {name:22} {gap[0]:6.3f} ± {gap[1]:.3f}    {share[0]:6.3f} ± {share[1]:.3f}")
        ours = result["dsir, our defaults"][:, 0]
        for other in ("random", "dsir as published"):
            mean, half = interval(ours - result[other][:, 0])
            verdict = "better" if mean - half > 0 else "NOT better"
            held &= mean - half > 0
            print(f"  our defaults less {other}: {mean:+.3f} ± {half:.3f}, {verdict}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
