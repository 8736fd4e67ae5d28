"""Pool against picks: shares of groups as rows, shares of a number's stretches as columns."""

from __future__ import annotations

from markupsafe import Markup, escape

from handful.reporting.page import Profile
from handful.reporting.svg import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Scale,
    drawing,
    rules,
    tick,
    ticks,
)

NAMES, ROW = 138, 21
MOST_LETTERS = 18


def bar_chart(profile: Profile) -> Markup:
    """The drawing that suits the profile."""
    return histogram(profile) if len(profile.edges) else group_rows(profile)


def histogram(profile: Profile) -> Markup:
    """Shares of each stretch: the pool filled, the picks as an outline over it."""
    most = max([*profile.pool, *profile.picks, 1e-9])
    count = len(profile.pool)
    x = Scale(0, count, LEFT, WIDTH - RIGHT)
    y = Scale(0.0, most * 1.06, HEIGHT - BOTTOM, TOP)
    base = y(0.0)
    marks = [rules(y, ticks(0.0, most), percent=True)]
    outline = [f"{x(0)},{base}"]
    for i, (own, theirs) in enumerate(zip(profile.pool, profile.picks, strict=True)):
        told = escape(f"{profile.labels[i]}: pool {own:.1%}, picks {theirs:.1%}")
        wide, top = x(i + 1) - x(i), y(own)
        marks.append(
            f'<g><title>{told}</title><rect class="pool" x="{x(i) + 0.5:.2f}" width="{wide - 1:.2f}" '
            f'y="{top}" height="{base - top:.2f}"/>'
            f'<rect class="touch" x="{x(i)}" width="{wide:.2f}" y="{TOP}" height="{base - TOP:.2f}"/></g>'
        )
        outline += [f"{x(i)},{y(theirs)}", f"{x(i + 1)},{y(theirs)}"]
    outline.append(f"{x(count)},{base}")
    marks.append(f'<polyline class="picks" points="{" ".join(outline)}"/>')
    every = max(1, round(count / 4))
    for i in range(0, count + 1, every):
        anchor = "end" if i > count - 1 else "middle"
        marks.append(
            f'<text class="tick" x="{x(i)}" y="{HEIGHT - BOTTOM + 18}" '
            f'text-anchor="{anchor}">{tick(profile.edges[i])}</text>'
        )
    return drawing(profile.title, profile.caption, marks)


def group_rows(profile: Profile) -> Markup:
    """A row for each group: its share of the pool as a bar, its share of the picks as a dot."""
    shown = [
        (label, own, theirs)
        for label, own, theirs in zip(profile.labels, profile.pool, profile.picks, strict=True)
    ]
    most = max([max(own, theirs) for _, own, theirs in shown] + [1e-9])
    x = Scale(0.0, most * 1.02, NAMES, WIDTH - RIGHT)
    height = TOP + ROW * len(shown) + BOTTOM
    marks = [
        f'<line class="grid" x1="{x(value)}" x2="{x(value)}" y1="{TOP}" y2="{height - BOTTOM}"/>'
        f'<text class="tick" x="{x(value)}" y="{height - BOTTOM + 18}" '
        f'text-anchor="middle">{100 * value:.3g}%</text>'
        for value in ticks(0.0, most, 4)
    ]
    for i, (label, own, theirs) in enumerate(shown):
        middle = TOP + ROW * (i + 0.5)
        short = label if len(label) <= MOST_LETTERS else label[: MOST_LETTERS - 1] + "…"
        told = escape(f"{label}: pool {own:.1%}, picks {theirs:.1%}")
        marks.append(
            f"<g><title>{told}</title>"
            f'<text class="tick" x="{NAMES - 8}" y="{middle + 4}" text-anchor="end">{escape(short)}</text>'
            f'<rect class="pool" x="{NAMES}" width="{max(0.0, x(own) - NAMES):.2f}" '
            f'y="{middle - 5}" height="10"/>'
            f'<circle class="pick" cx="{x(theirs)}" cy="{middle}" r="4.5"/></g>'
        )
    return drawing(profile.title, profile.caption, marks, height=height)
