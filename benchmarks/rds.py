"""How fast rds compares a large pool with a target, beside this machine's own matrix product.

A pool of n × d float32 lies in a file and is memory-mapped; `handful.select(method="rds")` picks k rows for m
target rows. The rate of the whole selection, 2·n·m·d operations over its time, is set beside that of
`numpy` multiplying blocks of the same shapes in memory, measured just before and after.

    python benchmarks/rds.py [--rows 1000000] [--width 384] [--targets 1000] [--picks 10000] [--threads 1]

Exit code 1: less than 60 % of the product's rate, in CPU seconds.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

import handful
from handful.graphs.closest import closest
from handful.runtime.meter import anonymous_bytes
from handful.runtime.run import Run

BAR, BLOCK = 0.6, 8192


def product_rate(
    rows: np.ndarray, targets: np.ndarray, threads: int, seconds: float = 2.0
) -> float:
    """Operations a CPU second of float32 products of a block with the targets."""
    other = np.ascontiguousarray(targets.T)
    with threadpool_limits(threads):
        rows @ other
        start, done = time.process_time(), 0
        while time.process_time() - start < seconds:
            rows @ other
            done += 1
        return 2.0 * done * rows.size * len(targets) / (time.process_time() - start)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--width", type=int, default=384)
    parser.add_argument("--targets", type=int, default=1000)
    parser.add_argument("--picks", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    n, d, m = options.rows, options.width, options.targets
    rng = np.random.default_rng(0)
    targets = rng.standard_normal((m, d), np.float32)
    with tempfile.TemporaryDirectory(prefix="handful-rds-") as folder:
        path = Path(folder) / "pool.npy"
        pool = np.lib.format.open_memmap(path, "w+", np.float32, (n, d))
        for start in range(0, n, BLOCK):
            pool[start : start + BLOCK] = rng.standard_normal(
                (min(n, start + BLOCK) - start, d), np.float32
            )
        pool.flush()
        del pool
        first = np.array(np.load(path, mmap_mode="r")[:BLOCK])
        closest(first[:64], targets, 2)  # loads the kernels
        before = product_rate(first, targets, options.threads)
        base, start = anonymous_bytes(), time.process_time()
        closest(np.load(path, mmap_mode="r"), targets, 112, run=Run(threads=options.threads))
        lists = time.process_time() - start
        start, wall = time.process_time(), time.perf_counter()
        chosen = handful.select(
            path,
            rows=options.picks,
            method="rds",
            like_embeddings=targets,
            threads=options.threads,
            cache=False,
        )
        spent, wall = time.process_time() - start, time.perf_counter() - wall
        after = product_rate(first, targets, options.threads)
    rate, work = (before + after) / 2, 2.0 * n * m * d
    print(
        f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores, seed 0"
    )
    print(
        f"{n:,} × {d} against {m:,} target rows, {len(chosen):,} picks, {options.threads} threads"
    )
    print(f"float32 product: {before / 1e9:.1f} and {after / 1e9:.1f} GFLOP a CPU s")
    share = work / lists / rate
    print(
        f"lists: {lists:.1f} CPU s, {work / lists / 1e9:.1f} GFLOP a CPU s, {share:.0%} (bar: {BAR:.0%})"
    )
    print(
        f"the whole selection, with checks of the input, fingerprints and copies of the target: "
        f"{spent:.1f} CPU s, {wall:.1f} s, {work / spent / rate:.0%}; "
        f"{(anonymous_bytes() - base) / 1e6:,.0f} MB more than before"
    )
    return 0 if share >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
