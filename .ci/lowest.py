"""Print the lowest version of each core dependency that pyproject.toml allows, for pip."""

import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"


def lowest(dependencies: list[str]) -> list[str]:
    """Turn each `name>=version` into `name==version`."""
    return [re.sub(r"^([\w.-]+)>=([\d.]+).*", r"\1==\2", line) for line in dependencies]


if __name__ == "__main__":
    print(*lowest(tomllib.loads(PYPROJECT.read_text())["project"]["dependencies"]), sep="\n")
