"""Every method on every data set, against random: writes docs/evidence.md.

    HANDFUL_DATA=FOLDER python benchmarks/claims/evidence.py [--small] [--only NAME] [--write] [--resume FILE]

Each data set is cut by seed to at most 4,000 rows and handed to `handful.compare` with every method that it has
what it needs for. A small model is trained on each pick and on random picks of the same size, and tested on rows
that neither saw, for each seed others. Finished parts are kept in the cache (HANDFUL_CACHE), so a run that was
ended goes on; of sets whose probe is a function, --resume keeps what was found. `--only` does a part of it. The
page is written of all sets; of some, with the others as the page has them, where --write says so.

FOLDER holds the data sets by name; those that are not there are named on the page as missing. `--small` tries
the whole on 600 rows and 5 seeds, and prints.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from _in_the_loop import IN_THE_LOOP
from _modelled import MODELLED
from _sets import SETS, Data, Trial

import handful
from handful import methods
from handful.comparing.comparison import Comparison, Line
from handful.errors import UsageError
from handful.flow.prepare import prepare, with_method
from handful.flow.select import request

PAGE = Path(__file__).parents[2] / "docs" / "evidence.md"
ROWS, SEEDS = 4_000, 10
SMALL_ROWS, SMALL_SEEDS = 600, 5
MARKS = {"better": "**better**", "same": "no different", "worse": "*worse*"}
OUTCOMES = {mark: outcome for outcome, mark in MARKS.items()}
TRIALS = {**SETS, **MODELLED, **IN_THE_LOOP}
FOR_FEW = {"goracs"}
"""Minutes for a pick of hundreds: they have a data set of their own."""
SIGNS = {"better": "▲", "same": "·", "worse": "▽"}


def compare(trial: Trial, folder: Path, most: int, seeds: int) -> Comparison:
    """Every method that the data set has what it needs for."""
    data, given = trial.read(folder, most)
    n = len(next(iter(data.values())))
    rows = min(trial.rows, n // 4)
    asked = {**trial.asked, **given}
    names = list(trial.methods) if trial.methods != ("all",) else usable(data, rows, asked)
    return handful.compare(data, methods=names, rows=rows, seeds=seeds, **asked)


def usable(data: Data, rows: int, asked: dict[str, Any]) -> list[str]:
    """The methods that these rows have what they need for, but for those made for a small group."""
    base, found = prepare(data, request({"rows": rows, "method": "random", **asked}), None), []
    for key in sorted({*methods.names()} - FOR_FEW):
        with contextlib.suppress(UsageError):
            with_method(base, key)
            found.append(key)
    return found


# The page -----------------------------------------------------------------------------------------
READ = """How to read it: for each seed a fifth of the pool (or of the target) is held out. Each method chooses
from the rest; a small model is trained on its picks, another on random picks of the same size (the mean of
three), and both are tested on what was held out. The gain is the mean difference, turned so that larger is
better, with a 95 % bootstrap interval that is corrected for the number of methods on that data set: where all
were random, any would be called better or worse in at most 5 % of such tables. A gain here is a gain for that
small model on that data, and no promise for another. `stratified` is told the labels where there are any.

Sets *with models*, *with gradients*, *with utilities*, *lifelong* and *spoilt* bring what small real models
computed, trained on the spot and on none of the rows held out (`_modelled.py` and `_in_the_loop.py` in
`benchmarks/claims`). Where a set says *own probe*, the script trains and tests a model of its own on the same
held-out rows; for the share of clean rows it only counts, nothing is held out, and the seeds differ in the draws
alone.
"""


@dataclass(frozen=True)
class Found:
    """What the page says of a data set: an outcome for each method, and its table."""

    outcomes: dict[str, str]
    table: list[str]

    @classmethod
    def of(cls, name: str, comparison: Comparison) -> Found:
        """Of a finished comparison."""
        outcomes = {key_of(line): line.gain.outcome for line in comparison.whole}
        return cls(outcomes, _table(name, comparison))

    @classmethod
    def on(cls, section: str) -> Found:
        """As a section of the page says."""
        outcomes = {}
        for line in section.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if cells[-1] in OUTCOMES:
                outcomes[cells[0]] = OUTCOMES[cells[-1]]
        return cls(outcomes, [section])


def page(found: Mapping[str, Found], missing: list[str], seeds: int) -> str:
    """All of it as Markdown."""
    parts = [
        "# Evidence: every method against random\n",
        "Written by `make claims` (`benchmarks/claims/evidence.py`) through `handful.compare`, losses and all.",
        f"{seeds} seeds a data set, from 0; {platform.machine()}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores; {time.strftime('%Y-%m-%d')}; handful {handful.__version__}. Methods run "
        "with their default parameters, but where a line below their table says otherwise.\n",
        READ,
        "\n## At a glance\n",
        f"{SIGNS['better']} better than random, {SIGNS['worse']} worse, {SIGNS['same']} no different, "
        "blank: not tried, or it refused the rows.\n",
    ]
    for kind in dict.fromkeys(TRIALS[name].kind for name in found):
        parts += _counts(kind, {n: one for n, one in found.items() if TRIALS[n].kind == kind})
    tried = {key for one in found.values() for key in one.outcomes}
    untried = [key for key in methods.names() if key not in tried]
    if untried:
        parts.append(f"Not tried, for no set here has what they need: {', '.join(untried)}.\n")
    if missing:
        parts.append(f"Sets not tried in this run, or not on this machine: {', '.join(missing)}.\n")
    return "\n".join([*parts, *(line for one in found.values() for line in one.table)]) + "\n"


def key_of(line: Line) -> str:
    """The method's name, without its parameters."""
    return line.method.partition(":")[0]


def _counts(kind: str, found: Mapping[str, Found]) -> list[str]:
    """Methods by the data sets of a kind, a sign each."""
    lines = [
        f"{kind.capitalize()}:\n",
        f"| method | {' | '.join(found)} |",
        f"|---|{':-:|' * len(found)}",
    ]
    for key in sorted({key for one in found.values() for key in one.outcomes}):
        signs = (SIGNS.get(one.outcomes.get(key, ""), "") for one in found.values())
        lines.append(f"| {key} | {' | '.join(signs)} |")
    return [*lines, ""]


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


def kept_of(path: Path | None, asked: list[Any]) -> dict[str, Found]:
    """What an earlier run found, where it asked the same of the same methods."""
    if path is None or not path.exists():
        return {}
    record = json.loads(path.read_text())
    if record["asked"] != asked:
        return {}
    return {name: Found(**one) for name, one in record["found"].items()}


def found_on(text: str, seeds: int) -> dict[str, Found]:
    """What a page says of each set, where it was written of as many seeds by this version."""
    if f"\n{seeds} seeds a data set" not in text or f"handful {handful.__version__}." not in text:
        return {}
    sections = (f"\n## {part.rstrip()}" for part in text.split("\n## ")[1:])
    named = {section.splitlines()[1].removeprefix("## "): section for section in sections}
    return {name: Found.on(section) for name, section in named.items() if name in TRIALS}


def main() -> int:
    """Compare, print each table, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="600 rows, 5 seeds; writes nothing")
    parser.add_argument("--only", choices=TRIALS, action="append", help="once for each data set")
    parser.add_argument("--write", action="store_true", help="the page, also of --only some sets")
    parser.add_argument("--resume", type=Path, help="a .json to keep finished data sets in")
    parser.add_argument("--seeds", type=int, help="10 where not given")
    options = parser.parse_args()
    most = SMALL_ROWS if options.small else ROWS
    seeds = options.seeds or (SMALL_SEEDS if options.small else SEEDS)
    folder = Path(os.environ.get("HANDFUL_DATA", "data"))
    asked = [most, seeds, handful.__version__, *methods.names()]
    found = kept_of(options.resume, asked)
    for name in options.only or TRIALS:
        if name in found:
            continue
        before = time.process_time()
        try:
            found[name] = Found.of(name, compare(TRIALS[name], folder, most, seeds))
        except FileNotFoundError:
            print(f"{name}: not in {folder}, skipped", file=sys.stderr)
            continue
        print("\n".join(found[name].table))
        print(f"{time.process_time() - before:.0f} CPU s\n", flush=True)
        if options.resume:
            told = {key: asdict(one) for key, one in found.items()}
            options.resume.write_text(json.dumps({"asked": asked, "found": told}))
    if options.only and options.write and PAGE.exists():
        found = found_on(PAGE.read_text(encoding="utf-8"), seeds) | found
    found = {name: found[name] for name in TRIALS if name in found}
    missing = [name for name in TRIALS if name not in found]
    if found and not options.small and (options.write or not options.only):
        PAGE.write_text(page(found, missing, seeds), encoding="utf-8")
        print(f"Wrote {PAGE}")
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
