"""Which unlabelled candidates are safe negatives, where only what a retriever surfaced was ever labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.parameters import configure, parameter
from handful.rng import gumbels
from handful.selection import Floats
from handful.weighing.lists import Lists, Mask, lists_of
from handful.weighing.record import fingerprint, record_of

CERTAIN = 1e-12
"""Chances are held so far from 0 and 1."""
ALIKE = 0.98
"""Above this correlation of the two scores, relevance and selection cannot be told apart."""


@dataclass(frozen=True, eq=False)
class NegativeWeights:
    """What each candidate weighs in the losses of both models. Frozen; arrays are of the shape of the scores.

    Args:
        relevance: Weight in the loss of the relevance model: of a labelled candidate by its propensity, of any
            other the chance that it is irrelevant.
        selection: The same in the loss of the selection model: by its relevance, and the chance that it was not
            pooled.
        keep: Unlabelled candidates that are safe negatives.
        drop: Unlabelled candidates that are not.
        warnings: Sentences the user should read.
        record: Parameters, fingerprints of the input, counts.
    """

    relevance: Floats
    selection: Floats
    keep: Mask
    drop: Mask
    clip: float
    lists: Lists = field(repr=False)
    warnings: tuple[str, ...] = ()
    record: dict[str, Any] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        """One line, as a notebook shows it."""
        told = self.record["result"]
        return (
            f"<NegativeWeights: {told['lists']:,} lists, {told['labelled']:,} labelled, "
            f"{told['kept']:,} negatives kept and {told['dropped']:,} dropped>"
        )

    def sample(self, count: int, seed: int = 0) -> Mask:
        """Draw negatives: `count` of the kept ones of each list, without replacement, all where there are fewer.

            odds of j ∝ max(w_j, max_list w / clip),    w the chance of being irrelevant

        A draw is keyed by query and document, so neither the order of rows nor other lists change it. Those drawn
        weigh 1 in a loss: their odds are their weight already.

        Returns:
            A mask of the shape of the scores.
        """
        kept = self.keep[self.lists.present]
        weights = np.where(kept, self.relevance[self.lists.present], 0.0)
        odds = np.maximum(weights, self.lists.largest(weights) / self.clip)
        keys = gumbels(seed, "pooled negatives", self.lists.keys)
        keys += np.log(np.where(kept, odds, 1.0))
        drawable = np.flatnonzero(kept)
        order = drawable[np.argsort(-keys[drawable], kind="stable")]
        return self.lists.shaped(self.lists.first(order, count))


@dataclass(frozen=True)
class PooledNegatives:
    """Weigh candidates by how likely they are to have been pooled, and to be relevant.

        P(labelled) = σ·ρ,    σ = P(pooled),  ρ = P(relevant)
        relevance model: labelled  min(σ_ref/σ, clip);  other  P(irrelevant | not labelled) = (1 − ρ)/(1 − σρ)
        selection model: labelled  min(ρ_ref/ρ, clip);  other  P(not pooled | not labelled) = (1 − σ)/(1 − σρ)

    The reference of a list is its candidate of the largest σ (or ρ), so that weights of labelled candidates are at
    least 1. A candidate that the relevance model likes, and that hardly could have been pooled, weighs little as a
    negative: unlabelled is not irrelevant. Train by turns: score, weigh, a step of the relevance model, a step of
    the selection model. Weights are numbers: no gradient goes through them. Begin with a warm relevance model.

    The two can be told apart only where they see different features; a warning says where their scores agree.

    Args:
        scores: "logit": σ and ρ are 1/(1 + exp(−score)), for models trained on single candidates; "list": the
            share of exp(score) in the list, for list-wise losses, whose scores have no zero.

    Cost: c log c for c candidates, 2 s a million; some 400 bytes each while it works.

    Source: Cai, Guo, Fan, Ai, Zhang & Cheng 2022, Hard negatives or false negatives: correcting pooling bias in
    training neural ranking models (CIKM); Ai, Bi, Luo, Guo & Croft 2018, Unbiased learning to rank with unbiased
    propensity estimation (SIGIR). The paper's text was not at hand: the weight of an unlabelled candidate is
    derived from P(labelled) = σρ, which is exact where both are right. Not reproduced: its tables.
    """

    scores: str = parameter(
        "logit", "What scores are: log-odds, or shares of a list.", choices=("logit", "list")
    )
    clip: float = parameter(10.0, "The most a labelled candidate weighs.", low=1)
    keep: float = parameter(
        0.5, "The least chance of being irrelevant that a negative must have.", low=0, high=1
    )

    paper: ClassVar[str] = (
        "Cai et al. 2022, Hard negatives or false negatives: correcting pooling bias in training neural "
        "ranking models"
    )
    version: ClassVar[int] = 1

    def run(
        self, lists: Lists, relevance: NDArray[Any], selection: NDArray[Any], positive: Any
    ) -> NegativeWeights:
        """Chances, then weights."""
        r, s = lists.flat("relevance", relevance), lists.flat("selection", selection)
        labelled = lists.labels(positive)
        rho, sigma = self._chances(lists, r), self._chances(lists, s)
        unlabelled = 1.0 - sigma * rho
        for_relevance = np.where(
            labelled, self._by_reference(lists, sigma), (1.0 - rho) / unlabelled
        )
        for_selection = np.where(
            labelled, self._by_reference(lists, rho), (1.0 - sigma) / unlabelled
        )
        kept = ~labelled & (for_relevance >= self.keep)
        alike = _correlation(r, s)
        inputs = {"relevance": r, "selection": s, "positive": labelled, "candidates": lists.keys}
        return NegativeWeights(
            relevance=lists.shaped(for_relevance),
            selection=lists.shaped(for_selection),
            keep=lists.shaped(kept),
            drop=lists.shaped(~labelled & ~kept),
            clip=self.clip,
            lists=lists,
            warnings=_warnings(alike),
            record=record_of(
                "pooled_negatives",
                self,
                asdict(self),
                {name: fingerprint(values) for name, values in inputs.items()},
                _result(lists, labelled, kept, for_relevance, alike),
            ),
        )

    def _chances(self, lists: Lists, scores: Floats) -> Floats:
        from scipy.special import expit

        found = expit(scores) if self.scores == "logit" else lists.softmax(scores)
        return np.asarray(np.clip(found, CERTAIN, 1.0 - CERTAIN))

    def _by_reference(self, lists: Lists, chances: Floats) -> Floats:
        return np.minimum(lists.largest(chances) / chances, self.clip)


def _correlation(r: Floats, s: Floats) -> float:
    """Of the two scores over all candidates; 0 where one of them is constant."""
    if len(r) < 2 or np.ptp(r) == 0.0 or np.ptp(s) == 0.0:
        return 0.0
    return float(np.corrcoef(r, s)[0, 1])


def _warnings(alike: float) -> tuple[str, ...]:
    if abs(alike) < ALIKE:
        return ()
    return (
        f"relevance and selection scores have a correlation of {alike:.3f}: what is relevant and what was pooled "
        "cannot be told apart unless the two models see different features.",
    )


def _result(
    lists: Lists, labelled: Mask, kept: Mask, weights: Floats, alike: float
) -> dict[str, Any]:
    others = weights[~labelled]
    with_positive = np.bincount(lists.list_of, labelled, lists.count) > 0
    total = float(others.sum())
    return {
        "lists": lists.count,
        "lists_without_positive": int(lists.count - with_positive.sum()),
        "candidates": len(labelled),
        "labelled": int(labelled.sum()),
        "kept": int(kept.sum()),
        "dropped": int((~labelled & ~kept).sum()),
        "expected_false_negatives": float((1.0 - others).sum()),
        "effective_negatives": total**2 / float((others**2).sum()) if total else 0.0,
        "correlation": alike,
    }


def pooled_negatives(
    relevance: Any,
    selection: Any,
    positive: Any,
    *,
    query: Sequence[Any] | None = None,
    document: Any | None = None,
    present: Any | None = None,
    **parameters: Any,
) -> NegativeWeights:
    """Weigh candidates so that pooling does not turn relevant ones into negatives.

    Args:
        relevance: (lists, candidates) scores of the relevance model, or (n,) with `query`; larger: more relevant.
        selection: The same of the selection model: larger is more likely to have been pooled.
        positive: The same shape: 1 where labelled relevant, else 0.
        query: (n,) ids of queries, for scores one under the other.
        document: The same shape: ids of documents; none: their places. They key the draws.
        present: The same shape: false where a list has no such candidate.
        **parameters: Of `PooledNegatives`: scores, clip, keep.

    Example: of two unlabelled candidates that look relevant, the one that would surely have been pooled is safe.
        >>> import handful
        >>> found = handful.pooled_negatives([[3.0, 2.0, 2.0]], [[2.0, 4.0, -4.0]], [[1, 0, 0]])
        >>> found.relevance.round(2).tolist(), found.keep.tolist()
        ([[1.11, 0.88, 0.12]], [[False, True, False]])
    """
    relevance, selection = np.asarray(relevance), np.asarray(selection)
    method: PooledNegatives = configure("pooled_negatives", PooledNegatives, parameters)
    if not relevance.size:
        raise errors.empty_pool("the scores")
    lists = lists_of(relevance.shape, query, document, present)
    return method.run(lists, relevance, selection, positive)
