"""What a comparison found: a row for each method and size, beside random."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from handful import errors
from handful.comparing.statistics import Difference
from handful.comparing.written import gained

SUFFIXES = (".json", ".csv", ".tsv", ".parquet")


@dataclass(frozen=True)
class Line:
    """One method at one size, over all seeds.

    Args:
        method: As asked for.
        share: Of the budget, 1 for the whole.
        picked: Rows picked, on average.
        mean: Of the probe's number.
        random: Mean of the random picks' numbers.
        gain: How much better than random, paired by seed; larger is better whatever the probe's number is.
        wall_seconds, cpu_seconds: Of one selection of the whole budget, on average; features are made before.
        peak_bytes: Most anonymous memory it took beyond what was held; None where the system does not tell.
        each: The gain of each seed, in their order.
    """

    method: str
    share: float
    picked: float
    mean: float
    random: float
    gain: Difference
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int | None
    each: tuple[float, ...] = ()

    def record(self) -> dict[str, Any]:
        """Flat, with plain names and numbers."""
        flat = {name: value for name, value in asdict(self).items() if name not in {"gain", "each"}}
        gain = self.gain
        told = {"gain": gain.mean, "gain_low": gain.low, "gain_high": gain.high, "p": gain.p}
        return {**flat, **told, "outcome": gain.outcome, "seeds": gain.pairs}


@dataclass(frozen=True)
class Comparison:
    """Methods set beside random and each other.

    Args:
        lines: For each method its whole budget first; then its smaller sizes, where it is nested.
        probe: Its key.
        unit: What its number is.
        larger_is_better: Of that number.
        scope: On what it was tested.
        n: Rows of the pool.
        seeds: How many.
        draws: Random picks a seed.
        left_out: Methods that refused these rows, and why.
        title: What was chosen from.

    Example:
        >>> import handful
        >>> pool = {"text": ["red apple", "green leaf"] * 40, "kind": ["fruit", "plant"] * 40}
        >>> found = handful.compare(pool, rows=8, methods=["random"], label="kind", seeds=5, cache=False)
        >>> found.probe, found.lines[0].gain.outcome
        ('classifier', 'same')
    """

    lines: tuple[Line, ...]
    probe: str
    unit: str
    larger_is_better: bool
    scope: str
    n: int
    seeds: int
    draws: int
    left_out: Mapping[str, str] = dataclasses.field(default_factory=dict)
    title: str = ""

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    @property
    def whole(self) -> tuple[Line, ...]:
        """The lines of the whole budget, best first."""
        lines = [line for line in self.lines if line.share == 1]
        return tuple(sorted(lines, key=lambda line: (-line.gain.mean, line.method)))

    def sentence(self, line: Line) -> str:
        """What may be said of one line."""
        if line.gain.low is None or line.gain.high is None:
            return f"{line.method}: {line.gain.pairs} seeds are too few to say; 5 are the least"
        numbers = f"{self.unit} {line.mean:.3g} against {line.random:.3g}"
        gain, interval = gained(line.gain)
        if line.gain.outcome == "same":
            return f"{line.method}: no different from random, {numbers} (gain {interval})"
        return (
            f"{line.method}: {line.gain.outcome} than random, {numbers} (gain {gain}, {interval})"
        )

    def record(self) -> dict[str, Any]:
        """All of it, for JSON."""
        facts = {name: value for name, value in vars(self).items() if name != "lines"}
        lines = [{**line.record(), "each": list(line.each)} for line in self.lines]
        return {**facts, "left_out": dict(self.left_out), "lines": lines}

    def save(self, path: str | Path) -> Path:
        """Write the lines as .json, .csv, .tsv or .parquet."""
        path, suffix = Path(path), check_suffix(path)
        if suffix == ".json":
            text = json.dumps(self.record(), indent=2, ensure_ascii=False, allow_nan=False)
            path.write_text(text + "\n", encoding="utf-8")
            return path
        table: Mapping[str, list[Any]] = columns([line.record() for line in self.lines])
        from handful.io.open import open_source
        from handful.io.write import write_rows

        source = open_source(dict(table))
        import numpy as np

        write_rows(source, np.arange(source.rows), path, overwrite=True)
        return path


def check_suffix(path: str | Path) -> str:
    """The suffix of a table that can be written."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise errors.unknown_choice("a table's suffix", suffix, SUFFIXES)
    return suffix


def columns(records: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Records of the same names as columns."""
    return {name: [record[name] for record in records] for name in records[0]}
