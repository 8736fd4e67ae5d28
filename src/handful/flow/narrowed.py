"""Stages that leave rows out or keep them, before any is chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from handful import errors
from handful.flow.copies import Codes
from handful.flow.duplicates import find_duplicates, in_source_rows
from handful.flow.prepared import Prepared
from handful.flow.request import Request
from handful.flow.update import settle
from handful.flow.vectors import Vectors
from handful.flow.view import copies_of, view_of
from handful.graphs.apart import Apart, Directions
from handful.methods._contract import NEED_HELP, Target, View
from handful.pool import Pool
from handful.rng import Draws
from handful.runtime.run import Run
from handful.selection import Indices


def without_copies(
    run: Run,
    pool: Pool,
    targets: tuple[tuple[str, Pool], ...],
    candidates: Indices | None,
    included: Indices,
) -> tuple[Indices, Indices, Codes]:
    """Candidates that are no copies of target rows; must-includes stay."""
    tell, _ = copies_of(run, pool, targets, candidates)
    if tell is None:
        raise errors.no_target_to_compare()
    codes = tell()
    kept = codes == 0
    kept[included] = True
    rows = np.arange(pool.n) if candidates is None else candidates
    return rows[kept], np.cumsum(kept)[included] - 1, codes


def deduplicated(prepared: Prepared, rng: Draws) -> Prepared:
    """The same request on what deduplication leaves of the candidates."""
    view, owned = prepared.view, prepared.owned
    beside = None
    if owned is not None:
        assert view.given is not None
        beside = Target("given", owned.n, None if owned.text is None else owned.texts, view.given)
    first = prepared.included
    if prepared.update is not None:  # old picks stay, too
        first = np.append(first, prepared.update.candidates(prepared.candidates))
    kept, dropped = find_duplicates(prepared.request, view, beside, first, rng)
    candidates = prepared.source_rows(kept)
    vectors = Vectors(prepared.pool.arrays, candidates, prepared.request.features)
    view, copies = view_of(
        prepared.request,
        prepared.run,
        prepared.pool,
        prepared.targets,
        owned,
        prepared.ids,
        candidates,
        vectors,
        rng,
    )
    return replace(
        prepared,
        candidates=candidates,
        included=np.searchsorted(kept, prepared.included),
        view=view,
        copies=copies,
        costs=None if prepared.costs is None else prepared.costs[kept],
        quotas=None if prepared.quotas is None else prepared.quotas.of_some(kept),
        duplicates=in_source_rows(dropped, prepared.candidates),
    )


def updated(prepared: Prepared) -> Prepared:
    """The same request with what stays of an earlier selection."""
    assert prepared.update is not None
    update = settle(
        prepared.update,
        prepared.request,
        prepared.method,
        prepared.view,
        prepared.candidates,
        prepared.ledger,
    )
    return replace(prepared, update=update)


def apart_of(request: Request, view: View, method: Any, at_hand: set[str]) -> Apart | None:
    """What keeps picks apart, on the features that the method names."""
    if request.max_similarity is None:
        return None
    if "features" not in at_hand:
        raise errors.needs_missing("--max-similarity", [NEED_HELP["features"]])
    array = getattr(method, "array", None)
    directions = Directions(float(request.max_similarity), lambda: view.array(array))
    return Apart(directions, None, view.n)
