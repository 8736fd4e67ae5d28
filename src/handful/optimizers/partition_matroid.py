"""Partition-matroid greedy: greedy with at most so many rows of each group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.budget import Ledger
from handful.objectives._contract import Indices, Objective, View
from handful.optimizers._contract import OptimizerFacts
from handful.optimizers._run import Climb
from handful.optimizers.lazy import greedily
from handful.parameters import parameter
from handful.rng import Draws
from handful.selection import Picks

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PartitionMatroid:
    """Take the best row whose group has room, until no row fits.

    Within ½ of the best for a monotone submodular objective under such caps; rows taken beforehand count.

    Args:
        most: Rows at most of each group; None: no cap, which is greedy.
        groups: (n,) the group of each row; None: the view's.

    Source: Fisher, Nemhauser & Wolsey 1978, Maximizing submodular set functions II, section 2.
    """

    most: int | None = parameter(None, "Rows at most of each group.", low=0)
    groups: Any = None

    @property
    def facts(self) -> OptimizerFacts:
        """½ of the best under the caps; under a row count alone only where there are none."""
        return OptimizerFacts(
            paper="Fisher, Nemhauser & Wolsey 1978, Maximizing submodular set functions II",
            share=0.5 if self.most is None else 0.0,
            as_greedy=self.most is None,
            nested=True,
        )

    def refuses(self, objective: Objective, ledger: Ledger) -> str | None:
        """Quotas beside caps of its own: the look-ahead does not know those."""
        if self.most is not None and ledger.quotas is not None:
            return "no other quotas; say the caps as quotas, too: --quota 'COLUMN:max=N'"
        return None

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Greedy among the rows whose group has room."""
        climb = Climb(objective, view, ledger)
        if self.most is not None:
            climb.also = self._room(view, ledger, self.most)
        greedily(climb)
        return climb.picks()

    def _room(self, view: View, ledger: Ledger, most: int) -> Callable[[Indices], Mask]:
        codes = self._codes(view)

        def room(rows: Indices) -> Mask:
            counts = np.bincount(codes[ledger.taken], minlength=int(codes.max(initial=0)) + 1)
            return np.asarray(counts[codes[rows]] < most)

        return room

    def _codes(self, view: View) -> Indices:
        given = self.groups
        if given is None:
            held = getattr(view, "group", None)
            if held is None:
                raise errors.no_groups()
            given = held[0]
        return np.asarray(np.unique(np.asarray(given), return_inverse=True)[1], np.int64)
