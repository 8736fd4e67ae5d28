"""SnP: search the clusters of groups that lie as the target does, then prune each group to few rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_array

from handful import errors
from handful.budget import Ledger
from handful.graphs.farthest import Farthest
from handful.graphs.rows import float_rows, is_sparse
from handful.methods._contract import MethodFacts, View
from handful.methods._farthest import take_farthest
from handful.methods._unions import Directions, search
from handful.parameters import parameter
from handful.pool import BLOCK_ROWS
from handful.rng import Draws, id_keys
from handful.runtime.work import Size, Work
from handful.selection import Indices, Picks
from handful.transport.equal_clusters import equal_clusters


@dataclass(frozen=True)
class Snp:
    """Find the groups that, taken together, lie as the target does; keep a row of each, then the most spread.

        FD(A, B) = ‖μ_A − μ_B‖² + tr(C_A + C_B − 2·(C_A·C_B)^½)
        search:  equal-sized clusters of the groups' means; sort them by FD to the target; of the unions of the
                 first 1, 2, … clusters keep the one of least FD
        prune:   one row of each group, the nearest to the group's mean; then, again and again, the row farthest
                 from all picks

    For re-identification a group is a person or a vehicle; any column will do whose values are to be learnt apart
    (--group): an author, a class, a thread. The union's distance falls while clusters add what the target has,
    and rises once they add what it has not: the notes hold the whole curve.

    All distances of one run are of sets of one size, drawn by the seed: as many rows as the smallest cluster
    has, or the target where that is fewer. With fewer rows the distance is larger, so that sets of unequal size
    cannot be compared; the moments of a union are those of the one before, less the rows that leave the sample,
    and those that enter.

    Groups stand in an order drawn by the seed: where the budget is smaller than their number, the first get one
    row each, and with `groups` only so many are kept. Where it is larger than the union, the clusters next in
    order are pruned after it; `size=union` ends the pick there. Must-includes are picks already: their groups
    need no other row.

    Departures from the released code. Its clusters ask for ⌊N/50⌋ groups each, which cannot be unless 50 divides
    N. Its farthest-point sampling does not know the rows kept first, which are the first of each group in the
    file. Its subsamples are of several sizes, some of them unseeded. It uses files of earlier runs whatever the
    arguments; nothing is kept here but features under the hash of what made them.

    Cost: n·d² for the directions, 10·p³ a cluster for distances in p `components`, then farthest-first over the
    union. Memory: a copy of the union's rows, 8·d a group.

    Source: Yao, Gedeon & Zheng 2023, Large-scale training data search for object re-identification (CVPR),
    section 3. Not reproduced: its accuracies on AlicePerson and VeRi.
    """

    array: str | None = parameter(None, "Name of the features; none: the default.")
    clusters: int = parameter(50, "Clusters of groups; fewer where there are fewer groups.", low=1)
    components: int = parameter(
        128, "Directions of largest variance that distances are measured in; no more than d.", low=1
    )
    groups: int | None = parameter(
        None, "Groups kept of the best union, drawn at random; none: all.", low=1
    )
    size: str = parameter(
        "budget",
        "Fill the budget, beyond the best union if need be, or end where it ends (union).",
        choices=("budget", "union"),
    )

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Yao, Gedeon & Zheng 2023, Large-scale training data search for object re-identification",
        needs=("features", "target_features", "group"),
        honours=("rows", "amount", "include", "quotas", "max_similarity"),
        nested=True,
        cost="O(n·d²) once, O(p³) a cluster for p components, then O(n·k·d) at worst; a copy of the features",
        optimises=("diversity",),
    )

    def work(self, size: Size) -> Work:
        """Directions, distances, and farthest-first at worst."""
        p = min(self.components, max(1, size.d))
        distances = 2.0 * self.clusters * (10.0 * p**3 + size.target_rows * p**2)
        directions = float(size.n) * size.d**2 + 10.0 * size.d**3
        return Work(
            multiply_adds=directions + distances + float(size.n) * size.k * size.d,
            array_bytes=12.0 * size.n * size.d,
            memory_bytes=(40 + 4 * size.d) * size.n + 48 * size.d**2,
        )

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Search, then prune stretch after stretch until the budget is used."""
        if not view.n:
            return Picks(np.zeros(0, np.int64))
        features, target = view.array(self.array), view.target_array(self.array)
        if is_sparse(features) or is_sparse(target):
            raise errors.dense_only("snp", "rds")
        groups = _Groups(view, features, rng)
        view.run_with.progress.stage("clusters", None)
        directions = Directions(features, target, self.components, view.run_with)
        cut = equal_clusters(
            directions(groups.means),
            self.clusters,
            seed=int(rng.generator("snp clusters").integers(2**31)),
        )
        found = search(directions, target, groups.split(cut), groups.draws)
        order = [np.flatnonzero(cut == one) for one in found.order.tolist()]
        best = np.concatenate(order[: found.best])
        kept = groups.drawn(best)[: self.groups]
        stretches = [kept]
        if self.groups is None and self.size == "budget":
            stretches += [groups.drawn(one) for one in order[found.best :]]
        for stretch in stretches:
            if ledger.rows_left <= 0:
                break
            prune(groups, stretch, ledger)
        picks = np.array(ledger.taken, np.int64)
        union = {"groups_of_union": len(best), "rows_of_union": len(groups.rows(best))}
        return Picks(picks, notes=found.notes() | union)


class _Groups:
    """Rows of the pool by group; only groups that have any are counted, in the order of their labels."""

    def __init__(self, view: View, features: Any, rng: Draws) -> None:
        assert view.group is not None
        codes, labels = view.group
        there, self.of_row = np.unique(codes, return_inverse=True)
        self.features, self.draws = features, rng.uniforms("snp sample", view.keys)
        self.rank = np.arange(view.n) if view.rank is None else view.rank
        names = [str(labels[code]).encode() for code in there.tolist()]
        self.places = rng.uniforms("snp groups", id_keys(names))
        self.means = np.zeros((len(there), features.shape[1]))
        by_rank = np.argsort(self.rank, kind="stable")  # the same bits in a file of any order
        for start in range(0, view.n, BLOCK_ROWS):
            rows = by_rank[start : start + BLOCK_ROWS]
            member = (np.ones(len(rows)), (self.of_row[rows], np.arange(len(rows))))
            shape = (len(there), len(rows))
            self.means += csr_array(member, shape=shape) @ np.asarray(features[rows], np.float64)
        self.means /= np.bincount(self.of_row)[:, None]

    def rows(self, groups: Indices) -> Indices:
        """Rows of some groups, ascending."""
        return np.flatnonzero(np.isin(self.of_row, groups))

    def split(self, cut: Indices) -> list[Indices]:
        """Rows of each cluster of groups."""
        own = cut[self.of_row]
        return [np.flatnonzero(own == one) for one in range(int(cut.max()) + 1)]

    def drawn(self, groups: Indices) -> Indices:
        """Some groups, in the order of their draws."""
        return groups[np.argsort(self.places[groups], kind="stable")]

    def nearest(self, groups: Indices) -> tuple[Indices, Indices]:
        """Rows of some groups, each group's from the nearest to its mean; and where each group's begin.

        Of equally near ones the earlier comes first.
        """
        rows = self.rows(groups)
        apart = np.empty(len(rows))
        for start in range(0, len(rows), BLOCK_ROWS):
            part = slice(start, start + BLOCK_ROWS)
            away = np.asarray(self.features[rows[part]], np.float64)
            away -= self.means[self.of_row[rows[part]]]
            apart[part] = np.einsum("ij,ij->i", away, away)
        rows = rows[np.lexsort((self.rank[rows], apart, self.of_row[rows]))]
        return rows, np.searchsorted(self.of_row[rows], groups)


def prune(groups: _Groups, kept: Indices, ledger: Ledger) -> None:
    """One row of each group in the order given, then the rows farthest from all picks."""
    keep_one_each(groups, kept, ledger)
    taken = np.array(ledger.taken, np.int64)
    if ledger.rows_left <= 0 or not len(taken):
        return
    rows = groups.rows(kept)
    rows = np.concatenate([taken, rows[~np.isin(rows, taken)]])
    far = Farthest(float_rows(groups.features[rows]), groups.rank[rows])
    for place in range(len(taken)):
        far.add(place)
    take_farthest(far, ledger, rows)


def keep_one_each(groups: _Groups, kept: Indices, ledger: Ledger) -> None:
    """The row nearest to the mean of each group that has no pick; where it does not fit, the next that does."""
    bare = kept[~np.isin(kept, groups.of_row[np.array(ledger.taken, np.int64)])]
    rows, first = groups.nearest(bare)
    nearest = rows[first]
    served = np.isin(nearest, ledger.take_ranked(nearest))
    for group in bare[~served].tolist():
        if ledger.rows_left <= 0:
            break
        own = rows[groups.of_row[rows] == group]
        own = own[ledger.feasible(own)]
        if len(own):
            ledger.take(int(own[0]))
