"""Finished parts of a comparison on disk, so that the same command goes on where it was killed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handful.runtime.cache import Cache, key_of

LABEL = "comparison"


@dataclass(frozen=True)
class Cells:
    """Small records by key, beside the arrays of the cache and cleared with them.

    Args:
        cache: Where they lie, or None to keep nothing.
        identity: What all of them have in common: inputs, request, probe, versions.

    Example:
        >>> Cells(None, {}).get({"seed": 1}) is None
        True
    """

    cache: Cache | None
    identity: Mapping[str, Any]

    def get(self, cell: Mapping[str, Any]) -> dict[str, Any] | None:
        """The record of a cell, or None where it is not finished, or not readable."""
        if self.cache is None:
            return None
        folder = self.cache.folder / self._key(cell)
        try:
            record = json.loads((folder / "cell.json").read_text())
            os.utime(folder / "entry.json")
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) else None

    def put(self, cell: Mapping[str, Any], record: Mapping[str, Any]) -> None:
        """Keep the record of a finished cell; it appears whole or not at all."""
        if self.cache is None:
            return
        folder = self.cache.folder / self._key(cell)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "entry.json").write_text(json.dumps({"label": LABEL, "identity": dict(cell)}))
        part = folder / f"cell.json.{os.getpid()}"
        part.write_text(json.dumps(record))
        part.replace(folder / "cell.json")

    def _key(self, cell: Mapping[str, Any]) -> str:
        return key_of({"label": LABEL, **self.identity, "cell": dict(cell)})
