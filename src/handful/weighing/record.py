"""What is written: a table, and beside it the record of how it came about."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import handful
from handful.io.atomic import Files
from handful.io.manifest import canonical
from handful.io.output import Output, check_output, check_place
from handful.io.write import write_rows
from handful.pool import Source

FORMAT = 1
_VERSIONED = ("numpy", "scipy", "scikit-learn")


def record_of(
    system: str,
    method: Any,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, Any],
    result: Mapping[str, Any],
) -> dict[str, Any]:
    """Everything that says what was asked, of what, and what came of it: equal for equal content, save `run`."""
    versions = {name: importlib.metadata.version(name) for name in _VERSIONED}
    return {
        "format": FORMAT,
        "system": {"key": system, "version": method.version, "paper": method.paper},
        "parameters": dict(parameters),
        "inputs": dict(inputs),
        "result": dict(result),
        "run": {"versions": {"handful": handful.__version__, **versions}},
    }


def fingerprint(array: NDArray[Any]) -> dict[str, Any]:
    """Shape, type and SHA-256 of an array's values."""
    digest = hashlib.sha256(np.ascontiguousarray(array).data)
    return {"shape": list(array.shape), "dtype": str(array.dtype), "sha256": digest.hexdigest()}


def record_path(out: Path) -> Path:
    """Where the record lies: the output's whole name and ".record.json"."""
    return out.with_name(out.name + ".record.json")


def check_table(
    out: str | Path, inputs: Sequence[str | Path] = (), *, overwrite: bool = False
) -> Output:
    """Refuse an output, or a record beside it, that cannot be written."""
    settled = check_output(out, overwrite=overwrite, inputs=inputs)
    if settled.path is not None:
        check_place(record_path(settled.path), overwrite=overwrite, inputs=inputs)
    return settled


def save_rows(
    source: Source,
    added: Mapping[str, NDArray[Any]],
    record: Mapping[str, Any],
    out: str | Path,
    *,
    overwrite: bool,
) -> None:
    """Write all rows of a source, with columns added, and the record beside them; both or neither."""
    settled = check_table(out, getattr(source, "paths", ()), overwrite=overwrite)
    rows = np.arange(source.rows)
    with Files() as files:
        write_rows(source, rows, settled, extra_columns=added, files=files)
        if settled.path is not None:
            files.open(record_path(settled.path)).write(canonical(record))
