"""What quotas cost: facility location on a neighbour graph under a token budget, with and without them.

    python benchmarks/budgets.py                    n = 1,000,000, 32 neighbours a row, 20 groups
    python benchmarks/budgets.py --n 200000
    python benchmarks/budgets.py --optimizer lazy --kind share
    python benchmarks/budgets.py --refusal          CPU seconds to name which of 40 shares of the cost conflict

Each run is a process of its own, after a small one in it that imports and compiles; the kinds take turns, and of
`--runs` the one of the fewest CPU seconds counts: of all threads, over `maximize` alone. Memory is the peak of
anonymous pages (RssAnon) from the first import to the end, the graph included, which is held in memory. The
groups are of uneven sizes (1/g); tokens are log-normal whole numbers; the budget is 1 % of all tokens. "count"
has a minimum and a maximum in rows for each group, "share" in % of the pick. Data: `handful.testing.clustered`,
seed 0, and `block_graph` of `engine.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from engine import Case, _save_sparse, block_graph, load_graph, measure

GROUPS, DEGREE, SHARE = 20, 32, 0.01


def task(n: int, kind: str) -> tuple[Any, int, Any]:
    """Costs, the amount, and the quotas."""
    from handful.budget import Quota, Quotas

    rng = np.random.Generator(np.random.Philox(0))
    odds = 1 / np.arange(1, GROUPS + 1)
    codes = rng.choice(GROUPS, n, p=odds / odds.sum())
    costs = np.maximum(1, rng.lognormal(5, 1, n)).astype(np.int64)
    amount = int(costs.sum() * SHARE)
    about = int(amount / costs.mean())
    asked = {"count": f"g:min={about // 40},max={about // 6}", "share": "g:min=2.5%,max=16%"}
    if kind == "none":
        return costs, amount, None
    labels = [f"g{g:02}" for g in range(GROUPS)]
    return costs, amount, Quotas.of([Quota.parse(asked[kind])], {"g": (codes, labels)}, n)


def child(kind: str, data: str, n: str, optimizer: str) -> None:
    """One run; prints what it found."""
    from handful.budget import audit
    from handful.objectives import Arrays, FacilityLocation
    from handful.optimizers import maximize

    near = load_graph(Path(data)).tocsc()
    view = Arrays(rows=near.shape[0], threads=2)
    costs, amount, quotas = task(int(n), kind)
    some = near[:300, :300]
    few, little, limits = task(300, "none" if kind == "none" else "share")
    maximize(
        FacilityLocation(similarity=some), Arrays(rows=300),
        costs=few, amount=10 * little, quotas=limits, optimizer=optimizer, certificate="off",
    )  # fmt: skip
    cpu, wall = time.process_time(), time.perf_counter()
    picks = maximize(
        FacilityLocation(similarity=near), view, costs=costs, amount=amount, quotas=quotas,
        optimizer=optimizer, certificate="off",
    )  # fmt: skip
    found = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    found |= {"value": float(picks.value or 0), "picks": len(picks.indices)}
    found["left"] = amount - int(costs[picks.indices].sum())
    if quotas is not None:
        kept = audit(quotas, picks.indices, None)
        found["broken"] = sum(one.slack < 0 for one in kept)
        found["binding"] = sum(one.slack == 0 for one in kept)
    print(json.dumps(found))


def refusal(n: int) -> None:
    """Say how long a refusal takes: twenty minima that come to 110 %, and one maximum below its minimum."""
    from handful.budget import Ledger, Quota, Quotas
    from handful.errors import InfeasibleError

    draw = np.random.default_rng(0)
    codes, labels = draw.choice(20, n), [f"g{group:02}" for group in range(20)]
    costs = np.maximum(1, draw.lognormal(4, 1, n)).astype(np.int64)
    for asked in (
        ["g:min=5.5%cost,max=16%cost"],
        ["g:min=1%cost,max=30%cost", "g[g07]:min=40%cost"],
    ):
        quotas = Quotas.of([Quota.parse(one) for one in asked], {"g": (codes, labels)}, n)
        before = time.process_time()
        try:
            Ledger(n, rows=n, costs=costs, amount=int(costs.sum() // 10), quotas=quotas)
        except InfeasibleError as refused:
            spent = time.process_time() - before
            print(f"{len(quotas.limits)} limits: {spent:.1f} CPU s; {refused}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--optimizer", default="lazy")
    parser.add_argument("--kind", choices=("count", "share"), help="both, where not given")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "handful-bench"
    )
    parser.add_argument("--refusal", action="store_true", help="how long a refusal takes")
    asked = parser.parse_args()
    if asked.refusal:
        refusal(asked.n)
        return
    asked.folder.mkdir(parents=True, exist_ok=True)
    from handful.testing.clustered import clustered

    data = asked.folder / f"graph_{asked.n}_{DEGREE}.npy"
    _save_sparse(data, lambda: block_graph(clustered(asked.n, 32), DEGREE))
    print(
        f"{platform.machine()}, {os.cpu_count()} cores; n = {asked.n:,}, {asked.optimizer}",
        flush=True,
    )
    kinds = ("none", *([asked.kind] if asked.kind else ("count", "share")))
    case = Case("", asked.n, DEGREE, 0, ())
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    for _ in range(asked.runs):
        for kind in kinds:
            found[kind].append(measure_kind(kind, data, case, asked.optimizer))
    best = {kind: min(runs, key=lambda run: run["cpu"]) for kind, runs in found.items()}
    for kind, run in best.items():
        times = run["cpu"] / best["none"]["cpu"]
        print(f"{kind:6} {times:.2f} times none  {json.dumps(run)}", flush=True)


def measure_kind(kind: str, data: Path, case: Case, optimizer: str) -> dict[str, Any]:
    """`engine.measure`, with the kind and the optimizer in the place of the function's name."""
    return measure(sys.executable, Path(__file__), f"{kind}:{optimizer}", case, data)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        kind, _, optimizer = sys.argv[2].partition(":")
        child(kind, sys.argv[3], sys.argv[4], optimizer)
    else:
        main()
