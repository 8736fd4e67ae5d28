"""Every method on every data set, against random: writes docs/evidence.md.

    HANDFUL_DATA=FOLDER python benchmarks/claims/evidence.py [--small] [--only NAME] [--write] [--seeds 10]

Each data set is cut by seed to at most 4,000 rows and handed to `handful.compare` with every method that it has
what it needs for. A small model is trained on each pick and on random picks of the same size, and tested on rows
that neither saw, for each seed others. Finished parts are kept in the cache (HANDFUL_CACHE), so a run that was
ended goes on, and `--only` does a part of it. The page is written of all sets; of some, with the others named on
it, where --write says so.

FOLDER holds the data sets by name; those that are not there are named on the page as missing. `--small` tries
the whole on 600 rows and 5 seeds, and prints.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import handful
from handful import methods
from handful.comparing.comparison import Comparison, Line

PAGE = Path(__file__).parents[2] / "docs" / "evidence.md"
ROWS, SEEDS = 4_000, 10
SMALL_ROWS, SMALL_SEEDS = 600, 5
MARKS = {"better": "**better**", "same": "no different", "worse": "*worse*"}
SIGNS = {"better": "▲", "same": "·", "worse": "▽"}

Folder = Path
Data = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """A data set, and what is asked of it.

    Args:
        kind: Of the data.
        read: From the folder of data sets to columns, all rows.
        rows: Picks, of 4,000 rows.
        asked: Further options of `handful.compare`; `like` is made by `read`.
        about: What is chosen for what, in words.
        methods: As for `handful.compare`.
    """

    kind: str
    read: Callable[[Folder], tuple[Data, dict[str, Any]]]
    rows: int
    asked: Mapping[str, Any]
    about: str
    methods: tuple[str, ...] = ("all",)


def table(path: Path) -> Data:
    """A Parquet file as columns."""
    import pyarrow.parquet

    read = pyarrow.parquet.read_table(path)
    return {name: read[name].to_pylist() for name in read.column_names}


def labelled(name: str, file: str) -> Callable[[Folder], tuple[Data, dict[str, Any]]]:
    """Texts with labels, and embeddings where they lie beside; rows without a text are left out."""

    def read(folder: Folder) -> tuple[Data, dict[str, Any]]:
        found = table(folder / name / file)
        kept = [row for row, text in enumerate(found["text"]) if text.strip()]
        data = {
            "text": [found["text"][row] for row in kept],
            "label": [str(found["label"][row]) for row in kept],
        }
        if (folder / name / "embeddings.npy").exists():
            data["embedding"] = np.load(folder / name / "embeddings.npy")[kept].astype(np.float32)
        return data, {}

    return read


def mnist(folder: Folder) -> tuple[Data, dict[str, Any]]:
    """Pixels and labels."""
    with np.load(folder / "mnist_10k" / "mnist_10k.npz") as found:
        pixels, labels = found["X"].reshape(len(found["y"]), -1), found["y"]
    return {"label": [str(y) for y in labels], "embedding": pixels.astype(np.float32) / 255}, {}


def digits(_: Folder) -> tuple[Data, dict[str, Any]]:
    """The digits that scikit-learn brings."""
    from sklearn.datasets import load_digits

    found = load_digits()
    pixels = found.data.astype(np.float32) / 16
    return {"label": [str(y) for y in found.target], "embedding": pixels}, {}


def alpaca(folder: Folder) -> tuple[Data, dict[str, Any]]:
    """Instructions and answers; LIMA is the target, and the length of the answer the score."""
    found = table(folder / "alpaca" / "alpaca.parquet")
    parts = zip(found["instruction"], found["input"], found["output"], strict=True)
    data = {
        "text": ["\n".join(filter(None, row)) for row in parts],
        "length": [len(answer) for answer in found["output"]],
    }
    lima = table(folder / "lima" / "lima.parquet")
    pairs = zip(lima["instruction"], lima["output"], strict=True)
    return data, {"like": ["\n".join(pair) for pair in pairs]}


def domain(name: str) -> Callable[[Folder], tuple[Data, dict[str, Any]]]:
    """Pieces of 19 domains; 200 of one are the target and no part of the pool."""

    def read(folder: Folder) -> tuple[Data, dict[str, Any]]:
        found = table(folder / "domains_dev" / "domains.parquet")
        of_it = [i for i, own in enumerate(found["domain"]) if own == name]
        target = set(np.random.default_rng(0).permutation(of_it)[:200].tolist())
        keep = [i for i in range(len(found["text"])) if i not in target]
        data = {"text": [found["text"][i] for i in keep]}
        return data, {"like": [found["text"][i] for i in sorted(target)]}

    return read


BY_LABEL = {"label": "label", "group": "label"}
COUNTS = ("random", "feature_based", "probabilistic_cover", "set_cover")
TEXT, IMAGES, TARGET = "text with labels", "images", "instruction data and domains, with a target"
TRIALS = {
    "trec": Trial(TEXT, labelled("trec", "trec.parquet"), 200, BY_LABEL, "6 types of questions"),
    "ag_news_7k": Trial(
        TEXT, labelled("ag_news_7k", "ag_news_test.parquet"), 200, BY_LABEL, "4 kinds of news"
    ),
    "reuters_r8": Trial(
        TEXT, labelled("reuters_r8", "reuters_r8.parquet"), 200, BY_LABEL, "8 unequal topics"
    ),
    "newsgroups20": Trial(
        TEXT, labelled("newsgroups20", "newsgroups20.parquet"), 400, BY_LABEL, "20 newsgroups"
    ),
    "banking77": Trial(
        TEXT,
        labelled("banking77", "banking77.parquet"),
        400,
        BY_LABEL,
        "77 questions of customers, sentence embeddings",
    ),
    "ag_news_7k, words": Trial(
        TEXT,
        labelled("ag_news_7k", "ag_news_test.parquet"),
        200,
        {**BY_LABEL, "features": "hashed_ngrams"},
        "4 kinds of news as word counts, for the methods that need features ≥ 0",
        COUNTS,
    ),
    "newsgroups20, words": Trial(
        TEXT,
        labelled("newsgroups20", "newsgroups20.parquet"),
        400,
        {**BY_LABEL, "features": "hashed_ngrams"},
        "20 newsgroups as word counts, for the methods that need features ≥ 0",
        COUNTS,
    ),
    "mnist_10k": Trial(IMAGES, mnist, 200, BY_LABEL, "handwritten digits, 784 pixels"),
    "digits": Trial(IMAGES, digits, 100, BY_LABEL, "handwritten digits, 64 pixels"),
    "alpaca": Trial(
        TARGET,
        alpaca,
        200,
        {"score": "length"},
        "instructions like those of LIMA; the score is the length of the answer",
    ),
    "domains: news": Trial(
        TARGET, domain("brown_news"), 200, {}, "pieces of 19 domains, like those of Brown news"
    ),
    "domains: leaflets": Trial(
        TARGET, domain("patient_leaflet"), 200, {}, "pieces of 19 domains, like patient leaflets"
    ),
}


def cut(data: Data, most: int) -> Data:
    """At most so many rows, drawn by seed 0, in their order."""
    n = len(next(iter(data.values())))
    if n <= most:
        return data
    rows = np.sort(np.random.default_rng(0).permutation(n)[:most])
    return {
        name: column[rows] if isinstance(column, np.ndarray) else [column[i] for i in rows.tolist()]
        for name, column in data.items()
    }


def compare(trial: Trial, folder: Folder, most: int, seeds: int) -> Comparison:
    """Every method that the data set has what it needs for."""
    data, given = trial.read(folder)
    data = cut(data, most)
    if "like" in given and most < ROWS:
        given["like"] = given["like"][:100]
    n = len(next(iter(data.values())))
    rows = min(trial.rows, n // 4)
    return handful.compare(
        data, methods=list(trial.methods), rows=rows, seeds=seeds, **trial.asked, **given
    )


# The page -----------------------------------------------------------------------------------------
READ = """How to read it: for each seed a fifth of the pool (or of the target) is held out. Each method chooses
from the rest; a small model is trained on its picks, another on random picks of the same size (the mean of
three), and both are tested on what was held out. The gain is the mean difference, turned so that larger is
better, with a 95 % bootstrap interval that is corrected for the number of methods on that data set: where all
were random, any would be called better or worse in at most 5 % of such tables. A gain here is a gain for that
small model on that data, and no promise for another. `stratified` is told the labels where there are any.
"""


def page(found: Mapping[str, Comparison], missing: list[str], seeds: int) -> str:
    """All of it as Markdown."""
    keys = sorted({line.method for comparison in found.values() for line in comparison})
    parts = [
        "# Evidence: every method against random\n",
        "Written by `make claims` (`benchmarks/claims/evidence.py`) through `handful.compare`, losses and all.",
        f"{seeds} seeds a data set, from 0; {platform.machine()}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores; {time.strftime('%Y-%m-%d')}; handful {handful.__version__}. All methods run "
        "with their default parameters.\n",
        READ,
        *_counts(found, keys),
    ]
    if missing:
        parts.append(f"\nNot tried in this run, or not on this machine: {', '.join(missing)}.\n")
    for name, comparison in found.items():
        parts += _table(name, comparison)
    return "\n".join(parts) + "\n"


def _counts(found: Mapping[str, Comparison], keys: list[str]) -> list[str]:
    """Methods by data sets, a sign each."""
    lines = [
        "\n## At a glance\n",
        f"{SIGNS['better']} better than random, {SIGNS['worse']} worse, {SIGNS['same']} no different, "
        "blank: it had not what it needs, or refused the rows.\n",
        f"| method | {' | '.join(found)} |",
        f"|---|{':-:|' * len(found)}",
    ]
    for key in keys:
        signs = []
        for comparison in found.values():
            line = next((x for x in comparison.whole if x.method == key), None)
            signs.append("" if line is None else SIGNS[line.gain.outcome])
        lines.append(f"| {key} | {' | '.join(signs)} |")
    untried = [key for key in methods.keys() if key not in keys]  # noqa: SIM118  a function, no dict
    if untried:
        lines.append(f"\nNo set here has what these need: {', '.join(untried)}.")
    return lines


def _table(name: str, found: Comparison) -> list[str]:
    trial, better = TRIALS[name], "larger" if found.larger_is_better else "smaller"
    picks = found.whole[0].picked
    lines = [
        f"\n## {name}\n",
        f"{trial.kind.capitalize()}: {trial.about}. {picks:,.0f} picks of {found.n:,} rows; {found.scope}. "
        f"{found.probe}: {found.unit}, {better} is better; random picks reach {found.whole[0].random:.3f}.\n",
        f"| method | {found.unit} | gain over random | 95 % interval | p | CPU s | than random |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    lines += [_row(line) for line in found.whole]
    for key, why in found.left_out.items():
        lines.append(f"\n`{key}` refused these rows: {why}")
    return lines


def _row(line: Line) -> str:
    gain = line.gain
    interval = "" if gain.low is None else f"{gain.low:+.3f} to {gain.high:+.3f}"
    p = "" if gain.p is None else f"{gain.p:.2g}"
    cells = (line.method, f"{line.mean:.3f}", f"{gain.mean:+.3f}", interval, p)
    return f"| {' | '.join(cells)} | {line.cpu_seconds:.2f} | {MARKS[gain.outcome]} |"


def main() -> int:
    """Compare, print each table, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="600 rows, 5 seeds; writes nothing")
    parser.add_argument("--only", choices=TRIALS, action="append", help="once for each data set")
    parser.add_argument("--write", action="store_true", help="the page, also of --only some sets")
    parser.add_argument("--seeds", type=int, help="10 where not given")
    options = parser.parse_args()
    most = SMALL_ROWS if options.small else ROWS
    seeds = options.seeds or (SMALL_SEEDS if options.small else SEEDS)
    folder = Path(os.environ.get("HANDFUL_DATA", "data"))
    found, missing = {}, []
    for name in options.only or TRIALS:
        before = time.process_time()
        try:
            found[name] = compare(TRIALS[name], folder, most, seeds)
        except FileNotFoundError:
            missing.append(name)
            print(f"{name}: not in {folder}, skipped", file=sys.stderr)
            continue
        print("\n".join(_table(name, found[name])))
        print(f"{time.process_time() - before:.0f} CPU s\n", flush=True)
    missing += [name for name in TRIALS if name not in found and name not in missing]
    if found and not options.small and (options.write or not options.only):
        PAGE.write_text(page(found, missing, seeds), encoding="utf-8")
        print(f"Wrote {PAGE}")
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
