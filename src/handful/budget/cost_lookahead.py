"""Looks ahead where quotas are in % of the cost spent: a witness made of rows, with room on every side.

What is taken and the witness together keep every limit, exactly. A row of signature s may come for the
cheapest few of the witness's own rows of s, where the difference in cost, δ, leaves every limit kept:

    δ ≤ amount − total,    a_qs·δ + e_q ≥ 0 for each limit q,    e_q = Σ_s a_qs·cost_s ≥ 0

So each signature has a threshold; it is raised by what a row may cost that comes for one row of another signature.
Whether some other completion would let a dearer row through is a question of
subset sums, and is not asked: such a row is passed over for good.
"""

from __future__ import annotations

import copy
from bisect import insort
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.budget.amounts import below, exact, exact_sum
from handful.budget.feasibility import Counts, System
from handful.budget.quotas import Quotas
from handful.budget.shelves import Number
from handful.budget.spending import Classes, Spending, conflict, solve

MARGIN = 0.05
"""The room sought on each limit, as a share of what is spent."""


class CostLookahead:
    """The witness of a ledger with quotas of cost; used as `Lookahead` is.

    Args:
        quotas: All limits, of rows and of cost.
        rows: Rows at most.
        taken: Rows taken beforehand.
        free: (n,) bool: which rows are open.
        costs: (n,) of each row.
        amount: Cost at most, in all.
        amount_said: The amount, for messages; None where it is all there is.

    Raises:
        InfeasibleError: No pick keeps every limit, or none was found and none is ruled out; it says which.
    """

    def __init__(
        self,
        quotas: Quotas,
        rows: int,
        taken: NDArray[np.int64],
        free: NDArray[np.bool_],
        costs: NDArray[Any],
        amount: Fraction,
        amount_said: str | None = None,
    ) -> None:
        self.quotas, self.signature, self.costs, self.rows = quotas, quotas.signature, costs, rows
        self.whole = costs.dtype.kind != "f"
        count = quotas.count
        self.system = System.of(quotas, rows)
        self.lines = [_line(limit) for limit in quotas.limits if limit.bound.unit == "%cost"]
        self.amount = amount
        self.taken = np.bincount(self.signature[taken], minlength=count)
        self.dead = np.zeros(len(costs), bool)
        self.cost_of = [Fraction(0)] * count
        for s in range(count):
            self.cost_of[s] = exact_sum(costs[taken[self.signature[taken] == s]])
        self.held: list[list[tuple[Number, int]]] = [[] for _ in range(count)]
        self.inside = np.zeros(len(costs), bool)
        chosen = self._by_means(free)
        if chosen is None or not self._adopt(chosen):
            self._decide(free, amount_said)

    def _decide(self, free: NDArray[np.bool_], amount_said: str | None) -> None:
        """Find a witness by the programme over prices, or say that there is none, or that it is not known."""
        asked = Spending(
            self.system,
            self.lines,
            [limit for limit in self.quotas.limits if limit.bound.unit == "%cost"],
            Classes.of(self.signature, self.costs, free),
            self.taken,
            self.cost_of,
            self.amount,
            amount_said,
            self.costs,
            self.signature,
            some=not self.taken.sum() and self.rows > 0,
        )
        reply = solve(asked)
        if reply.impossible:
            names, sure = conflict(asked)
            raise errors.quotas_conflict(", ".join(names), int(self.taken.sum()), smallest=sure)
        chosen = asked.rows_of(reply)
        if chosen is None or not self._adopt(chosen):
            names = tuple(limit.said for limit in self.quotas.limits)
            raise errors.cost_quotas_undecided(", ".join(names))

    @property
    def more(self) -> Counts:
        """(S,) rows of the witness."""
        return np.array([len(rows) for rows in self.held], np.int64)

    def copy(self, free: NDArray[np.bool_]) -> CostLookahead:
        """One that stands as this one does."""
        twin = copy.copy(self)
        twin.taken, twin.dead, twin.inside = self.taken.copy(), self.dead.copy(), self.inside.copy()
        twin.cost_of, twin.held = list(self.cost_of), [list(rows) for rows in self.held]
        return twin

    def feasible(
        self, candidates: NDArray[np.intp], free: NDArray[np.bool_], left: Number
    ) -> NDArray[np.bool_]:
        """(m,) bool, of candidates that are open where `free` says so."""
        mask = free & ~self.dead[candidates]
        signatures = self.signature[candidates]
        allowed = np.full(len(self.taken), -1, np.float64 if not self.whole else np.int64)
        costs, inside = self.costs[candidates], self.inside[candidates]
        for s in np.flatnonzero(np.bincount(signatures[mask], minlength=len(allowed))).tolist():
            allowed[s] = below(self._reach(s)[-1], allowed.dtype)
        fits = mask & ((costs <= allowed[signatures]) | inside)
        for s in np.unique(signatures[mask & ~fits]).tolist():
            most = max((most for most, _, _ in self._exchanges(s)), default=Fraction(-1))
            allowed[s] = max(allowed[s], below(most, allowed.dtype))
        fits = mask & ((costs <= allowed[signatures]) | inside)
        self.dead[candidates[mask & ~fits]] = True
        return np.asarray(fits)

    def surely_feasible(self, row: int) -> bool:
        """Whether that is known already: of the witness's own rows."""
        return bool(self.inside[row])

    def take(self, row: int, left: Number) -> None:
        """Bring the witness in step with a feasible row."""
        s, cost = int(self.signature[row]), self._cost(row)
        if self.inside[row]:
            self.held[s].remove((cost, row))
            self.inside[row] = False
        else:
            out = next((j for j, most in enumerate(self._reach(s)) if cost <= most), None)
            if out is not None:
                for _ in range(out):
                    self._leave(s, 0)
            else:
                self._leave(*next(of for most, *of in self._exchanges(s) if cost <= most))
            self.cost_of[s] += cost
        self.taken[s] += 1
        assert self._kept(), "the witness breaks a limit"

    def fitting(self, rows: NDArray[np.intp], left: Number) -> int:
        """How many leading rows surely fit together: those of the witness."""
        outside = np.flatnonzero(~self.inside[rows])
        return int(outside[0]) if len(outside) else len(rows)

    def take_all(self, rows: NDArray[np.intp]) -> None:
        """Rows of the witness."""
        for row in rows.tolist():
            self.take(row, 0)

    def _reach(self, s: int) -> list[Number]:
        """For j = 0, 1, … rows of s that leave the witness, the most that a row that comes may cost.

        Ends where the next j would leave a gap: costs that neither it nor the one before allows.
        """
        total = sum(self.cost_of, Fraction(0))
        up, down = self.amount - total, total
        for a, slack in zip(self.lines, self._slacks(), strict=True):
            if a[s] < 0:
                up = min(up, slack / -a[s])
            elif a[s] > 0:
                down = min(down, slack / a[s])
        slack_rows = self.system.slack(self.taken + self.more)
        d = self.system.d[:, s]
        reach: list[Number] = [up if (slack_rows + d >= 0).all() else Fraction(-1)]
        gone: Number = 0
        for j, (cost, _) in enumerate(self.held[s], start=1):
            gone = gone + cost
            counts_kept = bool((slack_rows + (1 - j) * d >= 0).all())
            if not counts_kept or gone - down > max(reach[-1], Fraction(0)):
                break
            reach.append(gone + up)
        return reach

    def _exchanges(self, s: int) -> list[tuple[Number, int, int]]:
        """For the cheapest and the dearest row that the witness holds of each other signature, (most, u, place).

        `most` is what a row of s may cost that comes for it. A row so dear that it must come, for the limit on a
        group that the other one leaves, is not looked for.
        """
        slacks, total = self._slacks(), sum(self.cost_of, Fraction(0))
        slack_rows, d = (
            self.system.slack(self.taken + self.more) + self.system.d[:, s],
            self.system.d,
        )
        found: list[tuple[Number, int, int]] = []
        for u, held in enumerate(self.held):
            if u == s or not held or (slack_rows < d[:, u]).any():
                continue
            for place in sorted({0, len(held) - 1}):
                gone, most = held[place][0], self.amount - total + held[place][0]
                for a, slack in zip(self.lines, slacks, strict=True):
                    left = slack - a[u] * gone
                    if a[s] < 0:
                        most = min(most, left / -a[s])
                    elif left < 0:
                        most = Fraction(-1)
                found.append((most, u, place))
        return found

    def _leave(self, s: int, place: int) -> None:
        """A row of the witness goes."""
        gone, row = self.held[s].pop(place)
        self.cost_of[s] -= gone
        self.inside[row] = False

    def _slacks(self) -> list[Fraction]:
        """How far each limit on cost is from being broken, in its own units."""
        return [
            sum((c * x for c, x in zip(a, self.cost_of, strict=True)), Fraction(0))
            for a in self.lines
        ]

    def _cost(self, row: int) -> Number:
        return int(self.costs[row]) if self.whole else exact(self.costs[row])

    def _kept(self) -> bool:
        """Whether what is taken and the witness keep every limit, exactly."""
        if sum(self.cost_of, Fraction(0)) > self.amount:
            return False
        if (self.system.slack(self.taken + self.more) < 0).any():
            return False
        return all(slack >= 0 for slack in self._slacks())

    def settle(self, left: Number) -> None:
        """Nothing: this witness has room from the start."""

    # The first witness ---------------------------------------------------------------------------

    def _adopt(self, rows: NDArray[np.int64]) -> bool:
        """Take rows as the witness, where they keep every limit."""
        self.inside[rows] = True
        for row in rows.tolist():
            s, cost = int(self.signature[row]), self._cost(row)
            insort(self.held[s], (cost, row))
            self.cost_of[s] += cost
        some = bool(self.taken.sum() + len(rows)) or self.rows == 0
        if some and self._kept():
            return True
        for s, held in enumerate(self.held):
            self.cost_of[s] -= sum((cost for cost, _ in held), Fraction(0))
            held.clear()
        self.inside[rows] = False
        return False

    def _by_means(self, free: NDArray[np.bool_]) -> NDArray[np.int64] | None:
        """Counts with room on each limit if rows cost what they do on average; then rows spread over costs."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        count = len(self.taken)
        rows = [np.flatnonzero(free & (self.signature == s)) for s in range(count)]
        means = np.array([self.costs[some].mean() if len(some) else 0.0 for some in rows])
        fixed = np.array([float(cost) for cost in self.cost_of]) - means * self.taken
        scale = float(self.amount) or 1.0
        lines = [np.append(means / scale, 0.0)]
        limits = [(-np.inf, 0.98 - float(fixed.sum()) / scale)]
        for a in self.lines:
            weights = np.array([float(c) for c in a]) / max(abs(float(c)) for c in a)
            lines.append(np.append(weights * means / scale, -1.0))
            limits.append((-float(weights @ fixed) / scale, np.inf))
        lines += [np.append(line.astype(np.float64), 0.0) for line in self.system.d]
        limits += [(-h - 0.5, np.inf) for h in self.system.h.tolist()]
        wanted = means / scale + np.ones(count) / max(1, self.rows)
        low, high = self.taken, self.taken + np.array([len(some) for some in rows])
        solved = milp(
            -np.append(wanted, 1 / MARGIN),
            integrality=np.append(np.ones(count, np.int64), 0),
            bounds=Bounds(np.append(low, 0.0), np.append(high, MARGIN)),
            constraints=LinearConstraint(
                np.stack(lines), [a for a, _ in limits], [b for _, b in limits]
            ),
            options={"node_limit": 200},
        )
        if solved.x is None:
            return None
        more = np.rint(solved.x[:count]).astype(np.int64) - self.taken
        chosen = []
        for some, many in zip(rows, more.tolist(), strict=True):
            order = some[np.argsort(self.costs[some], kind="stable")]
            spread = ((np.arange(many) + 0.5) * len(some) / max(1, many)).astype(np.int64)
            chosen.append(order[spread])
        return np.concatenate(chosen)


def _line(limit: Any) -> list[int]:
    """±(q·cost of the members − p·all cost) ≥ 0 for the share p/q."""
    sign, share = (1 if limit.side == "min" else -1), limit.bound.amount
    return [sign * (share.denominator * int(member) - share.numerator) for member in limit.members]
