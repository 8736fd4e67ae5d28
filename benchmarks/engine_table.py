"""The figures of `engine.py` as Markdown: a table, and each bar beside what was measured."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Figures = dict[str, Any]


@dataclass(frozen=True)
class Bar:
    """One thing a case is held to.

    Args:
        case: Its name.
        what: What is compared, with room for the measured figure: "{:.2f} passes".
        measure: From the figures of all cases.
        bar: It is to be at most this; at least, where `least`.
        aim: What it should rather be.
        least: See `bar`.
    """

    case: str
    what: str
    measure: Callable[[Figures], float]
    bar: float
    aim: float | None = None
    least: bool = False

    def line(self, figures: Figures) -> str:
        """The bar and whether it was kept; or that something was not measured."""
        try:
            found = self.measure(figures)
        except KeyError:
            return f"- {self.case}: {re.sub('{.*?}', '?', self.what)}: not measured"
        kept = found >= self.bar if self.least else found <= self.bar
        aim = "" if self.aim is None else f", aim {self.aim:g}"
        bound = f"{'at least' if self.least else 'at most'} {self.bar:g}{aim}"
        return f"- {self.case}: {self.what.format(found)} ({bound}): {'kept' if kept else 'missed'}"


def passes(figures: Figures, name: str, who: str) -> float:
    """CPU seconds over those of n²·d products at the rate measured beside the case."""
    n, d, _ = figures[name]["size"]
    rate: float = figures[name]["sgemm"]["gflops_a_cpu_second"] * 1e9
    return float(figures[name][who]["cpu"] / (2 * n**2 * d / rate))


def _cpu(name: str, who: str) -> Callable[[Figures], float]:
    return lambda figures: float(figures[name][who]["cpu"])


def _ratio(name: str, peer: str, ours: str, part: str = "cpu") -> Callable[[Figures], float]:
    return lambda figures: float(figures[name][peer][part] / figures[name][ours][part])


def _memory(name: str, who: str) -> Callable[[Figures], float]:
    return lambda figures: float(figures[name][who]["memory"] / 1e6)


def _beyond_random(figures: Figures) -> float:
    stochastic, exact = figures["stochastic_100k"], figures["exact_100k"]
    low, high = stochastic["random_value"]["value"], exact["exact_3gb"]["value"]
    return float((stochastic["stochastic"]["value"] - low) / (high - low))


def _share_of_exact(figures: Figures) -> float:
    exact = figures["exact_100k"]["exact_3gb"]["cpu"]
    return float(figures["stochastic_100k"]["stochastic"]["cpu"] / exact)


def _same_picks(figures: Figures) -> float:
    both = figures["farthest_100k"]
    return float(both["farthest"]["picks"] == both["farthest_plainly"]["picks"])


BARS = (
    Bar("exact_20k", "{:.2f} passes", lambda f: passes(f, "exact_20k", "exact"), 2, 1.3),
    Bar(
        "exact_20k",
        "{:.1f} times apricot",
        _ratio("exact_20k", "apricot_exact", "exact"),
        2,
        4,
        True,
    ),
    Bar(
        "exact_20k",
        "1/{:.0f} of apricot's memory",
        _ratio("exact_20k", "apricot_exact", "exact", "memory"),
        2,
        least=True,
    ),
    Bar("exact_100k", "{:.2f} passes", lambda f: passes(f, "exact_100k", "exact_3gb"), 4, 2),
    Bar("exact_100k", "{:.0f} MB", _memory("exact_100k", "exact_3gb"), 4000),
    Bar("stochastic_100k", "{:.3f} of the way to exact greedy", _beyond_random, 0.85, least=True),
    Bar("stochastic_100k", "{:.2f} of exact greedy's time", _share_of_exact, 0.35),
    Bar(
        "graph_50k",
        "{:.1f} times apricot",
        _ratio("graph_50k", "apricot_graph", "graph"),
        10,
        least=True,
    ),
    Bar("graph_1m", "{:.1f} CPU s", _cpu("graph_1m", "graph"), 15),
    Bar("graph_1m", "{:.0f} MB", _memory("graph_1m", "graph"), 3000),
    Bar(
        "neighbours_100k",
        "{:.2f} of the rate of sgemm, counted on n² pairs",
        lambda f: 1 / passes(f, "neighbours_100k", "neighbours"),
        1,
        least=True,
    ),
    Bar("neighbours_100k", "{:.0f} MB", _memory("neighbours_100k", "neighbours"), 1000),
    Bar(
        "farthest_100k",
        "{:.1f} times the plain loop",
        _ratio("farthest_100k", "farthest_plainly", "farthest"),
        8,
        15,
        True,
    ),
    Bar("farthest_100k", "same picks: {:.0f}", _same_picks, 1, least=True),
    Bar(
        "log_det_3k",
        "{:.1f} times submodlib",
        _ratio("log_det_3k", "submodlib_log_det", "log_det"),
        20,
        least=True,
    ),
    Bar("log_det_20k", "{:.2f} CPU s", _cpu("log_det_20k", "log_det"), 4),
    Bar("log_det_20k", "{:.0f} MB", _memory("log_det_20k", "log_det"), 300),
    Bar("features_50k", "{:.2f} CPU s", _cpu("features_50k", "features"), 1),
)


def markdown(figures: Figures, what: dict[str, str]) -> str:
    """The table of all cases measured, and the bars.

    Args:
        figures: Of the script.
        what: What each case computes, by name.
    """
    return "\n".join([*_table(figures, what), "", *(bar.line(figures) for bar in BARS)])


def _table(figures: Figures, what: dict[str, str]) -> Iterator[str]:
    yield "| case | work | n | d | k | who | CPU s | wall s | peak anonymous MB | passes | value |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for name, work in what.items():
        for who, found in figures.get(name, {}).items():
            if who in {"size", "sgemm"}:
                continue
            head = " | ".join([name, work, *(f"{x:,}" for x in figures[name]["size"]), who])
            if "failed" in found:
                yield f"| {head} | {found['failed']} | | | | |"
                continue
            dense = work.endswith(("embeddings", "ε = 0.1", "neighbours"))
            in_passes = f"{passes(figures, name, who):.2f}" if dense else ""
            value = f"{found['value']:.6g}" if "value" in found else ""
            spent = f"{found['cpu']:.2f} | {found['wall']:.2f} | {found['memory'] / 1e6:,.0f}"
            yield f"| {head} | {spent} | {in_passes} | {value} |"
