"""Does a bandit over clusters find helpful rows with few calls of an exact influence? A real network, 10 seeds.

20 Newsgroups; the task: one family of groups (comp, rec, sci or talk), given 200 reference rows of it. A network
of one hidden layer is warmed up on 600 random rows; the influence of a row on the loss of the reference rows is
computed by Kronecker factors of both layers, and is the utility. `quad` picks 600 of 12,000 rows over about 110
clusters of TF-IDF reduced to 64 numbers. Beside: the same bandit without its bound (alpha = 0), with nothing but
it (every cluster as often), the rows of the clusters that 8 rows each show best, all rows asked about, random, and
dsir on the texts. Measured: regret (0: the best 600 rows, 1: random ones), clusters among the picks, rows asked
about, and the loss on 400 test rows after the warm network is trained on with the picks, in nats a row.

    HANDFUL_DATA=FOLDER python benchmarks/claims/quad.py [--seeds 10]

Exit code 1: regret or loss not better than random's.
"""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable

import numpy as np
from _domains import interval, options
from _newsgroups import Newsgroups
from less import Network

import handful
from handful.graphs.cells import nearest_cells
from handful.graphs.rows import unit_rows
from handful.kernels.kfac import Factors, helpful_direction, influence
from handful.methods.data.quad import Quad
from handful.rng import Draws
from handful.runtime.run import Run

K, WARM, STEPS, DAMPING, PILOT = 600, 600, 40, 1e-3, 8
VARIANTS: dict[str, dict[str, float]] = {
    "quad": {},
    "quad, tau = 0.5": {"tau": 0.5},
    "quad, tau = 1": {"tau": 1.0},
    "quad, alpha = 0": {"alpha": 0.0},
    "every cluster as often": {"alpha": 1e9},
}


def factors(network: Network, news: Newsgroups, rows: np.ndarray) -> Factors:
    """What `influence` needs of some rows: inputs and output gradients of both layers."""
    x, y = news.x[rows], news.y[rows]
    hidden, odds = network.forward(x)
    odds[np.arange(len(y)), y] -= 1
    back = (odds @ network.w["b"].T) * (1 - hidden**2)
    return {"a": (back, x), "b": (odds, hidden)}


class Units:
    """The features as unit rows, for the clusters."""

    def __init__(self, x: np.ndarray) -> None:
        self.x = x

    def unit(self, rows: np.ndarray) -> np.ndarray:
        """Some of them."""
        return unit_rows(self.x[rows])


def best_clusters(cell: np.ndarray, utility: Callable, rng: np.random.Generator) -> np.ndarray:
    """Rows of the clusters whose mean over some rows is largest, cluster by cluster, until there are k."""
    order = rng.permutation(len(cell))
    means = {}
    for c in np.unique(cell):
        means[c] = utility(order[cell[order] == c][:PILOT]).mean()
    rank = np.array([-means[c] for c in cell[order]])
    return order[np.argsort(rank, kind="stable")][:K]


def one_seed(news: Newsgroups, seed: int) -> dict[str, dict[str, float]]:
    """Every way on one seed."""
    task, rng = news.task(seed), np.random.default_rng(seed)
    warm = Network(len(news.names), seed)
    began = rng.choice(task.pool, WARM, replace=False)
    warm.train(news.x[began], news.y[began], seed, STEPS)
    sample = rng.choice(task.pool, 1000, replace=False)
    wanted = factors(warm, news, task.reference)
    direction = helpful_direction(wanted, factors(warm, news, sample), DAMPING)

    def utility(rows: np.ndarray) -> np.ndarray:
        return influence(direction, factors(warm, news, task.pool[rows]))

    truth = utility(np.arange(len(task.pool)))
    x = news.x[task.pool].astype(np.float32)
    count = round(len(x) ** 0.5)
    cell = nearest_cells(Units(x), np.arange(len(x)), count, 1, Run(), Draws(seed))[:, 0]
    data = {"text": [news.texts[i] for i in task.pool], "x": x}
    asked = {"rows": K, "seed": seed, "cache": False}
    like = {"text": [news.texts[i] for i in task.reference]}
    picks, calls = {}, {"clusters of best mean": float(PILOT * len(np.unique(cell)))}
    for name, params in VARIANTS.items():
        chosen = handful.select(data, method=Quad(utility, array="x", **params), **asked)
        picks[name], calls[name] = chosen.indices, chosen.notes["utility_rows"]
    picks["clusters of best mean"] = best_clusters(cell, utility, rng)
    picks["all rows asked"] = np.argsort(-truth, kind="stable")[:K]
    calls["all rows asked"] = len(truth)
    picks["random"] = handful.select(data, method="random", **asked).indices
    picks["dsir"] = handful.select(data, method="dsir", like=like, **asked).indices
    best = truth[picks["all rows asked"]].mean()
    found = {}
    for name, rows in picks.items():
        trained = copy.deepcopy(warm)
        trained.train(news.x[task.pool[rows]], news.y[task.pool[rows]], seed, STEPS)
        found[name] = {
            "regret": float((best - truth[rows].mean()) / (best - truth.mean())),
            "clusters": len(np.unique(cell[rows])),
            "of the family": float(task.own[rows].mean()),
            "rows asked": float(calls.get(name, 0)),
            "loss": trained.loss(news.x[task.test], news.y[task.test]),
        }
    return found


def main() -> int:
    asked, start = options(__doc__), time.process_time()
    news = Newsgroups.read()
    if news is None:
        return 0
    found = [one_seed(news, seed) for seed in asked.seeds]
    print(f"  {'':24} regret           rows asked  clusters  of the family  test loss, nats")
    table = {
        name: {key: np.array([one[name][key] for one in found]) for key in found[0][name]}
        for name in found[0]
    }
    for name, told in table.items():
        regret, loss = interval(told["regret"]), interval(told["loss"])
        calls, clusters, own = (
            told[key].mean() for key in ("rows asked", "clusters", "of the family")
        )
        print(
            f"  {name:24} {regret[0]:5.3f} ± {regret[1]:.3f} {calls:12.0f} {clusters:9.1f} {own:13.3f}"
            f"  {loss[0]:9.3f} ± {loss[1]:.3f}"
        )
    held = True
    for other in table:
        if other != "quad":
            for key in ("regret", "loss"):
                mean, half = interval(table[other][key] - table["quad"][key])
                print(f"  quad has less {key} than {other} by {mean:+.3f} ± {half:.3f}")
                held &= other != "random" or mean - half > 0
    print(f"  {time.process_time() - start:.0f} CPU s")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
