"""What a ledger asks of whatever keeps picks apart."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Apart(Protocol):
    """Keeps picks apart; `graphs.apart` has the one there is."""

    @property
    def limit(self) -> float:
        """The largest similarity of two picks."""
        ...

    def far(self, candidates: NDArray[np.intp], taken: list[int]) -> NDArray[np.bool_]:
        """(m,) bool: which candidates are too close to no row taken."""
        ...

    def too_close(self, left: NDArray[np.intp], right: NDArray[np.intp]) -> NDArray[np.bool_]:
        """(a, b) bool: which pairs are too close."""
        ...

    def narrowed(self, rows: NDArray[np.intp]) -> Apart:
        """The same for some of the rows, numbered anew."""
        ...

    def copy(self) -> Apart:
        """One that goes its own way."""
        ...
