"""A comparison drawn: each method's gain with its interval, its curve over sizes, and what it cost."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

from handful.comparing.comparison import Line
from handful.reporting.page import Chart
from handful.reporting.svg import Scale, drawing, tick, ticks

WIDTH, HEIGHT, SIDE = 320, 26, 8
SPREAD = (720, 300)
LETTER, LEAST_APART = 6.2, 13


def gain_scale(lines: Sequence[Line]) -> Scale:
    """One scale for all rows: every seed is on it, and zero, which is random; wider intervals are cut off."""
    ends = [0.0]
    for line in lines:
        ends += [line.gain.mean, *line.each]
    low, high = min(ends), max(ends)
    spare = 0.12 * (high - low) or 1.0
    return Scale(low - spare, high + spare, SIDE, WIDTH - SIDE)


def _ends(line: Line) -> list[float]:
    found = (line.gain.low, line.gain.high)
    return [end for end in found if end is not None]


def forest_axis(lines: Sequence[Line]) -> Markup:
    """The numbers above the rows."""
    x = gain_scale(lines)
    marks = [
        f'<text class="tick" x="{x(value)}" y="13" text-anchor="middle">{_signed(value)}</text>'
        for value in ticks(x.low, x.low + x.span, 6)
    ]
    return Markup(f'<svg viewBox="0 0 {WIDTH} 18">{"".join(marks)}</svg>')


def forest_row(line: Line, x: Scale) -> Markup:
    """A small dot for each seed, the interval as a line, the mean as a dot; random as the line at zero."""
    middle = HEIGHT / 2
    marks = [f'<line class="zero" x1="{x(0)}" x2="{x(0)}" y1="0" y2="{HEIGHT}"/>']
    ends = _ends(line)
    if len(ends) == 2:
        left, right = max(x(ends[0]), 0.0), min(x(ends[1]), float(WIDTH))
        marks.append(f'<line class="reach" x1="{left}" x2="{right}" y1="{middle}" y2="{middle}"/>')
        for end, inward in ((0, 6), (WIDTH, WIDTH - 6)):
            if end in {left, right}:  # the interval goes on beyond the drawing
                tip = f"M{inward} {middle - 4}L{end} {middle}L{inward} {middle + 4}"
                marks.append(f'<path class="cut-off" d="{tip}"/>')
    marks += [f'<circle class="one" cx="{x(gain)}" cy="{middle}" r="2.2"/>' for gain in line.each]
    marks.append(f'<circle class="dot" cx="{x(line.gain.mean)}" cy="{middle}" r="5"/>')
    return Markup(
        f'<svg class="forest {line.gain.outcome}" viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(marks)}</svg>'
    )


def curve_of(
    name: str,
    lines: Sequence[Line],
    *,
    larger_is_better: bool,
    unit: str,
    span: tuple[float, float],
) -> Chart:
    """What the probe makes of growing parts of a method's picks, with the interval, beside random.

    Args:
        name: The method.
        lines: Its lines, of two sizes at least.
        larger_is_better: Of the probe's number.
        unit: Of the same.
        span: Of the drawing, the same for every method.
    """
    ordered = sorted(lines, key=lambda line: line.picked)
    sign = 1 if larger_is_better else -1
    known = all(len(_ends(line)) == 2 for line in ordered)
    low, high = [], []
    for line in ordered if known else ():
        ends = sorted(line.random + sign * end for end in _ends(line))
        low.append(ends[0])
        high.append(ends[1])
    sizes = [line.picked for line in ordered]
    return Chart(
        title=name,
        caption=f"{unit}, by number of picks, beside random",
        sizes=sizes,
        values=[line.mean for line in ordered],
        random_sizes=sizes,
        random=[line.random for line in ordered],
        low=low,
        high=high,
        band_of="picks",
        span=span,
    )


def span_of(lines: Sequence[Line]) -> tuple[float, float]:
    """From the least to the largest number of any method or of random, at any size, and a little more."""
    values = [value for line in lines for value in (line.mean, line.random)]
    spare = 0.1 * (max(values) - min(values)) or 1.0
    return min(values) - spare, max(values) + spare


def cost_chart(lines: Sequence[Line]) -> Markup:
    """Gain over random beside the CPU seconds of a selection, on a scale of ratios."""
    width, height = SPREAD
    times = [max(line.cpu_seconds, 1e-3) for line in lines]
    first, last = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times) * 1.001))
    x = Scale(first, max(last, first + 1), 54, width - 120)
    gains = [line.gain.mean for line in lines]
    low, high = min(0.0, *gains), max(0.0, *gains)
    spare = 0.08 * (high - low) or 1.0
    y = Scale(low - spare, high + spare, height - 34, 10)
    marks = []
    for value in ticks(low - spare, high + spare):
        kind = "zero" if value == 0 else "grid"
        marks.append(
            f'<line class="{kind}" x1="54" x2="{width - 14}" y1="{y(value)}" y2="{y(value)}"/>'
            f'<text class="tick" x="46" y="{y(value) + 4}" text-anchor="end">{_signed(value)}</text>'
        )
    marks += [
        f'<text class="tick" x="{x(power)}" y="{height - 14}" text-anchor="middle">{tick(10.0**power)} s</text>'
        for power in range(first, max(last, first + 1) + 1)
    ]
    dots = [
        (x(math.log10(t)), y(line.gain.mean), line) for t, line in zip(times, lines, strict=True)
    ]
    for left, top, line in _apart(dots, y(0.0)):
        marks.append(
            f'<text class="tick halo" x="{left + 9}" y="{top + 4:.1f}">{escape(line.method[:28])}</text>'
        )
    marks += [
        f'<circle class="mark {line.gain.outcome}" cx="{left}" cy="{top}" r="4.5"/>'
        for left, top, line in dots
    ]
    told = "Gain over random beside CPU seconds of a selection."
    return drawing(told, "The same numbers are in the table.", marks, width=width, height=height)


def _apart(
    dots: Sequence[tuple[float, float, Line]], zero: float
) -> list[tuple[float, float, Line]]:
    """Names moved up or down until none lies on another, or on the line of no gain."""
    placed: list[tuple[float, float, Line]] = []
    for left, top, line in sorted(dots, key=lambda dot: (dot[1], dot[0])):
        length = LETTER * len(line.method[:28])
        for shift in sorted(range(-120, 121, 3), key=abs):
            at = top + shift
            if abs(at - zero) >= LEAST_APART and all(
                abs(at - other) >= LEAST_APART
                or left + 9 + length < beside
                or beside + LETTER * len(its.method[:28]) + 9 < left
                for beside, other, its in placed
            ):
                break
        placed.append((left, at, line))
    return placed


def _signed(value: float) -> str:
    return "0" if value == 0 else f"{'+' if value > 0 else '−'}{tick(abs(value))}"
