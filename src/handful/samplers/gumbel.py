"""Weighted sampling without replacement in one pass, by noise keyed to the row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handful.rng import Draws, Keys
from handful.selection import Floats, Indices

_STRETCH = 1 << 17  # rows given their noise at a time


def gumbel_top_k(
    log_weights: Floats,
    keys: Keys,
    rng: Draws,
    purpose: str,
    *,
    k: int | None = None,
    temperature: float = 1.0,
    rank: Indices | None = None,
) -> Indices:
    """The k rows with the largest log-weight / temperature + Gumbel noise, largest first.

        P(first = i) ∝ exp(u_i / T),  then the same among the rows left: Plackett-Luce

    A row's noise is keyed by (seed, purpose, id), so it does not depend on the rest of the pool, and a
    smaller k is a prefix of a larger one. At temperature 0 there is no noise: the k heaviest rows.

    Cost: O(n) draws, O(k) memory beside the weights.

    Args:
        log_weights: (n,) u, natural logarithms up to one constant; −∞ is never picked.
        keys: (n,) what each draw is keyed by.
        rng: The run's draws.
        purpose: Names this use of them.
        k: How many, at most; None: all, in order.
        temperature: T ≥ 0. Above 1 the draw is nearer to uniform.
        rank: (n,) order in which ties are broken; None: row order.

    Returns:
        At most k distinct row numbers.

    Source: Gumbel 1954; Yellott 1977, The relationship between Luce's choice axiom and the double
    exponential distribution; Kool, van Hoof & Welling 2019, Stochastic beams and where to find them.

    Example:
        >>> heavy = np.log(np.array([1.0, 1e9, 1.0, 1e6]))
        >>> gumbel_top_k(heavy, np.arange(4, dtype=np.uint64), Draws(0), "demo", k=2).tolist()
        [1, 3]
    """
    n = len(log_weights)
    k = n if k is None else min(k, n)
    best = _Best(k, rank)
    for start in range(0, n, _STRETCH):
        stop = min(n, start + _STRETCH)
        values = np.asarray(log_weights[start:stop], np.float64)
        if temperature > 0:
            values = values / temperature + rng.gumbels(purpose, keys[start:stop])
        best.offer(start, values)
    return best.rows()


class _Best:
    """The k largest values seen so far, and every value tied with the last of them."""

    def __init__(self, k: int, rank: Indices | None) -> None:
        self.k, self.rank = k, rank
        self.threshold = -np.inf
        self.kept: list[tuple[Indices, NDArray[np.float64]]] = []
        self.count = 0

    def offer(self, start: int, values: Floats) -> None:
        good = (values >= self.threshold) & (values > -np.inf)
        within = np.flatnonzero(good)
        self.kept.append((within + start, values[within]))
        self.count += len(within)
        if self.count > 2 * self.k + _STRETCH:
            self._shrink()

    def rows(self) -> Indices:
        rows, values = self._joined()
        ties = rows if self.rank is None else self.rank[rows]
        return rows[np.lexsort((ties, -values))][: self.k]

    def _shrink(self) -> None:
        rows, values = self._joined()
        if 0 < self.k < len(values):
            self.threshold = np.partition(values, len(values) - self.k)[len(values) - self.k]
            rows, values = rows[values >= self.threshold], values[values >= self.threshold]
        self.kept, self.count = [(rows, values)], len(rows)

    def _joined(self) -> tuple[Indices, NDArray[np.float64]]:
        rows, values = zip(*self.kept, strict=True) if self.kept else ((), ())
        if not rows:
            return np.zeros(0, np.int64), np.zeros(0)
        return np.concatenate(rows), np.concatenate(values)


def effective_sample_size(log_weights: Floats, temperature: float = 1.0) -> float:
    """How many equal weights would spread as little: (Σw)² / Σw², from 1 to n; 0 where none is positive.

    Args:
        log_weights: (n,) natural logarithms; −∞ is a weight of zero.
        temperature: T > 0, as in `gumbel_top_k`.

    Source: Kong 1992, A note on importance sampling using standardized weights.

    Example:
        >>> effective_sample_size(np.log([1.0, 1.0, 1e-30]))
        2.0
    """
    top = max((float(part.max()) for part in _stretches(log_weights) if len(part)), default=-np.inf)
    if top == -np.inf:
        return 0.0
    total = squares = 0.0
    for part in _stretches(log_weights):
        weights = np.exp((np.asarray(part, np.float64) - top) / temperature)
        total += float(weights.sum())
        squares += float((weights * weights).sum())
    return total * total / squares


def _stretches(values: Floats) -> list[Floats]:
    return [values[start : start + _STRETCH] for start in range(0, len(values), _STRETCH)]
