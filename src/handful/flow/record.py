"""The sections of a manifest: what was read, what came out, and the run itself."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import time
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

import handful
from handful.budget import audit, exact, exact_sum
from handful.flow.prepared import Prepared
from handful.flow.request import plain
from handful.flow.update import update_section
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
    if prepared.update is not None:
        record["update"] = {"picks_sha256": prepared.update.picks_sha256}
    if request.cost is not None and request.cost.startswith("@tokens:"):
        record["tokenizer"] = {"sha256": digest.of_file(request.cost.removeprefix("@tokens:"))}
    return record


def title_of(pool: Mapping[str, Any]) -> str:
    """What a pool is called on a page: its files by name.

    Args:
        pool: The section `inputs.pool` of a manifest.

    Example:
        >>> title_of({"files": [{"name": "data/a.jsonl"}, {"name": "data/b.jsonl"}]}), title_of({})
        ('a.jsonl and 1 more', 'a pool in memory')
    """
    names = [str(file["name"]).rpartition("/")[2] for file in pool.get("files", ())]
    if not names:
        return "a pool in memory"
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


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
        "duplicates": None if selection.duplicates is None else dict(selection.duplicates.record),
        "update": None
        if prepared.update is None
        else update_section(prepared.update, prepared.request, selection.indices, prepared.ids),
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
    record: dict[str, Any] = {"asked": prepared.budget.record(), "rows": len(selection)}
    rows = selection.indices
    if prepared.candidates is not None:
        rows = np.searchsorted(prepared.candidates, rows)
    if prepared.costs is not None:
        spent = exact_sum(prepared.costs[rows])
        record["spent"] = number(spent)
        if prepared.budget.amount is not None:
            assert spent <= prepared.budget.amount
            record["left"] = number(prepared.budget.amount - spent)
    if prepared.quotas is not None:
        record["quotas"] = kept_quotas(prepared, rows)
    return record


def kept_quotas(prepared: Prepared, rows: Indices) -> list[dict[str, Any]]:
    """Each limit as it was asked, what that is of this pick, what was got, and the slack.

    Args:
        prepared: The request.
        rows: The pick, numbered as in the view.
    """
    assert prepared.quotas is not None
    costs = None if prepared.costs is None else list(map(exact, prepared.costs[rows]))
    return [
        {
            "quota": kept.name,
            "unit": "cost" if kept.unit == "%cost" else "rows",
            "limit": number(kept.limit),
            "got": number(kept.got),
            "slack": number(kept.slack),
        }
        for kept in audit(prepared.quotas, rows, costs)
    ]


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
