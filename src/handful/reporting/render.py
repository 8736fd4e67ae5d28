"""A page as one HTML text: the template, the styles and the script, with nothing from outside."""

from __future__ import annotations

import functools
import json
import math
from importlib import resources
from typing import Any

from markupsafe import Markup

import handful
from handful.comparing.written import written
from handful.reporting.bars import bar_chart
from handful.reporting.page import Page, Shown
from handful.reporting.rails import strip, swarm
from handful.reporting.svg import line_chart, number

OUTCOMES = {"better": "better", "same": "no different", "worse": "worse", "none": "no verdict"}


def render(page: Page) -> str:
    """The whole page; every text of the user's is escaped, by the template or as JSON."""
    return fill(
        "page",
        page=page,
        script=Markup(_file("page.js")),
        data=Markup(as_json(data_of(page))),
        line_chart=line_chart,
        bar_chart=bar_chart,
        row_of=row_of,
        strip=strip,
        swarm=swarm,
        written=written,
    )


def fill(template: str, **context: Any) -> str:
    """One of the templates with what it shows; every page has the same styles."""
    text: str = (
        _environment()
        .get_template(template)
        .render(
            version=handful.__version__,
            style=Markup(_file("page.css")),
            outcome_words=OUTCOMES,
            **context,
        )
    )
    return text


@functools.cache
def _environment() -> Any:
    from jinja2 import DictLoader, Environment, StrictUndefined

    names = ("head", "page", "comparison", "trade_off", "quotas")
    made = Environment(
        loader=DictLoader({name: _file(f"{name}.html.j2") for name in names}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["short"] = lambda value: number(value).replace("-", "−")
    made.filters["minus"] = lambda text: text.replace("-", "−")
    made.filters["capitalise"] = lambda text: text[:1].upper() + text[1:]
    made.filters["fine"] = lambda value: f"{value:.6g}".replace("-", "−")
    return made


def _file(name: str) -> str:
    return (resources.files("handful.reporting") / "template" / name).read_text("utf-8")


def data_of(page: Page) -> dict[str, Any]:
    """What the script reads: picks and rows with short names, for there are many."""
    places = ([], []) if page.map is None else (page.map.picks, page.map.rows)
    names = {"gain": "g", "weight": "w", "share": "s"}
    picks = []
    for i, pick in enumerate(page.picks):
        entry = {"o": pick["order"], **_short(pick["shown"])}
        entry |= {short: _rounded(pick[name]) for name, short in names.items() if name in pick}
        picks.append(entry | _at(places[0], i))
    others = [
        {**_short(row), "p": p, **_at(places[1], i)} for i, (row, p) in enumerate(page.others)
    ]
    return {"picks": picks, "others": others}


def _short(shown: Shown) -> dict[str, Any]:
    return {"r": shown.row, "i": shown.id, "t": shown.text, "b": shown.size}


def _at(places: Any, i: int) -> dict[str, float]:
    return {"x": places[i][0], "y": places[i][1]} if len(places) else {}


def _rounded(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None


def as_json(value: Any) -> str:
    r"""JSON that can stand inside a script element: nothing in it ends the element or opens another.

    Example:
        >>> print(as_json(["</script><b>&"]))
        ["\u003c/script\u003e\u003cb\u003e\u0026"]
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def row_of(shown: Shown) -> str:
    """How a row is named."""
    return f"{shown.row:,} · {shown.id}" if shown.id else f"{shown.row:,}"
