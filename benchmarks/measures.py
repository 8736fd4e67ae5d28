"""Which measure that needs no label says what a classifier trained on labels would say?

    HANDFUL_DATA=FOLDER python benchmarks/measures.py [--only NAME]

On each labelled set of `benchmarks/claims/_sets.py`, nine methods choose in the trial of a verdict. Every
measure tells how far the pick lies from 39 random ones, in standard deviations of those, turned so that larger is
better; so does the accuracy on held-out rows of a linear classifier trained on the picks' labels. Set side by
side for all methods:

    rank correlation     Spearman's over the methods of a set, mean of the sets
    says the same        share of picks that both call better, both worse or both no different (2.5 % on each side)
    says the opposite    share that one calls better and the other worse

A verdict without labels should rest on a measure with a high first number and a low third.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).parent / "claims"))

from _sets import SETS as TRIALS
from _sets import TEXT
from evidence import ROWS

from handful.comparing.cases import verdict
from handful.comparing.verdict import Reading
from handful.flow.prepare import prepare, with_method
from handful.flow.select import request

METHODS = (
    "disparity_min",
    "disparity_sum",
    "facility_location",
    "facility_location_graph",
    "graph_cut",
    "k_center",
    "k_means",
    "log_det",
    "saturated_coverage",
)
SETS = ("trec", "ag_news_7k", "reuters_r8", "newsgroups20", "banking77", "mnist_10k", "digits")
DRAWS, JUDGE = 39, "label_probe"
OF_WORDS = ("ngram_kl", "ngram_diversity", "repeated_texts")
SIGNS = {"better": 1, "same": 0, "worse": -1}


def told(reading: Reading) -> tuple[float, int]:
    """How far from random, larger is better, and what is said of it."""
    away = (reading.value - reading.random) / (np.std(reading.drawn) + 1e-12)
    return (
        float(away if reading.fact.larger_is_better else -away),
        SIGNS[reading.place.outcome],
    )


def of_set(name: str, folder: Path) -> list[dict[str, tuple[float, int]]]:
    """What each measure says of each method's pick."""
    trial = TRIALS[name]
    data = trial.read(folder, ROWS)[0]
    rows = min(trial.rows, len(data["label"]) // 4)
    base = prepare(data, request({"rows": rows, "label": "label", "method": "k_center"}), None)
    found = []
    for method in METHODS:
        readings = verdict(with_method(base, method), DRAWS).readings
        found.append({r.fact.key: told(r) for r in readings})
    words = () if trial.kind == TEXT else OF_WORDS  # images have no text but their label
    return [{key: one[key] for key in one if key not in words} for one in found]


def main() -> int:
    """Ask every measure on every set, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=SETS, action="append", help="once for each data set")
    options = parser.parse_args()
    folder, start = Path(os.environ.get("HANDFUL_DATA") or "data"), time.process_time()
    found = {}
    for name in options.only or SETS:
        if name != "digits" and not (folder / name).exists():
            print(f"{name}: not in {folder}, skipped", file=sys.stderr)
            continue
        found[name] = of_set(name, folder)
        print(f"{name}: {time.process_time() - start:.0f} CPU s so far", file=sys.stderr)
    if not found:
        return 1
    lines = []
    for key in sorted({key for told in found.values() for key in told[0]} - {JUDGE}):
        sets = [told for told in found.values() if key in told[0]]
        ranks = [
            spearmanr([p[JUDGE][0] for p in told], [p[key][0] for p in told])[0] for told in sets
        ]
        picks = [one for told in sets for one in told]
        same = np.mean([p[key][1] == p[JUDGE][1] for p in picks])
        other = np.mean([p[key][1] * p[JUDGE][1] == -1 for p in picks])
        lines.append((float(np.nanmean(ranks)), key, len(sets), float(same), float(other)))
    print(f"{platform.machine()}, Python {platform.python_version()}, seed 0; {', '.join(found)};")
    print(f"{len(METHODS)} methods, each pick beside {DRAWS} random ones; ", end="")
    print(f"{time.process_time() - start:.0f} CPU s\n")
    print("| measure | sets | rank correlation | says the same | says the opposite |")
    print("|---|--:|--:|--:|--:|")
    for rank, key, count, same, other in sorted(lines, reverse=True):
        print(f"| {key} | {count} | {rank:.2f} | {same:.0%} | {other:.0%} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
