"""`handful explain`: why a row is in, or out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from handful.cli.progress import progress
from handful.cli.show import print_json
from handful.reporting.explain import explain


def run(
    manifest: str,
    row: str,
    pool: list[str] | None,
    means: dict[str, Any],
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Print what is known of the row."""
    data = None if pool is None else [Path(name) for name in pool]
    given = {name: value for name, value in means.items() if value is not None}
    with progress(quiet=quiet) as listener:
        found = explain(manifest, row, data, progress=listener, **given)
    if as_json:
        print_json(found.record())
        return
    for line in found.sentences():
        print(line)
