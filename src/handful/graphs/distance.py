"""How far apart two rows are: by name, by matrix, or by the user's function."""

from __future__ import annotations

from typing import Any

import numpy as np

from handful import errors
from handful.graphs._contract import Floats
from handful.graphs.rows import float_rows, squared_distances, unit_rows
from handful.graphs.similarity import pairs

NAMES = ("euclidean", "cosine")
"""euclidean: ‖x − y‖. cosine: half the squared euclidean distance of unit rows, which is 1 − cosine."""


class Distances:
    """Distances of every row to any one row, float64, summed in a fixed order.

    Args:
        distance: One of `NAMES`, an (n, n) array, or a function of two blocks of features.
        features: (n, d), dense or CSR; None with an array.

    Example:
        >>> Distances("euclidean", np.array([[0.0, 0.0], [3.0, 4.0]])).column(0).tolist()
        [0.0, 5.0]
    """

    def __init__(self, distance: Any, features: Any) -> None:
        if isinstance(distance, str) and distance not in NAMES:
            raise errors.unknown_choice("distance", distance, NAMES)
        self._name = distance
        if isinstance(distance, str):
            self._rows = unit_rows(features) if distance == "cosine" else float_rows(features)
            self.n = int(self._rows.shape[0])
        else:
            self._pairs = pairs(distance, features)
            self.n = self._pairs.shape[0]

    def column(self, j: int) -> Floats:
        """(n,) the distance of each row to row j. O(n·d)."""
        if not isinstance(self._name, str):
            return self._pairs.column(j)[1]
        squared = squared_distances(self._rows, self._rows[j : j + 1])
        return squared / 2.0 if self._name == "cosine" else np.sqrt(squared)
