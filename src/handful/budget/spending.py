"""Whether shares of the cost can be met: an integer programme over counts of each signature and price.

    D·(taken + Σ_c x_c) + h ≥ 0,    Σ_s a_qs·(spent_s + Σ_{c of s} w_c) ≥ 0,    Σ w_c ≤ amount left,
    least_c·x_c ≤ w_c ≤ most_c·x_c

Shares say nothing of how much is spent, and a solver takes what is a millionth of its unit for nothing. So it is
asked for picks that spend between a hundredth of the amount and all of it, then for those that spend between a
hundredth of that and that, and so on down to the cheapest row.

A class c is the open rows of one signature and one cost; where those are too many, of one signature and a range of
costs. What rows cost is then known within bounds, so the programme is looser than the question: where it has no
solution there is none, and where it has one, rows are chosen for it and counted exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful.budget.amounts import exact_sum
from handful.budget.conflict import irreducible
from handful.budget.feasibility import Counts, Floats, System
from handful.budget.quotas import Limit

CLASSES = 1500
"""Classes at most."""
NODES = 2000
"""Nodes that one programme may take; a number, never a time."""
FEW = 200
"""Classes up to which counts are whole numbers where it is asked which limits conflict."""
STEP = 100
"""How much less is spent in one question than in the one before."""
SURE = 8
"""Limits up to which a pick is sought that keeps all but one, where classes are many."""
MARGIN = 0.02
"""Room sought on each limit, as a share of the amount, so that rounding does not spoil what is found."""


@dataclass(frozen=True, eq=False)
class Classes:
    """Open rows in groups of one signature and of one cost, or of a range of costs.

    Args:
        rows: For each class its rows, the cheapest first.
        signature: (C,) of each.
        least: (C,) the lowest cost in each, float64.
        most: (C,) the highest.
        cheapest: The lowest cost above 0; infinite where there is none.
        total: What all of them cost.
    """

    rows: list[NDArray[np.int64]]
    signature: Counts
    least: Floats
    most: Floats
    cheapest: float
    total: float

    @classmethod
    def of(cls, signature: Counts, costs: NDArray[Any], free: NDArray[np.bool_]) -> Classes:
        """One class for each signature and cost where they are few, else ranges of as many rows each.

        Example:
            >>> made = Classes.of(np.array([0, 0, 1]), np.array([2, 2, 5]), np.ones(3, bool))
            >>> [rows.tolist() for rows in made.rows]
            [[0, 1], [2]]
        """
        order = np.flatnonzero(free)
        order = order[np.lexsort((costs[order], signature[order]))]
        of, price = signature[order], costs[order]
        new = np.ones(len(order), bool)
        new[1:] = (of[1:] != of[:-1]) | (price[1:] != price[:-1])
        if new.sum() > CLASSES:
            signatures, first = np.unique(of, return_index=True)
            width = max(1, -(-len(order) // max(1, CLASSES - len(signatures))))
            since = np.arange(len(order)) - first[np.searchsorted(signatures, of)]
            new = since % width == 0
        starts = np.flatnonzero(new)
        rows = np.split(order, starts[1:]) if len(order) else []
        ends = np.append(starts[1:], len(order)) - 1
        paid = price.astype(float)
        cheapest, total = float(paid[paid > 0].min(initial=np.inf)), float(paid.sum())
        return cls(rows, of[starts], paid[starts], paid[ends], cheapest, total)

    def pick(self, counts: Counts, spent: Floats, costs: NDArray[Any]) -> NDArray[np.int64]:
        """So many neighbouring rows of each class, that cost together about what is to be spent."""
        chosen = []
        for rows, many, about in zip(self.rows, counts.tolist(), spent.tolist(), strict=True):
            total = np.append(0.0, np.cumsum(costs[rows], dtype=np.float64))
            windows = total[many:] - total[: len(total) - many]
            at = min(int(np.searchsorted(windows, about)), len(windows) - 1)
            chosen.append(rows[at : at + many])
        return np.concatenate([np.zeros(0, np.int64), *chosen])


@dataclass(frozen=True, eq=False)
class Spending:
    """The question: which limits, on what is taken already, out of which rows.

    Args:
        system: Limits on rows.
        lines: For each limit on cost (S,) whole numbers a_q.
        limits: Those limits on cost.
        classes: The open rows.
        taken: (S,) rows taken.
        spent: (S,) what they cost.
        amount: Cost at most, in all; None where it does not count.
        amount_said: The same for messages; None where it is all there is.
        costs: (n,) of each row.
        signature: (n,) of each row.
        some: Whether at least one row more must be picked.
    """

    system: System
    lines: Sequence[Sequence[int]]
    limits: Sequence[Limit]
    classes: Classes
    taken: Counts
    spent: Sequence[Fraction]
    amount: Fraction | None
    amount_said: str | None
    costs: NDArray[Any]
    signature: Counts
    some: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The limits in words: on rows, on cost, and the amount as "--budget"."""
        last = () if self.amount_said is None else (f"--budget {self.amount_said}",)
        return (*self.system.said, *(limit.said for limit in self.limits), *last)

    def without(self, dropped: set[int]) -> Spending:
        """The same with some of the limits left out, by their place in `names`."""
        rows, cost = len(self.system.said), len(self.limits)
        kept = [q for q in range(cost) if rows + q not in dropped]
        return replace(
            self,
            system=self.system.some([q for q in range(rows) if q not in dropped]),
            lines=[self.lines[q] for q in kept],
            limits=[self.limits[q] for q in kept],
            amount=None if rows + cost in dropped else self.amount,
        )

    def rows_of(self, reply: Reply) -> NDArray[np.int64] | None:
        """Rows for the counts of a reply, where they keep every limit, counted exactly; else None."""
        if reply.counts is None or reply.cost is None:
            return None
        rows = self.classes.pick(reply.counts, reply.cost, self.costs)
        of = self.signature[rows]
        counts = self.taken + np.bincount(of, minlength=len(self.taken))
        spent = [held + exact_sum(self.costs[rows[of == s]]) for s, held in enumerate(self.spent)]
        kept = (self.system.slack(counts) >= 0).all() and all(
            sum(a * cost for a, cost in zip(line, spent, strict=True)) >= 0 for line in self.lines
        )
        affordable = self.amount is None or sum(spent) <= self.amount
        return rows if kept and affordable and (len(rows) or not self.some) else None


@dataclass(frozen=True, eq=False)
class Reply:
    """What became of the question.

    Args:
        counts: (C,) of each class, or None.
        cost: (C,) what to spend on each, about.
        impossible: Whether no pick keeps the limits: proven. With neither, the programme gave up.
    """

    counts: Counts | None
    cost: Floats | None
    impossible: bool


def solve(asked: Spending, *, room: float = MARGIN, whole: bool = True) -> Reply:
    """Ask the programme for counts, if there are any at all.

    Args:
        asked: The question.
        room: Room sought on each limit on cost.
        whole: Whether counts are whole numbers; else the answer is that of the linear programme.
    """
    spent, cheapest = float(sum(asked.spent)), asked.classes.cheapest
    most = spent + asked.classes.total if asked.amount is None else float(asked.amount)
    impossible = True
    while most > 0 and most >= min(cheapest, spent or np.inf) * (1 - 1e-9):
        reply = _solve(asked, max(most / STEP, spent), most, room, whole)
        if reply.counts is not None:
            return reply
        impossible, most = impossible and reply.impossible, most / STEP
        if most < spent:
            return replace(reply, impossible=impossible)
    reply = _solve(asked, 0.0, 0.0, 0.0, whole)
    return replace(reply, impossible=impossible and reply.impossible)


def _solve(asked: Spending, lowest: float, highest: float, room: float, whole: bool) -> Reply:
    """The same of picks that spend so much in all."""
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    classes, scale = asked.classes, highest or 1.0
    count, of, kinds = len(classes.rows), classes.signature, len(asked.taken)
    least, extra = classes.least / scale, (classes.most - classes.least) / scale
    rows, cost, t, low, high = _limits(asked, lowest, highest, scale)
    # Variables: x_c; what is spent on c above least_c·x_c; the room t; in a linear programme also the sums of
    # both over each signature, by which it has few entries and a third of the work.
    each, sums = sparse.identity(count), 0 if whole else 2 * kinds
    ranges = sparse.hstack(
        [sparse.diags(extra), -each, sparse.csr_array((count, 1 + sums))], format="csr"
    )
    constraints = [LinearConstraint(ranges, 0.0, np.inf)]
    if whole:
        table = np.hstack([rows[:, of] + cost[:, of] * least, cost[:, of], t])
    else:
        table = np.hstack([np.zeros((len(t), 2 * count)), t, rows, cost])
        member = sparse.csr_array((np.ones(count), (of, np.arange(count))), shape=(kinds, count))
        paid, nil = member @ sparse.diags(least), sparse.csr_array((kinds, 1))
        both = sparse.bmat([[member, None, nil], [paid, member, None]])
        tied = sparse.hstack([both, -sparse.identity(2 * kinds)], format="csr")
        constraints.append(LinearConstraint(tied, 0.0, 0.0))
    sizes = np.array([len(rows) for rows in classes.rows], float)
    solved = milp(
        np.concatenate([np.zeros(2 * count), [-1.0], np.zeros(sums)]),
        integrality=np.append(np.full(count, int(whole)), np.zeros(count + 1 + sums)),
        bounds=Bounds(0.0, np.concatenate([sizes, sizes * extra, [room], np.full(sums, np.inf)])),
        constraints=[LinearConstraint(sparse.csr_array(table), low, high), *constraints],
        options={"node_limit": NODES},
    )
    if solved.x is None:
        return Reply(None, None, impossible=solved.status == 2)
    x = np.rint(solved.x[:count]).astype(np.int64)
    return Reply(x, scale * (least * x + solved.x[count : 2 * count]), impossible=False)


def _limits(
    asked: Spending, lowest: float, highest: float, scale: float
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """What each limit (Q) asks of the rows and of the cost of each signature, (Q, S) twice, and of the room.

    Returns:
        Coefficients of rows, of cost and of the room, (Q, 1); the least and the most of their sums, (Q,).
    """
    spent, nil = np.array([float(cost) for cost in asked.spent]) / scale, np.zeros(len(asked.taken))
    lines: list[tuple[Floats, Floats, float, float, float]] = []
    weight = np.maximum(1, np.abs(asked.system.d).max(axis=1, initial=1)).astype(float)
    for line, slack, w in zip(asked.system.d, asked.system.slack(asked.taken), weight, strict=True):
        lines.append((line / w, nil, 0.0, (-float(slack) - 0.5) / w, np.inf))
    for a in asked.lines:
        factor = np.array([float(number) for number in a])
        factor /= np.abs(factor).max() or 1.0
        lines.append((nil, factor, -1.0, -float(factor @ spent), np.inf))
    lines.append((nil, nil + 1.0, 0.0, lowest / scale - spent.sum(), highest / scale - spent.sum()))
    if asked.some:
        lines.append((nil + 1.0, nil, 0.0, 1.0, np.inf))
    rows, cost, room, low, high = (np.array(column) for column in zip(*lines, strict=True))
    return rows, cost, room[:, None], low, high


def conflict(asked: Spending) -> tuple[tuple[str, ...], bool]:
    """Limits that cannot be met together, of a question that has no solution; and whether any but one can be.

    What stays is the answer of the deletion filter, which asks that the rest be proven impossible.
    """
    few, places = len(asked.classes.rows) <= FEW, range(len(asked.names))

    def without_others(kept: Sequence[int]) -> Spending:
        return asked.without(set(places) - set(kept))

    kept = irreducible(
        len(places), lambda some: solve(without_others(some), room=0.0, whole=few).impossible
    )
    sure = few or len(kept) <= SURE
    for place in kept if sure else ():
        rest = without_others([other for other in kept if other != place])
        sure = sure and rest.rows_of(solve(rest)) is not None
    return tuple(asked.names[place] for place in kept), sure
