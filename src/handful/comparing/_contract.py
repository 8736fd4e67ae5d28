"""What a measure is, and what it may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

from handful.rng import Keys
from handful.runtime.run import Run
from handful.selection import Floats, Indices

Aim = Literal["target", "coverage", "likeness", "diversity", "balance", "score", "learning"]
"""What a measure reads. A method names in `facts.optimises` those it strives for itself: the verdict
then rests on another measure, and these are shown with the tag `optimised`."""


@dataclass(frozen=True)
class Fact:
    """What a measure says of one of its numbers.

    Args:
        key: Its name in manifests and tables.
        label: The same for people, with the unit.
        larger_is_better: Else smaller is.
        aim: What it reads.
        better, worse: How a pick compares where it wins or loses, to be followed by "98 of 99 random picks".
        about: What it is, in one plain sentence for who has never heard of it.
    """

    key: str
    label: str
    larger_is_better: bool
    aim: Aim
    better: str
    worse: str
    about: str


@dataclass(frozen=True, eq=False)
class Scene:
    """All that is known of the rows a trial picks from, and of the rows held out to judge by.

    What is absent is None; a measure that needs it is left out.

    Args:
        n: Rows that may be picked.
        keys: (n,) uint64, for samples.
        run: Threads to share the work out to.
        held: What was held out: rows of the target, or of the pool.
        features, held_features: (n, d) and (e, d), unit rows (or zero), float32 or CSR.
        ngrams, held_ngrams: (n, buckets) and (e, buckets) CSR counts of hashed word n-grams.
        text_hashes: (n,) uint64, equal where the texts are.
        labels, held_labels: (n,) and (e,) whole numbers.
        groups: (n,) whole numbers.
        scores: (n,) finite.
    """

    n: int
    keys: Keys
    run: Run
    held: Literal["target", "pool"] = "pool"
    features: Any = None
    held_features: Any = None
    ngrams: Any = None
    held_ngrams: Any = None
    text_hashes: Keys | None = None
    labels: Indices | None = None
    held_labels: Indices | None = None
    groups: Indices | None = None
    scores: Floats | None = None

    def has(self, needs: Sequence[str]) -> bool:
        """Whether all of these fields are there."""
        return all(getattr(self, name) is not None for name in needs)


class Measure(Protocol):
    """Numbers for a pick. Made from a scene; the module's file name is its key.

    The work may be done for all picks together, but a pick's numbers never depend on the others.
    """

    needs: ClassVar[tuple[str, ...]]
    """Fields of the scene that must be there."""

    facts: tuple[Fact, ...]
    """One for each number, in the order of `values`."""

    def __init__(self, scene: Scene) -> None: ...

    def values(self, picks: Sequence[Indices]) -> Floats:
        """(picks, facts) float64, finite. Each pick is row numbers of the scene, distinct, at least one."""
        ...
