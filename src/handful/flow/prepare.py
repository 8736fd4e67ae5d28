"""From a request to all that a method needs, every fault of the input found before long work starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from handful import errors
from handful.budget import Budget, Quota
from handful.flow.duplicates import check_dedup
from handful.flow.ids import read_ids
from handful.flow.inputs import (
    asked_quotas,
    read_candidates,
    read_costs,
    read_given,
    read_pool,
    read_quotas,
    read_targets,
    skipped_rows,
)
from handful.flow.method import (
    at_hand_of,
    check_honours,
    check_needs,
    check_update,
    configured_method,
    early_method,
    wants_all,
)
from handful.flow.narrowed import apart_of, deduplicated, updated, without_copies
from handful.flow.prepared import Prepared
from handful.flow.request import Request, parse_memory
from handful.flow.update import read_update
from handful.flow.vectors import Vectors
from handful.flow.view import view_of
from handful.rng import Draws
from handful.runtime.cache import Cache, default_folder
from handful.runtime.meter import Meter
from handful.runtime.progress import Progress, Silent
from handful.runtime.run import Run, available_memory, available_threads


def prepare(
    data: Any, request: Request, progress: Progress | None = None, *, only_check: bool = False
) -> Prepared:
    """Read what must be read, check everything that can be checked before long work, then deduplicate.

    Args:
        data: The pool.
        request: What is asked.
        progress: Who is told how far the work is.
        only_check: Leave out the long work, so that duplicates are still there.
    """
    meter = Meter()
    run = _run(request, progress or Silent())
    asked = asked_quotas(request.quotas)
    budget = _budget(request, asked)
    if asked:  # what the manifest keeps does not depend on a file
        request = replace(request, quotas=[quota.record() for quota in asked])
    named, params = early_method(request)
    pool = read_pool(data, request, run)
    targets = read_targets(request, run, pool)
    owned = read_given(request, run, pool)
    ids = read_ids(pool)
    skipped = skipped_rows(request, pool)
    candidates, included = read_candidates(request, pool, ids, skipped)
    dropped = None
    if request.drop_target_copies:
        candidates, included, dropped = without_copies(run, pool, targets, candidates, included)
    n = pool.n if candidates is None else len(candidates)
    if n == 0:
        raise errors.nothing_left(pool.n)
    update = read_update(request, ids)
    update = None if update is None else update.without(candidates, ids)

    vectors = Vectors(pool.arrays, candidates, request.features)
    rng = Draws(request.seed)
    view, copies = view_of(request, run, pool, targets, owned, ids, candidates, vectors, rng)
    at_hand = at_hand_of(request, pool, targets, owned)
    key, method, reason = configured_method(named, params, request, at_hand, n)
    check_needs(key, method, at_hand, pool)
    check_honours(key, method, budget, included, request)
    check_update(key, method, request)
    check_dedup(request, at_hand, owned)
    costs = read_costs(budget, pool, candidates, run)
    quotas = read_quotas(budget, pool, candidates)
    prepared = Prepared(
        request,
        run,
        pool,
        targets,
        ids,
        budget,
        candidates,
        included,
        key,
        method,
        reason,
        at_hand,
        view,
        costs,
        skipped,
        meter,
        owned,
        update=update,
        quotas=quotas,
        copies=copies,
        dropped=dropped,
    )
    if quotas is not None:
        prepared.ledger()  # refuses what cannot be met, before any feature is made
    if request.dedup is not None and not only_check:
        prepared = deduplicated(prepared, rng)
        if quotas is not None:
            prepared.ledger()  # again, on the rows that are left
    prepared = replace(prepared, apart=apart_of(request, prepared.view, method, at_hand))
    if update is not None and not only_check:
        prepared = updated(prepared)
    _warn(prepared)
    return prepared


def _budget(request: Request, quotas: Sequence[Quota]) -> Budget:
    """The budget asked; without one, all that deduplication leaves."""
    return Budget(
        request.rows,
        fraction=1 if wants_all(request) else request.fraction,
        amount=request.budget,
        cost=request.cost,
        quotas=quotas,
    )


def with_method(
    prepared: Prepared, method: Any, params: Mapping[str, Any] | None = None
) -> Prepared:
    """The same request with another method, checked as the first was; nothing is read again."""
    request = replace(prepared.request, method=method, params=params or {})
    named, given = early_method(request)
    at_hand = at_hand_of(request, prepared.pool, prepared.targets, prepared.owned)
    key, configured, reason = configured_method(named, given, request, at_hand, prepared.view.n)
    check_needs(key, configured, at_hand, prepared.pool)
    check_honours(key, configured, prepared.budget, prepared.included, request)
    apart = apart_of(request, prepared.view, configured, at_hand)
    changed = {"key": key, "method": configured, "reason": reason, "apart": apart}
    return replace(prepared, request=request, **changed)


def _run(request: Request, progress: Progress) -> Run:
    threads = available_threads() if request.threads is None else request.threads
    memory = available_memory() if request.memory is None else parse_memory(request.memory)
    cache = None if request.cache is False else Cache(Path(request.cache or default_folder()))
    return Run(threads, memory, cache, progress)


def _warn(prepared: Prepared) -> None:
    n, budget = prepared.view.n, prepared.budget
    if budget.rows is not None and budget.rows > n:
        prepared.warnings.append(
            f"--rows {budget.rows} is more than the {n} rows there are to pick from: all may be picked."
        )
    if prepared.skipped:
        prepared.warnings.append(
            f"{len(prepared.skipped)} rows could not be used and were skipped; the manifest lists them."
        )
