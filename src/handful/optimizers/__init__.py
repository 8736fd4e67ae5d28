"""Maximise an objective under a budget. One class a module; there is no list to edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fractions import Fraction

    import numpy as np
    from numpy.typing import NDArray

    from handful.budget import Quotas
    from handful.objectives._contract import Objective, View
    from handful.optimizers._contract import Optimizer
    from handful.optimizers.certificate import Level
    from handful.selection import Picks

__all__ = ["classes", "maximize"]


def classes() -> dict[str, type[Any]]:
    """Every optimizer there is, by the key that is its file's name.

    Example:
        >>> classes()["lazy"].__name__
        'Lazy'
    """
    import sys

    from handful.parameters import members

    package = sys.modules[__name__]
    return {key: cls for key in members(package) if (cls := _offered(package, key)) is not None}


def maximize(
    objective: Objective,
    view: View,
    rows: int | None = None,
    *,
    costs: NDArray[np.floating[Any] | np.integer[Any]] | None = None,
    amount: Fraction | float | None = None,
    quotas: Quotas | None = None,
    optimizer: Optimizer | str | None = None,
    certificate: Level = "fast",
    seed: int = 0,
) -> Picks:
    """Maximise an objective over plain arrays, without a pool.

    Args:
        objective: What is maximised.
        view: What it sees, for instance `objectives.Arrays`.
        rows: Rows at most; all, where only a cost binds.
        costs: (n,) cost of each row.
        amount: Cost at most.
        quotas: Limits on groups, made with `Quotas.of`.
        optimizer: A configured one, a name, or None for the default that the objective's facts allow.
        certificate: How hard to look for an upper bound: "fast", "tight" or "off".
        seed: Of every draw.

    Example:
        >>> import numpy as np
        >>> from handful.objectives import Arrays, Modular
        >>> view = Arrays(scores={"quality": np.array([3.0, 9.0, 4.0])})
        >>> maximize(Modular(), view, costs=np.array([1, 9, 1]), amount=9).indices.tolist()
        [1]
    """
    from handful.budget import Ledger
    from handful.optimizers.solve import solve
    from handful.rng import Draws

    most = view.n if rows is None else rows
    ledger = Ledger(view.n, rows=most, costs=costs, amount=amount, quotas=quotas)
    return solve(objective, view, ledger, Draws(seed), optimizer=optimizer, certificate=certificate)


def _offered(package: Any, key: str) -> type[Any] | None:
    """The optimizer class a module defines, or None where it offers something else."""
    import importlib

    module = importlib.import_module(f"{package.__name__}.{key}")
    for value in vars(module).values():
        if (
            isinstance(value, type)
            and value.__module__ == module.__name__
            and hasattr(value, "refuses")
        ):
            return value
    return None


def __getattr__(name: str) -> Any:
    for found in classes().values() if name[:1].isupper() else ():
        if found.__name__ == name:
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
