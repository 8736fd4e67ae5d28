"""Optimizers that break one law each, all of them where asked for 2 of 4 rows of `EXAMPLE`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from handful.budget import Ledger
from handful.objectives._contract import Objective, View
from handful.optimizers._contract import OptimizerFacts
from handful.optimizers.greedy import Greedy
from handful.rng import Draws
from handful.selection import Picks


@dataclass(frozen=True)
class Sound:
    """Greedy under another name, to break."""

    facts: ClassVar[OptimizerFacts] = OptimizerFacts("none", share=0.6, as_greedy=True, nested=True)

    def refuses(self, objective: Objective, ledger: Ledger) -> str | None:
        """Nothing."""
        return None

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """As greedy."""
        return Greedy().run(objective, view, ledger, rng)


class TakesOneTooMany(Sound):
    """Picks one row past the budget."""

    breaks: ClassVar = "picks_keep_the_budget"

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """One row more."""
        ledger.rows += 1
        return super().run(objective, view, ledger, rng)


class ForgetsWhatWasTaken(Sound):
    """Leaves the must-includes out."""

    breaks: ClassVar = "picks_keep_the_budget"

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Without those taken first."""
        start = len(ledger.taken)
        picks = super().run(objective, view, ledger, rng)
        return replace(picks, indices=picks.indices[start:], gains=picks.gains[start:])  # type: ignore[index]


class StopsEarly(Sound):
    """Leaves one row of the budget unspent."""

    breaks: ClassVar = "nothing_that_fits_is_left"

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """One row less."""
        ledger.rows -= 1
        picks = super().run(objective, view, ledger, rng)
        ledger.rows += 1
        return picks


class Boasts(Sound):
    """Doubles its gains."""

    breaks: ClassVar = "gains_add_up_to_the_value"

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Twice the gains."""
        picks = super().run(objective, view, ledger, rng)
        assert picks.gains is not None
        return replace(picks, gains=2 * picks.gains)


class TakesTheWorst(Sound):
    """Takes the row with the smallest gain."""

    breaks: ClassVar = "the_promised_share_is_reached"
    facts = OptimizerFacts("none", share=0.7)

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Upside down."""
        state, gains = objective.start(view), []
        while len(rows := np.flatnonzero(ledger.feasible(np.arange(ledger.n)))):
            found = objective.gains(state, rows)
            ledger.take(int(rows[found.argmin()]))
            gains.append(float(found.min()))
            state = objective.add(state, ledger.taken[-1])
        return Picks(np.array(ledger.taken, np.int64), np.array(gains), value=float(sum(gains)))


class SwapsTheFirstTwo(Sound):
    """The rows of greedy in another order."""

    breaks: ClassVar = "picks_of_greedy_where_claimed"

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """The last pick first."""
        picks = super().run(objective, view, ledger, rng)
        return replace(picks, indices=picks.indices[::-1].copy())


class PlansAhead(Sound):
    """Takes the picks of greedy from the back, so that prefixes are not nested."""

    breaks: ClassVar = "prefixes_are_picks_where_nested"

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Backwards."""
        picks = super().run(objective, view, ledger, rng)
        return replace(picks, indices=picks.indices[::-1].copy())


@dataclass(frozen=True)
class Wanders(Sound):
    """Picks other rows each time it runs."""

    breaks: ClassVar = "the_same_seed_gives_the_same_picks"
    runs: list[int] = field(default_factory=list)

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Starts from the next row."""
        self.runs.append(0)
        first = len(self.runs) % ledger.n
        if ledger.feasible(np.array([first]))[0]:
            ledger.take(first)
        return super().run(objective, view, ledger, rng)


class PrefersLowNumbers(Sound):
    """Breaks ties by row number, whatever the ids."""

    breaks: ClassVar = "ties_go_to_the_earlier_id"

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Blind to ids."""
        return super().run(objective, replace(view, rank=None), ledger, rng)  # type: ignore[type-var]
