"""What an objective is: a number for a subset, and the gain of one more row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
State = Any
"""Where a greedy run stands. Owned by the objective that made it; optimizers only pass it on."""


@dataclass(frozen=True)
class Facts:
    """What an objective claims of itself. Each claim is tested by `handful.testing.laws`.

    Args:
        monotone: Adding a row never lowers the value.
        submodular: A row's gain never rises as the subset grows.
        modular: A row's gain never changes at all.
        exact_gains: `gains` are float64 sums in a fixed order; else `error` and `exact` are given.
        removable: `remove(state, index)` is given.
    """

    monotone: bool
    submodular: bool
    modular: bool = False
    exact_gains: bool = True
    removable: bool = False


class View(Protocol):
    """What an objective sees: n rows, and arrays by name. `methods.View` is one; `Arrays` is another.

    Attributes:
        n: Number of rows.
        rank: (n,) int64, each row's place in the order of ids, by which ties break; None: row order.
        threads: Threads that may be used; results never depend on it.
        memory_bytes: Anonymous memory that may be used beyond what is held now.
    """

    n: int
    rank: Indices | None
    threads: int
    memory_bytes: int

    def array(self, name: str | None = None) -> Any:
        """The rows' features, (n, d) dense float16/32/64 or CSR; None: the default array."""
        ...

    def target_array(self, name: str | None = None) -> Any:
        """The target rows' features, (q, d)."""
        ...

    def given_array(self, name: str | None = None) -> Any:
        """Features of rows already owned, which the picks should be unlike, (p, d)."""
        ...

    def score(self, name: str | None = None) -> Floats:
        """(n,) a number per row, larger is better; None: the default score."""
        ...


class Objective(Protocol):
    """A set function with incremental gains. Objects keep nothing that a run changes."""

    facts: Facts

    def value(self, view: View, subset: Indices) -> float:
        """The definition, slow and plain."""
        ...

    def start(self, view: View) -> State:
        """The state of the empty subset. Heavy preparation happens here, once."""
        ...

    def gains(self, state: State, candidates: Indices) -> Floats:
        """(m,) float64: value(S + j) − value(S) for each candidate j not in S.

        Leaves `state` as it is in meaning; it may fill caches.
        """
        ...

    def add(self, state: State, index: int) -> State:
        """The state of S + index. May reuse `state`; the old one is then dead."""
        ...

    # Optional, declared in facts:
    #   error(state) -> float: |gains − true gains| is at most this; needed where not exact_gains.
    #   exact(state, candidates) -> Floats: float64 gains in a fixed order, equal for equal rows. Where
    #       the two best gains differ by less than 2·error, these decide (the close-call rule).
    #   remove(state, index) -> State; copy(state) -> State.


@dataclass(frozen=True, eq=False)
class Arrays:
    """A view made of plain arrays, for use without a pool.

    Example:
        >>> Arrays({"embedding": np.eye(3, dtype=np.float32)}).n
        3
    """

    arrays: Mapping[str, Any]
    target: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Floats] = field(default_factory=dict)
    rank: Indices | None = None
    threads: int = 1
    memory_bytes: int = 2 << 30

    @property
    def n(self) -> int:
        """Number of rows, from the first array or score."""
        return int(next(iter({**self.arrays, **self.scores}.values())).shape[0])

    def array(self, name: str | None = None) -> Any:
        """Rows' features by name; the first where no name is given."""
        return _named(self.arrays, name)

    def target_array(self, name: str | None = None) -> Any:
        """Target rows' features."""
        return _named(self.target, name)

    def given_array(self, name: str | None = None) -> Any:
        """Features of rows already owned."""
        return _named(self.given, name)

    def score(self, name: str | None = None) -> Floats:
        """A number per row."""
        return np.asarray(_named(self.scores, name), np.float64)


def _named(arrays: Mapping[str, Any], name: str | None) -> Any:
    return arrays[name] if name is not None else next(iter(arrays.values()))
