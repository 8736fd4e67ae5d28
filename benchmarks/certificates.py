"""How good the picks surely are: value, upper bound and random's value, on real and on made-up pools.

    python benchmarks/certificates.py DATA             every line, as Markdown
    python benchmarks/certificates.py DATA graph       the lines whose name holds a word
    python benchmarks/certificates.py DATA --rows 2000 smaller pools, for trying the script out

DATA is a folder with `alpaca.parquet` and `embeddings.npy` (15,831 rows × 384, the Alpaca instructions by a
sentence encoder). The alpaca lines go through the user's door, `handful select … --certify tight`, and count
the whole command: reading, features, picks, certificate. The graph lines time the certificate alone, over
`engine.block_graph` of `handful.testing.clustered`, seed 0. CPU seconds are of all threads; memory is the peak
of RssAnon. Bars: 0.98 for facility location, 0.95 for the others and for the graph (aim 0.97, in 60 CPU s).
Exit code 1 where one is missed.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
HANDFUL = [sys.executable, "-m", "handful"]
PICKS = 200


@dataclass(frozen=True)
class Line:
    """One line of the table through the user's door.

    Args:
        name: What is maximised, over what.
        method: As `--method` has it.
        features: "embeddings", or a spec for `--features`.
        bar: What value / bound must reach.
    """

    name: str
    method: str
    features: str
    bar: float = 0.95


LINES = (
    Line("facility location, embeddings", "facility_location", "embeddings", 0.98),
    Line("saturated coverage, α = 0.1, embeddings", "saturated_coverage", "embeddings"),
    Line(
        "saturated coverage, α = 0.015, embeddings",
        "saturated_coverage:saturation=0.015",
        "embeddings",
    ),
    Line("feature-based √, word 1- and 2-grams hashed to 2^18", "feature_based", "hashed_ngrams"),
    Line("feature-based ln(1 + a), the same", "feature_based:curve=log1p", "hashed_ngrams"),
    Line("feature-based √, embeddings as (x⁺, x⁻)", "feature_based:signed=split", "embeddings"),
)
GRAPHS = ((100_000, 1_000), (1_000_000, 10_000))
"""Rows and picks; 32 neighbours a row."""


def by_the_door(line: Line, data: Path, folder: Path, rows: int | None) -> dict[str, Any]:
    """Run the command; its result and what it took, from the manifest."""
    pool, vectors = _inputs(data, folder, rows)
    given = ["--features", line.features, "--text", r"{instruction}\n{input}\n{output}"]
    if line.features == "embeddings":
        given = ["--embeddings", str(vectors)]
    out = folder / "picked.jsonl"
    asked = [str(pool), *given, "--method", line.method, "--rows", str(PICKS)]
    quietly = ["--certify", "tight", "--draws", "0", "--no-cache", "-o", str(out), "--overwrite"]
    _, peak = watched([*HANDFUL, "select", *asked, *quietly, "-q"])
    manifest = json.loads((folder / "picked.jsonl.manifest.json").read_text())
    result, run = manifest["result"], manifest["run"]
    return {
        "value": result["value"],
        "bound": result["upper_bound"],
        "random": result["notes"]["random_value"],
        "steps": result["notes"]["certificate_steps"],
        "cpu": run["cpu_seconds"],
        "peak": peak,
    }


def _inputs(data: Path, folder: Path, rows: int | None) -> tuple[Path, Path]:
    """The pool and its embeddings; cut to the first rows where asked."""
    from pyarrow import parquet

    pool, vectors = folder / "pool.parquet", folder / "embeddings.npy"
    if not pool.exists():
        parquet.write_table(parquet.read_table(data / "alpaca.parquet")[:rows], pool)
        np.save(vectors, np.load(data / "embeddings.npy")[:rows])
    return pool, vectors


def over_a_graph(n: int, k: int, folder: Path) -> dict[str, Any]:
    """Greedy and the certificate in a process of its own."""
    code = f"import certificates; certificates.child({n}, {k}, {str(folder)!r})"
    printed, peak = watched([sys.executable, "-c", code])
    return {**json.loads(printed.splitlines()[-1]), "peak": peak}


def child(n: int, k: int, folder: str) -> None:
    """Make the graph where it is not there, maximise, certify, print."""
    import dataclasses

    import engine
    from handful.budget import Ledger
    from handful.objectives import Arrays, FacilityLocation
    from handful.optimizers.certificate import certify
    from handful.optimizers.lazy import Lazy
    from handful.optimizers.solve import random_value
    from handful.rng import Draws

    data = engine.make_data(
        "graph_1m", dataclasses.replace(engine.CASES["graph_1m"], n=n), Path(folder)
    )
    objective = FacilityLocation(similarity=engine.load_graph(data).tocsc())
    view, ledger, draws = Arrays(rows=n), Ledger(n, rows=k), Draws(0)
    picks = Lazy().run(objective, view, Ledger(n, rows=k), draws)
    start = time.process_time()
    assert picks.value is not None
    proof = certify(objective, picks.state, ledger, picks.indices, picks.value, level="tight")
    cpu = time.process_time() - start
    by_chance = random_value(objective, view, ledger, draws)
    found = {"value": picks.value, "bound": proof.bound, "random": by_chance}
    print(json.dumps({**found, "steps": proof.sweeps, "cpu": cpu}))


def watched(arguments: list[str]) -> tuple[str, int]:
    """Run a process; what it printed, and its peak of anonymous memory, seen every 10 ms."""
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=HERE) as process:
        status, peak = Path(f"/proc/{process.pid}/status"), 0
        while process.poll() is None:
            found = re.search(r"^RssAnon:\s+(\d+) kB", status.read_text(), re.M)
            peak = max(peak, int(found[1]) * 1024 if found else 0)
            time.sleep(0.01)
        assert process.stdout is not None
        printed = process.stdout.read()
    if process.returncode:
        raise SystemExit(f"{arguments} failed")
    return printed, peak


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("words", nargs="*", help="only lines whose name holds one of these")
    parser.add_argument("--folder", type=Path, help="where graphs are kept between runs")
    parser.add_argument("--rows", type=int, help="of the pools, at most")
    asked = parser.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, k = {PICKS} of alpaca\n")
    print(
        "| objective | value | bound | value / bound | (value − random) / (bound − random) | steps "
        "| CPU s | peak anonymous MB |\n|---|---|---|---|---|---|---|---|"
    )
    missed = [name for name, bar, found in _measured(asked) if not _printed(name, bar, found)]
    print("\nall bars kept" if not missed else f"\nMISSED: {', '.join(missed)}")
    sys.exit(bool(missed))


def _measured(asked: argparse.Namespace) -> Iterator[tuple[str, float, dict[str, Any]]]:
    """Each line that was asked for: its name, its bar, and what was found."""
    with tempfile.TemporaryDirectory() as made:
        for line in LINES:
            if not asked.words or any(word in line.name for word in asked.words):
                found = by_the_door(line, asked.data, Path(made), asked.rows)
                yield line.name, line.bar, found
        for n, k in GRAPHS if asked.rows is None else [(asked.rows, asked.rows // 20)]:
            name = f"facility location, graph {n:,} × 32, k = {k:,}; CPU s of the certificate alone"
            if not asked.words or any(word in name for word in asked.words):
                folder = asked.folder or Path(made)
                yield name, 0.95, over_a_graph(n, k, folder.resolve())


def _printed(name: str, bar: float, found: dict[str, Any]) -> bool:
    """One line; whether it keeps its bar."""
    value, bound, by_chance = found["value"], found["bound"], found["random"]
    share, beyond = value / bound, (value - by_chance) / (bound - by_chance)
    print(
        f"| {name} | {value:,.6g} | {bound:,.6g} | {share:.4f} | {beyond:.4f} | {found['steps']} "
        f"| {found['cpu']:.1f} | {found['peak'] / 1e6:,.0f} |",
        flush=True,
    )
    return bool(share >= bar)


if __name__ == "__main__":
    main()
