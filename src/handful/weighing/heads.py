"""Heads of tasks: read from arrays or files, and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from handful import errors
from handful.selection import Floats
from handful.weighing.record import fingerprint

ARRAYS = {".npy", ".npz"}


@dataclass(frozen=True, eq=False)
class Heads:
    """Heads of T source tasks and of the target, finite and none of them 0.

    Args:
        matrix: (k, T) float64, a column a task.
        target: (k,) float64.
        names: (T,).
    """

    matrix: Floats
    target: Floats
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or 0 in self.matrix.shape:
            raise errors.heads_shape("heads", self.matrix.shape)
        if self.target.ndim != 1:
            raise errors.heads_shape("target's numbers", self.target.shape)
        if len(self.target) != len(self.matrix):
            raise errors.head_length(self.matrix.shape, len(self.target))
        if len(self.names) != self.matrix.shape[1]:
            raise errors.task_names(len(self.names), self.matrix.shape[1])
        for name, head in [
            *zip(self.names, self.matrix.T, strict=True),
            ("the target", self.target),
        ]:
            if not np.isfinite(head).all():
                raise errors.bad_head(name, "has NaN or infinity in it")
            if not head.any():
                raise errors.bad_head(name, "is all zeros, which has no direction")

    def scaled(self) -> Heads:
        """All at length 1."""
        lengths = np.linalg.norm(self.matrix, axis=0)
        return replace(
            self, matrix=self.matrix / lengths, target=self.target / np.linalg.norm(self.target)
        )

    def inputs(self) -> dict[str, Any]:
        """Fingerprints, for the record."""
        return {"heads": fingerprint(self.matrix), "target": fingerprint(self.target)}


def read_heads(heads: Any, target: Any, names: Sequence[str] | None = None) -> Heads:
    """Heads from arrays, or from files; see `handful.lasso_tasks`."""
    matrix, found = _read(heads)
    if isinstance(target, str | Path) and not Path(target).exists():
        if found is None or str(target) not in found:
            raise errors.unknown_target_head(str(target), found or ())
        place = found.index(str(target))
        vector = matrix[:, place]
        matrix, found = np.delete(matrix, place, axis=1), [n for n in found if n != str(target)]
    else:
        vector = _read(target)[0]
        vector = vector.reshape(-1) if 1 in vector.shape else vector
    known = found if names is None else list(names)
    if known is None:
        known = [str(task) for task in range(matrix.shape[1] if matrix.ndim == 2 else 0)]
    return Heads(matrix, vector, tuple(map(str, known)))


def _read(given: Any) -> tuple[Floats, list[str] | None]:
    """Numbers, and the names of their columns where they have any."""
    if not isinstance(given, str | Path):
        return np.asarray(given, np.float64), None
    if Path(given).suffix.lower() in ARRAYS:
        from handful.io.numpy import read_arrays

        arrays = read_arrays(Path(given), str(given))
        if len(arrays) > 1:
            raise errors.which_array(given, arrays)
        return np.asarray(next(iter(arrays.values())), np.float64), None
    from handful.io.open import open_source

    source = open_source(Path(given))
    read = source.read(dict.fromkeys(source.schema, "number"), 0, source.rows)
    columns = [np.asarray(read[name], np.float64) for name in source.schema]
    return np.stack(columns, axis=1), list(source.schema)
