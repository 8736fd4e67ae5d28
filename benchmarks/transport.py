"""How long transport between a large pool and a target takes, in how little memory, and how close it comes.

A pool of n × d float32 in 32 clusters lies in a file and is memory-mapped; the target, m rows, is drawn from
other weights of the same clusters. `sinkhorn` moves one onto the other to the gap asked, in sweeps over all
pairs; no matrix of all pairs is made, so memory is set beside what one would take. Time is set beside float32
products of the same shapes, measured in the same run: `sweeps` of them are what no tiled method can avoid.

    python benchmarks/transport.py [--rows 100000] [--width 384] [--targets 1000] [--gap 0.01] [--threads 1]

Exit code 1: the gap is not reached, or memory is more than half of a float32 matrix of all pairs.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from handful.runtime.meter import anonymous_bytes
from handful.runtime.run import Run
from handful.transport.costs import Costs
from handful.transport.sinkhorn import sinkhorn
from rds import product_rate

BLOCK, CLUSTERS = 8192, 32


class Peak(threading.Thread):
    """The most anonymous memory seen, looked at every 20 ms."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most, self.stop = 0, threading.Event()

    def run(self) -> None:
        """Look until told to stop."""
        while not self.stop.wait(0.02):
            self.most = max(self.most, anonymous_bytes())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--width", type=int, default=384)
    parser.add_argument("--targets", type=int, default=1000)
    parser.add_argument("--gap", type=float, default=0.01)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    n, d, m = options.rows, options.width, options.targets
    base, rng = anonymous_bytes(), np.random.default_rng(0)
    centres = rng.standard_normal((CLUSTERS, d), np.float32)
    heavy = rng.dirichlet(np.full(CLUSTERS, 0.5))

    def drawn(count: int, odds: np.ndarray | None) -> np.ndarray:
        near = rng.choice(CLUSTERS, count, p=odds)
        return centres[near] + 0.7 * rng.standard_normal((count, d), np.float32)

    targets = drawn(m, heavy)
    with tempfile.TemporaryDirectory(prefix="handful-transport-") as folder:
        path = Path(folder) / "pool.npy"
        pool = np.lib.format.open_memmap(path, "w+", np.float32, (n, d))
        for start in range(0, n, BLOCK):
            pool[start : start + BLOCK] = drawn(min(n, start + BLOCK) - start, None)
        pool.flush()
        del pool
        mapped = np.load(path, mmap_mode="r")
        first = np.array(mapped[:BLOCK])
        before = product_rate(first, targets, options.threads)
        del first
        peak = Peak()
        peak.start()
        start, wall = time.process_time(), time.perf_counter()
        run = Run(threads=options.threads)
        found = sinkhorn(Costs(mapped, targets), gap=options.gap, run=run)
        spent, wall = time.process_time() - start, time.perf_counter() - wall
        peak.stop.set()
        peak.join()
        after = product_rate(np.array(mapped[:BLOCK]), targets, options.threads)
    rate, matrix, used = (before + after) / 2, 4 * n * m, peak.most - base
    least = 2.0 * n * m * d * found.sweeps / rate
    print(
        f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores, seed 0"
    )
    print(f"{n:,} × {d} onto {m:,} targets, {options.threads} threads")
    print(f"float32 product: {before / 1e9:.1f} and {after / 1e9:.1f} GFLOP a CPU s")
    print(
        f"least cost between {found.bound:.6g} and {found.cost:.6g}; gap {found.gap:.2%} of the mean cost "
        f"{found.scale:.6g} (asked: {options.gap:.2%}), {found.sweeps} sweeps"
    )
    print(
        f"{spent:.1f} CPU s, {wall:.1f} s; {spent / found.sweeps:.2f} CPU s a sweep; as many float32 products "
        f"alone: {least:.1f} CPU s, {least / spent:.0%}"
    )
    print(
        f"{used / 1e6:,.0f} MB at most, beyond what was held at the start; a float32 matrix of all pairs: "
        f"{matrix / 1e6:,.0f} MB"
    )
    return 0 if found.gap <= options.gap and used < matrix / 2 else 1


if __name__ == "__main__":
    sys.exit(main())
