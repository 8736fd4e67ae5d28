"""A million rows: how large the page is, how soon it opens, and what the verdict costs beside the selection.

    python benchmarks/page.py [--rows 1000000] [--picks 1000] [--method k_center] [--folder FOLDER]

The pool is made on the spot by seed 0: 384 numbers a row around 1,000 centres, float16, and a short text, a
group and a score. `handful select` chooses, with verdict and page, in a process of its own. The page is opened
five times in headless Chromium, where selenium and chromedriver are at hand. Bars: the page below 5 MB, open
below 2 s, the verdict below a quarter of the selection's CPU seconds. Exit code 1 where one is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

WIDTH, CENTRES, BLOCK = 384, 1000, 10_000
OPENED = 5
HANDFUL = [sys.executable, "-c", "from handful.cli import main; main()"]


def make_pool(folder: Path, rows: int) -> tuple[Path, Path]:
    """Write pool.jsonl and rows.npy."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((CENTRES, WIDTH), np.float32)
    array = np.lib.format.open_memmap(
        folder / "rows.npy", mode="w+", dtype=np.float16, shape=(rows, WIDTH)
    )
    with (folder / "pool.jsonl").open("w") as file:
        for start in range(0, rows, BLOCK):
            kinds = rng.zipf(1.5, min(BLOCK, rows - start)) % CENTRES
            noise = rng.standard_normal((len(kinds), WIDTH), np.float32)
            array[start : start + len(kinds)] = centres[kinds] + 0.7 * noise
            scores = rng.random(len(kinds))
            for i, (kind, score) in enumerate(zip(kinds.tolist(), scores.tolist(), strict=True)):
                row = {"text": f"row {start + i} of kind {kind}, " + "as rows go, " * (kind % 9)}
                file.write(json.dumps({**row, "kind": kind % 20, "score": score}) + "\n")
    array.flush()
    return folder / "pool.jsonl", folder / "rows.npy"


def select(folder: Path, pool: Path, array: Path, options: argparse.Namespace) -> dict[str, float]:
    """Choose, judge and draw; CPU seconds of each part, as the manifest and the system tell them."""
    command = [*HANDFUL, "select", pool, "--embeddings", array, "--rows", options.picks]
    command += ["--method", options.method]
    for param in options.param:
        command += ["--param", param]
    command += ["--group", "kind", "--quiet", "--overwrite"]
    command += ["-o", folder / "subset.jsonl", "--report", folder / "page.html"]
    before, start = os.times(), time.perf_counter()
    subprocess.run([str(word) for word in command], check=True)
    after = os.times()
    run = json.loads((folder / "subset.jsonl.manifest.json").read_text())["run"]
    whole = after.children_user + after.children_system
    return {
        "whole": whole - before.children_user - before.children_system,
        "wall": time.perf_counter() - start,
        "selection": run["cpu_seconds"],
        "verdict": run["verdict_cpu_seconds"],
        "peak": run["peak_bytes"],
    }


def opening_seconds(page: Path) -> list[float] | None:
    """From the call to a loaded and drawn page, several times; None without selenium or Chromium."""
    service = shutil.which("chromedriver")
    try:
        from selenium import webdriver
    except ImportError:
        service = None
    if service is None:
        return None
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(service))
    took = []
    try:
        for _ in range(OPENED):
            driver.get("about:blank")
            start = time.perf_counter()
            driver.get(page.resolve().as_uri())
            drawn = "return new Promise((r) => requestAnimationFrame(() => setTimeout(r)))"
            driver.execute_async_script(
                f"const done = arguments[0]; (() => {{ {drawn} }})().then(done)"
            )
            took.append(time.perf_counter() - start)
    finally:
        driver.quit()
    return took


def main() -> int:
    """Measure, print, and say which bars are kept."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--picks", type=int, default=1_000)
    parser.add_argument("--method", default="k_center")
    parser.add_argument("--param", action="append", default=[])
    parser.add_argument("--folder", type=Path, help="where to work and to leave the files")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="handful-page-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        pool, array = folder / "pool.jsonl", folder / "rows.npy"
        if not array.exists():
            pool, array = make_pool(folder, options.rows)
        cost = select(folder, pool, array, options)
        size, opened = (folder / "page.html").stat().st_size, opening_seconds(folder / "page.html")
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(
        f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores, seed 0"
    )
    params = "".join(f", {param}" for param in options.param)
    print(
        f"{options.method}{params}: {options.picks:,} of {options.rows:,} rows, {WIDTH} numbers each\n"
    )
    rest = cost["whole"] - cost["selection"] - cost["verdict"]
    print(f"CPU s: selection {cost['selection']:.1f}, verdict {cost['verdict']:.1f}, ", end="")
    print(f"reading, writing and the page {rest:.1f}; wall {cost['wall']:.1f} s; ", end="")
    print(f"peak {cost['peak'] / 1e6:,.0f} MB")
    share = cost["verdict"] / cost["selection"]
    bars = {
        f"the page is {size / 1e6:.2f} MB (bar: 5)": size < 5e6,
        f"the verdict costs {share:.1%} of the selection (bar: 25 %)": share < 0.25,
    }
    if opened is None:
        print("The page was not opened: selenium or chromedriver is not at hand.")
    else:
        middle = statistics.median(opened)
        bars[f"the page opens in {middle:.2f} s, at most {max(opened):.2f} (bar: 2)"] = middle < 2
    print()
    for text, kept in bars.items():
        print(f"- {text}: {'kept' if kept else 'MISSED'}")
    return 0 if all(bars.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
