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
from collections.abc import Mapping
from pathlib import Path

from _modelled import MODELLED
from _sets import SETS, Trial

import handful
from handful import methods
from handful.comparing.comparison import Comparison, Line

PAGE = Path(__file__).parents[2] / "docs" / "evidence.md"
ROWS, SEEDS = 4_000, 10
SMALL_ROWS, SMALL_SEEDS = 600, 5
MARKS = {"better": "**better**", "same": "no different", "worse": "*worse*"}
TRIALS = {**SETS, **MODELLED}
SIGNS = {"better": "▲", "same": "·", "worse": "▽"}


def compare(trial: Trial, folder: Path, most: int, seeds: int) -> Comparison:
    """Every method that the data set has what it needs for."""
    data, given = trial.read(folder, most)
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
    keys = sorted({key_of(line) for comparison in found.values() for line in comparison})
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


def key_of(line: Line) -> str:
    """The method's name, without its parameters."""
    return line.method.partition(":")[0]


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
            line = next((x for x in comparison.whole if key_of(x) == key), None)
            signs.append("" if line is None else SIGNS[line.gain.outcome])
        lines.append(f"| {key} | {' | '.join(signs)} |")
    untried = [key for key in methods.keys() if key not in keys]  # noqa: SIM118  a function, no dict
    if untried:
        lines.append(f"\nNo set here has what these need: {', '.join(untried)}.")
    return lines


def _table(name: str, found: Comparison) -> list[str]:
    trial, better = TRIALS[name], "larger" if found.larger_is_better else "smaller"
    picks, unit = found.whole[0].picked, trial.measured or found.unit
    probe = f"Own probe: {unit}" if trial.measured else f"{found.probe}: {unit}"
    lines = [
        f"\n## {name}\n",
        f"{trial.kind.capitalize()}: {trial.about}. {picks:,.0f} picks of {found.n:,} rows; {found.scope}. "
        f"{probe}, {better} is better; random picks reach {found.whole[0].random:.3f}.\n",
        f"| method | {unit} | gain over random | 95 % interval | p | CPU s | than random |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    lines += [_row(line) for line in found.whole]
    for line in found.whole:
        if ":" in line.method:
            lines.append(f"\n`{key_of(line)}` as `{line.method}`.")
    for key, why in found.left_out.items():
        lines.append(f"\n`{key}` refused these rows: {why}")
    return lines


def _row(line: Line) -> str:
    gain = line.gain
    interval = "" if gain.low is None else f"{gain.low:+.3f} to {gain.high:+.3f}"
    p = "" if gain.p is None else f"{gain.p:.2g}"
    cells = (key_of(line), f"{line.mean:.3f}", f"{gain.mean:+.3f}", interval, p)
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
