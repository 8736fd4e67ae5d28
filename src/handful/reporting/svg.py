"""Charts as SVG text: numbers in, marks out. Every word in them is escaped."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from handful.reporting.page import Chart, Profile

WIDTH, HEIGHT = 560, 260
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 14, 40


def number(value: float) -> str:
    """A number as one reads it, three digits.

    Example:
        >>> number(1234.5), number(0.012345), number(2.0)
        ('1,234', '0.0123', '2')
    """
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


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
    low, high = min(every), max(every)
    margin = (high - low) * 0.06 or 1.0
    x = Scale(min(0.0, chart.sizes[0]), chart.sizes[-1], LEFT, WIDTH - RIGHT)
    y = Scale(low - margin, high + margin, HEIGHT - BOTTOM, TOP)
    marks = [_axes(x, y, chart.sizes[-1], low, high)]
    if chart.low:
        marks.append(_band(chart, x, y))
    if chart.random:
        marks.append(_line(chart.random_sizes, chart.random, x, y, "random"))
    if chart.bound is not None:
        place = y(chart.bound)
        marks.append(
            f'<line class="bound" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{place}" y2="{place}"/>'
        )
    marks.append(_line(chart.sizes, chart.values, x, y, "picks"))
    if chart.knee is not None:
        marks.append(_knee(chart, x, y))
    return _drawing(chart.title, chart.caption, marks)


def _axes(x: Scale, y: Scale, most: float, low: float, high: float) -> str:
    marks = []
    for place in range(4):
        value = low + (high - low) * place / 3
        marks.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value)}" y2="{y(value)}"/>'
        )
        marks.append(
            f'<text class="tick" x="{LEFT - 8}" y="{y(value) + 4}" text-anchor="end">{number(value)}</text>'
        )
    for place in range(5):
        size = most * place / 4
        anchor = "end" if place == 4 else "middle"
        marks.append(
            f'<text class="tick" x="{x(size)}" y="{HEIGHT - BOTTOM + 18}" '
            f'text-anchor="{anchor}">{number(size)}</text>'
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    marks.append(
        f'<text class="tick" x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">picks</text>'
    )
    return "".join(marks)


def _line(sizes: Sequence[float], values: Sequence[float], x: Scale, y: Scale, name: str) -> str:
    points = " ".join(f"{x(a)},{y(b)}" for a, b in zip(sizes, values, strict=True))
    return f'<polyline class="{name}" points="{points}"/>'


def _band(chart: Chart, x: Scale, y: Scale) -> str:
    there = [f"{x(a)},{y(b)}" for a, b in zip(chart.random_sizes, chart.high, strict=True)]
    back = [f"{x(a)},{y(b)}" for a, b in zip(chart.random_sizes, chart.low, strict=True)]
    return f'<polygon class="band" points="{" ".join([*there, *reversed(back)])}"/>'


def _knee(chart: Chart, x: Scale, y: Scale) -> str:
    assert chart.knee is not None
    at = min(range(len(chart.sizes)), key=lambda i: abs(chart.sizes[i] - (chart.knee or 0)))
    left, top = x(chart.sizes[at]), y(chart.values[at])
    anchor = "start" if left < WIDTH * 0.7 else "end"
    shift = 9 if anchor == "start" else -9
    return (
        f'<circle class="knee" cx="{left}" cy="{top}" r="4.5"/>'
        f'<text class="tick" x="{left + shift}" y="{top + 16}" '
        f'text-anchor="{anchor}">knee: {number(chart.knee)}</text>'
    )


def bar_chart(profile: Profile) -> Markup:
    """Shares of pool and picks, side by side."""
    most = max([*profile.pool, *profile.picks, 1e-9])
    count = len(profile.labels)
    step = (WIDTH - LEFT - RIGHT) / max(1, count)
    y = Scale(0.0, most * 1.08, HEIGHT - BOTTOM - 22, TOP)
    base = y(0.0)
    marks = []
    for place in range(4):
        value = most * place / 3
        marks.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value)}" y2="{y(value)}"/>'
        )
        marks.append(
            f'<text class="tick" x="{LEFT - 8}" y="{y(value) + 4}" text-anchor="end">{value:.0%}</text>'
        )
    every = max(1, -(-count // 8))
    for i, label in enumerate(profile.labels):
        left = LEFT + i * step
        told = escape(f"{label}: pool {profile.pool[i]:.1%}, picks {profile.picks[i]:.1%}")
        marks.append(f"<g><title>{told}</title>")
        for share, name, shift in (
            (profile.pool[i], "pool", 0.12),
            (profile.picks[i], "pick", 0.5),
        ):
            top = y(share)
            marks.append(
                f'<rect class="{name}" x="{left + shift * step:.2f}" width="{0.36 * step:.2f}" '
                f'y="{top}" height="{max(0.0, base - top):.2f}"/>'
            )
        marks.append("</g>")
        if i % every == 0:
            short = escape(label if len(label) <= 14 else label[:13] + "…")
            turn = f"rotate(-28 {left + step / 2:.1f} {base + 14})"
            marks.append(
                f'<text class="tick" x="{left + step / 2:.1f}" y="{base + 14}" text-anchor="end" '
                f'transform="{turn}">{short}</text>'
            )
    return _drawing(profile.title, profile.caption, marks)


def _drawing(title: str, caption: str, marks: Sequence[str]) -> Markup:
    told = escape(f"{title}. {caption}")
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{told}">{"".join(marks)}</svg>'
    )
