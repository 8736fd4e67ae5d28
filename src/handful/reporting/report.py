"""`handful.report`: one self-contained page of a selection."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from handful import errors
from handful.comparing.cases import judged
from handful.comparing.comparison import Comparison
from handful.comparing.verdict import check_draws
from handful.flow.prepare import prepare
from handful.flow.prepared import Prepared
from handful.flow.verify import replay
from handful.io.manifest import read_manifest, read_sidecar
from handful.io.output import check_place
from handful.reporting.contest import render_comparison
from handful.reporting.gather import gather
from handful.reporting.render import render
from handful.runtime.progress import Progress
from handful.selection import Selection


def report(
    manifest: str | Path | Selection | Comparison,
    path: str | Path,
    data: Any = None,
    *,
    draws: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Path:
    """Write one HTML page that explains a selection. It opens from disk and asks nothing of any network.

    The headline with the verdict, the value curve with its knee and the random band, a map of the pool with the
    picks on it, pool against picks, the closest calls, near-duplicates, the picks and the rows they stand for,
    parameters and manifest.

    Args:
        manifest: Path of a `.manifest.json`, or a selection or comparison in hand. The page of a
            comparison shows each method's gain over random with its interval, learning curves, and costs.
        path: Where the page goes.
        data: The pool, where it was handed over in memory or has moved.
        draws: Number of random picks that a selection in hand is set beside, for the verdict;
            None: by the table, 0: no verdict.
        progress: Who is told how far the work is.
        **options: memory, threads, cache; and again what was handed over in memory (like, arrays, …).

    Returns:
        The path of the page.

    Example:
        >>> import handful, tempfile
        >>> pool = ["one fish", "two fish", "red fish", "blue fish", "old fish", "new fish"]
        >>> best = handful.select(pool, rows=2, method="random", cache=False)
        >>> page = report(best, tempfile.mkdtemp() + "/report.html", pool, cache=False)
        >>> page.read_text()[:15]
        '<!doctype html>'
    """
    if isinstance(manifest, Comparison):
        return _write(render_comparison(manifest), path)
    prepared, selection = again(manifest, data, progress, options)
    if isinstance(manifest, Selection):
        check_draws(draws)
        selection = judged(prepared, selection, draws)
    return write_page(prepared, selection, path)


def check_page(
    path: str | Path,
    *,
    overwrite: bool,
    inputs: Iterable[str | Path] = (),
    outputs: Iterable[str | Path] = (),
) -> None:
    """Refuse a place where no page can be written, before any work.

    Args:
        path: Where the page is to go.
        overwrite: Whether what is there may be replaced; an input never is.
        inputs: Files that are read.
        outputs: Files that are written besides.
    """
    check_place(Path(path), overwrite=overwrite, inputs=inputs)
    if Path(path).resolve() in {Path(other).resolve() for other in outputs}:
        raise errors.outputs_collide(path)


def write_page(prepared: Prepared, selection: Selection, path: str | Path) -> Path:
    """Write the page of a selection, whole or not at all."""
    return _write(render(gather(prepared, selection)), path)


def _write(text: str, path: str | Path) -> Path:
    path = Path(path)
    part = path.with_name(path.name + ".part")
    part.write_bytes(text.encode("utf-8", "replace"))
    return part.replace(path)


def again(
    manifest: str | Path | Selection, data: Any, progress: Progress | None, options: dict[str, Any]
) -> tuple[Prepared, Selection]:
    """What a selection was made from, read again, and the selection itself, not made again."""
    if isinstance(manifest, Selection):
        pool, request = replay(manifest.manifest, Path(), data, options)
        return prepare(pool, request, progress), manifest
    record = read_manifest(manifest)
    pool, request = replay(record, Path(manifest), data, options)
    prepared = prepare(pool, request, progress)
    columns = read_sidecar(Path(str(manifest).removesuffix(".manifest.json")))
    result = record["result"]
    rows = np.asarray(columns["row"], np.int64)
    return prepared, Selection(
        indices=rows,
        ids=prepared.ids.of(rows),
        n=result["n"],
        method=result["method"]["key"],
        nested=result["nested"],
        gains=columns.get("gain"),
        value=result["value"],
        upper_bound=result["upper_bound"],
        no_bound=result["no_bound"],
        weights=columns.get("weight"),
        weight_kind=result["weight_kind"],
        notes=result["notes"],
        manifest=record,
        warnings=tuple(result["warnings"]),
    )
