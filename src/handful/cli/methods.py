"""`handful methods`: what there is to choose with."""

from __future__ import annotations

import inspect
import re
import textwrap
import typing
from collections.abc import Sequence
from typing import Any

from handful import methods, weighing
from handful.cli.show import print_json, table
from handful.parameters import describe, parameters


def run(name: str | None, as_json: bool) -> None:
    """List all, or describe one."""
    if name is not None:
        key = name.replace("-", "_")
        record = describe_system(key) if key in weighing.SYSTEMS else describe_method(name)
        if as_json:
            print_json(record)
        else:
            _show(record)
        return
    records = [describe_method(key) for key in methods.names()]
    if as_json:
        print_json(
            {"methods": records, "pick_no_rows": list(map(describe_system, weighing.SYSTEMS))}
        )
        return
    for needs in sorted({tuple(r["needs"]) for r in records}, key=lambda n: (len(n), n)):
        print(textwrap.fill(f"Needs {_needs(needs)}:", 78))
        rows = [
            (f"  {r['key']:{WIDTH}}", f"{r['summary'].removesuffix('.')} ({_source(r['paper'])}).")
            for r in records
            if tuple(r["needs"]) == needs
        ]
        table((), rows)
        print()
    print("Features are your own vectors (--embeddings), or are made from text.")
    commands = [f"handful {key.replace('_', '-')}" for key in weighing.SYSTEMS]
    print(f"Picking no rows, so commands: {', '.join(commands)}.")
    print("All of one, with its parameters: handful methods NAME.")
    print("Where none is named, auto chooses by what the pool offers.")


WIDTH = 20
_WORDS = {
    "text": "text",
    "features": "features",
    "target_text": "a target with text (--like)",
    "target_features": "a target with features (--like)",
    "given_features": "rows you own with features (--given)",
    "score": "a score (--score)",
    "group": "groups (--group)",
}


def _needs(needs: Sequence[str]) -> str:
    """What a method needs, as one says it.

    Example:
        >>> _needs(("text", "target_text")), _needs(())
        ('text and a target with text (--like)', 'nothing')
    """
    return " and ".join(_WORDS.get(need, need) for need in needs) or "nothing"


def _source(paper: str) -> str:
    """The authors and the year: what stands before the title.

    Example:
        >>> _source("Gonzalez 1985, Clustering to minimize the maximum intercluster distance")
        'Gonzalez 1985'
    """
    found = re.match(r".*?\b[12]\d{3}\b", paper)
    return found.group() if found else paper


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


def describe_system(key: str) -> dict[str, Any]:
    """A system that picks no rows, as it declares itself."""
    cls = weighing.find(key)
    text = inspect.cleandoc(cls.__doc__ or "")
    return {
        "key": key,
        "summary": text.partition("\n")[0],
        "description": text,
        "command": f"handful {key.replace('_', '-')}",
        "paper": cls.paper,
        "version": cls.version,
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
    facts = [("  paper", record["paper"]), ("  version", str(record["version"]))]
    if "command" in record:
        table((), [("  command", record["command"]), *facts])
    else:
        own = [
            ("  needs", ", ".join(record["needs"]) or "nothing"),
            ("  honours", ", ".join(record["honours"])),
            ("  nested", "yes: each prefix is itself a pick" if record["nested"] else "no"),
            ("  cost", record["cost"]),
        ]
        table((), [*own, *facts])
    if not record["parameters"]:
        print("\nIt has no parameters.")
        return
    print()
    rows = [
        (f"  --param {p['name']}={_plain(p['default'])}", f"{p['help']} ({p['allowed']})")
        for p in record["parameters"]
    ]
    table((), rows)


def _plain(default: Any) -> str:
    """A default as it is typed."""
    return "none" if default is None else str(default)
