"""Partitioned greedy: greedy in each of several parts, then among what they picked."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np

from handful import errors
from handful.budget import Ledger
from handful.objectives._contract import Floats, Indices, Objective, View
from handful.optimizers._contract import OptimizerFacts
from handful.optimizers._run import Climb
from handful.optimizers.lazy import greedily
from handful.parameters import parameter
from handful.rng import Draws
from handful.selection import Picks

ROWS_PER_PART = 20_000
"""Rows of a part, at most, where the number of parts is not given."""


@dataclass(frozen=True)
class Partitioned:
    """Deal the rows out at random, run greedy in each part, then greedy among all rows so picked.

    The best of that and of the parts' own picks is kept. Each part sees itself alone, so that a sweep of all
    parts costs 1/parts of one over all pairs. Within ½·(1 − 1/e) of the best in expectation, for a monotone
    submodular objective under a row count. The number of parts is a function of n, never of the machine.

    Args:
        parts: Number of parts; None: one for each 20,000 rows, two at least.

    Source: Barbosa, Ene, Nguyen & Ward 2015, The power of randomization, theorem 2; Mirzasoleiman et al.
    2013, Distributed submodular maximization, algorithm 2 (GreeDi).
    """

    parts: int | None = parameter(None, "Number of parts; none: one for each 20,000 rows.", low=1)

    facts = OptimizerFacts(
        paper="Barbosa, Ene, Nguyen & Ward 2015, The power of randomization",
        share=0.5 * (1 - 1 / math.e),
        expected=True,
    )

    def refuses(self, objective: Objective, ledger: Ledger) -> str | None:
        """An objective that holds arrays of its own, one entry a row, which are not dealt out."""
        return (
            "an objective that reads all its rows from the view" if holds_rows(objective) else None
        )

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Deal, run, join; the union's greedy against the best part."""
        parts = max(2, math.ceil(ledger.n / ROWS_PER_PART)) if self.parts is None else self.parts
        chosen = [
            self._part(objective, view, ledger, rows) for rows in _deal(view, ledger, rng, parts)
        ]
        union = np.concatenate([*chosen, ledger.completion()]).astype(int)
        best = _climb(objective, view, ledger.narrowed(union))
        for rows in chosen:
            try:
                alone = _climb(objective, view, ledger.narrowed(rows))
            except errors.InfeasibleError:  # one part alone need not meet the quotas
                continue
            if sum(alone.gains) > sum(best.gains):
                best = alone
        final = Climb(objective, view, ledger)
        for row, gain in zip(best.ledger.taken, best.gains, strict=True):
            if row not in ledger.taken:
                final.take(row, gain)
        greedily(final)  # where the union is smaller than the budget
        return replace(final.picks(), notes={"parts": parts})

    def _part(self, objective: Objective, view: View, ledger: Ledger, rows: Indices) -> Indices:
        """Rows that greedy takes in one part, which sees itself and the rows taken beforehand."""
        seen = np.union1d(rows, np.array(ledger.taken, np.int64))
        costs = None if ledger.costs is None else ledger.costs[seen]
        own = Ledger(
            len(seen),
            rows=ledger.rows,
            costs=costs,
            amount=ledger.amount,
            eligible=ledger.open[seen],
            apart=None if ledger.apart is None else ledger.apart.narrowed(seen),
        )
        for row in ledger.taken:
            place = int(np.searchsorted(seen, row))
            own.open[place] = True
            own.take(place)
        if ledger.quotas is not None:
            # The union of all parts must meet the quotas; a part alone may not be able to.
            with contextlib.suppress(errors.InfeasibleError):
                own = own.under(ledger.quotas.of_some(seen))
        climb = Climb(objective, Part(view, seen), own)
        greedily(climb)
        return seen[own.taken[len(ledger.taken) :]]


def holds_rows(part: Any) -> bool:
    """Whether an objective was given arrays, such as a similarity matrix or weights."""
    if is_dataclass(part):
        return any(holds_rows(getattr(part, field.name)) for field in fields(part))
    return hasattr(part, "shape") or (isinstance(part, list | tuple) and any(map(holds_rows, part)))


def _climb(objective: Objective, view: View, ledger: Ledger) -> Climb:
    climb = Climb(objective, view, ledger)
    greedily(climb)
    return climb


def _deal(view: View, ledger: Ledger, rng: Draws, parts: int) -> list[Indices]:
    """The free rows dealt into parts, by their places in the order of ids."""
    order = np.arange(ledger.n) if view.rank is None else np.argsort(view.rank, kind="stable")
    order = order[ledger.feasible(order)]
    dealt = rng.generator("parts").integers(0, parts, len(order))
    return [np.sort(order[dealt == part]) for part in range(parts) if (dealt == part).any()]


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows of a view, as a view."""

    whole: View
    rows: Indices

    @property
    def n(self) -> int:
        """Rows of the part."""
        return len(self.rows)

    @property
    def rank(self) -> Indices:
        """Places in the order of ids, as in the whole."""
        return self.rows if self.whole.rank is None else self.whole.rank[self.rows]

    @property
    def threads(self) -> int:
        """As the whole."""
        return self.whole.threads

    @property
    def memory_bytes(self) -> int:
        """As the whole."""
        return self.whole.memory_bytes

    def array(self, name: str | None = None) -> Any:
        """The part's rows of an array."""
        return self.whole.array(name)[self.rows]

    def target_array(self, name: str | None = None) -> Any:
        """As the whole."""
        return self.whole.target_array(name)

    def given_array(self, name: str | None = None) -> Any:
        """As the whole."""
        return self.whole.given_array(name)

    def score(self, name: str | None = None) -> Floats:
        """The part's scores."""
        return self.whole.score(name)[self.rows]
