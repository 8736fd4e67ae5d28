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
from handful.optimizers.close_call import decide, ranks
from handful.optimizers.lazy import greedily
from handful.parameters import parameter
from handful.rng import Draws
from handful.selection import Picks

TRIES = 3
"""Candidates tried for one place in a pass, where exchanges before have taken their win."""


@dataclass(frozen=True)
class Swap:
    """Start from greedy's picks; take one out and put the best row in, wherever that pays.

    Never below greedy, so its promise holds; and a set that no exchange improves is within ½ of the best for a
    monotone submodular objective under a row count. Where the objective prices all exchanges at once (facility
    location and its kin do), a pass costs one sweep over the pairs and a removal an exchange; else picks are
    tried from the last to the first, and a pass costs k removals and k sweeps of gains. The notes say what was
    won over greedy.

    Args:
        passes: Passes over all picks, at most; it ends where one changes nothing.
        least: An exchange must win more than this share of the value.

    Source: Nemhauser, Wolsey & Fisher 1978, Maximizing submodular set functions I, section 5; Schubert &
    Rousseeuw 2021, Fast and eager k-medoids clustering, for all exchanges at once.
    """

    passes: int = parameter(5, "Passes over all picks, at most.", low=0)
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
        exchange = self._all_at_once if objective.facts.exchangeable else self._one_by_one
        exchanges, won = 0, 0.0
        for _ in range(self.passes):
            wins = exchange(objective, view, ledger, kept, self.least * abs(value))
            exchanges, won = exchanges + len(wins), won + sum(wins)
            if not wins:
                break
        final = Climb(objective, view, ledger)
        for row in kept[len(ledger.taken) :]:
            final.take(row, final.exact_gain(row))
        greedily(final)  # exchanges for cheaper rows may have left room
        notes = {"exchanges": exchanges, "greedy_value": value, "won_by_exchanges": won}
        return replace(final.picks(), notes=notes)

    def _all_at_once(
        self, objective: Objective, view: View, ledger: Ledger, kept: list[int], least: float
    ) -> list[float]:
        """Price every exchange, then carry out the best of each place, if it still wins; `kept` is changed."""
        state, fixed = _state(objective, view, kept), len(ledger.taken)
        rows = np.setdiff1d(np.arange(ledger.n)[ledger.feasible(np.arange(ledger.n))], kept)
        places, wins = objective.exchanges(state, rows, view.threads)
        order = np.lexsort((ranks(view, rows), -wins))
        order = order[(wins[order] > least) & (places[order] >= fixed)]
        done, tried, old = list[float](), np.zeros(len(kept), int), list(kept)
        for candidate in order.tolist():
            row, place = int(rows[candidate]), int(places[candidate])
            if tried[place] >= TRIES or not _fits(ledger, kept, place, row):
                continue
            tried[place] += 1
            without = objective.remove(duplicate(objective, state), old[place])
            gains = objective.exact(without, np.array([row, old[place]]))
            if gains[0] - gains[1] > least:
                kept[place], tried[place] = row, TRIES
                done.append(float(gains[0] - gains[1]))
                state = objective.add(without, row)
        return done

    def _one_by_one(
        self, objective: Objective, view: View, ledger: Ledger, kept: list[int], least: float
    ) -> list[float]:
        """Take each pick out and put the best row in; `kept` is changed."""
        state, done = _state(objective, view, kept), list[float]()
        for place in range(len(kept) - 1, len(ledger.taken) - 1, -1):
            without = objective.remove(duplicate(objective, state), kept[place])
            row, won = self._best(objective, view, without, ledger, kept, place)
            if won > least:
                kept[place] = row
                done.append(won)
                state = objective.add(without, row)
        return done

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
        left = _without(ledger, kept, place)
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


def _without(ledger: Ledger, kept: list[int], place: int) -> Ledger:
    """The ledger with all that is kept taken, but for one place."""
    left = copy.deepcopy(ledger)
    for row in kept[len(ledger.taken) : place] + kept[place + 1 :]:
        left.take(row)
    return left


def _fits(ledger: Ledger, kept: list[int], place: int, row: int) -> bool:
    """Whether a row may stand at a place; under a row count alone every open one may."""
    if ledger.costs is None and ledger.quotas is None and ledger.apart is None:
        return True
    return bool(_without(ledger, kept, place).feasible(np.array([row]))[0])
