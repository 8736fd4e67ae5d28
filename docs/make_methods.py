"""Write docs/methods.md from the methods themselves: their docstrings, facts and parameters.

    python docs/make_methods.py

`handful methods NAME` prints the same record. A test compares the page with what this makes.
"""

from pathlib import Path
from typing import Any

from handful import methods
from handful.cli.methods import describe_method

PAGE = Path(__file__).parent / "methods.md"
HEAD = """# The methods

Written from the code by `make docs`; `handful methods NAME` prints the same. How to choose among
them: [choosing.md](choosing.md).

"""


def section(key: str) -> str:
    """One method's section."""
    record = describe_method(key)
    nested = (
        "yes: each prefix of the picks is what it picks at that size" if record["nested"] else "no"
    )
    lines = [
        f"## `{key}`",
        "",
        record["description"].replace("Example:\n", "Example:\n\n"),
        "",
        f"- needs: {listed(record['needs'])}",
        f"- budgets and constraints kept: {listed(record['honours'])}",
        f"- nested: {nested}",
        f"- cost: {record['cost']}",
        f"- paper: {record['paper']}",
        f"- version: {record['version']}",
        "",
        *parameters(record["parameters"]),
        "",
    ]
    return "\n".join(lines)


def parameters(declared: list[dict[str, Any]]) -> list[str]:
    """A table of the parameters, or one line where there are none."""
    if not declared:
        return ["No parameters."]
    return [
        "| `--param` | default | allowed | |",
        "|---|---|---|---|",
        *map(row, declared),
    ]


def row(parameter: dict[str, Any]) -> str:
    """One parameter's line of the table."""
    default = "none" if parameter["default"] is None else f"`{parameter['default']}`"
    cells = [f"`{parameter['name']}`", default, parameter["allowed"], parameter["help"]]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def listed(words: list[str]) -> str:
    """Words with commas between, or "nothing"."""
    return ", ".join(word.replace("_", " ") for word in words) or "nothing"


def page() -> str:
    """The whole page."""
    keys = methods.names()
    return HEAD + "\n".join(map(section, keys))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.name}")
