"""Max-min diversity under overlapping minima and maxima, beside the solver of the package `max-div`.

    python benchmarks/max_div.py                     n = 100, 500, 1,000, 2,000, 5,000
    python benchmarks/max_div.py --n 1000 --seconds 1 10

k = n/10 rows of n in the unit square (d = 2) or of normal draws (d = 16), the closest two picks as far apart as
can be. Each row is of one of five groups in one column and of one of four in another, of uneven sizes; every group
has a minimum and a maximum in rows. The peer runs in an environment of its own, which the script makes; it is
given seconds and compiled beforehand. Values are computed anew here, in float64, and every limit is counted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PEER = "max-div==0.17.0"


def task(n: int, d: int) -> dict[str, np.ndarray]:
    """Rows, their groups, k, and for each group (column, code, least, most)."""
    rng = np.random.default_rng(n + d)
    x = rng.random((n, 2)) if d == 2 else rng.standard_normal((n, d))
    k, columns, limits = max(10, n // 10), [], []
    for column, count in enumerate((5, 4)):
        odds = 1 / np.arange(1, count + 1)
        codes = rng.choice(count, n, p=odds / odds.sum())
        columns.append(codes)
        limits += [(column, c, k // (2 * count), k * 3 // (2 * count)) for c in range(count)]
    return {
        "x": x.astype(np.float32),
        "groups": np.stack(columns, axis=1),
        "limits": np.array(limits),
        "k": np.array(k),
    }


def ours(data: dict[str, np.ndarray], optimizer: str) -> tuple[list[int], float, float]:
    """Our picks, CPU and wall seconds."""
    from handful.budget import Quota, Quotas
    from handful.objectives import Arrays, DisparityMin
    from handful.optimizers import maximize

    n = len(data["x"])
    groups = {f"c{c}": (data["groups"][:, c], list("abcde")) for c in (0, 1)}
    asked = [
        Quota.parse({"column": f"c{c}", "value": "abcde"[code], "min": low, "max": high})
        for c, code, low, high in data["limits"].tolist()
    ]
    quotas, view = Quotas.of(asked, groups, n), Arrays({"x": data["x"]}, threads=1)
    maximize(DisparityMin(), Arrays({"x": data["x"][:50]}), 5, optimizer=optimizer)
    cpu, wall = time.process_time(), time.perf_counter()
    picks = maximize(DisparityMin(), view, int(data["k"]), quotas=quotas, optimizer=optimizer)
    return picks.indices.tolist(), time.process_time() - cpu, time.perf_counter() - wall


def closest(x: np.ndarray, rows: list[int]) -> float:
    """The definition, in float64."""
    from scipy.spatial.distance import pdist

    return float(pdist(x[rows].astype(np.float64)).min())


def broken(data: dict[str, np.ndarray], rows: list[int]) -> int:
    """How many limits a pick breaks."""
    picked = data["groups"][rows]
    counts = [(picked[:, column] == code).sum() for column, code, _, _ in data["limits"].tolist()]
    wrong = sum(
        not low <= c <= high
        for c, (_, _, low, high) in zip(counts, data["limits"].tolist(), strict=True)
    )
    return wrong + (len(rows) != int(data["k"]))


def environment(folder: Path) -> Path:
    """The peer's Python; made where there is none."""
    python = folder / "max_div_env" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(python.parent.parent)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", PEER], check=True)
    return python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, nargs="*", default=[100, 500, 1000, 2000, 5000])
    parser.add_argument("--seconds", type=float, nargs="*", default=[1, 5])
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "handful-bench"
    )
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    peer = environment(options.folder)
    cores = f"{os.cpu_count()} cores, seed 0, one thread each"
    print(f"{platform.machine()}, Python {platform.python_version()}, {cores}; {PEER}\n")
    print("| n | d | k | who | CPU s | wall s | closest two picks | limits broken |")
    print("|---|---|---|---|---|---|---|---|")
    for n in options.n:
        for d in (2, 16):
            data = task(n, d)
            line = f"| {n:,} | {d} | {int(data['k'])} |"
            for optimizer in ("greedy", "drop_add:patience=100", "drop_add"):
                rows, cpu, wall = ours(data, optimizer)
                value = closest(data["x"], rows)
                print(
                    f"{line} {optimizer} | {cpu:.2f} | {wall:.2f} | {value:.5g} | {broken(data, rows)} |"
                )
            path = options.folder / "max_div.npz"
            np.savez(path, **data)
            seconds = [str(one) for one in options.seconds]
            done = subprocess.run(
                [str(peer), "-P", str(Path(__file__).with_name("max_div_peer.py")), str(path), *seconds],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            for allowed, text in zip(seconds, done.stdout.splitlines(), strict=True):
                found = json.loads(text)
                value = closest(data["x"], found["rows"])
                print(
                    f"{line} max-div, {allowed} s | {found['cpu']:.2f} | {found['wall']:.2f} "
                    f"| {value:.5g} | {broken(data, found['rows'])} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
