"""How a verdict is printed: its sentence, then each measure beside its random band."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any, TextIO

from handful.cli.show import number_of, table
from handful.comparing.written import written

_WORDS = {"better": "better", "same": "no different", "worse": "worse"}


def show_verdict(verdict: Mapping[str, Any] | None, file: TextIO | None = None) -> None:
    """The sentence, what it means, on what it was judged, and a line for each measure; the first is the verdict's.

    Example:
        >>> reading = dict(label="mean score", value=2.0, random=1.0, low=0.5, high=1.5, outcome="better")
        >>> reading |= {"optimised": True, "lead_low": 0.5, "lead_high": 1.5}
        >>> show_verdict({"sentence": "Better.", "scope": "tried on all", "readings": [reading]})
        Verdict: Better.
          tried on all
          measure     picks  random  95 % of random  lead over random  picks are
          mean score  2.0    1.0     0.5 to 1.5      0.5 to 1.5        better, optimised
    """
    if verdict is None:
        return
    print(f"Verdict: {verdict['sentence']}", file=file)
    told = [reading.get("about", "") for reading in verdict["readings"] if reading.get("primary")]
    for paragraph in (*told, verdict["scope"]):
        for line in textwrap.wrap(paragraph, 98):
            print(f"  {line}", file=file)
    head = ("  measure", "picks", "random", "95 % of random", "lead over random", "picks are")
    table(head, [_cells(reading) for reading in verdict["readings"]], file)


def _cells(reading: Mapping[str, Any]) -> tuple[str, ...]:
    tag, told = ", optimised" if reading["optimised"] else "", written(reading)
    return (
        "  " + reading["label"],
        told["value"],
        told["random"],
        f"{told['low']} to {told['high']}",
        f"{told['lead_low']} to {told['lead_high']}",
        _WORDS[reading["outcome"]] + tag,
    )


def short(value: float) -> str:
    """Three digits are enough for a measure.

    Example:
        >>> short(0.123456), short(1728.4), short(0.0)
        ('0.123', '1,728', '0')
    """
    return number_of(float(f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"))
