"""`handful report`: the page of a selection made before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from handful.cli.progress import progress
from handful.reporting.report import check_page, report


def run(
    manifest: str,
    pool: list[str] | None,
    output: str | None,
    means: dict[str, Any],
    *,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Write it beside the output, or where it is asked for."""
    path = Path(output or manifest.removesuffix(".manifest.json") + ".report.html")
    check_page(path, overwrite=overwrite, inputs=[manifest, *(pool or [])])
    data = None if pool is None else [Path(name) for name in pool]
    given = {name: value for name, value in means.items() if value is not None}
    with progress(quiet=quiet) as listener:
        report(manifest, path, data, progress=listener, **given)
    if not quiet:
        print(f"Wrote {path}: open it in a browser.")
