"""The headline: how much was picked, of what, by what, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handful.reporting.svg import number
from handful.reporting.text import beginning
from handful.selection import Selection


def facts_of(selection: Selection) -> list[tuple[str, str]]:
    """Name and text of each fact, in order."""
    result = selection.manifest["result"]
    facts = [("Picked", _picked(result)), ("Method", _method(result["method"]))]
    if result.get("duplicates") is not None:
        left_out = result["duplicates"]
        text = f"{left_out['dropped']:,} rows left out beforehand ({left_out['kind']})"
        facts.append(("Duplicates", text))
    if "spent" in result["budget"]:
        facts.append(("Spent", _spent(result["budget"])))
    if selection.value is not None:
        facts.append(("Value", _value(selection)))
    if selection.weights is not None:
        kinds = {
            "inclusion": "1/p: weighted sums over the picks estimate sums over the pool",
            "representation": "how many rows each pick stands for",
        }
        facts.append(("Weights", kinds[selection.weight_kind or "inclusion"]))
    return facts


def _picked(result: Mapping[str, Any]) -> str:
    k, n = result["k"], result["n"]
    text = f"{k:,} of {n:,} rows ({k / max(1, n):.2%})"
    if result["included"]:
        text += f", {result['included']:,} of them had to be"
    left_out = n - result["candidates"]
    return text + (f"; {left_out:,} were left out beforehand" if left_out else "")


def _method(method: Mapping[str, Any]) -> str:
    why = method.get("chosen_because")
    return beginning(f"{method['key']}" + (f", because {why}" if why else ""))


def _spent(budget: Mapping[str, Any]) -> str:
    if "left" not in budget:
        return f"{_exact(budget['spent'])} {beginning(str(budget['asked']['cost']))}"
    total = budget["spent"] + budget["left"]
    cost = beginning(str(budget["asked"]["cost"]))
    return f"{_exact(budget['spent'])} of {_exact(total)} {cost}, {_exact(budget['left'])} left"


def _exact(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def _value(selection: Selection) -> str:
    """The certificate, beside random's value on the same scale."""
    assert selection.value is not None
    value, bound = selection.value, selection.upper_bound
    text = number(value)
    by_chance = selection.notes.get("random_value")
    if bound is not None and by_chance is not None and bound > by_chance:
        way = (value - by_chance) / (bound - by_chance)
        ends = f"from random picks ({number(by_chance)}) to the most possible ({number(bound)})"
        return f"{text}, {way:.1%} of the way {ends}"
    if by_chance is not None:
        text += f"; random picks {number(by_chance)}"
    if bound is None:
        return text + (f"; no bound: {selection.no_bound}" if selection.no_bound else "")
    text += f"; at most {number(bound)} is possible"
    return f"{text} ({value / bound:.1%})" if bound > 0 else text
