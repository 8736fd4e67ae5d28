"""What the engine costs beside its peers: CPU seconds, wall time, memory, and the value reached.

    python benchmarks/engine.py                     every case, ours and the peers'
    python benchmarks/engine.py --list              what the cases are
    python benchmarks/engine.py graph_1m --no-peers
    python benchmarks/engine.py --small             sizes for trying the script out

Each run is a process of its own. CPU seconds are of all its threads, over the timed call alone; a first call on
a few rows has loaded the kernels; log_det_3k, ours and the peer's, is the best of fifteen calls.
Memory is the peak of its anonymous pages (RssAnon), seen every 10 ms, from
the first import to the end. Peers live in a virtual environment that the script makes; one that cannot be
installed, does not finish within its limits, or fails, is said so. A pass is the time that n²·d products take
at the rate measured in the same run. Data: `handful.testing.clustered`, seed 0.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine_table import markdown

HERE = Path(__file__).resolve().parent
PEERS = ("apricot-select==0.6.1", "submodlib-py==0.0.3", "setuptools<81")
SECONDS, GIGABYTES = 400, 14
"""Beyond these a run is ended and reported as not finished."""


@dataclass(frozen=True)
class Case:
    """One line of the table.

    Args:
        what: What is computed.
        n: Rows.
        d: Dimensions, or neighbours a row.
        k: Picks.
        ours: Names of functions below.
        peers: Names of functions in `peers.py`.
        small: n, d, k for trying out.
    """

    what: str
    n: int
    d: int
    k: int
    ours: tuple[str, ...]
    peers: tuple[str, ...] = ()
    small: tuple[int, int, int] = (600, 16, 20)


CASES = {
    "exact_20k": Case(
        "facility location, exact, from embeddings",
        20_000,
        384,
        200,
        ("exact",),
        ("apricot_exact",),
    ),
    "exact_100k": Case(
        "facility location, exact, from embeddings", 100_000, 384, 1000, ("exact_3gb",)
    ),
    "stochastic_100k": Case(
        "facility location, stochastic, ε = 0.1", 100_000, 384, 1000, ("stochastic", "random_value")
    ),
    "graph_50k": Case(
        "facility location over a graph", 50_000, 256, 500, ("graph",), ("apricot_graph",)
    ),
    "graph_1m": Case("facility location over a graph", 1_000_000, 32, 10_000, ("graph",)),
    "neighbours_100k": Case(
        "exact neighbour graph, 32 neighbours", 100_000, 384, 32, ("neighbours",)
    ),
    "approximate_100k": Case(
        "approximate neighbour graph (needs the extra ann); value: its recall",
        100_000,
        64,
        32,
        ("approximately",),
        small=(3000, 16, 20),
    ),
    "approximate_1m": Case(
        "approximate neighbour graph (needs the extra ann); value: its recall",
        1_000_000,
        64,
        32,
        ("approximately",),
        small=(3000, 16, 20),
    ),
    "farthest_100k": Case(
        "farthest-first", 100_000, 384, 1000, ("farthest", "farthest_plainly"), small=(600, 16, 20)
    ),
    "log_det_3k": Case("log-det MAP", 3000, 384, 100, ("log_det",), ("submodlib_log_det",)),
    "log_det_20k": Case("log-det MAP", 20_000, 384, 200, ("log_det",)),
    "features_5k": Case(
        "feature-based, sparse rows", 5000, 1 << 18, 100, ("features",), ("apricot_features",)
    ),
    "features_50k": Case("feature-based, sparse rows", 50_000, 1 << 18, 1000, ("features",)),
}


# The child: one timed call ----------------------------------------------------------------------


@contextmanager
def timed(result: dict[str, Any]) -> Iterator[None]:
    """Add the CPU seconds and the wall time of the block to `result`."""
    cpu, wall = time.process_time(), time.perf_counter()
    yield
    result["cpu"], result["wall"] = time.process_time() - cpu, time.perf_counter() - wall


def least(result: dict[str, Any], work: Callable[[], Any], times: int = 15) -> Any:
    """What a short piece of work gives; the CPU seconds and the wall time of the best of a few runs."""
    runs: list[dict[str, Any]] = [{} for _ in range(times)]
    for run in runs:
        with timed(run):
            found = work()
    result.update(min(runs, key=lambda run: run["cpu"]))
    return found


def sgemm(case: Case, data: Path, result: dict[str, Any]) -> None:
    """The rate of the float32 matrix product, both threads, tiles of 2,016 rows."""
    rows = np.random.default_rng(0).standard_normal((4032, case.d), dtype=np.float32)
    left, right = rows[:2016], rows[2016:].T
    left @ right
    rounds = max(1, int(3e11 / (2 * 2016**2 * case.d)))
    with timed(result):
        for _ in range(rounds):
            left @ right
    flops = rounds * 2 * 2016**2 * case.d
    result["gflops_a_cpu_second"] = flops / result["cpu"] / 1e9
    result["gflops"] = flops / result["wall"] / 1e9


def climb(objective: Any, view: Any, k: int, optimizer: Any = None) -> Any:
    """The picks alone: no certificate, and no random sets beside them, for no peer has either."""
    from handful.optimizers import maximize

    return maximize(objective, view, k, optimizer=optimizer, certificate="off")


def exact(case: Case, data: Path, result: dict[str, Any], memory_bytes: int = 2 * 10**9) -> None:
    _maximize(case, data, result, memory_bytes=memory_bytes)


def exact_3gb(case: Case, data: Path, result: dict[str, Any]) -> None:
    exact(case, data, result, 3 * 10**9)


def stochastic(case: Case, data: Path, result: dict[str, Any]) -> None:
    _maximize(case, data, result, memory_bytes=3 * 10**9, optimizer="stochastic:epsilon=0.1")


def _maximize(
    case: Case, data: Path, result: dict[str, Any], *, optimizer: Any = None, **view: Any
) -> None:
    from handful.objectives import Arrays, FacilityLocation

    rows = np.load(data, mmap_mode="r")
    climb(FacilityLocation(), Arrays({"x": rows[:300]}), 3, optimizer)
    with timed(result):
        view = Arrays({"x": rows}, threads=2, **view)
        picks = climb(FacilityLocation(), view, case.k, optimizer)
    _report(picks, result)


def random_value(case: Case, data: Path, result: dict[str, Any]) -> None:
    """The mean value of random picks: the other end of the scale."""
    from handful.objectives import Arrays, FacilityLocation

    view = Arrays({"x": np.load(data, mmap_mode="r")})
    draws = np.random.default_rng(0)
    with timed(result):
        values = [
            FacilityLocation().value(view, draws.choice(case.n, case.k, replace=False))
            for _ in range(2)
        ]
    result["value"] = float(np.mean(values))


def graph(case: Case, data: Path, result: dict[str, Any]) -> None:
    from handful.objectives import Arrays, FacilityLocation

    near = load_graph(data).tocsc()  # by candidate; apricot is given it so too
    climb(FacilityLocation(similarity=near[:300, :300]), Arrays(rows=300), 3)
    with timed(result):
        picks = climb(FacilityLocation(similarity=near), Arrays(rows=case.n), case.k)
    _report(picks, result)


def neighbours(case: Case, data: Path, result: dict[str, Any]) -> None:
    from handful.graphs.neighbours import nearest

    rows = np.load(data, mmap_mode="r")
    nearest(rows[:300], 4)
    with timed(result):
        nearest(rows, case.k, threads=2)


def approximately(case: Case, data: Path, result: dict[str, Any]) -> None:
    """Recall is of 200 rows, looked up exactly after the clock has stopped."""
    from handful.graphs.approximate import SAMPLED, nearly_nearest, recall_of

    rows = np.load(data, mmap_mode="r")
    nearly_nearest(rows[:300], 4)
    with timed(result):
        near = nearly_nearest(rows, case.k, threads=2)
    sample = np.random.default_rng(0).choice(case.n, SAMPLED, replace=False)
    result["value"] = recall_of(near, rows, "cosine", np.sort(sample))


def farthest(case: Case, data: Path, result: dict[str, Any]) -> None:
    from handful.graphs.farthest import Farthest
    from handful.graphs.rows import unit_rows

    rows = np.load(data, mmap_mode="r")
    for some, k in ((rows[:300], 3), (rows, case.k)):
        with timed(result):
            far = Farthest(unit_rows(some))
            far.add(0)
            while len(far.picks) < k:
                far.add(far.farthest()[0])
    result["picks"] = hash(tuple(far.picks))


def farthest_plainly(case: Case, data: Path, result: dict[str, Any]) -> None:
    """The loop everybody writes: all rows times the last pick, in float32, one thread."""
    from handful.graphs.rows import unit_rows
    from handful.runtime.blas import one_blas_thread

    rows = unit_rows(np.load(data, mmap_mode="r"))
    with timed(result), one_blas_thread():
        picks, nearest = [0], np.full(case.n, np.inf, np.float32)
        while len(picks) < case.k:
            np.minimum(nearest, 2 - 2 * (rows @ rows[picks[-1]]), out=nearest)
            nearest[picks] = -1.0
            picks.append(int(nearest.argmax()))
    result["picks"] = hash(tuple(picks))


def log_det(case: Case, data: Path, result: dict[str, Any]) -> None:
    from handful.objectives import Arrays, LogDet

    rows = np.load(data, mmap_mode="r")
    climb(LogDet(), Arrays({"x": rows[:300]}), 3)
    times = 15 if case.n <= 5000 else 1
    picks = least(result, lambda: climb(LogDet(), Arrays({"x": rows}, threads=2), case.k), times)
    _report(picks, result)


def features(case: Case, data: Path, result: dict[str, Any]) -> None:
    from handful.objectives import Arrays, FeatureBased

    rows = load_graph(data)
    climb(FeatureBased(), Arrays({"x": rows[:300]}), 3)
    with timed(result):
        picks = climb(FeatureBased(), Arrays({"x": rows}), case.k)
    _report(picks, result)


def _report(picks: Any, result: dict[str, Any]) -> None:
    result["value"], result["picks"] = float(picks.value), hash(tuple(picks.indices.tolist()))


# Data -------------------------------------------------------------------------------------------


def make_data(name: str, case: Case, folder: Path) -> Path:
    """The file a case reads; made once."""
    from handful.testing.clustered import clustered, write_clustered

    kind = name.partition("_")[0]
    path = folder / f"{kind if kind in {'graph', 'features'} else 'rows'}_{case.n}_{case.d}.npy"
    if kind == "features":
        _save_sparse(path, lambda: word_counts(case.n, case.d))
    elif kind == "graph":
        _save_sparse(path, lambda: block_graph(clustered(case.n, 32), case.d))
    elif not path.exists():
        write_clustered(case.n, case.d, path)
    return path


def word_counts(n: int, width: int, words: int = 60, seed: int = 0) -> Any:
    """(n, width) CSR: rows of about 60 distinct words, drawn by Zipf's law and hashed."""
    from scipy import sparse

    rng = np.random.Generator(np.random.Philox(seed))
    drawn = rng.zipf(1.3, n * words) * np.int64(2654435761) % width
    rows = np.repeat(np.arange(n), words)
    counts = sparse.csr_array((np.ones(n * words, np.float32), (rows, drawn)), shape=(n, width))
    counts.sum_duplicates()
    return counts


def block_graph(rows: Any, degree: int, block: int = 4096) -> Any:
    """A graph like one of nearest neighbours, cheaply: rows in the order of one product, nearest in blocks."""
    from scipy import sparse

    from handful.graphs.neighbours import nearest

    n = len(rows)
    order = np.argsort(rows @ rows[:64].mean(axis=0), kind="stable")
    columns, values = np.empty((n, degree), np.int32), np.empty((n, degree), np.float32)
    for start in range(0, n, block):
        here = order[start : start + block]
        near = nearest(rows[here], degree - 1, similarity="clipped_cosine", threads=2)
        own = np.column_stack([np.arange(len(here)), near.names])
        columns[here], values[here, 0] = here[own], 1.0
        values[here, 1:] = np.where(near.names >= 0, near.similarities, 0)
    places = np.argsort(columns, axis=1)
    columns, values = (np.take_along_axis(x, places, 1) for x in (columns, values))
    starts = np.arange(0, n * degree + 1, degree)
    return sparse.csr_array((values.ravel(), columns.ravel(), starts), shape=(n, n))


def _save_sparse(path: Path, make: Callable[[], Any]) -> None:
    if not path.exists():
        made = make()
        parts = {"data": made.data, "indices": made.indices.astype(np.int32), "indptr": made.indptr}
        for part, values in parts.items():
            np.save(path.with_suffix(f".{part}.npy"), values)
        path.write_text(json.dumps(made.shape))


def load_graph(path: Path) -> Any:
    from scipy import sparse

    parts = [np.load(path.with_suffix(f".{part}.npy")) for part in ("data", "indices", "indptr")]
    return sparse.csr_array(tuple(parts), shape=tuple(json.loads(path.read_text())))


# The parent: processes, memory, the table -------------------------------------------------------


def measure(python: str, script: Path, function: str, case: Case, data: Path) -> dict[str, Any]:
    """Run one function in a process of its own; what it reports, with its peak memory."""
    arguments = [
        python,
        str(script),
        "--child",
        function,
        str(data),
        *map(str, (case.n, case.d, case.k)),
    ]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    peak, ended = [0], [""]
    watcher = threading.Thread(target=_watch, args=(child, peak, ended))
    watcher.start()
    output, complaint = child.communicate()
    watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if child.returncode:
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        reason = ended[0] or complaint.strip().splitlines()[-1:] or ["killed"]
        return {"failed": f"{reason} after {spent:.0f} CPU s, {peak[0] / 1e9:.1f} GB"}
    return {**json.loads(output.splitlines()[-1]), "memory": peak[0]}


def _watch(child: Any, peak: list[int], ended: list[str]) -> None:
    """See the anonymous memory of a process every 10 ms; end it when it passes its limits."""
    status, start = Path(f"/proc/{child.pid}/status"), time.monotonic()
    while child.poll() is None:
        try:
            lines = status.read_text().splitlines()
        except OSError:
            break
        for line in lines:
            if line.startswith("RssAnon:"):
                peak[0] = max(peak[0], int(line.split()[1]) * 1024)
        if peak[0] > GIGABYTES * 1e9 or time.monotonic() - start > SECONDS:
            ended[0] = f"did not finish within {GIGABYTES} GB and {SECONDS} s"
            child.kill()
            break
        time.sleep(0.01)


def peers_python(folder: Path) -> str:
    """The interpreter of an environment with the peers, made where it is not there yet."""
    environment = folder / "peers"
    python = environment / "bin" / "python"
    if not python.exists():
        print("making an environment for the peers …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        for peer in PEERS:
            done = subprocess.run(
                [str(python), "-m", "pip", "install", "-q", peer],
                check=False,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                print(f"SKIPPED {peer}: {done.stderr.strip().splitlines()[-1]}", flush=True)
    return str(python)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", help="all, where none is named")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "handful-bench"
    )
    parser.add_argument("--json", type=Path, help="add the figures to those in this file")
    asked = parser.parse_args()
    if asked.list:
        for name, case in CASES.items():
            print(f"{name:16} {case.what}: n = {case.n:,}, d = {case.d:,}, k = {case.k:,}")
        return
    asked.folder.mkdir(parents=True, exist_ok=True)
    figures: dict[str, Any] = {}
    if asked.json and asked.json.exists():
        figures = json.loads(asked.json.read_text())
    figures["machine"] = (
        f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores"
    )
    for name in asked.cases or CASES:
        case = CASES[name]
        if asked.small:
            n, d, k = case.small
            case = Case(case.what, n, d, k, case.ours, case.peers)
        figures[name] = one(name, case, asked.folder, peers=not asked.no_peers)
        if asked.json:
            asked.json.write_text(json.dumps(figures, indent=1))
    print(f"\n{figures['machine']}\n")
    print(markdown(figures, {name: case.what for name, case in CASES.items()}))


def one(name: str, case: Case, folder: Path, *, peers: bool) -> dict[str, Any]:
    """Run one case, ours and the peers', beside the rate of sgemm at that time."""
    data = make_data(name, case, folder)
    runs = [(sys.executable, Path(__file__), who) for who in ("sgemm", *case.ours)]
    if case.peers and peers:
        runs += [(peers_python(folder), HERE / "peers.py", who) for who in case.peers]
    figures: dict[str, Any] = {"size": [case.n, case.d, case.k]}
    for python, script, who in runs:
        narrow = Case("", 0, 384, 0, ()) if who == "sgemm" else case
        figures[who] = found = measure(python, script, who, narrow, data)
        if who == "sgemm":
            print(
                f"{name}: sgemm {found['gflops_a_cpu_second']:.0f} GFLOP a CPU second", flush=True
            )
        else:
            spent = (
                found.get("failed") or f"{found['cpu']:.2f} CPU s, {found['memory'] / 1e6:.0f} MB"
            )
            print(f"{name}: {who}: {spent}", flush=True)
    return figures


def child(functions: dict[str, Any]) -> None:
    """Run one function as `measure` asks, and print what it reports."""
    _, _, function, data, n, d, k = sys.argv
    result: dict[str, Any] = {}
    functions[function](Case("", int(n), int(d), int(k), ()), Path(data), result)
    print(json.dumps(result))


if __name__ == "__main__":
    child(globals()) if sys.argv[1:2] == ["--child"] else main()
