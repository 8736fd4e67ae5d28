"""The sections of a manifest: what was read, what came out, and the run itself."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import time
from fractions import Fraction
from typing import Any

import numpy as np

import handful
from handful.budget import exact_sum
from handful.flow.prepare import Prepared
from handful.flow.request import plain
from handful.io import digest
from handful.io.ids import read_id_list
from handful.parameters import values
from handful.pool import Pool
from handful.selection import Indices, Selection

_VERSIONED = ("numpy", "scipy", "scikit-learn", "numba", "pyarrow")


def inputs_section(prepared: Prepared) -> dict[str, Any]:
    """Fingerprints of everything that was read."""
    request = prepared.request
    record: dict[str, Any] = {
        "pool": _fingerprint(prepared.pool),
        "targets": [{"name": name, **_fingerprint(pool)} for name, pool in prepared.targets],
    }
    if prepared.owned is not None:
        record["given"] = _fingerprint(prepared.owned)
    for name in ("include", "exclude"):
        given = getattr(request, name)
        if given is not None:
            ids = read_id_list(given)
            record[name] = {"ids": len(ids), "sha256": digest.of_parts(ids)}
    if request.cost is not None and request.cost.startswith("@tokens:"):
        record["tokenizer"] = {"sha256": digest.of_file(request.cost.removeprefix("@tokens:"))}
    return record


def _fingerprint(pool: Pool) -> dict[str, Any]:
    record = {"rows": pool.n, **pool.source.fingerprint()}
    if pool.text is not None:
        record["text"] = pool.text.spec
    own = set(pool.source.arrays)
    arrays = {name: _array(array) for name, array in pool.arrays.items() if name not in own}
    return {**record, "arrays": arrays} if arrays else record


def _array(array: Any) -> dict[str, Any]:
    """Shape, type and SHA-256 of an array's values."""
    digest = hashlib.sha256()
    if hasattr(array, "tocsr"):
        for part in (array.indptr, array.indices, array.data):
            digest.update(np.ascontiguousarray(part).data)
    else:
        for start in range(0, len(array), 1 << 16):
            digest.update(np.ascontiguousarray(array[start : start + (1 << 16)]).data)
    return {
        "shape": list(array.shape),
        "dtype": str(array.dtype),
        "sha256": digest.hexdigest(),
    }


def result_section(prepared: Prepared, selection: Selection) -> dict[str, Any]:
    """What came out, and by what: equal for equal content, however it was read or run."""
    return {
        "method": {
            "key": prepared.key,
            "version": prepared.method.facts.version,
            "parameters": {name: plain(v) for name, v in values(prepared.method).items()},
            "paper": prepared.method.facts.paper,
            "chosen_because": prepared.reason,
        },
        "n": selection.n,
        "candidates": prepared.view.n,
        "included": len(prepared.included),
        "k": len(selection),
        "budget": _budget(prepared, selection),
        "picks_sha256": picks_hash(selection.indices),
        "nested": selection.nested,
        "value": selection.value,
        "upper_bound": selection.upper_bound,
        "no_bound": selection.no_bound,
        "weight_kind": selection.weight_kind,
        "notes": plain(selection.notes),
        "skipped": [{"row": b.row, "where": b.where, "reason": b.reason} for b in prepared.skipped],
        "warnings": list(selection.warnings),
    }


def picks_hash(indices: Indices) -> str:
    """SHA-256 of the row numbers in picked order, as little-endian int64."""
    return hashlib.sha256(np.ascontiguousarray(indices, "<i8").data).hexdigest()


def _budget(prepared: Prepared, selection: Selection) -> dict[str, Any]:
    """What was asked, and what of it was spent, exactly."""
    asked = prepared.budget.record()
    if prepared.costs is None:
        return {"asked": asked, "rows": len(selection)}
    rows = selection.indices
    if prepared.candidates is not None:
        rows = np.searchsorted(prepared.candidates, rows)
    spent = exact_sum(prepared.costs[rows])
    assert prepared.budget.amount is not None and spent <= prepared.budget.amount
    left = prepared.budget.amount - spent
    return {"asked": asked, "rows": len(selection), "spent": number(spent), "left": number(left)}


def number(exact: Fraction) -> int | float:
    """An exact number as JSON has it: whole numbers whole."""
    return int(exact) if exact.denominator == 1 else float(exact)


def run_section(prepared: Prepared) -> dict[str, Any]:
    """The only section that differs between two runs of one request."""
    meter = prepared.meter
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "wall_seconds": round(meter.wall_seconds, 3),
        "cpu_seconds": round(meter.cpu_seconds, 3),
        "peak_bytes": meter.peak_bytes,
        "threads": prepared.run.threads,
        "memory_bytes": prepared.run.memory_bytes,
        "machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": {
            "handful": handful.__version__,
            **{name: importlib.metadata.version(name) for name in _VERSIONED},
        },
    }
