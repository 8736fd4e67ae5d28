"""The main job, end to end: a JSONL pool of 1 GB in, the 10,000 rows most like a target out.

Measures CPU seconds (user and system, all threads) and peak anonymous memory of whole processes:

- `handful select --method dsir`: the first run, which compiles kernels, later ones with nothing cached,
  one that ends with the verdict, and one that goes on where another was killed;
- reading the file once with pyarrow, polars or orjson, and hashing its texts once with the bare kernel;
- the packaged reference, `data-selection`, in an environment made here, on the first part of the pool.

    python benchmarks/main_job.py [--gigabytes 1] [--folder FOLDER] [--keep] [--without-reference]

The pool is made on the spot: docstrings of this machine's Python packages, several a row. Bars: at least
100 times the reference, at most 3 times the CPU of the best reader plus the kernel, memory at most
500 MB + 16 bytes a row. Exit code 1 where one is missed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROWS = 10_000
REFERENCE_BYTES = 24_000_000
REFERENCE_ROWS = 200
TARGET_MODULES = ("random", "statistics")
READERS = ("pyarrow", "polars", "orjson")
HANDFUL = [sys.executable, "-c", "from handful.cli import main; main()"]
REFERENCE = """
import sys
from data_selection import HashedNgramDSIR
pool, target, cache, out, rows = sys.argv[1:]
dsir = HashedNgramDSIR([pool], [target], cache, num_proc=1)
dsir.fit_importance_estimator()
dsir.compute_importance_weights()
dsir.resample(out_dir=out, num_to_sample=int(rows), cache_dir=cache + "/resampled")
"""


@dataclass
class Cost:
    """What a process used: CPU and wall seconds, peak anonymous bytes."""

    cpu: float
    wall: float
    peak: int


def measure(command: list[str], **environment: str) -> Cost:
    """Run a command to its end; its output is shown only where it fails."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env={**os.environ, **environment}
        )
        watcher = _Watcher(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        watcher.stop()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise SystemExit(f"{command} failed:\n{output.read().decode()}")
    return Cost(usage.ru_utime + usage.ru_stime, time.perf_counter() - start, watcher.peak)


class _Watcher:
    """Looks at the anonymous memory of a process and its children every 20 ms."""

    def __init__(self, pid: int) -> None:
        self.pid, self.peak, self._ended = pid, 0, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        """End the watch."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.02):
            self.peak = max(self.peak, sum(map(_anonymous, _tree(self.pid))))


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _tree(int(child))


def _anonymous(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0


def make_pool(folder: Path, size: float) -> tuple[Path, Path, int]:
    """Write pool.jsonl of `size` bytes and target.jsonl; the number of rows."""
    import orjson

    script = Path(__file__).parents[1] / "scripts" / "make_pool.py"
    spec = importlib.util.spec_from_file_location("make_pool", script)
    docs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(docs)
    found = [row for place in docs.source_files() for row in docs.docstrings(place) or []]
    target = [row for row in found if row["module"] in TARGET_MODULES]
    (folder / "target.jsonl").write_text("".join(json.dumps(row) + "\n" for row in target))
    found = [row for row in found if row["module"] not in TARGET_MODULES]
    rng, written, rows = np.random.default_rng(0), 0, 0
    with (folder / "pool.jsonl").open("wb") as file:
        while written < size:
            for places in np.split(rng.integers(len(found), size=9000), np.arange(3, 9000, 3)):
                parts = [found[place] for place in places[: 1 + rows % 3]]
                row = {
                    "id": f"{parts[0]['id']}-{rows}",
                    "kind": parts[0]["kind"],
                    "text": "\n\n".join(part["text"] for part in parts),
                    "n_tokens": sum(part["n_tokens"] for part in parts),
                }
                written += file.write(orjson.dumps(row) + b"\n")
                rows += 1
    return folder / "pool.jsonl", folder / "target.jsonl", rows


def read_texts(reader: str, path: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """UTF-8 bytes and offsets of the texts, in pieces, as each library reads them best."""
    import pyarrow

    if reader == "pyarrow":
        import pyarrow.json

        schema = pyarrow.schema([("text", pyarrow.large_string())])
        options = pyarrow.json.ParseOptions(
            explicit_schema=schema, unexpected_field_behavior="ignore"
        )
        size = pyarrow.json.ReadOptions(block_size=1 << 24)
        for batch in pyarrow.json.open_json(path, parse_options=options, read_options=size):
            yield buffers(batch["text"])
    elif reader == "polars":
        import polars

        frame = polars.scan_ndjson(path, schema={"text": polars.String}).collect(engine="streaming")
        for chunk in (frame["text"].to_arrow(compat_level=polars.CompatLevel.oldest()),):
            yield buffers(chunk)
    else:
        import orjson

        with Path(path).open("rb") as file:
            texts: list[bytes] = []
            for line in file:
                texts.append(orjson.loads(line)["text"].encode())
                if len(texts) == 8192:
                    yield packed(texts)
                    texts = []
            yield packed(texts)


def buffers(texts: object) -> tuple[np.ndarray, np.ndarray]:
    """The two buffers of an Arrow array of strings."""
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset :][: len(texts) + 1]
    return np.frombuffer(texts.buffers()[2], np.uint8), offsets


def packed(texts: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Python strings as one buffer."""
    offsets = np.cumsum([0, *map(len, texts)])
    return np.frombuffer(b"".join(texts), np.uint8), offsets


def peer(reader: str, path: str, hashing: bool) -> None:
    """Read the texts, and hash them once with the bare kernel."""
    from handful.kernels.text import count_ngrams

    counts = np.zeros(10_000, np.int64)
    for data, offsets in read_texts(reader, path):
        if hashing:
            count_ngrams(data, offsets, counts, order=2)


def reference(folder: Path, pool: Path, target: Path) -> tuple[Cost, int]:
    """data-selection on the first part of the pool, in an environment made here."""
    python = folder / "reference" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", folder / "reference"], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "data-selection"], check=True)
    part = folder / "part.jsonl"
    with pool.open("rb") as source:
        lines = source.readlines(REFERENCE_BYTES)
    part.write_bytes(b"".join(lines))
    arguments = [part, target, folder / "weights", folder / "resampled", REFERENCE_ROWS]
    return measure([str(python), "-c", REFERENCE, *map(str, arguments)]), part.stat().st_size


def select(
    folder: Path, pool: Path, target: Path, threads: int, draws: int = 0, method: str = "dsir"
) -> list[str]:
    """The command; without the verdict, where it is measured apart."""
    flags = ["--rows", str(ROWS), "--like", str(target), "--method", method, "--overwrite"]
    flags += ["--quiet", "--threads", str(threads), "--draws", str(draws)]
    return [*HANDFUL, "select", str(pool), *flags, "-o", str(folder / "subset.jsonl")]


def ours(folder: Path, command: list[str], **environment: str) -> Cost:
    """A command with an empty block cache."""
    shutil.rmtree(folder / "cache", ignore_errors=True)
    return measure(command, HANDFUL_CACHE=str(folder / "cache"), **environment)


def killed_and_resumed(folder: Path, command: list[str], seconds: float) -> tuple[Cost, bool]:
    """What a command costs after one like it was killed at some second; whether it picks the same."""
    whole = (folder / "subset.jsonl").read_bytes()
    shutil.rmtree(folder / "cache")
    environment = {**os.environ, "HANDFUL_CACHE": str(folder / "cache")}
    process = subprocess.Popen(command, env=environment)
    time.sleep(seconds)
    process.kill()
    process.wait()
    (folder / "subset.jsonl").unlink()
    cost = measure(command, HANDFUL_CACHE=str(folder / "cache"))
    return cost, (folder / "subset.jsonl").read_bytes() == whole


def line(name: str, size: float, cost: Cost) -> None:
    """One row of the table."""
    rate, peak = size / 1e6 / cost.cpu, cost.peak / 1e6
    print(
        f"| {name} | {size / 1e6:,.0f} | {cost.cpu:,.1f} | {rate:,.1f} | {cost.wall:,.1f} | {peak:,.0f} |",
        flush=True,
    )


def run(folder: Path, options: argparse.Namespace) -> bool:
    """Measure all; whether every bar is kept."""
    pool, target, rows = make_pool(folder, options.gigabytes * 1e9)
    size = pool.stat().st_size
    print(
        f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, ",
        end="",
    )
    print(f"{os.cpu_count()} cores; pool of {size / 1e9:.2f} GB, {rows:,} rows\n")
    print("| | MB | CPU s | MB per CPU s | wall s | peak anonymous MB |\n|---|---|---|---|---|---|")
    python = [sys.executable, __file__]
    measure([*python, "--peer", "pyarrow", "--pool", str(target), "--hash"])  # compiles the kernel
    readings = []
    for reader in READERS:
        command = [*python, "--peer", reader, "--pool", str(pool)]
        line(f"{reader}, reading alone", size, measure(command))
        readings.append(measure([*command, "--hash"]))
        line(f"{reader} and the bare kernel", size, readings[-1])
    commands = {threads: select(folder, pool, target, threads) for threads in (1, 2)}
    first = ours(folder, commands[1], NUMBA_CACHE_DIR=str(folder / "compiled"))
    line("handful, first run, compiling", size, first)
    costs = [ours(folder, command) for command in commands.values()]
    for threads, cost in zip((1, 2), costs, strict=True):
        line(f"handful, {threads} thread{'s' * (threads > 1)}", size, cost)
    judged = ours(folder, select(folder, pool, target, 2, draws=99))
    line("handful, 2 threads, with the verdict of 99 draws", size, judged)
    half = 0.6 * costs[1].wall
    resumed, same = killed_and_resumed(folder, commands[2], half)
    line(f"handful, 2 threads, killed after {half:.0f} s and then resumed", size, resumed)
    base = min(cost.cpu for cost in readings)
    bars = {
        f"{costs[0].cpu / base:.2f} times the best reader and the kernel (bar: 3)": costs[0].cpu
        <= 3 * base,
        f"{first.cpu - costs[0].cpu:.1f} s of compiling (bar: 10)": first.cpu - costs[0].cpu < 10,
    }
    bars[f"killed and resumed: {resumed.cpu:.1f} of {costs[1].cpu:.1f} CPU s, the same rows"] = same
    for cost in costs:
        allowed = 500e6 + 16 * rows
        bars[f"{cost.peak / 1e6:,.0f} MB (bar: {allowed / 1e6:,.0f})"] = cost.peak <= allowed
    if not options.without_reference:
        cost, part = reference(folder, pool, target)
        line("data-selection", part, cost)
        faster = (size / costs[0].cpu) / (part / cost.cpu)
        bars[f"{faster:.0f} times the reference (bar: 100)"] = faster >= 100
    print()
    for text, kept in bars.items():
        print(f"- {text}: {'kept' if kept else 'MISSED'}")
    return all(bars.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument(
        "--folder", type=Path, help="where to work; a temporary folder where not given"
    )
    parser.add_argument("--keep", action="store_true", help="leave the files there")
    parser.add_argument("--without-reference", action="store_true")
    parser.add_argument("--peer", choices=READERS, help=argparse.SUPPRESS)
    parser.add_argument("--pool", help=argparse.SUPPRESS)
    parser.add_argument("--hash", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        peer(options.peer, options.pool, options.hash)
        return 0
    folder = options.folder or Path(tempfile.mkdtemp(prefix="handful-main-job-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return 0 if run(folder, options) else 1
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
