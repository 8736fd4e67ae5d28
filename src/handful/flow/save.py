"""Write a selection: the rows, the manifest, and the sidecar, together or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from handful import errors
from handful.flow.record import picks_hash
from handful.flow.request import Request
from handful.io.atomic import Files
from handful.io.manifest import manifest_path, sidecar_path, write_manifest
from handful.io.open import as_paths, expand, format_of, open_source
from handful.io.output import Output, check_output
from handful.io.write import write_rows
from handful.pool import Source
from handful.selection import Selection

Order = Literal["source", "picked"]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the rows are written.

    Args:
        order: "source", or "picked".
        weights_column: Name of a column to add with the weights.
        row_column: Name of a column to add with the pool's row numbers.
    """

    order: Order = "source"
    weights_column: str | None = None
    row_column: str | None = None

    def __post_init__(self) -> None:
        if self.order not in {"source", "picked"}:
            raise errors.unknown_choice("--order", self.order, ("source", "picked"))
        if self.row_column is not None and self.row_column == self.weights_column:
            raise errors.column_taken(self.row_column)

    def check(self, source: Source) -> None:
        """Refuse an added column that the pool has already."""
        for column in (self.weights_column, self.row_column):
            if column is not None and column in source.schema:
                raise errors.column_taken(column)


@dataclass(frozen=True)
class Saved:
    """Where everything lies; manifest and sidecar are None for stdout, and for a selection without one."""

    output: Path | None
    manifest: Path | None
    sidecar: Path | None
    rows: int
    size_bytes: int | None


def save(
    selection: Selection,
    data: Any,
    path: str | Path,
    *,
    order: Order = "source",
    format: str | None = None,
    weights_column: str | None = None,
    row_column: str | None = None,
    overwrite: bool = False,
) -> Saved:
    """Write the rows picked, and beside them the manifest and its sidecar.

    All appear together or none does. JSON Lines stay byte for byte; Parquet keeps schema and metadata.

    Args:
        selection: From `handful.select`.
        data: The pool it was made from.
        path: Where the rows go; the suffix says the format. "-" is stdout, without manifest.
        order: "source", or "picked".
        format: Where the suffix does not say it.
        weights_column: Name of a column to add with the weights.
        row_column: Name of a column to add with the pool's row numbers.
        overwrite: Replace what is there.

    Example:
        >>> import handful, tempfile
        >>> pool = {"text": ["one", "two", "three"], "stars": [1, 5, 3]}
        >>> best = handful.select(pool, rows=2, method="top", score="stars")
        >>> saved = save(best, pool, tempfile.mkdtemp() + "/best.jsonl")
        >>> print(saved.output.read_text().strip())
        {"text":"two","stars":5}
        {"text":"three","stars":3}
    """
    layout = Layout(order=order, weights_column=weights_column, row_column=row_column)
    output = settle(path, data, None, format=format, overwrite=overwrite)
    on_bad_row = selection.manifest.get("request", {}).get("on_bad_row", "fail")
    source = open_source(data, on_bad_row=on_bad_row)
    if source.rows != selection.n:
        raise errors.apply_length(source.rows, selection.n)
    layout.check(source)
    with Files() as files:
        return write(files, source, selection, output, layout)


def settle(
    path: str | Path,
    data: Any,
    request: Request | None,
    *,
    format: str | None = None,
    overwrite: bool = False,
) -> Output:
    """Where the rows go, refused before any work where they cannot."""
    inputs = list(files_read(data, request))
    kind = format_of(inputs[0]) if inputs and as_paths(data) else "jsonl"
    output = check_output(path, format=format, default=kind, overwrite=overwrite, inputs=inputs)
    if output.path is not None:
        for beside in (manifest_path(output.path), sidecar_path(output.path)):
            if beside.exists() and any(
                Path(name).exists() and beside.samefile(name) for name in inputs
            ):
                raise errors.output_is_input(beside)
    return output


def files_read(data: Any, request: Request | None) -> Iterable[str]:
    """Every file that a request reads, the pool's first."""
    for path in as_paths(data) or []:
        yield from expand(path)
    if request is None:
        return
    like = request.like.values() if isinstance(request.like, Mapping) else [request.like]
    for target in [*like, request.given]:
        for path in as_paths(target) or []:
            yield from expand(path)
    arrays = [*request.arrays.values(), *request.like_arrays.values()]
    others = [request.embeddings, request.like_embeddings, request.given_embeddings]
    others += [request.include, request.exclude]
    for other in [*arrays, *others]:
        if isinstance(other, str | Path) and Path(other).exists():
            yield str(other)


def write(
    files: Files, source: Source, selection: Selection, output: Output, layout: Layout
) -> Saved:
    """Write everything into `files`, which puts all in place together."""
    extra = _columns(selection, layout)
    written = write_rows(
        source, selection.rows(layout.order), output, extra_columns=extra, files=files
    )
    if output.path is None or not selection.manifest:
        return Saved(output.path, None, None, written.rows, written.size_bytes)
    manifest = _of_prefix(selection)
    place: dict[str, Any] = {
        "name": output.path.name,
        "format": output.format,
        "order": layout.order,
    }
    place |= {"rows": written.rows, "bytes": written.size_bytes, "sha256": written.sha256}
    manifest = {**manifest, "run": {**manifest["run"], "output": place}}
    write_manifest(files, output.path, manifest, selection)
    out = output.path
    return Saved(out, manifest_path(out), sidecar_path(out), written.rows, written.size_bytes)


def _columns(selection: Selection, layout: Layout) -> dict[str, Any]:
    """The columns to add, in the order of the rows written."""
    picked = np.arange(len(selection))
    turned = picked if layout.order == "picked" else np.argsort(selection.indices)
    extra: dict[str, Any] = {}
    if layout.weights_column is not None:
        if selection.weights is None:
            raise errors.no_weights(selection.method)
        extra[layout.weights_column] = selection.weights[turned]
    if layout.row_column is not None:
        extra[layout.row_column] = selection.indices[turned]
    return extra


def _of_prefix(selection: Selection) -> dict[str, Any]:
    """The manifest; of the first m picks of a larger selection, it says so, and what holds of them."""
    manifest = dict(selection.manifest)
    result = manifest["result"]
    if result["picks_sha256"] == picks_hash(selection.indices):
        return manifest
    own = {
        "k": len(selection),
        "prefix_of": result["k"],
        "picks_sha256": picks_hash(selection.indices),
        "budget": {"asked": result["budget"]["asked"], "rows": len(selection)},
        "value": selection.value,
        "upper_bound": selection.upper_bound,
        "no_bound": selection.no_bound,
        "weight_kind": selection.weight_kind,
    }
    return {**manifest, "result": {**result, **own}}
