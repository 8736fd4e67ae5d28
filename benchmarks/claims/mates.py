"""Does a surrogate of what one step is worth, asked anew at each stage, pick what trains a network? 10 seeds.

20 Newsgroups; the task: one family of groups (comp, rec, sci or talk), given 200 reference rows of it. A network
of one hidden layer is trained in eight stages; each picks a fifth of a fresh eighth of 12,000 rows of all 20
groups, the first at random. The utility of a row, exactly: state of weights and optimiser restored, one Adam step
on that row, loss on the reference rows, sign turned. `mates` asks it about 5 % of a stage's rows and fits a ridge
regression on the row's 64 numbers and its label. Beside: random, dsir on the texts (target: the reference rows),
the same surrogate of the model as it was after the first stage (frozen), and a fifth of the rows, or all, asked
about. Measured: loss on 400 test rows of the family, none of them among the reference rows, after the last stage,
in nats a row.

    HANDFUL_DATA=FOLDER python benchmarks/claims/mates.py [--seeds 10]

Exit code 1: not better than random.
"""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable

import numpy as np
from _domains import interval, options
from _newsgroups import Newsgroups, Task
from less import Network

import handful
from handful.methods.data.mates import Mates

STAGES, STEPS, SHARE = 8, 8, "20%"
"""Of 12,000 rows: eighths of 1,500, and 8 steps of 64 rows on 300 picks, fewer than two passes."""

VARIANTS: dict[str, dict[str, float]] = {
    "mates": {},
    "mates, frozen": {},
    "mates, T = 0.5": {"temperature": 0.5},
    "mates, a fifth asked": {"probes": 0.2},
    "mates, all asked": {"probes": 1.0},
}


def one_step(network: Network, news: Newsgroups, task: Task) -> Callable[[np.ndarray], np.ndarray]:
    """The utility of rows of the pool for a network as it is now."""
    now = copy.deepcopy(network)

    def utility(rows: np.ndarray) -> np.ndarray:
        found = []
        for row in task.pool[rows]:
            trial = copy.deepcopy(now)
            trial.train(news.x[[row]], news.y[[row]], 0, 1)
            found.append(-trial.loss(news.x[task.reference], news.y[task.reference]))
        return np.array(found)

    return utility


def staged(news: Newsgroups, task: Task, seed: int, name: str) -> dict[str, float]:
    """Train in stages on what one method picks."""
    label = np.eye(len(news.names))[news.y[task.pool]]
    data = {
        "text": [news.texts[i] for i in task.pool],
        "seen": np.hstack([news.x[task.pool], label]).astype(np.float32),
    }
    asked = {"fraction": SHARE, "seed": seed, "cache": False}
    network, told = Network(len(news.names), seed), {"rows asked": 0.0, "Spearman": 0.0}
    first, picked = network, []
    for stage in range(1, STAGES + 1):
        how: dict[str, object] = {"method": "random"}
        if stage > 1 and name == "dsir":
            how = {"method": "dsir", "like": {"text": [news.texts[i] for i in task.reference]}}
        elif stage > 1 and name != "random":
            utility = one_step(first if name == "mates, frozen" else network, news, task)
            how = {"method": Mates(utility, array="seen", **VARIANTS[name])}
        chosen = handful.select(data, stage=f"{stage}/{STAGES}", **how, **asked)
        told["rows asked"] += chosen.notes.get("utility_rows", 0)
        told["Spearman"] += chosen.notes.get("held_out_spearman", 0) / (STAGES - 1)
        picked.append(chosen.indices)
        rows = task.pool[chosen.indices]
        network.train(news.x[rows], news.y[rows], seed + stage, STEPS)
        first = copy.deepcopy(network) if stage == 1 else first
    assert len(np.unique(np.concatenate(picked))) == sum(map(len, picked)), "a row was used twice"
    told["of the family"] = float(task.own[np.concatenate(picked[1:])].mean())
    told["loss"] = network.loss(news.x[task.test], news.y[task.test])
    return told


def main() -> int:
    asked, start = options(__doc__), time.process_time()
    news = Newsgroups.read()
    if news is None:
        return 0
    names = ("random", "dsir", *VARIANTS)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for seed in asked.seeds:
        task = news.task(seed)
        for name in names:
            found[name].append(staged(news, task, seed, name))
    print(f"  {'':20} {'test loss, nats':17} of the family  rows asked  Spearman, held out")
    losses = {name: np.array([told["loss"] for told in rows]) for name, rows in found.items()}
    for name, rows in found.items():
        mean, half = interval(losses[name])
        own, calls, agreed = (
            np.mean([told[key] for told in rows])
            for key in ("of the family", "rows asked", "Spearman")
        )
        print(f"  {name:20} {mean:6.3f} ± {half:.3f}    {own:8.3f} {calls:14.0f} {agreed:10.2f}")
    pairs = [("mates", other) for other in names if other != "mates"]
    pairs += [(name, "dsir") for name in VARIANTS if name != "mates"]
    for ours, other in pairs:
        mean, half = interval(losses[other] - losses[ours])
        print(f"  {ours} is better than {other} by {mean:+.3f} ± {half:.3f} nats a row")
    print(f"  {time.process_time() - start:.0f} CPU s")
    mean, half = interval(losses["random"] - losses["mates"])
    return 0 if mean - half > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
