"""The page of a comparison: methods beside random, with intervals, curves and costs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from handful.comparing.comparison import Comparison, Line
from handful.comparing.written import gained
from handful.reporting.forest import (
    cost_chart,
    curve_of,
    forest_axis,
    forest_row,
    gain_scale,
    span_of,
)
from handful.reporting.page import Chart
from handful.reporting.render import fill
from handful.reporting.svg import line_chart, number
from handful.reporting.text import beginning, visible

WORDS = {"better": "better", "same": "no different", "worse": "worse"}


@dataclass(frozen=True)
class Contested:
    """What the page of a comparison shows, in words."""

    title: str
    headline: str
    summary: str
    method_note: str
    unit: str
    better: str
    rows: list[dict[str, Any]]
    curves: list[Chart]
    left_out: dict[str, str]
    record: str


def render_comparison(found: Comparison) -> str:
    """The whole page; names are the user's own, and are escaped."""
    lines = found.whole
    return fill(
        "comparison",
        found=_contested(found),
        axis=forest_axis(lines),
        cost=cost_chart(lines) if len(lines) > 1 else Markup(""),
        line_chart=line_chart,
    )


def _contested(found: Comparison) -> Contested:
    lines, scale = found.whole, gain_scale(found.whole)
    curves = []
    for line in lines:
        own = [other for other in found if other.method == line.method]
        if len(own) > 1:
            curves.append(
                curve_of(
                    beginning(line.method)[:60],
                    own,
                    larger_is_better=found.larger_is_better,
                    unit=found.unit,
                    span=span_of(found.lines),
                )
            )
    count = len(lines)
    return Contested(
        title=beginning(found.title) or "a comparison",
        headline=f"{count} method{'s' * (count != 1)} beside random",
        summary=summary_of(found),
        method_note=_note(found),
        unit=found.unit,
        better="larger" if found.larger_is_better else "smaller",
        rows=[{**_row(line), "drawn": forest_row(line, scale)} for line in lines],
        curves=curves,
        left_out={beginning(name): visible(why) for name, why in found.left_out.items()},
        record=visible(json.dumps(found.record(), indent=2, ensure_ascii=False, default=str)),
    )


def summary_of(found: Comparison) -> str:
    """How many are better, no different, worse; and who leads.

    Example:
        >>> from handful.comparing.statistics import Difference
        >>> gain = Difference(0.1, 0.05, 0.15, 0.001, "better", 10)
        >>> line = Line("k_center", 1.0, 9.0, 0.8, 0.7, gain, 0.1, 0.1, None)
        >>> summary_of(Comparison((line,), "classifier", "accuracy", True, "", 99, 10, 3))
        'k_center is better than random.'
    """
    lines = found.whole
    if not lines:
        return "No method could be tried."
    if any(line.gain.low is None for line in lines):
        return f"{found.seeds} seeds are too few to say anything; 5 are the least."
    if len(lines) == 1:
        is_not = {"better": "better than", "same": "no different from", "worse": "worse than"}
        return f"{lines[0].method} is {is_not[lines[0].gain.outcome]} random."
    counts = {outcome: sum(line.gain.outcome == outcome for line in lines) for outcome in WORDS}
    rest = f"{counts['same']} no different, {counts['worse']} worse"
    if not counts["better"]:
        return f"None of {len(lines)} methods is better than random: {rest}."
    verb = "is" if counts["better"] == 1 else "are"
    told = f"{counts['better']} of {len(lines)} methods {verb} better than random, {rest}."
    return f"{told} The largest gain is that of {lines[0].method}."


def _note(found: Comparison) -> str:
    better = "larger" if found.larger_is_better else "smaller"
    random = f"random picks reach {number(found.whole[0].random)}" if found.whole else ""
    draws = "one random pick" if found.draws == 1 else f"the mean of {found.draws} random picks"
    few = (
        f" {found.seeds} seeds make wide intervals; 10 and more narrow ones."
        if found.seeds < 10
        else ""
    )
    whose = "Your own probe" if found.probe == "command" else f"The probe {found.probe}"
    return (
        f"{whose} is trained on each pick and tested: {found.unit}, {better} is better, {random}; "
        f"{found.scope}. {found.seeds} seeds, each beside {draws} of the same budget. A small dot is the gain of "
        "one seed, the line the 95 % interval of the mean, corrected for the number of methods; upright: random."
        + few
    )


def _row(line: Line) -> dict[str, Any]:
    gain, (mean, interval) = line.gain, gained(line.gain)
    unsure = gain.low is None or gain.high is None
    return {
        "method": beginning(line.method)[:80],
        "gain": mean.replace("-", "−"),
        "interval": interval.replace("-", "−"),
        "p": "" if gain.p is None else f"{gain.p:.2g}",
        "mean": number(line.mean).replace("-", "−"),
        "time": _time(line.cpu_seconds),
        "memory": "" if line.peak_bytes is None else f"{line.peak_bytes / 1e6:,.0f} MB",
        "outcome": "none" if unsure else gain.outcome,
        "words": "?" if unsure else WORDS[gain.outcome],
    }


def _time(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms" if seconds < 0.995 else f"{seconds:,.1f} s"
