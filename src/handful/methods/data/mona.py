"""MONA: pick the rows whose sparse activations overlap most with the target's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_matrix

from handful import errors
from handful.budget import Ledger
from handful.methods._contract import MethodFacts, View, wanted
from handful.methods._turns import serve_targets
from handful.parameters import parameter
from handful.pool import BLOCK_ROWS
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.selection import Floats, Indices, Picks


@dataclass(frozen=True)
class Mona:
    """Rank rows by the generalised Jaccard overlap of their activations with the target's prototype.

        t = mean of the target's rows
        s_i = Σ_d min(z_id, t_d) / Σ_d max(z_id, t_d)        z ≥ 0, one row a text, mean over its tokens
        pick the k largest

    The denominator is Σ z_i + Σ t less the numerator, so only the entries of a row are touched. The activations
    are yours: rows of a sparse autoencoder on a model's states, averaged over tokens (a sum favours long texts),
    by --array and --like-array, best as CSR. Several targets each have a prototype, and take turns; so does a
    target of several kinds, cut into `prototypes` groups by k-means, for one mean would be like none of them.

    Jaccard depends on scale: bring rows from different models to one scale before.

    Cost: O(non-zeros of the pool · prototypes). Memory: 8 bytes a row and prototype.

    Source: Ma et al. 2025, MONA: monosemantic neuronal activations for data selection, equations 3 to 5. Not
    reproduced: its scores of Llama-3.1-8B.
    """

    array: str | None = parameter(None, "Name of the activations; none: the default.")
    prototypes: int = parameter(1, "Means each target is cut into by k-means.", low=1)

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="MONA 2025, Monosemantic neuronal activations for task-specific data selection",
        needs=("features", "target_features"),
        honours=("rows", "amount", "include", "quotas", "max_similarity", "floor"),
        nested=True,
        cost="O(non-zeros of the pool · prototypes); 8 bytes a row and prototype",
    )

    def work(self, size: Size) -> Work:
        """Each entry meets each prototype."""
        means = self.prototypes * size.targets
        return Work(steps=float(size.n) * size.d * means, memory_bytes=16 * size.n * means)

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Average the targets, score the pool, take the largest, prototype after prototype."""
        parts = []
        for target in view.targets:
            rows = _sparse(target.arrays(self.array), f"target {target.name!r}")
            parts.append(self._prototypes(rows, rng))
        scores = self._scores(view.array(self.array), np.concatenate(parts))
        rankings = [view.ranking(column, at_most=_enough(ledger)) for column in scores.T]
        ends = np.cumsum([0, *map(len, parts)])
        queues = [_round_robin(ledger, rankings[a:b]) for a, b in pairwise(ends)]
        served = serve_targets(view, ledger, queues)
        picks = np.array(ledger.taken, np.int64)
        notes: dict[str, Any] = {}
        if len(picks):
            notes["overlap_of_picks"] = float(scores[picks].max(axis=1).mean())
            notes["overlap_of_pool"] = float(scores.max(axis=1).mean())
        if len(view.targets) > 1:
            received = np.bincount(served, minlength=len(parts)).tolist()
            names = [target.name for target in view.targets]
            notes["rows_per_target"] = dict(zip(names, received, strict=True))
        return Picks(picks, notes=notes)

    def _prototypes(self, rows: Any, rng: Draws) -> Floats:
        """(p, D) the mean of each group of the target's rows."""
        groups = min(self.prototypes, rows.shape[0])
        if groups == 1:
            return np.asarray(rows.mean(axis=0), np.float64).reshape(1, -1)
        from sklearn.cluster import KMeans
        from threadpoolctl import threadpool_limits

        from handful.rng import generator

        state = int(generator(rng.seed, "mona prototypes").integers(2**31))
        with threadpool_limits(1):
            fitted = KMeans(groups, n_init=4, random_state=state).fit(rows.astype(np.float64))
        owners = fitted.labels_
        means = [rows[owners == g].mean(axis=0) for g in range(groups) if (owners == g).any()]
        return np.array([np.asarray(mean, np.float64).ravel() for mean in means])

    def _scores(self, features: Any, means: Floats) -> Floats:
        """(n, p) generalised Jaccard of each row with each prototype; 0 for rows and means of zeros."""
        scores = np.zeros((features.shape[0], len(means)))
        totals = means.sum(axis=1)
        for start in range(0, features.shape[0], BLOCK_ROWS):
            rows = _sparse(features[start : start + BLOCK_ROWS], "the pool", start)
            owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
            sums = np.bincount(owner, rows.data, rows.shape[0])
            for p, mean in enumerate(means):
                least = np.minimum(rows.data, mean[rows.indices])
                both = np.bincount(owner, least, rows.shape[0])
                most = sums + totals[p] - both
                np.divide(both, most, out=scores[start : start + len(both), p], where=most > 0)
        return scores


def _round_robin(ledger: Ledger, rankings: list[Indices]) -> Iterator[int]:
    """Each prototype gives its best row left, one after the other."""
    queues = [iter(ranking.tolist()) for ranking in rankings]
    while queues:
        for queue in list(queues):
            row = next((row for row in queue if ledger.open[row]), None)
            if row is None:
                queues.remove(queue)
            else:
                yield row


def _enough(ledger: Ledger) -> int | None:
    """How long a ranking must be where others, and must-includes, may take its rows before it does."""
    return None if wanted(ledger) is None else ledger.rows + len(ledger.taken)


def _sparse(rows: Any, whose: str, first: int = 0) -> Any:
    """CSR float64; a negative activation is refused with its place."""
    found = csr_matrix(rows, dtype=np.float64, copy=True)  # else the caller's own would be sorted
    found.sum_duplicates()
    bad = np.flatnonzero(found.data < 0)
    if len(bad):
        row = int(np.searchsorted(found.indptr, bad[0], side="right")) - 1
        place = (first + row, int(found.indices[bad[0]]))
        raise errors.negative_activation(whose, place, float(found.data[bad[0]]))
    return found
