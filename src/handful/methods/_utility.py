"""A model in the loop: a function of the user's, asked about rows, each row once."""

from __future__ import annotations

import hashlib
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from handful import errors
from handful.methods._contract import View
from handful.selection import Floats, Indices

BATCH_ROWS = 256
"""Rows asked about together, at most."""


class Utility(Protocol):
    """How much each of some rows would help a model of yours; larger helps more, in any unit.

    It is expensive, so a method asks about few rows, in batches, and never twice about one. Hand it over as a
    parameter of the method; the manifest keeps its name, how often it was asked, and a hash of its answers.

    Example:
        >>> def length(rows):
        ...     return np.array([len(texts[row]) for row in rows])
        >>> texts = ["one", "three", "seventeen"]
        >>> asked: Utility = length
        >>> asked(np.array([2, 0])).tolist()
        [9, 3]
    """

    def __call__(self, rows: Indices, /) -> ArrayLike:
        """Answer for (m,) row numbers of the source, ascending: (m,) finite numbers."""
        ...


class Oracle:
    """Asks a utility: each row once, each answer checked, kept for the run and counted.

    Args:
        utility: The function; or the name of a full column, whose numbers are the answers.
        view: The candidates.
        expected: How many rows will be asked about, for those who watch; None: not known.
    """

    def __init__(self, utility: Utility | str, view: View, expected: int | None = None) -> None:
        self._view = view
        self._column = view.score(utility) if isinstance(utility, str) else None
        self._utility = None if isinstance(utility, str) else utility
        self._answers = np.full(view.n, np.nan)
        self.calls = 0
        view.run_with.progress.stage("asking the utility", expected)

    def ask(self, rows: Indices) -> Floats:
        """(m,) the utilities of some candidates, numbered as in the view."""
        new = np.unique(rows[np.isnan(self._answers[rows])])
        for start in range(0, len(new), BATCH_ROWS):
            batch = new[start : start + BATCH_ROWS]
            self._answers[batch] = self._answered(batch)
            self.calls += 1
            self._view.run_with.progress.advance(len(batch))
        return self._answers[rows]

    @property
    def asked(self) -> Indices:
        """The candidates asked about so far, ascending."""
        return np.flatnonzero(~np.isnan(self._answers))

    def notes(self) -> dict[str, Any]:
        """What the manifest keeps: rows, calls, and SHA-256 of the row numbers and the answers."""
        rows = self.asked
        told = hashlib.sha256(self._view.source_rows(rows).astype("<i8").tobytes())
        told.update(self._answers[rows].astype("<f8").tobytes())
        return {
            "utility_rows": len(rows),
            "utility_calls": self.calls,
            "utility_sha256": told.hexdigest(),
        }

    def _answered(self, batch: Indices) -> Floats:
        if self._column is not None:
            return self._column[batch]
        assert self._utility is not None
        rows = np.asarray(self._view.source_rows(batch), np.int64)
        found = np.asarray(self._utility(rows.copy()), np.float64)
        if found.shape != rows.shape:
            raise errors.utility_shape(found.shape, rows.shape)
        bad = rows[~np.isfinite(found)]
        if len(bad):
            raise errors.utility_not_finite(bad.tolist(), float(found[~np.isfinite(found)][0]))
        return found
