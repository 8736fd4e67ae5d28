"""Which optimizer: the default from what an objective declares, or the one asked for, if it can serve."""

from __future__ import annotations

from typing import Any

from handful import errors
from handful.budget import Ledger
from handful.objectives._contract import Objective
from handful.optimizers._contract import Optimizer
from handful.parameters import configure, parse_spec

ALL_PAIRS = 100_000
"""Rows up to which every pair is compared where nothing is said. `auto`, whom nobody asked for facility
location, compares fewer (`flow.auto`)."""


def choose(objective: Objective, ledger: Ledger, asked: Optimizer | None = None) -> Optimizer:
    """The optimizer asked for, refused with its reason where it cannot serve; else the default.

    The default reads declared facts, the budget and the number of rows alone: see `default`.
    """
    if asked is None:
        return default(objective, ledger)
    reason = asked.refuses(objective, ledger)
    if reason is not None:
        instead = name_of(default(objective, ledger))
        raise errors.optimizer_refuses(name_of(asked), type(objective).__name__, reason, instead)
    return asked


def default(objective: Objective, ledger: Ledger) -> Optimizer:
    """What serves where nothing is asked for.

    Under a cost with quotas, the better of greedy by gain and by gain per cost: minima leave little to spend,
    and it goes further so. Where all pairs would be compared of more than `ALL_PAIRS` rows, greedy part by
    part, if it can serve; else where gains are kept up to date, or not submodular, plain greedy; else lazy
    greedy, which picks the same rows.
    """
    from handful.optimizers.cost_ratio import CostRatio
    from handful.optimizers.greedy import Greedy
    from handful.optimizers.lazy import Lazy
    from handful.optimizers.partitioned import Partitioned

    if ledger.costs is not None and ledger.quotas is not None:
        return CostRatio()
    facts = objective.facts
    if facts.all_pairs and facts.monotone and facts.submodular and ledger.n > ALL_PAIRS:
        parts = Partitioned()
        if parts.refuses(objective, ledger) is None:
            return parts
    return Lazy() if facts.submodular and not facts.kept_gains else Greedy()


def named(spec: str) -> Optimizer:
    """An optimizer by name, as "stochastic" or "stochastic:epsilon=0.1".

    Example:
        >>> named("lazy")
        Lazy()
    """
    from handful.optimizers import classes

    key, params = parse_spec(spec)
    known: dict[str, type[Any]] = classes()
    key = key.replace("-", "_")
    if key not in known:
        raise errors.unknown_choice("--optimizer", key, known)
    optimizer: Optimizer = configure(key, known[key], params)
    return optimizer


def name_of(optimizer: Optimizer) -> str:
    """The key of an optimizer: its file's name."""
    return type(optimizer).__module__.rpartition(".")[2]
