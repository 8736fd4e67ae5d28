"""Write docs/methods.md from the methods themselves: their docstrings, facts and parameters.

    python docs/make_methods.py

The same words stand in `handful methods NAME`. A test compares the page with what this makes.
"""

import inspect
import re
import typing
from pathlib import Path
from typing import Any

from handful import methods
from handful.parameters import describe as allowed
from handful.parameters import parameters as parameters_of

PAGE = Path(__file__).parent / "methods.md"
HEAD = """# The methods

Written from the code by `make docs`; `handful methods NAME` prints the same. How to choose among
them: [choosing.md](choosing.md).

"""


def describe(key: str) -> str:
    """One method's section."""
    cls = methods.find(key)
    facts = cls.facts
    lines = [f"## `{key}`", "", description(cls), ""]
    lines += [
        f"- needs: {listed(facts.needs)}",
        f"- budgets and constraints kept: {listed(facts.honours)}",
    ]
    lines += [
        f"- nested: {'yes: each prefix of the picks is itself a pick' if facts.nested else 'no'}"
    ]
    lines += [f"- cost: {facts.cost}", f"- paper: {facts.paper}", f"- version: {facts.version}", ""]
    return "\n".join(lines + parameters(cls))


def description(cls: type[Any]) -> str:
    """The class docstring without its Args, which the table has; an example gets its blank line."""
    text = inspect.cleandoc(cls.__doc__ or "")
    sections = re.split(r"^(?=(?:Args|Example|Source):)", text, flags=re.M)
    kept = [section.strip() for section in sections if not section.startswith("Args:")]
    return "\n\n".join(kept).replace("Example:\n", "Example:\n\n")


def parameters(cls: type[Any]) -> list[str]:
    """A table of the parameters, or one line where there are none."""
    declared = parameters_of(cls)
    if not declared:
        return ["No parameters.", ""]
    kinds = typing.get_type_hints(cls)
    rows = [
        f"| `{name}` | `{field.default}` | {allowed(field, kinds[name])} | {field.metadata['help']} |"
        for name, field in declared.items()
    ]
    return ["| `--param` | default | allowed | |", "|---|---|---|---|", *rows, ""]


def listed(words: tuple[str, ...]) -> str:
    """Words with commas between, or "nothing"."""
    return ", ".join(word.replace("_", " ") for word in words) or "nothing"


def page() -> str:
    """The whole page."""
    keys = methods.keys()
    return HEAD + "\n".join(describe(key) for key in keys)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.name}")
