"""Laws of optimizers, against enumeration: n ≤ 10, every feasible set."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import numpy as np

from handful.budget import Ledger
from handful.objectives._contract import Indices, Objective, View
from handful.optimizers._contract import Optimizer
from handful.optimizers.greedy import Greedy
from handful.rng import Draws
from handful.selection import Picks
from handful.testing import oracles
from handful.testing.laws._law import close, require

SEEDS = 24
"""Runs averaged where a share is promised for the mean."""
FALSE_ALARM = 1e-6
"""How often the mean of that many runs may fail by chance."""


@dataclass(frozen=True, eq=False)
class Task:
    """What an optimizer is asked to do; the laws for optimizers take one of these.

    Args:
        objective: What is maximised.
        view: A small view, n ≤ 10.
        ledger: The budget; each run gets a copy.
        seed: Of every draw.
    """

    objective: Objective
    view: View
    ledger: Ledger
    seed: int = 0

    def run(self, optimizer: Optimizer, seed: int | None = None) -> tuple[Picks, Ledger]:
        """The picks, and the ledger as it was left."""
        ledger = copy.deepcopy(self.ledger)
        draws = Draws(self.seed if seed is None else seed)
        return optimizer.run(self.objective, self.view, ledger, draws), ledger

    def served_by(self, optimizer: Optimizer) -> bool:
        """Whether the optimizer takes the task on."""
        return optimizer.refuses(self.objective, self.ledger) is None


def picks_keep_the_budget(optimizer: Optimizer, task: Task) -> None:
    """Every pick is one the ledger lets through, taken once; rows taken beforehand come first."""
    if not task.served_by(optimizer):
        return
    picks, left = task.run(optimizer)
    fresh, rows = copy.deepcopy(task.ledger), picks.indices.tolist()
    start = len(fresh.taken)
    require(
        rows[:start] == fresh.taken, f"{fresh.taken} were taken beforehand; the picks are {rows}"
    )
    for row in rows[start:]:
        require(bool(fresh.feasible(np.array([row]))[0]), f"row {row} of {rows} may not be taken")
        fresh.take(row)
    require(left.taken == rows, f"the ledger took {left.taken}, and the picks are {rows}")


def nothing_that_fits_is_left(optimizer: Optimizer, task: Task) -> None:
    """When the run ends no row is feasible, whatever it would gain."""
    if not task.served_by(optimizer):
        return
    _, left = task.run(optimizer)
    still = np.flatnonzero(left.feasible(np.arange(left.n)))
    require(not len(still), f"took {left.taken}, and rows {still} would still fit")


def gains_add_up_to_the_value(optimizer: Optimizer, task: Task) -> None:
    """The value is f of the picks, and the gains, one a pick, sum to it."""
    if not task.served_by(optimizer):
        return
    picks, _ = task.run(optimizer)
    true = task.objective.value(task.view, np.sort(picks.indices))
    require(picks.gains is not None and picks.value is not None, "no gains, or no value")
    assert picks.gains is not None
    require(len(picks.gains) == len(picks.indices), "not one gain a pick")
    require(close(picks.value, true, true), f"value {picks.value}, and f is {true}")
    require(
        close(picks.gains.sum(), true, true), f"gains sum to {picks.gains.sum()}, and f is {true}"
    )


def the_promised_share_is_reached(optimizer: Optimizer, task: Task) -> None:
    """At least `share` of the best feasible value, where the promise applies."""
    facts = task.objective.facts
    applies = facts.monotone and facts.submodular and task.ledger.costs is None
    if not (applies and optimizer.facts.share and task.served_by(optimizer)):
        return
    best, rows = oracles.best(task.objective, task.view, task.ledger)
    runs = SEEDS if optimizer.facts.expected else 1
    values = [task.run(optimizer, task.seed + extra)[0].value or 0.0 for extra in range(runs)]
    # Hoeffding: values lie in [0, best], so their mean strays further only once in 1/FALSE_ALARM.
    stray = math.sqrt(math.log(1 / FALSE_ALARM) / (2 * runs)) if optimizer.facts.expected else 0.0
    least = (optimizer.facts.share - stray) * best - 1e-9
    require(
        float(np.mean(values)) >= least, f"reached {np.mean(values)} of {best}, which {rows} has"
    )


def picks_of_greedy_where_claimed(optimizer: Optimizer, task: Task) -> None:
    """The picks of plain greedy, in its order, ties and all, with gains of equal bits."""
    if not (optimizer.facts.as_greedy and task.served_by(optimizer)):
        return
    mine, greedy = task.run(optimizer)[0], task.run(Greedy())[0]
    require(mine.indices.tolist() == greedy.indices.tolist(), mine.indices, "not", greedy.indices)
    assert mine.gains is not None
    assert greedy.gains is not None
    require(mine.gains.tolist() == greedy.gains.tolist(), mine.gains, "not", greedy.gains)


def prefixes_are_picks_where_nested(optimizer: Optimizer, task: Task) -> None:
    """Under one row less, the picks are the same without the last."""
    if not (optimizer.facts.nested and task.served_by(optimizer)) or task.ledger.costs is not None:
        return
    picks, _ = task.run(optimizer)
    for rows in range(len(task.ledger.taken), len(picks.indices)):
        fewer = copy.deepcopy(task.ledger)
        fewer.rows = rows
        shorter, _ = Task(task.objective, task.view, fewer, task.seed).run(optimizer)
        wanted = picks.indices[:rows].tolist()
        require(
            shorter.indices.tolist() == wanted, f"{shorter.indices} under {rows} rows, not {wanted}"
        )


def the_same_seed_gives_the_same_picks(optimizer: Optimizer, task: Task) -> None:
    """Two runs of one configured optimizer are equal, bit for bit."""
    if not task.served_by(optimizer):
        return
    first, second = task.run(optimizer)[0], task.run(optimizer)[0]
    require(
        first.indices.tolist() == second.indices.tolist(), first.indices, "then", second.indices
    )


def ties_go_to_the_earlier_id(optimizer: Optimizer, task: Task) -> None:
    """Numbering the rows another way, their ids kept, picks the same rows."""
    if not (optimizer.facts.as_greedy and task.served_by(optimizer)):
        return
    turned = _turned(task)
    if turned is None:
        return
    n = task.view.n
    here, there = task.run(optimizer)[0].indices, n - 1 - turned.run(optimizer)[0].indices
    require(_ids(task, here) == _ids(task, there), f"{here} are picked, and numbered anew {there}")


def _turned(task: Task) -> Task | None:
    from handful.objectives._contract import Arrays
    from handful.testing.laws.objectives import _reordered

    if not isinstance(task.view, Arrays) or task.view.rank is None or task.ledger.taken:
        return None
    back = np.arange(task.view.n)[::-1]
    ledger = copy.deepcopy(task.ledger)
    ledger.open = ledger.open[back].copy()
    ledger.costs = None if ledger.costs is None else ledger.costs[back].copy()
    return Task(task.objective, _reordered(task.view, back), ledger, task.seed)


def _ids(task: Task, rows: Indices) -> list[int]:
    ids = rows if task.view.rank is None else task.view.rank[rows]
    return [int(i) for i in ids]
