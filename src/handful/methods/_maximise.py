"""Objectives as methods: maximise one through the ledger, with a bound and beside random's value."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from handful.budget import Ledger
from handful.graphs.similarity import NAMES
from handful.methods._contract import MethodFacts, Need, View
from handful.methods._trade import trade
from handful.optimizers.certificate import LEVELS
from handful.optimizers.solve import solve
from handful.parameters import parameter
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.selection import Floats, Indices, Picks

_OPTIMIZER = parameter(None, "How it is maximised; none: by the objective's facts and the size.")
_CERTIFY = parameter("fast", "How hard to look for an upper bound.", choices=LEVELS)
_SCORE_SHARE = parameter(
    0.0,
    "What --trade-off sets: the share of the score beside the objective, 0 to 1.",
    low=0,
    high=1,
)
_SHARED = {
    "array": parameter(None, "Name of the feature array; none: the only one, or made from text."),
    "similarity": parameter("clipped_cosine", "How alike two rows are.", choices=NAMES),
    "distance": parameter("euclidean", "How far apart two rows are."),
}


@dataclass(frozen=True, eq=False)
class Maximise:
    """Maximise an objective of the user's own, or one composed of several.

    Args:
        objective: Anything with the contract of `objectives.Objective`.
    """

    objective: Any
    optimizer: str | None = _OPTIMIZER
    certify: str = _CERTIFY
    score_share: float = _SCORE_SHARE

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Nemhauser, Wolsey & Fisher 1978, An analysis of approximations for maximizing submodular "
        "set functions",
        needs=(),
        honours=("rows", "amount", "include", "quotas", "max_similarity", "changes"),
        nested=True,
        cost="the objective's",
    )

    def settled(self) -> Any:
        """The objective."""
        return self.objective

    def standing(self, view: View, picks: Indices, rng: Draws) -> Floats | None:
        """What each row would still add; None beside a score, whose scale only the run knows."""
        return None if self.score_share > 0 else standing(self.objective, view, picks)

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Maximise it."""
        return _solve(self, self.objective, view, ledger, rng)


def _solve(method: Any, objective: Any, view: View, ledger: Ledger, rng: Draws) -> Picks:
    view.run_with.progress.stage("choosing", None)
    if method.score_share > 0:
        return trade(
            objective, method.score_share, view, ledger, rng, method.optimizer, method.certify
        )
    return solve(
        objective, view, ledger, rng, optimizer=method.optimizer, certificate=method.certify
    )


def standing(objective: Any, view: View, picks: Indices) -> Floats:
    """(n,) what each row would still add to the picks; NaN for the picks."""
    state = objective.start(view)
    for row in picks.tolist():
        state = objective.add(state, row)
    left = np.setdiff1d(np.arange(view.n), picks)
    found: Floats = np.full(view.n, np.nan)
    found[left] = objective.gains(state, left)
    return found


def offered(
    objective: Any,
    *,
    needs: tuple[Need, ...],
    paper: str,
    cost: str,
    optimises: tuple[str, ...] = (),
    work: Callable[[Size], Work] | None = None,
) -> type[Any]:
    """The method that maximises an objective: its parameters, and `optimizer` and `certify`.

    Parameters that only Python can give (weights, matrices) stay with the objective itself, which
    `handful.select(method=…)` takes as it is.
    """
    own = [f for f in dataclasses.fields(objective) if f.name in _SHARED or f.metadata]

    def settled(self: Any) -> Any:
        return objective(**{f.name: getattr(self, f.name) for f in own})

    def stand(self: Any, view: View, picks: Indices, rng: Draws) -> Floats | None:
        return None if self.score_share > 0 else standing(self.settled(), view, picks)

    def run(self: Any, view: View, ledger: Ledger, rng: Draws) -> Picks:
        return _solve(self, self.settled(), view, ledger, rng)

    fields: list[tuple[str, Any, Any]] = [
        (f.name, _type(f.name, f.type), dataclasses.field(default=f.default, metadata=_meta(f)))
        for f in own
    ]
    facts = MethodFacts(
        paper=paper,
        needs=needs,
        honours=("rows", "amount", "include", "quotas", "max_similarity", "changes"),
        nested=True,
        cost=cost,
        optimises=optimises,
    )
    namespace: dict[str, Any] = {"facts": facts, "run": run, "__doc__": _told(objective)}
    namespace |= {"settled": settled, "standing": stand}
    if work is not None:
        namespace["work"] = lambda self, size: work(size)
    made = dataclasses.make_dataclass(
        objective.__name__,
        [
            *fields,
            ("optimizer", str | None, _OPTIMIZER),
            ("certify", str, _CERTIFY),
            ("score_share", float, _SCORE_SHARE),
        ],
        namespace=namespace,
        frozen=True,
    )
    made.__module__ = f"handful.methods.data.{objective.__module__.rpartition('.')[2]}"
    return made


def _told(objective: Any) -> str:
    """What an objective's docstring says of it, without what only Python's users need."""
    text = inspect.getdoc(objective) or ""
    before, _, rest = text.partition("\n\nArgs:\n")
    _, source, after = rest.partition("\n\nSource:")
    return before + source + after


def _type(name: str, annotation: Any) -> Any:
    known = {"array": str | None, "similarity": Any, "distance": Any}
    if name in known:
        return known[name]
    return {"float": float, "int": int, "str": str, "bool": bool}[annotation]


def _meta(declared: dataclasses.Field[Any]) -> Any:
    return declared.metadata or _SHARED[declared.name].metadata
