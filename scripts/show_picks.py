"""Show what the demo picked, beside what chance picks: where rows come from, and some of them.

python scripts/show_picks.py demo
"""

import json
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from make_pool import TOPIC, on_topic

SHOWN_SOURCES = 8
SHOWN_ROWS = 6
WIDTH = 48


def read(path: Path) -> list[dict[str, Any]]:
    """Rows of a JSONL file."""
    return [json.loads(line) for line in path.open(encoding="utf-8")]


def source(row: dict[str, Any]) -> str:
    """The package a docstring is from: scipy.stats of scipy.stats._continuous_distns."""
    return ".".join(row["module"].split(".")[:2])


def headline(row: dict[str, Any]) -> str:
    """The first line of a docstring, cut to fit a column."""
    line = row["text"].split("\n", 1)[0].strip()
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


def main(folder: Path) -> None:
    """Print the two tables, and where the files are."""
    pool, subset = read(folder / "pool.jsonl"), read(folder / "subset.jsonl")
    chance = random.Random(0).sample(pool, len(subset))

    found = sum(map(on_topic, subset))
    there = sum(map(on_topic, pool))
    print(f"\nOf the {len(subset):,} picks, {found:,} are of {', '.join(TOPIC)};")
    print(f"of as many rows drawn by chance, about {there * len(subset) / len(pool):.0f} would be.")

    picked, by_chance = (Counter(map(source, rows)) for rows in (subset, chance))
    print(f"\n  {'where they come from':<32}{'picked':>8}{'chance':>8}")
    for name, count in picked.most_common(SHOWN_SOURCES):
        print(f"  {name:<32}{count:>8,}{by_chance[name]:>8,}")

    print(f"\nSome of each, themselves drawn by chance:\n\n  {'picked':<{WIDTH + 2}}chance")
    shown = random.Random(1).sample(subset, min(SHOWN_ROWS, len(subset)))
    for pick, other in zip(shown, chance, strict=False):
        print(f"  {headline(pick):<{WIDTH + 2}}{headline(other)}")

    print("\nThe files:")
    for name, what in {
        "pool.jsonl": "what was chosen from",
        "target.jsonl": "what the picks should be like",
        "subset.jsonl": "the picks, line for line as in the pool",
        "subset.jsonl.manifest.json": "how they were chosen; handful verify replays it",
        "report.html": "all of it as a page: open it in a browser",
    }.items():
        print(f"  {folder / name!s:<36}{what}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python scripts/show_picks.py FOLDER")
    main(Path(sys.argv[1]))
