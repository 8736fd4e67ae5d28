"""Charts as SVG text: numbers in, marks out. Every word in them is escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

from handful.reporting.page import Chart

WIDTH, HEIGHT = 420, 236
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 12, 28


def number(value: float) -> str:
    """A number as one reads it, three digits.

    Example:
        >>> number(1234.5), number(0.012345), number(2.0)
        ('1,234', '0.0123', '2')
    """
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def tick(value: float) -> str:
    """A number as it stands at an axis: thousands and millions short.

    Example:
        >>> tick(2500), tick(40_000), tick(1_500_000), tick(0.25)
        ('2,500', '40k', '1.5M', '0.25')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / min(size, 1e3 if letter == 'k' else size):.4g}{letter}"
    return number(value)


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers from `low` to `high`, at most `most` ≥ 4 of them, at even steps of 1, 2 or 5.

    Example:
        >>> ticks(0, 11_539), [round(t, 2) for t in ticks(0.13, 0.47)]
        ([0.0, 5000.0, 10000.0], [0.2, 0.3, 0.4])
    """
    span = high - low
    if not (span > 0 and math.isfinite(span)):
        return [low]
    size = 10.0 ** math.floor(math.log10(span / most))
    step = next(size * by for by in (1, 2, 5, 10, 20) if span / (size * by) <= most - 1)
    first = math.ceil(low / step - 1e-9)
    return [place * step for place in range(first, math.floor(high / step + 1e-9) + 1)]


class Scale:
    """From numbers to places in the drawing."""

    def __init__(self, low: float, high: float, start: float, stop: float) -> None:
        self.low, self.span = low, (high - low) or 1.0
        self.start, self.length = start, stop - start

    def __call__(self, value: float) -> float:
        """The place of a number."""
        return round(self.start + self.length * (value - self.low) / self.span, 2)


def line_chart(chart: Chart) -> Markup:
    """Values over sizes, the random band behind them, the bound above, the knee marked."""
    every = [*chart.values, *chart.low, *chart.high, *chart.random]
    if chart.bound is not None:
        every.append(chart.bound)
    low, high = chart.span or (min(every), max(every))
    margin = 0.0 if chart.span else (high - low) * 0.06 or 1.0
    x = Scale(min(0.0, chart.sizes[0]), chart.sizes[-1], LEFT, WIDTH - RIGHT)
    y = Scale(low - margin, high + margin, HEIGHT - BOTTOM, TOP)
    marks = [rules(y, ticks(low, high)), _sizes(x, chart.sizes[-1])]
    if chart.low:
        marks.append(_band(chart, x, y))
    if chart.random:
        marks.append(line(chart.random_sizes, chart.random, x, y, "random"))
    if chart.bound is not None:
        place = y(chart.bound)
        marks.append(
            f'<line class="bound" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{place}" y2="{place}"/>'
        )
    marks.append(line(chart.sizes, chart.values, x, y, "picks"))
    if chart.knee is not None:
        marks.append(_knee(chart, x, y))
    return drawing(chart.title, chart.caption, marks)


def rules(y: Scale, values: Sequence[float], *, percent: bool = False) -> str:
    """Level lines across the drawing, each with its number."""
    marks = []
    for value in values:
        told = f"{100 * value:.3g}%" if percent else tick(value)
        place = y(value)
        marks.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{place}" y2="{place}"/>'
            f'<text class="tick" x="{LEFT - 7}" y="{place + 4}" text-anchor="end">{told}</text>'
        )
    return "".join(marks)


def _sizes(x: Scale, most: float) -> str:
    """Numbers of picks below the drawing; the last is the whole, with the unit."""
    base = HEIGHT - BOTTOM + 18
    marks = [
        f'<text class="tick" x="{x(size)}" y="{base}" text-anchor="middle">{tick(size)}</text>'
        for size in ticks(0, most)
        if size <= 0.76 * most
    ]
    marks.append(
        f'<text class="tick" x="{WIDTH - RIGHT}" y="{base}" text-anchor="end">{tick(most)} picks</text>'
    )
    return "".join(marks)


def line(sizes: Sequence[float], values: Sequence[float], x: Scale, y: Scale, name: str) -> str:
    """One line through all points."""
    points = " ".join(f"{x(a)},{y(b)}" for a, b in zip(sizes, values, strict=True))
    return f'<polyline class="{name}" points="{points}"/>'


def _band(chart: Chart, x: Scale, y: Scale) -> str:
    inside = [[min(max(y(b), TOP), HEIGHT - BOTTOM) for b in e] for e in (chart.high, chart.low)]
    there, back = (
        [f"{x(a)},{b}" for a, b in zip(chart.random_sizes, edge, strict=True)] for edge in inside
    )
    return f'<polygon class="band {chart.band_of}-band" points="{" ".join([*there, *reversed(back)])}"/>'


def _knee(chart: Chart, x: Scale, y: Scale) -> str:
    """A ring where more picks begin to bring little; its words stand below a rising line, above a sinking one."""
    assert chart.knee is not None
    at = min(range(len(chart.sizes)), key=lambda i: abs(chart.sizes[i] - (chart.knee or 0)))
    left, top = x(chart.sizes[at]), y(chart.values[at])
    anchor, shift = ("start", 8) if left < WIDTH * 0.7 else ("end", -8)
    rising = chart.values[-1] >= chart.values[0]
    return (
        f'<circle class="knee" cx="{left}" cy="{top}" r="4"/>'
        f'<text class="tick knee-name" x="{left + shift}" y="{top + (18 if rising else -10)}" '
        f'text-anchor="{anchor}">knee at {number(chart.knee)}</text>'
    )


def drawing(
    title: str, caption: str, marks: Sequence[str], *, width: int = WIDTH, height: int = HEIGHT
) -> Markup:
    """The whole drawing, and the same in words for those who do not see it."""
    told = escape(f"{title}. {caption}")
    return Markup(
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{told}">{"".join(marks)}</svg>'
    )
