"""The value curve and its knee."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from handful.comparing.draws import random_picks
from handful.comparing.verdict import CURVE_SHARES
from handful.flow.prepared import Prepared
from handful.reporting.page import Chart
from handful.rng import Draws
from handful.selection import Floats, Selection

MOST_POINTS = 240
LEAST_BEND = 0.1
ORDERS = 5
MOST_VALUED = 10**7
"""Rows times picks up to which random selections are valued for the curve."""


def knee(sizes: Sequence[float], values: Sequence[float]) -> int | None:
    """The size at which a rising curve stands highest above the line from its start to its end.

    None where the curve is nearly straight (less than a tenth of its height above the line), or sinks.

    Source: Satopää, Albrecht, Irwin & Raghavan 2011, Finding a "kneedle" in a haystack.

    Example:
        >>> sizes = list(range(11))
        >>> knee(sizes, [min(s, 3) for s in sizes]), knee(sizes, sizes)
        (3, None)
    """
    x, y = np.asarray(sizes, np.float64), np.asarray(values, np.float64)
    if len(x) < 3 or y[-1] <= y[0] or x[-1] <= x[0]:
        return None
    above = (y - y[0]) / (y[-1] - y[0]) - (x - x[0]) / (x[-1] - x[0])
    best = int(np.argmax(above))
    return int(x[best]) if above[best] >= LEAST_BEND else None


def charts_of(prepared: Prepared, selection: Selection) -> list[Chart]:
    """The value over the picks made, and the picks against random by size; what there is of them."""
    charts = []
    gains, value = selection.gains, selection.value
    if gains is not None and len(gains) > 1 and value is not None:
        charts.append(_values(prepared, selection, gains, value))
    verdict = selection.manifest.get("result", {}).get("verdict")
    if verdict and verdict.get("curve") and len(verdict["curve"]["picked"]) > 1:
        charts.append(_against_random(verdict, with_knee=not charts))
    return charts


def trade_off_of(selection: Selection) -> tuple[list[dict[str, Any]], str]:
    """The points of the trade-off curve, and what they are shares of; none without one."""
    told = selection.notes.get("trade_off", {})
    points = [
        {**point, "asked": point["trade_off"] == told["trade_off"]}
        for point in told.get("curve", ())
    ]
    rows = (
        "all rows"
        if told.get("curve_rows") == told.get("rows")
        else "a sample of rows drawn by seed"
    )
    note = (
        "Objective: the share of what the method reaches when it alone counts. Score: the share of what the "
        f"best-scored rows have. Both under the same budget, on {rows}."
    )
    return points, note


def _values(prepared: Prepared, selection: Selection, gains: Floats, value: float) -> Chart:
    summed = np.concatenate([[0.0], np.cumsum(gains, dtype=np.float64)])
    summed += value - summed[-1]  # the value of nothing need not be 0
    if abs(summed[0]) < 1e-9 * max(1.0, abs(value)):
        summed[0] = 0.0
    places = np.unique(np.linspace(0, len(gains), min(len(gains) + 1, MOST_POINTS)).astype(int))
    caption = "What each further pick adds to the method's own objective."
    random = _random_values(prepared, len(gains))
    if random is not None:
        caption += f" Band: {ORDERS} random orders."
    if selection.upper_bound is not None:
        caption += " Dotted: no selection of the whole size can pass this line."
    sizes, (low, middle, high) = random or ([], ([], [], []))
    return Chart(
        title="Value, pick by pick",
        caption=caption,
        sizes=places.tolist(),
        values=summed[places].tolist(),
        random_sizes=sizes,
        random=middle,
        low=low,
        high=high,
        bound=selection.upper_bound,
        knee=knee(range(len(summed)), summed.tolist()),
    )


def _random_values(
    prepared: Prepared, k: int
) -> tuple[list[int], tuple[list[float], list[float], list[float]]] | None:
    """The objective's least, middle and largest value over five random orders, at eight sizes.

    None where the method maximises no objective, or the pool is too large to value forty selections.
    """
    settled = getattr(prepared.method, "settled", None)
    mixed = getattr(prepared.method, "score_share", 0)
    if settled is None or mixed or prepared.view.n * k > MOST_VALUED:
        return None
    objective, view = settled(), prepared.view
    sizes = sorted({max(1, round(k * share)) for share in CURVE_SHARES})
    orders = random_picks(
        view, prepared.ledger, ORDERS, Draws(prepared.request.seed), purpose="report"
    )
    values = [[objective.value(view, np.sort(o[:size])) for size in sizes] for o in orders]
    found = np.sort(np.array(values, np.float64), axis=0)
    return sizes, (found[0].tolist(), found[ORDERS // 2].tolist(), found[-1].tolist())


def _against_random(verdict: Mapping[str, Any], *, with_knee: bool) -> Chart:
    curve, reading = verdict["curve"], verdict["readings"][0]
    sign = 1 if reading["larger_is_better"] else -1
    draws = curve.get("draws", verdict["draws"])
    better = "larger" if sign == 1 else "smaller"
    return Chart(
        f"Against random: {reading['label']}",
        f"First picks against as many random ones, in the trial of the verdict; {better} is better. "
        f"Band: 95 % of {draws} random picks.",
        sizes=curve["picked"],
        values=curve["values"],
        random_sizes=curve["picked"],
        random=curve["random"],
        low=curve["low"],
        high=curve["high"],
        knee=knee(curve["picked"], [sign * v for v in curve["values"]]) if with_knee else None,
    )
