"""Near-duplicate removal beside the package rensa: CPU seconds, memory, recall and precision.

    python benchmarks/duplicates.py                 1,000,000 short texts
    python benchmarks/duplicates.py --rows 20000    for trying the script out
    python benchmarks/duplicates.py --semantic      semantic duplicates: 1,000,000 × 384, --memory 2GB
    python benchmarks/duplicates.py --semantic --rows 200000 --probes 4

Texts of 10 to 30 words are drawn by Zipf's law from 30,000; a twentieth of the rows are copies of another
with 1 to 3 words replaced, left out or put in, and other capitals and blanks. A planted pair counts where its
Jaccard similarity, on the shingles of that run, is at least 0.7. Recall: the share of those found, that is
both rows in one cluster, or, for rensa, which gives no clusters at this speed, both flagged. Precision: the
share of rows clustered (flagged) that were planted or copied from. Each run is a process of its own and
starts from a Python list of texts; CPU seconds are of all its threads over that work, memory the peak of
RssAnon from first import to end. Seed 0. rensa is given its bulk path (digest matrix, one-shot query), with
as many bands as ours: 32 of 4, of words as its own examples have it, and of the same runs of three words as
ours.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from engine import Case, measure, timed

PEER = "rensa==0.5.0"
THRESHOLD, HASHES, BANDS = 0.7, 128, 32


# Data -------------------------------------------------------------------------------------------


def make_texts(n: int, path: Path) -> None:
    """Write the texts, one a line, and the planted pairs."""
    rng = np.random.Generator(np.random.Philox(0))
    words = np.array([f"{_syllables(i)}" for i in range(30_000)])
    copies = n // 20
    base = n - copies
    lengths = rng.integers(10, 31, base)
    weights = 1.0 / np.arange(1, len(words) + 1)
    drawn = rng.choice(len(words), int(lengths.sum()), p=weights / weights.sum())
    ends = np.cumsum(lengths)
    rows = [words[part].tolist() for part in np.split(drawn, ends[:-1])]
    origin = rng.integers(0, base, copies)
    texts = [" ".join(row) for row in rows]
    texts += [_edited(rows[at], words, rng) for at in origin.tolist()]
    order = rng.permutation(n)
    place = np.argsort(order)
    path.write_text("\n".join(texts[i] for i in order.tolist()) + "\n")
    np.save(path.with_suffix(".npy"), np.stack([place[origin], place[base:]], axis=1))


def _syllables(number: int) -> str:
    parts = []
    while True:
        number, letter = divmod(number, 60)
        parts.append("bdfglmnprstv"[letter // 5] + "aeiou"[letter % 5])
        if not number:
            return "".join(parts)


def _edited(row: list[str], words: Any, rng: Any) -> str:
    row = list(row)
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(row)))
        match int(rng.integers(3)):
            case 0:
                row[at] = str(words[rng.integers(len(words))])
            case 1 if len(row) > 5:
                del row[at]
            case _:
                row.insert(at, str(words[rng.integers(len(words))]))
    text = " ".join(row)
    return text.capitalize() if rng.random() < 0.5 else text.replace(" ", "  ", 1)


# One run each -----------------------------------------------------------------------------------


def ours(texts: list[str], pairs: Any, result: dict[str, Any], width: int) -> None:
    from handful.duplicates.near import Near
    from handful.methods._contract import View
    from handful.pool import Strings
    from handful.rng import Draws
    from handful.runtime.run import Run

    def find(some: list[str]) -> Any:
        packed = Strings.of(some)
        keys = np.arange(len(some), dtype=np.uint64)

        def read(start: int, stop: int) -> Strings:
            return packed[start:stop]

        view = View(n=len(some), keys=keys, run_with=Run(threads=2), read_texts=read)
        return Near(threshold=THRESHOLD, shingle=width, hashes=HASHES).find(view, None, Draws(0))

    find(texts[:300])
    with timed(result):
        labels = find(texts).labels
    sizes = np.bincount(labels, minlength=len(labels))
    _score(
        texts, pairs, width, labels[pairs[:, 0]] == labels[pairs[:, 1]], sizes[labels] > 1, result
    )


def handful_words(texts: list[str], pairs: Any, result: dict[str, Any]) -> None:
    ours(texts, pairs, result, 1)


def handful_runs(texts: list[str], pairs: Any, result: dict[str, Any]) -> None:
    ours(texts, pairs, result, 3)


def theirs(texts: list[str], pairs: Any, result: dict[str, Any], width: int) -> None:
    from rensa import RMinHash, RMinHashLSH

    def find(some: list[str]) -> Any:
        shingles = (_runs(text, width) for text in some)
        matrix = RMinHash.digest_matrix_from_token_sets(shingles, HASHES, 42)
        index = RMinHashLSH(threshold=THRESHOLD, num_perm=HASHES, num_bands=BANDS)
        return np.array(index.query_duplicate_flags_matrix_one_shot(matrix), bool)

    find(texts[:300])
    with timed(result):
        flags = find(texts)
    _score(texts, pairs, width, flags[pairs].all(axis=1), flags, result)


def rensa_words(texts: list[str], pairs: Any, result: dict[str, Any]) -> None:
    theirs(texts, pairs, result, 1)


def rensa_runs(texts: list[str], pairs: Any, result: dict[str, Any]) -> None:
    theirs(texts, pairs, result, 3)


def _runs(text: str, width: int) -> list[str]:
    words = text.lower().split()
    if width == 1:
        return words
    return [" ".join(words[i : i + width]) for i in range(max(1, len(words) - width + 1))]


def _score(
    texts: list[str], pairs: Any, width: int, found: Any, marked: Any, result: dict[str, Any]
) -> None:
    sets = [(set(_runs(texts[a], width)), set(_runs(texts[b], width))) for a, b in pairs.tolist()]
    alike = np.array([len(a & b) / len(a | b) >= THRESHOLD for a, b in sets])
    planted = np.zeros(len(texts), bool)
    planted[pairs.ravel()] = True
    result["pairs"] = int(alike.sum())
    result["recall"] = float(found[alike].mean())
    result["recall_all"] = float(found.mean())
    result["precision"] = float(planted[marked].mean())


def semantic(path: Path, result: dict[str, Any], probes: int) -> None:
    """The whole run on a file of float16 rows: `handful select rows.npy --dedup semantic:probes=2 --memory 2GB`.

    Rows in clusters, a fiftieth of them copies with noise, of a cosine of about 0.98. The clusters hold near
    copies of their own, so precision says nothing here.
    """
    import handful

    with tempfile.TemporaryDirectory() as empty, timed(result):
        kind = f"semantic:probes={probes}"
        chosen = handful.select(path, dedup=kind, memory="2GB", cache=empty, threads=2)
    rows, pairs = np.load(path, mmap_mode="r"), np.load(path.with_suffix(".pairs.npy"))
    kept = np.arange(len(rows))
    kept[chosen.duplicates.rows] = chosen.duplicates.stands
    left, right = (np.asarray(rows[side], np.float64) for side in pairs.T)
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    alike = (left * right).sum(axis=1) >= 0.95 * lengths
    joined = kept[pairs[:, 0]] == kept[pairs[:, 1]]
    result["pairs"], result["recall"] = int(alike.sum()), float(joined[alike].mean())
    result["recall_all"] = float(joined.mean())


def make_rows(n: int, d: int, path: Path) -> None:
    """Write the rows as float16, and the planted pairs beside them."""
    from handful.testing.clustered import write_clustered

    wide = path.with_suffix(".wide.npy")
    write_clustered(n, d, wide)
    rows, draw = np.load(wide, mmap_mode="r"), np.random.default_rng(0)
    half = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=(n, d))
    for start in range(0, n, 65_536):
        half[start : start + 65_536] = rows[start : start + 65_536]
    pairs = draw.permutation(n)[: n // 50 * 2].reshape(-1, 2)
    copied = rows[np.sort(pairs[:, 0])][np.argsort(np.argsort(pairs[:, 0]))]
    scale = np.linalg.norm(copied, axis=1, keepdims=True) / d**0.5
    half[pairs[:, 1]] = copied + 0.2 * scale * draw.standard_normal(copied.shape)
    half.flush()
    wide.unlink()
    np.save(path.with_suffix(".pairs.npy"), pairs)


RUNS = {
    "handful, runs of 3 words": handful_runs,
    "rensa, runs of 3 words": rensa_runs,
    "handful, words": handful_words,
    "rensa, words": rensa_words,
}


def child(name: str, path: Path, probes: int) -> None:
    result: dict[str, Any] = {}
    if name == "semantic":
        semantic(path, result, probes)
    else:
        texts = path.read_text().splitlines()
        globals()[name](texts, np.load(path.with_suffix(".npy")), result)
    print(json.dumps(result))


# The table --------------------------------------------------------------------------------------


def peer_python(folder: Path) -> str:
    """The interpreter of an environment with rensa, made where it is not there yet."""
    python = folder / "rensa" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "rensa")], check=True)
        install = [str(python), "-m", "pip", "install", "-q", PEER, "numpy"]
        subprocess.run(install, check=True)
    return str(python)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--peer", help="a Python that has rensa; else an environment is made")
    parser.add_argument("--only", help="runs whose name holds this word")
    folder = Path(tempfile.gettempdir()) / "handful-bench"
    parser.add_argument("--folder", type=Path, default=folder)
    parser.add_argument("--semantic", action="store_true")
    parser.add_argument("--probes", type=int, default=2, help="cells a row of --semantic")
    parser.add_argument("--dimensions", type=int, default=384, help="of the rows of --semantic")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    if asked.semantic:
        path = asked.folder / f"rows_{asked.rows}_{asked.dimensions}.npy"
        if not path.with_suffix(".pairs.npy").exists():
            make_rows(asked.rows, asked.dimensions, path)
        name = f"semantic, {asked.probes} cells a row"
        show(name, semantic, sys.executable, asked.rows, path, asked.probes)
        return
    path = asked.folder / f"texts_{asked.rows}.txt"
    if not path.with_suffix(".npy").exists():
        make_texts(asked.rows, path)
    print(f"{asked.rows:,} texts; {platform.machine()}, {os.cpu_count()} cores", flush=True)
    for name, function in RUNS.items():
        if asked.only and asked.only not in name:
            continue
        other = name.startswith("rensa")
        python = (asked.peer or peer_python(asked.folder)) if other else sys.executable
        show(name, function, python, asked.rows, path)


def show(name: str, function: Any, python: str, n: int, path: Path, probes: int = 0) -> None:
    """Run one function in a process of its own, and print its line."""
    case = Case("", n, 0, probes, ())
    found = measure(python, Path(__file__), function.__name__, case, path)
    if "failed" in found:
        print(f"{name:26} {found['failed']}", flush=True)
        return
    precision = f"  precision {found['precision']:.4f}" if "precision" in found else ""
    print(
        f"{name:26} {found['cpu']:7.2f} CPU s {found['wall']:7.2f} s wall "
        f"{found['memory'] / 1e6:7.0f} MB  recall {found['recall']:.4f} of {found['pairs']:,} "
        f"({found['recall_all']:.4f} of all planted){precision}",
        flush=True,
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], Path(sys.argv[3]), int(sys.argv[6]))
    else:
        main()
