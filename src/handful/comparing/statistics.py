"""What a comparison may claim: an exact rank test against random draws, and paired differences.

Nothing here knows what was measured; numbers come in, and what can be said of them comes out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from handful.rng import generator
from handful.selection import Floats

Outcome = Literal["better", "same", "worse"]

LEVEL = Fraction(5, 100)
"""The two-sided level of every claim: chance itself is called better in at most half of it."""

FEWEST_DRAWS = 39
"""With fewer random draws no rank is rare enough to be called better: 1 / (39 + 1) = 2.5 %."""

FEWEST_PAIRS = 5
"""With fewer seeds no interval is given."""

RESAMPLES = 9_999


@dataclass(frozen=True)
class Rank:
    """A value's place among values that would be its equals if it were random.

    Args:
        draws: How many random values there are.
        beaten: How many of them it beats; a tie beats nobody.
        lost: How many of them beat it.
        p: Two-sided, exact: under chance every place is equally likely.
        outcome: "better" or "worse" where p ≤ 5 %, else "same".
        low, high: The random values it would have to leave to be called better or worse.
        lead: By how much it beats the median random value, in the measure's unit, larger is better.
        lead_low, lead_high: Every shift of a random value that the test cannot tell from this one.
    """

    draws: int
    beaten: int
    lost: int
    p: float
    outcome: Outcome
    low: float
    high: float
    lead: float
    lead_low: float
    lead_high: float


def rank(value: float, draws: Floats, *, larger_is_better: bool) -> Rank:
    """Rank a value among random draws, with the exact test and the interval that inverts it.

        p_better = (1 + #{draw ≥ value}) / (m + 1)        p = 2 · min(p_better, p_worse)

    If the value were one more random draw, its place would be uniform over m + 1, whatever the
    distribution; ties count against every claim. If it were a random draw moved by δ, the interval
    [value − D₍m−r+1₎, value − D₍r₎], r = ⌊2.5 % · (m + 1)⌋, holds δ with probability 1 − 2r/(m + 1) ≥ 95 %.

    Args:
        value: Of the pick, finite.
        draws: (m,) of the random picks, finite, m ≥ 39.
        larger_is_better: Else smaller is; the lead is turned so that larger is better.

    Source: Phipson & Smyth 2010, Permutation p-values should never be zero, section 2;
    Lehmann 1975, Nonparametrics, section 2.6 (the interval).

    Example:
        >>> place = rank(7.0, np.arange(99) / 10, larger_is_better=True)
        >>> place.beaten, place.outcome, round(place.p, 2)
        (70, 'same', 0.6)
    """
    count = len(draws)
    assert count >= FEWEST_DRAWS and np.isfinite(draws).all() and math.isfinite(value)
    sign = 1.0 if larger_is_better else -1.0
    ordered, score = np.sort(sign * np.asarray(draws, np.float64)), sign * value
    beaten = int(np.searchsorted(ordered, score, side="left"))
    lost = count - int(np.searchsorted(ordered, score, side="right"))
    p = min(
        Fraction(1),
        2 * min(Fraction(1 + count - beaten, count + 1), Fraction(1 + count - lost, count + 1)),
    )
    outcome: Outcome = "same" if p > LEVEL else ("better" if beaten > lost else "worse")
    place = int(LEVEL / 2 * (count + 1))
    low, high = float(ordered[place - 1]), float(ordered[count - place])
    return Rank(
        count,
        beaten,
        lost,
        float(p),
        outcome,
        *((low, high) if larger_is_better else (-high, -low)),
        lead=score - float(np.median(ordered)),
        lead_low=score - high,
        lead_high=score - low,
    )


@dataclass(frozen=True)
class Difference:
    """How much better than random a method was, over the same seeds.

    Args:
        mean: Of the paired differences, larger is better.
        low, high: An interval of at least 95 %, widened for the number of methods; None below 5 seeds, and
            where there are too few seeds for so many methods.
        p: Corrected for the number of methods; None below 5 seeds.
        outcome: What may be said.
        pairs: Number of seeds.
    """

    mean: float
    low: float | None
    high: float | None
    p: float | None
    outcome: Outcome
    pairs: int


def differences(paired: dict[str, Floats], *, seed: int = 0) -> dict[str, Difference]:
    """Judge several methods together, each by its differences from random under the same seeds.

    Each gets a symmetric bootstrap-t interval and p-value; Holm's step-down procedure corrects the
    p-values, and each interval takes the level of its own step, so that it leaves out 0 exactly where
    the corrected test rejects. Chance of calling any of several random methods better or worse: ≤ 5 %.

    Args:
        paired: Method to its (pairs,) differences, larger is better.
        seed: Of the resampling.

    Source: Hall 1988, Theoretical comparison of bootstrap confidence intervals (symmetric t);
    Holm 1979, A simple sequentially rejective multiple test procedure.

    Example:
        >>> good, noise = np.array([1.0, 1.1, 0.9, 1.2, 1.0, 0.8]), np.array([1.0, -1, 1, -1, 1, -1])
        >>> found = differences({"good": good, "noise": noise})
        >>> found["good"].outcome, found["noise"].outcome
        ('better', 'same')
    """
    tested = {
        name: _Paired(values, seed)
        for name, values in paired.items()
        if len(values) >= FEWEST_PAIRS
    }
    corrected = holm({name: pair.p for name, pair in tested.items()})
    results = {}
    stopped = None  # the step at which Holm's procedure rejects no more; later ones are held to it
    for name, (p, step) in corrected.items():
        stopped = step if stopped is None and p > LEVEL else stopped
        pair = tested[name]
        half = pair.half_width(float(LEVEL) / (stopped or step))
        outcome: Outcome = "same" if stopped else ("better" if pair.mean > 0 else "worse")
        low, high = (pair.mean - half, pair.mean + half) if math.isfinite(half) else (None, None)
        results[name] = Difference(pair.mean, low, high, p, outcome, len(paired[name]))
    for name in paired.keys() - tested.keys():
        mean = float(np.mean(paired[name])) if len(paired[name]) else math.nan
        results[name] = Difference(mean, None, None, None, "same", len(paired[name]))
    return {name: results[name] for name in paired}


def holm(p: dict[str, float]) -> dict[str, tuple[float, int]]:
    """Corrected p-values, and by how much each step multiplies its own.

    Example:
        >>> holm({"a": 0.01, "b": 0.03, "c": 0.02})
        {'a': (0.03, 3), 'c': (0.04, 2), 'b': (0.04, 1)}
    """
    corrected: dict[str, tuple[float, int]] = {}
    worst = 0.0
    for place, name in enumerate(sorted(p, key=p.__getitem__)):
        step = len(p) - place
        worst = max(worst, min(1.0, step * p[name]))
        corrected[name] = (worst, step)
    return corrected


class _Paired:
    """The bootstrap distribution of |t| around the observed mean."""

    def __init__(self, values: Floats, seed: int) -> None:
        values = np.asarray(values, np.float64)
        count = len(values)
        self.mean, self.error = (
            float(np.mean(values)),
            float(np.std(values, ddof=1)) / math.sqrt(count),
        )
        picks = generator(seed, f"bootstrap of {count} pairs").integers(
            0, count, (RESAMPLES, count)
        )
        drawn = values[picks]
        off = np.abs(drawn.mean(axis=1) - self.mean)
        spread = drawn.std(axis=1, ddof=1) / math.sqrt(count)
        # A resample of one value, over and over, says nothing of its spread: it counts as far off, against
        # any claim. Rows are compared, for the spread of equal numbers may be rounding instead of 0.
        varied = (drawn != drawn[:, :1]).any(axis=1) & (spread > 0)
        self.t = np.full(RESAMPLES, np.inf)
        np.divide(off, spread, out=self.t, where=varied)
        self.t.sort()

    @property
    def p(self) -> float:
        if self.error == 0:
            return 1.0 if self.mean == 0 else 1 / (RESAMPLES + 1)
        beyond = RESAMPLES - int(np.searchsorted(self.t, abs(self.mean) / self.error, side="left"))
        return (1 + beyond) / (RESAMPLES + 1)

    def half_width(self, level: float) -> float:
        """Half the interval's width; infinite where so few pairs cannot support the level."""
        if self.error == 0:
            return 0.0
        place = min(RESAMPLES - 1, math.ceil((1 - level) * (RESAMPLES + 1)) - 1)
        return float(self.t[place]) * self.error
