"""Sieve-streaming++: one pass over the rows, each kept or let go for good."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from handful.budget import Ledger
from handful.objectives._contract import Indices, Objective, State, View, duplicate
from handful.optimizers._contract import NOT_APART, OptimizerFacts
from handful.optimizers._run import Climb, exact_gain
from handful.optimizers.close_call import clears, decide, ranks
from handful.optimizers.lazy import greedily
from handful.parameters import parameter
from handful.rng import Draws
from handful.selection import Picks

BLOCK = 256
"""Rows of the stream whose gains are computed together, for all sieves."""
FEW = 16
"""Rows looked at together once a sieve has kept one of the block."""


@dataclass
class Sieve:
    """A guess of what a row should gain, and the rows that did.

    Args:
        bar: A row is kept where its gain is at least this.
        state: The objective's state.
        rows: Rows kept.
        value: What they are worth.
    """

    bar: float
    state: State
    rows: list[int]
    value: float


@dataclass(frozen=True)
class SieveStreaming:
    """Guess the best value in steps of 1 + ε; a sieve for each guess keeps rows that gain enough.

    One pass in the order of rows, at most k/ε rows kept at a time, ln(k)/ε gains a row. Within ½ − ε of the
    best for a monotone submodular objective under a row count. Where the best sieve is not full, greedy
    fills it from what the other sieves kept. What the objective is measured against, the pool for
    facility location, is still the view's.

    Args:
        epsilon: ε in (0, ½): smaller makes more guesses.

    Source: Kazemi, Mitrovic, Zadimoghaddam, Lattanzi & Karbasi 2019, Submodular streaming in all its glory,
    algorithm 1.
    """

    epsilon: float = parameter(
        0.1, "Between one guess of the best value and the next.", low=1e-3, high=0.49
    )

    @property
    def facts(self) -> OptimizerFacts:
        """½ − ε."""
        return OptimizerFacts(
            paper="Kazemi et al. 2019, Submodular streaming in all its glory",
            share=0.5 - self.epsilon,
        )

    def refuses(self, objective: Objective, ledger: Ledger) -> str | None:
        """Gains that may rise, budgets by cost, and quotas."""
        if not (objective.facts.submodular and objective.facts.monotone):
            return "a monotone submodular objective, whose gains only fall"
        if ledger.apart is not None:
            return NOT_APART
        return None if ledger.costs is None and ledger.quotas is None else "a budget in rows alone"

    def run(self, objective: Objective, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Read the rows once; take the best sieve's."""
        climb = Climb(objective, view, ledger)
        stream, k, empty = climb.feasible(), ledger.rows_left, climb.state
        sieves: dict[int, Sieve] = {}
        largest, most = 0.0, 0
        for at in range(0, len(stream), BLOCK):
            rows = stream[at : at + BLOCK]
            alone = objective.gains(empty, rows)
            largest = max(largest, decide(objective, view, empty, rows, alone)[1])
            lower = max([largest, *(sieve.value for sieve in sieves.values())]) / (2 * k)
            self._renew(sieves, objective, empty, lower, largest)
            open_ = [sieve for sieve in sieves.values() if len(sieve.rows) < k]
            objective.together([sieve.state for sieve in open_], rows)
            for sieve in open_:
                _pour(sieve, objective, rows, k)
            most = max(most, len(sieves))
        best = max(sieves.values(), key=lambda sieve: sieve.value, default=None)
        _take(climb, best.rows if best else [])
        kept = np.unique([row for sieve in sieves.values() for row in sieve.rows]).astype(np.int64)
        climb.also = lambda candidates: np.isin(candidates, kept)
        greedily(climb)
        climb.also = None
        rest = climb.feasible()
        _take(
            climb, rest[np.argsort(ranks(view, rest), kind="stable")][: ledger.rows_left].tolist()
        )
        return replace(climb.picks(), notes={"sieves": most})

    def _renew(
        self,
        sieves: dict[int, Sieve],
        objective: Objective,
        empty: State,
        lower: float,
        largest: float,
    ) -> None:
        """Keep a sieve for each bar (1 + ε)^i from lower/(1 + ε) to the largest value of one row."""
        if largest <= 0:
            return
        step = math.log1p(self.epsilon)
        wanted = range(
            math.ceil(math.log(lower) / step - 1), math.floor(math.log(largest) / step) + 1
        )
        for i in [i for i in sieves if i not in wanted]:
            del sieves[i]
        for i in wanted:
            if i not in sieves:
                sieves[i] = Sieve(math.exp(i * step), duplicate(objective, empty), [], 0.0)


def _pour(sieve: Sieve, objective: Objective, rows: Indices, k: int) -> None:
    """Keep each row of a block whose gain clears the bar, while there is room."""
    some, rest = rows, rows[:0]
    while len(some) and len(sieve.rows) < k:
        gains = objective.gains(sieve.state, some)
        some = some[clears(objective, sieve.state, some, gains, sieve.bar)]
        if len(some):  # those that do not clear it now never will
            sieve.rows.append(int(some[0]))
            sieve.value += exact_gain(objective, sieve.state, sieve.rows[-1])
            sieve.state, some = objective.add(sieve.state, sieve.rows[-1]), some[1:]
        left = np.concatenate([some, rest])
        some, rest = left[:FEW], left[FEW:]


def _take(climb: Climb, rows: list[int]) -> None:
    for row in rows:
        climb.take(row, climb.exact_gain(row))
