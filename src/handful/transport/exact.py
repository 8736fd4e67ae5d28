"""Transport between small sets, exactly: the network simplex of POT."""

from __future__ import annotations

import warnings

import numpy as np

from handful import errors
from handful.transport._contract import Floats, Transport, centred, weights
from handful.transport.costs import Costs

STEPS = 10_000_000
"""Pivots of the simplex, at most; it needs far fewer."""


def exact(
    costs: Costs | Floats, *, rows: Floats | None = None, targets: Floats | None = None
) -> Transport:
    """The cheapest plan and its prices; all pairs are held.

    Args:
        costs: (n, m), as `Costs` or as a matrix.
        rows: (n,) a > 0; None: equal. Brought to a sum of 1.
        targets: (m,) b > 0; None: equal. Brought to a sum of 1.

    Cost: about (n + m)·n·m, and 16·n·m bytes.

    Example:
        >>> found = exact(np.array([[0.0, 1.0], [1.0, 0.0], [5.0, 4.0]]))
        >>> round(found.cost, 9), int(found.rows.argmax())
        (1.5, 2)

    Source: Bonneel, van de Panne, Paris & Heidrich 2011, Displacement interpolation using Lagrangian mass
    transport; Flamary et al. 2021, POT: Python optimal transport.
    """
    from ot.lp import emd

    if isinstance(costs, Costs):
        costs = np.concatenate([costs.tile(tile) for tile in costs.tiles])
    a, b = weights(rows, costs.shape[0]), weights(targets, costs.shape[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it warns of is in its log, and an error here
        plan, log = emd(a, b, np.ascontiguousarray(costs), numItermax=STEPS, log=True)
    if log["warning"] is not None:
        raise errors.transport_not_solved(costs.shape, str(log["warning"]))
    cost = float(np.einsum("ij,ij->", plan, costs))
    f, g = centred(np.asarray(log["u"]), np.asarray(log["v"]), b)
    bound = float(a @ (costs - g).min(axis=1))  # Σ b·g = 0
    return Transport(f, g, cost, min(cost, bound), float(a @ costs @ b))
