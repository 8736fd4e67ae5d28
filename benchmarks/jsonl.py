r"""How fast JSON Lines are read: our steps, and the same file by pyarrow, polars and orjson.

Megabytes of file per CPU second (user and system, all threads of the process), the better of two runs,
the file in the page cache. Files are made on the spot:

- docstrings: those of this machine's Python packages, three a row;
- short: the same, 80 characters of one a row;
- wide: as docstrings, in Cyrillic letters; escaped: that, with each of them written as a \u escape.

    python benchmarks/jsonl.py [--megabytes 200]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

STYLES = ("docstrings", "short", "wide", "escaped")
CYRILLIC = {ord("a") + i: 0x430 + i for i in range(26)}


def documents() -> list[str]:
    script = Path(__file__).parents[1] / "scripts" / "make_pool.py"
    spec = importlib.util.spec_from_file_location("make_pool", script)
    docs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(docs)
    return [row["text"] for place in docs.source_files() for row in docs.docstrings(place) or []]


def make(style: str, texts: list[str], size: float, path: Path) -> int:
    """Write a file of about `size` bytes; the number of rows."""
    if style in {"wide", "escaped"}:
        texts = [text.translate(CYRILLIC) for text in texts]
    rng, written, rows = np.random.default_rng(0), 0, 0
    with path.open("wb") as file:
        while written < size:
            for places in rng.integers(len(texts), size=(1000, 3)):
                text = "\n\n".join(texts[place] for place in places)
                text = text[:80] if style == "short" else text
                row = {"id": f"row-{rows}", "kind": "function", "text": text, "n_tokens": len(text)}
                line = json.dumps(row, ensure_ascii=style != "wide") + "\n"
                written += file.write(line.encode())
                rows += 1
    return rows


def readers(path: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is measured, by name; peers that are not installed are named and passed over."""
    from handful.io.jsonl import JsonlSource
    from handful.kernels import jsonl
    from handful.pool import Pool
    from handful.runtime.run import Run

    buffer = np.memmap(path, np.uint8, "r")
    most = len(buffer) // 2 + 1
    starts, ends, _ = jsonl.lines(buffer, 0, len(buffer), most)
    found = jsonl.extract(buffer, starts, ends, ["text"])
    yield "lines: where rows are", lambda: jsonl.lines(buffer, 0, len(buffer), most)
    yield "check: whether they are sound", lambda: jsonl.check(buffer, starts, ends)
    yield "extract: where texts are", lambda: jsonl.extract(buffer, starts, ends, ["text"])
    yield (
        "gather: texts without escapes",
        lambda: jsonl.gather(buffer, found.firsts[0], found.lasts[0], found.kinds[0]),
    )
    yield "open: lines, check, fingerprint", lambda: JsonlSource([path], run=Run(threads=1))
    pool = Pool(JsonlSource([path]))
    yield "read: all texts, block by block", lambda: [None for _ in pool.blocks({"text": "text"})]
    for name, read in (("pyarrow", _pyarrow), ("polars", _polars), ("orjson", _orjson)):
        if importlib.util.find_spec(name):
            yield f"{name}: all texts", lambda read=read: read(path)
        else:
            print(f"{name} is not installed: passed over")


def _pyarrow(path: str) -> None:
    import pyarrow as pa
    import pyarrow.json

    schema = pa.schema([("text", pa.large_string())])
    parse = pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    read = pyarrow.json.ReadOptions(block_size=1 << 24, use_threads=False)
    for _ in pyarrow.json.open_json(path, parse_options=parse, read_options=read):
        pass


def _polars(path: str) -> None:
    import polars

    polars.scan_ndjson(path, schema={"text": polars.String}).collect(engine="streaming")


def _orjson(path: str) -> None:
    import orjson

    with Path(path).open("rb") as file:
        for line in file:
            orjson.loads(line)["text"]


def rate(function: Callable[[], object], size: int) -> float:
    """Megabytes per CPU second, the better of two runs."""
    costs = []
    for _ in range(2):
        before = time.process_time()
        function()
        costs.append(time.process_time() - before)
    return size / 1e6 / min(costs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=float, default=200)
    options = parser.parse_args()
    texts, table = documents(), {}
    for style in STYLES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pool.jsonl"
            rows = make(style, texts, options.megabytes * 1e6, path)
            size = path.stat().st_size
            table[f"{style}, {size // rows} bytes a row"] = {
                name: rate(function, size) for name, function in readers(str(path))
            }
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| MB per CPU s | " + " | ".join(table) + " |")
    print("|---|" + "---|" * len(table))
    for name in next(iter(table.values())):
        print(f"| {name} | " + " | ".join(f"{rates[name]:,.0f}" for rates in table.values()) + " |")


if __name__ == "__main__":
    main()
