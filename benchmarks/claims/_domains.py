"""What the claims about targets share: real domains, a bigram model as the judge, intervals over seeds.

Nothing to run here. Each seed draws domains and splits them as `benchmarks/targets.py` does; methods are set
beside random picks and the domain's own rows by the cross-entropy of a bigram model of their picks on held-out
rows.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import handful
from targets import Corpus, Task, interval

__all__ = ["Corpus", "Task", "closed", "corpus_or_none", "dsir", "interval", "run", "show"]


def corpus_or_none() -> Corpus | None:
    """The texts of domains_dev; None, said aloud, where there are none."""
    folder = os.environ.get("HANDFUL_DATA")
    if not folder or not (Path(folder) / "domains_dev" / "domains.parquet").exists():
        print("SKIPPED: HANDFUL_DATA names no folder with domains_dev/domains.parquet.")
        return None
    return Corpus.read(Path(folder), "domains_dev")


def dsir(task: Task, k: int, seed: int) -> np.ndarray:
    """What dsir picks for a task."""
    pool, target = task.texts(task.pool), task.texts(task.target)
    chosen = handful.select(pool, rows=k, like=target, method="dsir", seed=seed, cache=False)
    return task.pool[chosen.indices]


def closed(task: Task, seed: int, picks: dict[str, np.ndarray]) -> dict[str, tuple[float, float]]:
    """For each method, what it gained on random, and what there was to gain, in nats a word."""
    rng, k = np.random.default_rng(seed), len(next(iter(picks.values())))
    drawn = [rng.choice(task.pool, k, replace=False) for _ in range(3)]
    random = float(np.mean([task.cross_entropy(rows) for rows in drawn]))
    best = task.cross_entropy(rng.choice(task.own, min(k, len(task.own)), replace=False))
    return {
        name: (random - task.cross_entropy(rows), random - best) for name, rows in picks.items()
    }


def run(
    corpus: Corpus,
    pick: Callable[[Task, int], dict[str, np.ndarray]],
    *,
    seeds: range,
    domains: int,
) -> dict[str, np.ndarray]:
    """(seeds,) gap closed by each method, over some domains a seed."""
    found: dict[str, list[float]] = {}
    for seed in seeds:
        names = np.random.default_rng(seed).choice(corpus.large(), domains, replace=False)
        tasks = [Task.draw(corpus, str(name), 200 + seed) for name in names]
        gained = [closed(task, seed, pick(task, seed)) for task in tasks]
        for name in gained[0]:
            gain, whole = np.sum([task[name] for task in gained], axis=0)
            found.setdefault(name, []).append(gain / whole)
    return {name: np.array(values) for name, values in found.items()}


def show(found: dict[str, np.ndarray], ours: str, start: float) -> bool:
    """Print gap closed by method, and ours less random and less dsir; whether it beats random."""
    print("  method                          gap closed (random 0, the domain's own rows 1)")
    for name, values in found.items():
        mean, half = interval(values)
        print(f"  {name:30} {mean:6.3f} ± {half:.3f}")
    held = True
    others: dict[str, Any] = {"random": np.zeros_like(found[ours]), "dsir": found.get("dsir")}
    for name, values in others.items():
        if values is not None:
            mean, half = interval(found[ours] - values)
            verdict = (
                "better"
                if mean - half > 0
                else "worse"
                if mean + half < 0
                else "no clear difference"
            )
            print(f"  {ours} less {name}: {mean:+.3f} ± {half:.3f}, {verdict}")
            held &= name != "random" or mean - half > 0
    print(f"  {time.process_time() - start:.0f} CPU s")
    return held


def options(text: str | None, **extra: int) -> argparse.Namespace:
    """The seeds, from how many and the first of them, and all else that the command line says."""
    parser = argparse.ArgumentParser(description=(text or "").partition("\n")[0])
    for name, default in {"seeds": 10, "first": 0, "domains": 3, **extra}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    asked.seeds = range(asked.first, asked.first + asked.seeds)
    return asked
