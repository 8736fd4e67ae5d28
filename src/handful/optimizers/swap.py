"""Swap refinement: exchange picks for rows that serve better."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from handful.budget import Ledger
from handful.objectives._contract import Objective, State, View, duplicate
from handful.optimizers._contract import OptimizerFacts
from handful.optimizers._run import Climb
from handful.optimizers.close_call import decide
from handful.optimizers.lazy import greedily
from handful.parameters import parameter
from handful.rng import Draws
from handful.selection import Picks


@dataclass(frozen=True)
class Swap:
    """Start from greedy's picks; take one out and put the best row in, wherever that pays.

    Picks are tried from the last to the first, in passes. Never below greedy, so its promise holds; and a
    set that no exchange improves is within ½ of the best for a monotone submodular objective under a row
    count. A pass costs k removals and k sweeps of gains. The notes say what was won over greedy.

    Args:
        passes: Passes over all picks, at most; it ends where one changes nothing.
        least: An exchange must win more than this share of the value.

    Source: Nemhauser, Wolsey & Fisher 1978, Maximizing submodular set functions I, section 5.
    """

    passes: int = parameter(3, "Passes over all picks, at most.", low=0)
    least: float = parameter(1e-6, "Share of the value that an exchange must win.", low=0)

    facts: ClassVar[OptimizerFacts] = OptimizerFacts(
        paper="Nemhauser, Wolsey & Fisher 1978, Maximizing submodular set functions I",
        share=1 - 1 / math.e,
    )

    def refuses(self, objective: Objective, ledger: Ledger) -> str | None:
        """An objective from which no row can be taken out again."""
        return None if objective.facts.removable else "an objective that gives `remove`"

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Greedy, then exchanges, then the gains of what is kept, in the order kept."""
        start = Climb(objective, view, copy.deepcopy(ledger))
        greedily(start)
        kept, value = list(start.ledger.taken), float(sum(start.gains))
        exchanges = 0
        for _ in range(self.passes):
            before = exchanges
            state = _state(objective, view, kept)
            for place in range(len(kept) - 1, len(ledger.taken) - 1, -1):
                without = objective.remove(duplicate(objective, state), kept[place])
                row, won = self._best(objective, view, without, ledger, kept, place)
                if won > self.least * abs(value):
                    kept[place], exchanges = row, exchanges + 1
                    state = objective.add(without, row)
            if exchanges == before:
                break
        final = Climb(objective, view, ledger)
        for row in kept[len(ledger.taken) :]:
            final.take(row, final.exact_gain(row))
        greedily(final)  # exchanges for cheaper rows may have left room
        return replace(final.picks(), notes={"exchanges": exchanges, "greedy_value": value})

    def _best(
        self,
        objective: Objective,
        view: View,
        without: State,
        ledger: Ledger,
        kept: list[int],
        place: int,
    ) -> tuple[int, float]:
        """The best row for a place, and how much it wins over the one there."""
        left = copy.deepcopy(ledger)
        for row in kept[len(ledger.taken) : place] + kept[place + 1 :]:
            left.take(row)
        rows = np.arange(left.n)
        rows = rows[left.feasible(rows)]  # the one there among them
        gains = objective.gains(without, rows)
        best, gain = decide(objective, view, without, rows, gains)
        there = np.flatnonzero(rows == kept[place])
        _, now = decide(objective, view, without, rows[there], gains[there])
        return int(rows[best]), gain - now


def _state(objective: Objective, view: View, rows: list[int]) -> State:
    state = objective.start(view)
    for row in rows:
        state = objective.add(state, row)
    return state
