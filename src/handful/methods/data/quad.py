"""Quad: find the helpful clusters by asking about few rows of each, and keep the rows that help."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from handful.budget import Ledger
from handful.graphs.cells import nearest_cells
from handful.graphs.rows import unit_rows
from handful.methods._contract import MethodFacts, View
from handful.methods._utility import Oracle, Utility
from handful.parameters import parameter
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.selection import Floats, Indices, Picks

MOST_CLUSTERS = 10_000
"""As in the paper."""


@dataclass(frozen=True)
class Quad:
    """Sample the clusters that look best, as a bandit does, and take the rows whose utility is above a threshold.

        score_c = mean z of the rows seen in c + α·√(2 ln Σ T / T_c)        T_c: rows seen in c; ∞ at T_c = 0
        a round: `each` rows at random from each of the `together` clusters of largest score; ask about them
        rows with z > τ join, the largest first;    until the budget is spent

    z is the utility, standardised by all rows seen so far: the bound holds for rewards of unit scale, and the
    unit of an influence says nothing. A cluster retires when all its rows were seen. Rows that do not fit the
    budget are not asked about. Where `calls` are spent, or every row was seen, the best rows seen so far fill up,
    and after them rows of the clusters of the largest mean.

    The utility is a model's: `handful.kernels.kfac.influence` computes the paper's, ∇L(reference)ᵀ (H + λI)⁻¹ ∇ℓ,
    H by Kronecker factors, from the inputs and output gradients of your model's linear layers. Larger helps.
    From the command line it is a full column. Clusters are spherical k-means of the features, fitted on a sample.

    Open in what was at hand of the paper: α, τ, the sizes of a round and a γ that its reviewers name, who also
    find the result to hang on τ. Here each but γ is a parameter, and τ counts in standard deviations.

    Cost: as many calls as rows seen, some 2·k at τ = 0; O(n·C·d) for C clusters. Memory: 32 bytes a row.

    Source: Zhang et al. 2025, Harnessing diversity for important data selection in pretraining large language
    models (ICLR); Auer, Cesa-Bianchi & Fischer 2002, Finite-time analysis of the multiarmed bandit problem. Not
    reproduced: its model of 1.3B parameters on SlimPajama.
    """

    utility: Utility | str = parameter("utility", "A function of row numbers, or a full column.")
    array: str | None = parameter(None, "Name of the features; none: the default.")
    clusters: int | None = parameter(
        None, "C: how many; none: the root of the number of rows, at most 10,000.", low=1
    )
    alpha: float = parameter(1.0, "α: how much clusters little seen are favoured.", low=0)
    tau: float = parameter(0.0, "τ: standard deviations above the mean at which a row joins.")
    together: int = parameter(8, "Clusters sampled in a round.", low=1)
    each: int = parameter(8, "Rows sampled from each of them.", low=1)
    calls: int | None = parameter(None, "Rows asked about at most; none: no limit.", low=1)

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Zhang et al. 2025, Harnessing diversity for important data selection in pretraining large "
        "language models",
        needs=("features", "columns"),
        honours=("rows", "amount", "include", "quotas", "max_similarity"),
        nested=True,
        cost="a function asked about some 2·k rows; O(n·C·d) for C clusters, 32 bytes a row",
        optimises=("score",),
        columns=("utility",),
    )

    def work(self, size: Size) -> Work:
        """Every row to every cluster's centre; what the utility itself takes is not known."""
        clusters = self._clusters(size.n)
        return Work(
            multiply_adds=float(size.entries) * clusters,
            steps=40.0 * size.n,
            array_bytes=4.0 * size.entries,
            memory_bytes=32 * size.n + 4 * size.entries + 16 * clusters * size.d,
        )

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Cluster; then rounds of asking and taking; then fill up."""
        if ledger.rows_left <= 0:
            return Picks(np.array(ledger.taken, np.int64))
        oracle = Oracle(self.utility, view)
        arms = self._arms(view, rng)
        rounds = joined = 0
        for asked in self._rounds(arms, ledger):
            found = oracle.ask(asked)
            arms.told(asked, found)
            above = asked[arms.standardised(found) > self.tau]
            joined += len(ledger.take_ranked(arms.best_first(above, oracle)))
            rounds += 1
        ledger.take_ranked(arms.rest(oracle))
        picks = np.array(ledger.taken, np.int64)
        seen = oracle.asked
        notes = {
            **oracle.notes(),
            "clusters": len(arms.seen),
            "clusters_seen": int(np.count_nonzero(arms.seen)),
            "rounds": rounds,
            "joined_above_tau": joined,
            "mean_utility_of_rows_seen": _mean_of(oracle, seen),
            "mean_utility_of_picks_seen": _mean_of(oracle, np.intersect1d(picks, seen)),
        }
        return Picks(picks, notes=notes)

    def _clusters(self, n: int) -> int:
        return min(n, MOST_CLUSTERS, round(n**0.5) if self.clusters is None else self.clusters)

    def _arms(self, view: View, rng: Draws) -> Arms:
        features = _Unit(view.array(self.array))
        count = max(1, self._clusters(view.n))
        cell = nearest_cells(features, np.arange(view.n), count, 1, view.run_with, rng)[:, 0]
        _, arms = np.unique(cell, return_inverse=True)  # k-means may leave a cluster empty
        return Arms(arms, rng.uniforms("quad", view.keys))

    def _rounds(self, arms: Arms, ledger: Ledger) -> Iterator[Indices]:
        """The rows to ask about, round by round; what is learned in between steers the next."""
        left = ledger.n if self.calls is None else self.calls
        while left > 0 and ledger.rows_left > 0:
            asked = arms.sample(ledger, self.alpha, self.together, self.each)[:left]
            if not len(asked):
                return
            left -= len(asked)
            yield asked


class Arms:
    """Clusters as the arms of a bandit, each with the rows it has left and what was seen of it.

    Args:
        cell: (n,) the cluster of each row, 0 to C − 1.
        draws: (n,) by which rows of a cluster are ordered.
    """

    def __init__(self, cell: Indices, draws: Floats) -> None:
        self.cell, count = cell, int(cell.max(initial=-1)) + 1
        order = np.lexsort((draws, cell))
        ends = np.searchsorted(cell[order], np.arange(count + 1))
        self._queues = [order[a:b] for a, b in pairwise(ends)]
        self._draws = draws
        self.seen, self._sums = np.zeros(count, np.int64), np.zeros(count)
        self._squares = 0.0
        self._shift: float | None = None

    def scores(self, alpha: float) -> Floats:
        """(C,) mean z + α·√(2 ln Σ T / T_c); ∞ where nothing was seen."""
        out = np.full(len(self.seen), np.inf)
        known = np.flatnonzero(self.seen)
        wide = np.sqrt(2 * np.log(self.seen.sum().clip(1)) / self.seen[known])
        out[known] = self.standardised(self._means()[known]) + alpha * wide
        return out

    def sample(self, ledger: Ledger, alpha: float, together: int, each: int) -> Indices:
        """The next rows of the clusters of largest score that have rows which fit; ties to the earlier cluster."""
        parts: list[Indices] = []
        for arm in np.argsort(-self.scores(alpha), kind="stable").tolist():
            rows = self._next(arm, ledger, each)
            if len(rows):
                parts.append(rows)
            if len(parts) == together:
                break
        return np.concatenate([np.zeros(0, np.int64), *parts])

    def told(self, rows: Indices, utilities: Floats) -> None:
        """Learn the utilities of rows just sampled."""
        if self._shift is None:  # sums about a value among them keep their digits
            self._shift = float(utilities[0])
        moved = utilities - self._shift
        np.add.at(self.seen, self.cell[rows], 1)
        np.add.at(self._sums, self.cell[rows], moved)
        self._squares += float(moved @ moved)

    def standardised(self, utilities: Floats) -> Floats:
        """Standardise by the mean and deviation of all rows seen; 0 where these are equal."""
        count = max(1, int(self.seen.sum()))
        mean = float(self._sums.sum()) / count
        spread = max(0.0, self._squares / count - mean * mean) ** 0.5
        return (utilities - (self._shift or 0.0) - mean) / (spread or 1.0)

    def best_first(self, rows: Indices, oracle: Oracle) -> Indices:
        """Rows that were seen, from the largest utility down."""
        return rows[np.lexsort((self._draws[rows], -oracle.ask(rows)))]

    def rest(self, oracle: Oracle) -> Indices:
        """All rows, for filling up: those seen by their utility, then the others by their cluster's mean."""
        others = np.setdiff1d(np.arange(len(self.cell)), oracle.asked)
        order = np.lexsort((self._draws[others], -self._means()[self.cell[others]]))
        return np.concatenate([self.best_first(oracle.asked, oracle), others[order]])

    def _means(self) -> Floats:
        """(C,) mean utility of the rows seen; −∞ where there are none."""
        means = self._sums / np.maximum(self.seen, 1) + (self._shift or 0.0)
        return np.where(self.seen > 0, means, -np.inf)

    def _next(self, arm: int, ledger: Ledger, each: int) -> Indices:
        """Up to `each` rows that fit, taken from the arm's queue; those that do not fit are dropped."""
        found: list[Indices] = []
        missing = each
        while missing and len(self._queues[arm]):
            rows, self._queues[arm] = np.split(self._queues[arm], [missing])
            fit = rows[ledger.feasible(rows)]
            found.append(fit)
            missing -= len(fit)
        return np.concatenate([np.zeros(0, np.int64), *found])


class _Unit:
    """Features as `nearest_cells` asks for them."""

    def __init__(self, features: Any) -> None:
        self._features = features

    def unit(self, rows: Indices) -> Any:
        return unit_rows(self._features[rows])


def _mean_of(oracle: Oracle, rows: Indices) -> float | None:
    return float(oracle.ask(rows).mean()) if len(rows) else None
