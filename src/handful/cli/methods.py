"""`handful methods`: what there is to choose with."""

from __future__ import annotations

import inspect
import re
import typing
from typing import Any

from handful import methods
from handful.cli.show import print_json, table
from handful.parameters import describe, parameters


def run(name: str | None, as_json: bool) -> None:
    """List all, or describe one."""
    if name is not None:
        record = describe_method(name)
        if as_json:
            print_json(record)
        else:
            _show(record)
        return
    records = [describe_method(key) for key in methods.keys()]  # noqa: SIM118  a function, no dict
    if as_json:
        print_json({"methods": records})
        return
    rows = [
        (
            r["key"],
            ", ".join(r["needs"]) or "-",
            ", ".join(r["honours"]),
            f"{r['summary']} {r['cost']}. {r['paper']}.",
        )
        for r in records
    ]
    table(("method", "needs", "honours", "what, at what cost, after whom"), rows)
    print("One of them: handful methods NAME. By default, auto chooses by what the pool offers.")


def describe_method(key: str) -> dict[str, Any]:
    """A method as it declares itself."""
    cls = methods.find(key)
    facts = cls.facts
    text = inspect.cleandoc(cls.__doc__ or "")
    sections = re.split(r"^(?=(?:Args|Example|Source):)", text, flags=re.M)
    return {
        "key": key.replace("-", "_"),
        "summary": text.partition("\n")[0],
        "description": "".join(s for s in sections if not s.startswith("Args:")).strip(),
        "needs": list(facts.needs),
        "honours": list(facts.honours),
        "nested": facts.nested,
        "cost": facts.cost,
        "paper": facts.paper,
        "version": facts.version,
        "parameters": _parameters(cls),
    }


def _parameters(cls: type[Any]) -> list[dict[str, Any]]:
    kinds = typing.get_type_hints(cls)
    return [
        {
            "name": name,
            "default": field.default,
            "allowed": describe(field, kinds[name]),
            "help": field.metadata.get("help", ""),
        }
        for name, field in parameters(cls).items()
    ]


def _show(record: dict[str, Any]) -> None:
    print(f"{record['key']}\n\n{record['description']}\n")
    table(
        (),
        [
            ("  needs", ", ".join(record["needs"]) or "nothing"),
            ("  honours", ", ".join(record["honours"])),
            ("  nested", "yes: each prefix is itself a pick" if record["nested"] else "no"),
            ("  cost", record["cost"]),
            ("  paper", record["paper"]),
            ("  version", str(record["version"])),
        ],
    )
    if not record["parameters"]:
        print("\nIt has no parameters.")
        return
    print()
    rows = [
        (f"  --param {p['name']}=", str(p["default"]), p["allowed"], p["help"])
        for p in record["parameters"]
    ]
    table(("  parameter", "default", "allowed", "what"), rows)
