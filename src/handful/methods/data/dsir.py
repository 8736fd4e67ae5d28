"""DSIR: pick rows so that their word n-grams are distributed like the target's."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.budget import Ledger
from handful.methods._contract import MethodFacts, Target, View, wanted
from handful.methods._turns import serve_targets
from handful.parameters import parameter
from handful.pool import BLOCK_ROWS, Strings
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.samplers.gumbel import effective_sample_size, gumbel_top_k
from handful.selection import Floats, Indices, Picks

EPSILON = 1e-8
"""Keeps the logarithm of an empty bucket finite, as in the released code."""

PRIOR_PER_NGRAM = 10
"""The prior's n-grams for one of the target's own, at most, so that a target of a sentence is still heard."""

NOTED_PICKS = 1000
"""Picks whose words are counted once more for the note on KL, spread evenly over their order."""

NEAR_ROWS = 32
"""Rows apart up to which two picks are read together: less work than finding the second anew."""


@dataclass(frozen=True)
class Dsir:
    """Resample the pool by importance, on hashed word n-grams, so that it resembles the target.

        p_b = (c_b + a + m·q_b) / Σ,    m = min(prior, 10·Σ_b c_b)    c: counts of the target
        q_b = share of bucket b in the pool
        λ_b = ln(p_b + ε) − ln(q_b + ε)
        u_i = Σ_{n-grams of row i} λ_b · min(1, L/n_i) + λ̄ · max(0, L − n_i),    λ̄ = Σ_b q_b·λ_b
        pick the k largest u_i / temperature + Gumbel noise

    n_i are the n-grams of row i, L those of `chunk` tokens: each row weighs as one piece of that length.
    A longer text is scaled down to it, a shorter one is taken to go on like the pool. That draws k rows
    without replacement with odds ∝ exp(u_i / temperature). Several targets each have their own λ and
    pick in turn (in the released code, one after the other). The pool is read twice, in blocks; all of it,
    and of every target, is counted. A row's noise does not depend on other rows.

    The released code differs, and `prior=0, chunk=none, min_tokens=100` is its form, `shares=size` its
    quotas: there u_i grows with the length of the text, so on uncut texts resampling becomes a choice of
    the longest, or, where the target is small and most n-grams are unseen, of the shortest; it fits q
    on the first texts alone; its noise has no seed. The paper cuts texts to pieces of 128 words beforehand.
    The prior is evidence of m n-grams that the target is like the pool; `benchmarks/claims/dsir.py`
    measures what prior and chunk are worth.

    Cost: two hashings of all tokens. Memory: 8 bytes a row and target, 8 bytes a bucket and thread.

    Source: Xie, Santurkar, Ma & Liang 2023, Data selection for language models via importance
    resampling (NeurIPS), section 3; 128-token pieces in its appendix. Not reproduced: the GLUE scores.
    """

    ngrams: int = parameter(2, "Orders of n-grams counted, 1 to this.", low=1, high=5)
    buckets: int = parameter(10_000, "Buckets the n-grams are hashed to.", low=2, high=2**24)
    prior: float = parameter(
        10_000.0,
        "n-grams like the pool's, added to each target's; at most 10 for one of its own.",
        low=0,
    )
    pseudo_count: float = parameter(
        0.0, "Count added to each bucket of a target (a), as the paper's smoothing.", low=0
    )
    chunk: int | None = parameter(
        128, "Tokens each text weighs as; none: its own, and a longer one more.", low=1
    )
    temperature: float = parameter(
        1.0, "Above 1 nearer to uniform; 0: the heaviest rows, without a draw.", low=0
    )
    min_tokens: int = parameter(1, "Texts of fewer tokens are left out.", low=0)
    shares: str = parameter(
        "equal",
        "What part of the budget a target gets: equal, or by its size in n-grams.",
        choices=("equal", "size"),
    )

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Xie, Santurkar, Ma & Liang 2023, Data selection for language models via importance resampling",
        needs=("text", "target_text"),
        honours=("rows", "amount", "include", "quotas", "max_similarity", "floor"),
        nested=True,
        cost="two passes over the text, O(tokens · ngrams); 8 bytes a row and target",
    )

    def work(self, size: Size) -> Work:
        """Two passes over the text, the second with a sum a target; then a draw a row and target."""
        hashed = size.text_bytes * (2 + self.ngrams) / 4
        return Work(
            steps=hashed * (2 + 0.5 * size.targets) + 30 * size.n * size.targets,
            text_bytes=2 * size.text_bytes,
            memory_bytes=40 * size.n * size.targets + 8 * self.buckets * (4 + size.targets),
        )

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Count pool and targets, weigh the rows, draw."""
        targets, pool, weights = self._weights(view)
        rankings = [
            gumbel_top_k(
                weights[:, place],
                view.keys,
                rng,
                f"dsir {place}",
                k=wanted(ledger),
                temperature=self.temperature,
                rank=view.rank,
            )
            for place in range(len(targets))
        ]
        included = len(ledger.taken)
        served = serve_targets(view, ledger, rankings, self._shares(targets))
        picks = np.array(ledger.taken, np.int64)
        notes = self._notes(view, targets, pool, weights, picks)
        if len(targets) > 1:
            received = np.bincount(served, minlength=len(targets)).tolist()
            notes["rows_per_target"] = _by_name(view, received)
        if included:
            notes["rows_included"] = included
        nested = view.floor is None or self.shares == "equal"  # a floor is kept by the last rows
        return Picks(picks, notes=notes, nested=nested)

    def standing(self, view: View, picks: Indices, rng: Draws) -> Floats | None:
        """Log-weight over temperature plus noise; None with several targets, which pick in turn."""
        if len(view.targets) > 1:
            return None
        weights: Floats = self._weights(view)[2][:, 0]
        if self.temperature == 0:
            return weights
        return weights / self.temperature + rng.gumbels("dsir 0", view.keys)

    def _weights(self, view: View) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
        """Counts of the targets and of the pool, and each row's log-weights."""
        targets = np.stack([self._count_target(target) for target in view.targets])
        pool = self._count_pool(view)
        tables = np.stack([self._log_ratio(counts, pool) for counts in targets])
        weights = self._weigh(view, tables, tables @ (pool / max(1, int(pool.sum()))))
        return targets, pool, weights

    def _count(self, texts: Strings) -> NDArray[np.int64]:
        from handful.kernels.text import count_ngrams

        counts = np.zeros(self.buckets, np.int64)
        count_ngrams(texts.data, texts.offsets, counts, order=self.ngrams)
        return counts

    def _count_target(self, target: Target) -> NDArray[np.int64]:
        """(buckets,) c: the n-grams of a whole target."""
        assert target.texts is not None
        counts = np.zeros(self.buckets, np.int64)
        for start in range(0, target.n, BLOCK_ROWS):
            counts += self._count(target.texts(start, min(target.n, start + BLOCK_ROWS)))
        if not counts.any():
            raise errors.target_without_words(target.name)
        return counts

    def _count_pool(self, view: View) -> NDArray[np.int64]:
        """(buckets,) the n-grams of the whole pool, which q is the share of."""
        return view.cached_sums(
            "dsir counts",
            self._hashing(),
            (self.buckets,),
            np.int64,
            self._count,
            progress="counting n-grams",
        )

    def _hashing(self) -> dict[str, Any]:
        from handful.kernels.text import HASH_NAME

        return {"hash": HASH_NAME, "ngrams": self.ngrams, "buckets": self.buckets}

    def _log_ratio(self, counts: NDArray[np.int64], pool: NDArray[np.int64]) -> Floats:
        """(buckets,) λ = ln(p + ε) − ln(q + ε)."""
        q = pool / max(1, int(pool.sum()))
        prior = min(self.prior, PRIOR_PER_NGRAM * int(counts.sum()))
        p = counts + self.pseudo_count + prior * q
        ratio: Floats = np.log(p / p.sum() + EPSILON) - np.log(q + EPSILON)
        return ratio

    def _weigh(self, view: View, tables: Floats, means: Floats) -> Floats:
        """(n, targets) u: each row's log-weight, from λ and λ̄; −∞ for a text of too few tokens."""
        from handful.kernels.text import score_ngrams

        def weigh(texts: Strings) -> Floats:
            sums, tokens = score_ngrams(texts.data, texts.offsets, tables, order=self.ngrams)
            if self.chunk is not None:
                length = ngrams_of(tokens, self.ngrams)[:, None]
                chunk = ngrams_of(np.array([self.chunk]), self.ngrams)
                sums *= np.minimum(1.0, chunk / np.maximum(length, 1))
                sums += means * np.maximum(0, chunk - length)
            sums[tokens < self.min_tokens] = -np.inf
            return sums

        identity = {
            **self._hashing(),
            "chunk": self.chunk,
            "min_tokens": self.min_tokens,
            "tables": hashlib.blake2b(
                tables.tobytes() + means.tobytes(), digest_size=16
            ).hexdigest(),
            "version": self.facts.version,
        }
        width = (len(tables),)
        return view.cached_rows(
            "dsir weights", identity, width, np.float64, weigh, progress="weighing rows"
        )

    def _shares(self, targets: NDArray[np.int64]) -> list[float]:
        if self.shares == "equal":
            return [1.0] * len(targets)
        return [float(size) for size in targets.sum(axis=1)]

    def _notes(
        self,
        view: View,
        targets: NDArray[np.int64],
        pool: NDArray[np.int64],
        weights: Floats,
        picks: Indices,
    ) -> dict[str, Any]:
        """How concentrated the weights are, and how much nearer to the targets the picks have come."""
        notes: dict[str, Any] = {
            "hash": self._hashing()["hash"],
            "target_ngrams": _by_name(view, targets.sum(axis=1).tolist()),
            "rows_too_short": int(np.isneginf(weights[:, 0]).sum()),
        }
        if self.temperature > 0:
            sizes = [
                effective_sample_size(weights[:, t], self.temperature) for t in range(len(targets))
            ]
            notes["effective_sample_size"] = _by_name(view, sizes)
        if len(picks):
            noted = picks[np.linspace(0, len(picks) - 1, min(len(picks), NOTED_PICKS)).astype(int)]
            picked = self._count_rows(view, np.sort(noted))
            notes["kl_reduction"] = self._kl_reduction(targets, pool, picked)
        return notes

    def _kl_reduction(
        self, targets: NDArray[np.int64], pool: NDArray[np.int64], picked: NDArray[np.int64]
    ) -> float:
        """Mean over targets of KL(p ‖ pool) − KL(p ‖ picks), in nats.

        The picks have the prior, too: they are few, and what they lack by chance would count as distance.
        """
        q = pool / max(1, int(pool.sum()))
        reduction = kl_divergence(targets, q) - kl_divergence(targets, picked + self.prior * q)
        return float(np.mean(reduction))

    def _count_rows(self, view: View, rows: Indices) -> NDArray[np.int64]:
        """(buckets,) the n-grams of some rows, ascending."""
        assert view.read_texts is not None
        counts = np.zeros(self.buckets, np.int64)
        for _, _, within in view.blocks_with(rows):
            for near in np.split(within, np.flatnonzero(np.diff(within) > NEAR_ROWS) + 1):
                first, last = int(near[0]), int(near[-1])
                counts += self._count(view.read_texts(first, last + 1).take(near - first))
        return counts


def ngrams_of(tokens: NDArray[np.int64], order: int) -> NDArray[np.int64]:
    """How many n-grams of orders 1 to `order` texts of so many tokens have.

    Example:
        >>> ngrams_of(np.array([0, 1, 2, 10]), order=3).tolist()
        [0, 1, 3, 27]
    """
    longest = np.minimum(tokens, order)
    count: NDArray[np.int64] = longest * tokens - longest * (longest - 1) // 2
    return count


def kl_divergence(targets: NDArray[np.int64], masses: NDArray[Any]) -> Floats:
    """(targets,) KL(p ‖ q) in nats: p the shares of each target's counts, q those of `masses`.

    Empty buckets of q stand at ε, so it is finite.

    Example:
        >>> kl_divergence(np.array([[1, 1], [2, 0]]), np.array([5, 5])).round(3).tolist()
        [0.0, 0.693]
    """
    p = targets / targets.sum(axis=1, keepdims=True)
    q = masses / max(1, masses.sum())
    divergence: Floats = (p * (np.log(p + EPSILON) - np.log(q + EPSILON))).sum(axis=1)
    return divergence


def _by_name(view: View, values: list[Any]) -> dict[str, Any]:
    return {target.name: value for target, value in zip(view.targets, values, strict=True)}
