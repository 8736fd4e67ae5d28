"""What `auto` with a target takes on a million texts: `nearest_to_target`, whole, and killed and resumed.

The pool is that of `main_job.py`, docstrings of this machine's Python packages, several a row, until it has so
many rows; the target, those of two modules. 10,000 rows are picked.

    python benchmarks/nearest.py [--rows 1000000] [--folder FOLDER]

Exit code 1: memory is more than 500 MB and 16 bytes a row, or a resumed run picks other rows.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from main_job import killed_and_resumed, line, make_pool, ours, select

BYTES_A_ROW = 1323
"""Of that pool, in the mean."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="handful-nearest-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        pool, target, rows = make_pool(folder, asked.rows * BYTES_A_ROW)
        size = pool.stat().st_size
        wanted = sum(1 for _ in target.open("rb"))
        machine = (
            f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores"
        )
        print(f"{machine}; {rows:,} texts of {size / 1e9:.2f} GB, {wanted} rows of target\n")
        print(
            "| | MB | CPU s | MB per CPU s | wall s | peak anonymous MB |\n|---|---|---|---|---|---|"
        )
        commands = {
            threads: select(folder, pool, target, threads, method="nearest_to_target")
            for threads in (1, 2)
        }
        costs = {threads: ours(folder, command) for threads, command in commands.items()}
        for threads, cost in costs.items():
            line(f"nearest_to_target, {threads} thread{'s' * (threads > 1)}", size, cost)
        seconds = 0.75 * costs[2].wall
        resumed, same = killed_and_resumed(folder, commands[2], seconds)
        line(f"2 threads, killed after {seconds:.0f} s and resumed", size, resumed)
        allowed = 500e6 + 16 * rows
        print(f"\nthe same rows: {same}; at most {allowed / 1e6:,.0f} MB allowed")
        return 0 if same and all(cost.peak <= allowed for cost in costs.values()) else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
