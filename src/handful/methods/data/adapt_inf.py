"""Adapt-inf: equal parts of every skill, each chosen by the score that tells its rows apart best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handful.budget import Ledger
from handful.graphs.rows import float_rows, unit_rows
from handful.methods._contract import MethodFacts, View
from handful.parameters import parameter
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.samplers.score_strata import over_strata
from handful.samplers.water_filling import in_turns
from handful.selection import Floats, Indices, Picks

BATCH = 10_240
"""Rows of a mini-batch of k-means."""
ROUNDS, STARTS = 100, 5
"""Passes of k-means over the rows, at most; and starts, the best of which is kept: one would miss small skills."""
REACH = 4.0
"""Standard deviations that a histogram reaches to either side; what lies beyond counts in its last bin."""


@dataclass(frozen=True)
class AdaptInf:
    """Cut the pool into clusters of gradients, skills that nobody has named, and give each an equal part.

        clusters:  k-means on gradient vectors, by mini-batches of 10,240
        parts:     water-filling: ⌈K/c⌉ rows each; a smaller cluster is taken whole, its surplus is spread
        scorer:    per cluster, argmax_f H(histogram of (f − mean f)/std f, 50 bins on ±4)
        sample:    per cluster, between the 5 and 95 % quantiles of that score, an equal part of each of 50 bins

    Gradients and scores are yours, of the model as it is at this time step. For lifelong training this is the
    first half of a step: choose what to train on now. The second, `adapt_inf_pool`, settles what of the pool
    is kept for the steps to come. Must-includes count in their cluster's part. Rows outside the quantiles are the
    last of their cluster, taken where the part is larger than what is inside.

    Departures from the released code. Its histograms have edges at ±4 standard deviations of the *raw* score
    though values are standardised, so that scores are compared on different scales: here ±4 is fixed. Its
    "perplexity" is the mean of exp(loss) over tokens, which one token can rule: `perplexity` is exp(mean loss).
    It turns NaN into 0: here a score that is not finite is refused with its row. What a bin cannot use it hands
    to lower bins only; here, as in coverage-centric sampling, to all.

    Cost: O(n·c·d) a pass of k-means, and a sort. Memory: a copy of the gradients.

    Source: Maharana, Yoon, Chen & Bansal 2025, Adapt-∞: scalable continual multimodal instruction tuning via
    dynamic data selection (ICLR), section 4. Not reproduced: LLaVA's relative gains of 109.7 % and 99.7 %.
    """

    array: str | None = parameter(None, "Name of the gradient vectors; none: the default features.")
    scores: str = parameter("perplexity+el2n+entropy", "Columns of scores, with + between.")
    clusters: int = parameter(10, "c: clusters; raise it with the number of skills.", low=1)
    distance: str = parameter(
        "cosine",
        "Of unit gradients (cosine), or of gradients as they are (euclidean).",
        choices=("cosine", "euclidean"),
    )
    bins: int = parameter(50, "Bins of histograms and of the sample.", low=1)
    trim: float = parameter(0.05, "Share of each cluster left out at either end.", low=0, high=0.49)

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Maharana et al. 2025, Adapt-∞: scalable continual multimodal instruction tuning via dynamic data "
        "selection",
        needs=("features", "columns"),
        honours=("rows", "amount", "include", "quotas", "max_similarity"),
        nested=True,
        cost="O(n·c·d) a pass of k-means for c clusters; a copy of the gradients",
        optimises=("balance",),
        columns=("scores",),
    )

    def work(self, size: Size) -> Work:
        """k-means, some passes, and sorts."""
        return clustering_work(size, self.clusters) + Work(steps=300 * size.n)

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Cut, find each cluster's scorer, sample, and take turns."""
        if not view.n:
            return Picks(np.zeros(0, np.int64))
        names = self.scores.split("+")
        scores = [view.score(name) for name in names]
        labels = clusters_by_size(view, self, rng)
        draws = rng.uniforms("adapt_inf sample", view.keys)
        ranking, scorers = [np.array(ledger.taken, np.int64)], []
        for rows in members(view, labels, ledger.taken):
            entropies = [histogram_entropy(score[rows], self.bins) for score in scores]
            best = int(np.argmax(entropies))
            scorers.append(names[best])
            inside, outside = over_strata(
                scores[best][rows], draws[rows], bins=self.bins, trim=self.trim
            )
            ranking += [rows[inside], rows[outside]]
        ledger.take_ranked(in_turns(np.concatenate(ranking), labels))
        picks = np.array(ledger.taken, np.int64)
        return Picks(picks, notes={**cluster_notes(labels, picks), "scorers": scorers})


def clusters_by_size(view: View, method: Any, rng: Draws) -> Indices:
    """(n,) int64 the cluster of each row's gradient, the largest cluster being 0."""
    from handful.graphs.k_means import k_means

    view.run_with.progress.stage("clusters", None)
    order = np.arange(view.n) if view.rank is None else np.argsort(view.rank, kind="stable")
    gradients = view.array(method.array)[order]
    rows = unit_rows(gradients) if method.distance == "cosine" else float_rows(gradients)
    seed = int(rng.generator("adapt_inf clusters").integers(2**31))
    count = min(method.clusters, view.n)
    cut = k_means(rows, count, seed=seed, rounds=ROUNDS, starts=STARTS, batch=BATCH)
    sizes = np.bincount(cut.labels, minlength=count)
    place = np.empty(count, np.int64)
    place[np.argsort(-sizes, kind="stable")] = np.arange(count)
    labels = np.empty(view.n, np.int64)
    labels[order] = place[cut.labels]
    return labels


def members(view: View, labels: Indices, taken: list[int]) -> list[Indices]:
    """Rows of each cluster that are not taken yet, in the order of ids."""
    order = np.arange(view.n) if view.rank is None else np.argsort(view.rank, kind="stable")
    order = order[~np.isin(order, taken)]
    return [order[labels[order] == label] for label in range(int(labels.max()) + 1)]


def cluster_notes(labels: Indices, picks: Indices) -> dict[str, list[int]]:
    """How many rows each cluster has, and how many were picked."""
    count = int(labels.max()) + 1
    return {
        "rows_of_clusters": np.bincount(labels, minlength=count).tolist(),
        "picks_of_clusters": np.bincount(labels[picks], minlength=count).tolist(),
    }


def clustering_work(size: Size, clusters: int) -> Work:
    """Twenty passes of k-means, and a copy of the features."""
    return Work(
        multiply_adds=20.0 * size.n * clusters * size.d, memory_bytes=8 * size.entries + 64 * size.n
    )


def histogram_entropy(scores: Floats, bins: int = 50) -> float:
    """How evenly a score spreads its rows, in nats: 0 where it gives all of them the same.

        H = −Σ_b p_b ln p_b,    p: histogram of (s − mean)/std on `bins` equal bins over ±4

    A score times ten has the same entropy, so scores of any scale can be compared.

    Args:
        scores: (n,) finite.
        bins: Bins.

    Example:
        >>> even, peaked = np.linspace(0.0, 1.0, 100), np.array([0.0] * 99 + [1.0])
        >>> round(histogram_entropy(even), 2), round(histogram_entropy(peaked), 2)
        (3.08, 0.06)
    """
    if not len(scores):
        return 0.0
    apart = scores - scores.mean()
    spread = float(apart.std())
    if spread <= 1e-12 * float(np.abs(scores).max()):  # equal but for rounding
        return 0.0
    place = (apart / spread + REACH) / (2.0 * REACH) * bins
    counts = np.bincount(np.clip(place, 0, bins - 1).astype(np.int64))
    shares = counts[counts > 0] / len(scores)
    return float(-(shares * np.log(shares)).sum())


def perplexity(losses: ArrayLike, mask: ArrayLike | None = None) -> NDArray[np.float64]:
    """The exponential of the mean loss a token: a score for `adapt_inf`.

    The mean of exp(loss), which the released code takes, is ruled by the worst token. Image grounding, another
    score of the paper, is perplexity(text alone) / perplexity(text beside its image).

    Args:
        losses: (n, tokens) negative log-likelihoods, in nats.
        mask: (n, tokens), 0 where a token does not count; None: all count.

    Returns:
        (n,) ≥ 0; NaN, which `adapt_inf` refuses, where no token counts.

    Example:
        >>> perplexity(np.log([[2.0, 8.0], [4.0, 9.0]]), [[1, 1], [1, 0]]).round(6).tolist()
        [4.0, 4.0]
    """
    loss = np.asarray(losses, np.float64)
    kept = np.ones_like(loss) if mask is None else np.asarray(mask, np.float64)
    tokens = kept.sum(axis=1)
    total = np.where(kept > 0, loss, 0.0).sum(axis=1)
    mean = np.where(tokens > 0, total, np.nan) / np.maximum(tokens, 1.0)
    return np.asarray(np.exp(mean))
