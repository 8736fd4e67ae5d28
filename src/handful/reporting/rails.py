"""A number among its likes: the random picks as a swarm, or as a band on a small rail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from handful.reporting.svg import Scale, tick, ticks

STRIP = 132
SWARM, DOT, MARGIN = 720, 4.2, 8


def strip(reading: Mapping[str, Any]) -> Markup:
    """The random band and the picks' number on one small rail."""
    values = [reading["low"], reading["high"], reading["value"]]
    low, high = min(values), max(values)
    if high == low:
        low, high = low - 1.0, high + 1.0
    x = Scale(low - 0.12 * (high - low), high + 0.12 * (high - low), 6, STRIP - 6)
    a, b, at = x(reading["low"]), x(reading["high"]), x(reading["value"])
    return Markup(
        f'<svg viewBox="0 0 {STRIP} 16"><line class="rail" x1="2" x2="{STRIP - 2}" y1="8" y2="8"/>'
        f'<line class="span" x1="{a}" x2="{b}" y1="8" y2="8"/><circle class="dot" cx="{at}" cy="8" r="4.5"/></svg>'
    )


def swarm(reading: Mapping[str, Any]) -> Markup:
    """Every random pick as a dot, the pick among them; where no numbers were kept, the rail alone.

    Dots stand on each other where they would touch, so that the heap is their distribution.
    """
    drawn, value = list(reading.get("drawn") or ()), float(reading["value"])
    if not drawn:
        return Markup("")
    low, high = min([*drawn, value]), max([*drawn, value])
    spare = 0.04 * (high - low) or 1.0
    x = Scale(low - spare, high + spare, MARGIN, SWARM - MARGIN)
    heap = _heap([x(v) for v in drawn])
    top = 2 * DOT * max(level for _, level in heap) + 30
    marks = [f'<line class="rail" x1="{MARGIN}" x2="{SWARM - MARGIN}" y1="{top}" y2="{top}"/>']
    for place, level in heap:
        marks.append(
            f'<circle class="one" cx="{place}" cy="{top - DOT - 1 - 2 * DOT * level:.1f}" r="{DOT - 0.6}"/>'
        )
    at = x(value)
    anchor = "start" if at < 60 else "end" if at > SWARM - 60 else "middle"
    marks.append(
        f'<line class="stem" x1="{at}" x2="{at}" y1="18" y2="{top}"/>'
        f'<circle class="dot" cx="{at}" cy="{top - DOT - 1}" r="6"/>'
        f'<text class="name" x="{at}" y="12" text-anchor="{anchor}">these picks</text>'
    )
    marks += [
        f'<text class="tick" x="{x(v)}" y="{top + 17}" text-anchor="middle">{tick(v)}</text>'
        for v in ticks(low, high, 6)
    ]
    better = "larger" if reading["larger_is_better"] else "smaller"
    told = f"{reading['label']}: of the picks {value:.3g}, of {len(drawn)} random picks {min(drawn):.3g} to "
    told = escape(f"{told}{max(drawn):.3g}; {better} is better.")
    return Markup(
        f'<svg viewBox="0 0 {SWARM} {top + 22:.0f}" role="img" aria-label="{told}">{"".join(marks)}</svg>'
    )


def _heap(places: Sequence[float]) -> list[tuple[float, int]]:
    """Each place with the lowest level on which its dot touches no other."""
    levels: list[float] = []  # the right end of each level so far
    heap = []
    for place in sorted(places):
        level = next((i for i, end in enumerate(levels) if place - end >= 2 * DOT), len(levels))
        levels[level : level + 1] = [place]
        heap.append((place, level))
    return heap
