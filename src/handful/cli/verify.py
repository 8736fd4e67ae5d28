"""`handful verify`: does a manifest hold?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from handful.cli.progress import progress
from handful.cli.show import print_json
from handful.flow.verify import verify


def run(
    manifest: str, pool: list[str] | None, means: dict[str, Any], *, as_json: bool, quiet: bool
) -> None:
    """Replay, and say what was found; a difference is an error of its own exit code."""
    data = None if pool is None else [Path(path) for path in pool]
    given = {name: value for name, value in means.items() if value is not None}
    with progress(quiet=quiet) as listener:
        found = verify(manifest, data, progress=listener, **given)
    if as_json:
        print_json({"same": True, "k": found.k, "notes": list(found.notes)})
    elif not quiet:
        print(f"The same {found.k:,} rows: inputs, picks and budget are as {manifest} says.")
        for note in found.notes:
            print(f"Note: {note}.")
