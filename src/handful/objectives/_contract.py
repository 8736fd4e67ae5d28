"""What an objective is: a number for a subset, and the gain of one more row."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from handful import errors

if TYPE_CHECKING:
    from handful.objectives.weighted_sum import WeightedSum

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
        kept_gains: `add` keeps every gain up to date, so that a sweep of gains costs O(1) a row.
        removable: `remove` is given.
        majorized: `majorants` is given.
        exchangeable: `exchanges` is given.
        estimable: A gain is a sum over the rows of the pool, and `estimates` reads some of them.
        all_pairs: A sweep of gains compares all rows of the pool with all others.
        smallest_distance: The value is the smallest distance between two picks; the state gives it as `apart`.
    """

    monotone: bool
    submodular: bool
    modular: bool = False
    exact_gains: bool = True
    kept_gains: bool = False
    removable: bool = False
    majorized: bool = False
    exchangeable: bool = False
    estimable: bool = False
    all_pairs: bool = False
    smallest_distance: bool = False


@dataclass(frozen=True, eq=False)
class Counterexample:
    """Shows why a claim is not made: with S ⊂ T, the gain of `row` at S and at T break it.

    For "monotone" only the gain at T counts, which is below 0; for "submodular" it is above that at S.
    """

    view: View
    smaller: tuple[int, ...]
    larger: tuple[int, ...]
    row: int


class View(Protocol):
    """What an objective sees: n rows, and arrays by name. `methods.View` is one; `Arrays` is another."""

    @property
    def n(self) -> int:
        """Number of rows."""
        ...

    @property
    def rank(self) -> Indices | None:
        """(n,) each row's place in the order of ids, by which ties break; None: row order."""
        ...

    @property
    def threads(self) -> int:
        """Threads that may be used; results never depend on it."""
        ...

    @property
    def memory_bytes(self) -> int:
        """Anonymous memory that may be used beyond what is held now."""
        ...

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


class Majorants(Protocol):
    """A family of modular upper bounds: f(S) ≤ constant(θ) + Σ_{j ∈ S} weights_j(θ) for all S.

    Valid for every θ in a box, whatever led to it, and convex in θ. The certificate
    (`optimizers.certificate`) walks θ downhill; one call of `at` costs one sweep of gains.

    Attributes:
        by_gains: At a tangent the weights are the gains there, which a run keeps, and so finds cheaply.
    """

    by_gains: bool = False

    def box(self) -> tuple[Floats, Floats]:
        """(p,) and (p,): low and high. The low may rise once `at` was asked for, but not past that θ."""
        ...

    def tangent(self, subset: Indices) -> Floats:
        """(p,) a θ at which the bound meets the value of `subset`."""
        ...

    def at(self, theta: Floats) -> tuple[float, Floats]:
        """The constant and the (n,) weights at θ, rounded up."""
        ...

    def slope(self, theta: Floats, subset: Indices) -> Floats:
        """(p,) a subgradient in θ of constant(θ) + Σ_{j ∈ subset} weights_j(θ)."""
        ...


class Objective(Protocol):
    """A set function with incremental gains. Objects keep nothing that a run changes.

    A member gives `facts`, `value`, `start`, `gains` and `add`, and whichever of the rest its facts
    declare. Subclassing this class is optional: it adds `0.7 * f + 0.3 * g`, and the defaults below.

    Example:
        >>> class Distinct(Objective):  # how many values the first feature takes
        ...     facts = Facts(monotone=True, submodular=True)
        ...
        ...     def value(self, view, subset):
        ...         return float(len(set(view.array()[subset, 0])))
        ...
        ...     def start(self, view):
        ...         return view.array()[:, 0], frozenset()
        ...
        ...     def gains(self, state, candidates):
        ...         column, seen = state
        ...         return np.array([float(column[j] not in seen) for j in candidates])
        ...
        ...     def add(self, state, index):
        ...         column, seen = state
        ...         return column, seen | {column[index]}
        >>> from handful.optimizers import maximize
        >>> maximize(Distinct(), Arrays({"x": np.array([[7], [7], [5]])}), rows=2).indices.tolist()
        [0, 2]
    """

    @property
    def facts(self) -> Facts:
        """What is claimed; a class attribute where it does not depend on parameters."""
        ...

    @property
    def counterexamples(self) -> Mapping[str, Counterexample]:
        """For claims not made, by name of the fact; read by `handful.testing.laws`."""
        return {}

    def value(self, view: View, subset: Indices) -> float:
        """The definition, slow and plain."""
        ...

    def start(self, view: View) -> State:
        """The state of the empty subset. Heavy preparation happens here, once."""
        ...

    def gains(self, state: State, candidates: Indices) -> Floats:
        """(m,) float64: value(S + j) − value(S) for each candidate j not in S.

        Leaves `state` as it is in meaning (it may fill caches).
        """
        ...

    def add(self, state: State, index: int) -> State:
        """The state of S + index. May reuse `state`; the old one is then dead."""
        ...

    def error(self, state: State, candidates: Indices, gains: Floats) -> Floats:
        """(m,) a bound on |gains − exact| for candidates whose gains were just computed."""
        return np.zeros(len(candidates))

    def exact(self, state: State, candidates: Indices) -> Floats:
        """(m,) float64 gains summed in a fixed order, with equal bits for equal rows.

        Where gains lie closer together than their errors, these decide (the close-call rule).
        """
        return self.gains(state, candidates)

    def estimates(
        self,
        state: State,
        candidates: Indices,
        rows: Indices | None,
        chances: Floats | None = None,
    ) -> tuple[Floats, Floats]:
        """(m,) gains as some rows of the pool tell them, and (m,) how far rounding may have moved them.

        Each row's part is divided by how often that row was to be expected among those drawn, so that the sum
        is right in the mean; what is known without reading a row is not estimated. Over all rows (None) it is
        the gain, of the same bits whatever was computed before.

        Args:
            state: At what.
            candidates: (m,) of which.
            rows: Those drawn, a row as often as it was; None: all.
            chances: Of each of them, the number of times expected; None: of all rows alike.
        """
        raise errors.not_given(type(self).__name__, "estimates")

    def rooms(self, state: State) -> Floats | None:
        """(n,) the most, or nearly, that each row of the pool can still give to one gain; None: not known.

        A guide to which rows are worth reading: no estimate is wrong in the mean where it is wrong.
        """
        return None

    def together(self, states: Sequence[State], candidates: Indices) -> None:
        """Gains of some candidates will be asked for in each of these states: what they share is found once."""
        return  # most share nothing

    def copy(self, state: State) -> State:
        """An independent state of the same subset."""
        return copy.deepcopy(state)

    def remove(self, state: State, index: int) -> State:
        """The state of S − index. May reuse `state`; the old one is then dead."""
        raise errors.not_given(type(self).__name__, "remove")

    def exchanges(self, state: State, candidates: Indices, threads: int) -> tuple[Indices, Floats]:
        """For each candidate not in S, the place of the pick it had best stand in for, and the win, nearly.

        Places are in the order in which rows were added.
        """
        raise errors.not_given(type(self).__name__, "exchanges")

    def majorants(self, state: State) -> Majorants:
        """Modular upper bounds of the objective, for the certificate; `state` is of any subset."""
        raise errors.not_given(type(self).__name__, "majorants")

    def prepared(self, view: View) -> Objective:
        """The same, with what it derives from the view made once, such as a neighbour graph."""
        return self

    def told(self, state: State) -> Mapping[str, Any]:
        """Named facts about the subset that are worth telling beside its value."""
        return {}

    def __add__(self, other: Objective) -> WeightedSum:
        from handful.objectives.weighted_sum import WeightedSum

        return WeightedSum.of((1.0, self), (1.0, other))

    def __rmul__(self, weight: float) -> WeightedSum:
        from handful.objectives.weighted_sum import WeightedSum

        return WeightedSum.of((weight, self))


def duplicate(objective: Objective, state: State) -> State:
    """An independent state, by the objective's own `copy` where it has one."""
    own = getattr(objective, "copy", None)
    return copy.deepcopy(state) if own is None else own(state)


@dataclass(frozen=True, eq=False)
class Arrays:
    """A view made of plain arrays, for use without a pool.

    Example:
        >>> Arrays({"embedding": np.eye(3, dtype=np.float32)}).n
        3
    """

    arrays: Mapping[str, Any] = field(default_factory=dict)
    target: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Floats] = field(default_factory=dict)
    rank: Indices | None = None
    threads: int = 1
    memory_bytes: int = 2 << 30
    rows: int | None = None

    @property
    def n(self) -> int:
        """Number of rows: as given, or from the first array or score."""
        if self.rows is not None:
            return self.rows
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
