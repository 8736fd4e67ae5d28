"""`handful.select`: a pool goes in, a selection comes out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from handful import errors
from handful.flow.copies import counts
from handful.flow.prepare import prepare
from handful.flow.prepared import Prepared
from handful.flow.record import inputs_section, kept_quotas, result_section, run_section
from handful.flow.request import Request
from handful.rng import Draws
from handful.runtime.progress import Progress
from handful.selection import Picks, Selection


def select(data: Any, *, progress: Progress | None = None, **options: Any) -> Selection:
    """Pick the best subset of a pool under a budget.

    Args:
        data: The pool. A path, glob or folder, or a list of them (JSONL, Parquet, CSV, Arrow, .npy); a
            pandas or polars frame, an Arrow table, a Hugging Face dataset, an (n, d) array or sparse matrix
            of embeddings, a dict of named arrays, a list of texts.
        progress: Who is told how far the work is; nobody where not given.
        **options: As in `Request`, the same names as the command line's flags: rows, fraction, budget,
            cost, quotas, method, params, like, given, text, like_text, arrays, like_arrays, embeddings,
            like_embeddings, given_embeddings, features, id, group, score, include, exclude, dedup,
            stage, max_similarity, update, changes, similarity, trade_off, optimizer, certify, on_bad_row, seed,
            memory, threads, cache.

    Returns:
        The selection: row numbers, ids, gains, value, weights and the manifest.

    Raises:
        DataError: The data are not as they must be; the message names the place.
        UsageError: The request cannot be carried out as it is put.
        InfeasibleError: The constraints cannot be met together.

    Example:
        >>> texts = ["one fish", "two fish", "red fish", "blue fish"]
        >>> chosen = select(texts, rows=2, method="random", seed=1, cache=False)
        >>> len(chosen), chosen.apply(texts) == [texts[i] for i in sorted(chosen)]
        (2, True)
    """
    return choose(prepare(data, request(options), progress))


def request(options: dict[str, Any]) -> Request:
    """The options as a request; a name that is none of them is refused, with the nearest."""
    from dataclasses import fields

    known = [f.name for f in fields(Request)]
    for name in options:
        if name not in known:
            raise errors.unknown_parameter(name, "handful.select", known)
    return Request(**options)


def choose(prepared: Prepared) -> Selection:
    """Run the method of a prepared request, and record what it did."""
    if prepared.request.memory is not None:
        from handful.flow.plan import refuse_too_large

        refuse_too_large(prepared)
    view, ledger = prepared.view, prepared.ledger()
    picks = prepared.method.run(view, ledger, Draws(prepared.request.seed))
    _hold_to_the_budget(prepared, picks)
    copies = _copies(prepared, picks)
    warnings = [*prepared.warnings, *_shortfall(prepared, picks), *_leaks(copies)]
    rows = prepared.source_rows(np.asarray(picks.indices, np.int64))
    selection = Selection(
        indices=rows,
        ids=prepared.ids.of(rows),
        n=prepared.pool.n,
        method=prepared.key,
        nested=prepared.update is None and _nested(prepared, picks),
        gains=picks.gains,
        value=picks.value,
        upper_bound=picks.upper_bound,
        no_bound=picks.no_bound,
        weights=picks.weights,
        weight_kind=picks.weight_kind,
        notes=picks.notes,
        duplicates=prepared.duplicates,
        warnings=tuple(warnings),
    )
    manifest = {
        "format": 1,
        "request": prepared.request.record(),
        "inputs": inputs_section(prepared),
        "result": {**result_section(prepared, selection), "target_copies": copies},
        "run": run_section(prepared),
    }
    return replace(selection, manifest=manifest)


def _hold_to_the_budget(prepared: Prepared, picks: Picks) -> None:
    """Take every pick once more through a fresh ledger: the last word on the budget is not the method's."""
    ledger = prepared.ledger()
    included = set(ledger.taken)
    others = picks.indices[~np.isin(picks.indices, ledger.taken)]
    taken = ledger.take_ranked(others)
    if len(taken) < len(others):
        raise errors.not_feasible(int(others[~np.isin(others, taken)][0]))
    assert included <= set(picks.indices.tolist()), "a must-include is missing from the picks"
    if prepared.quotas is None or prepared.apart is None:
        return
    for kept in kept_quotas(prepared, np.asarray(picks.indices, np.int64)):
        if kept["slack"] < 0:
            raise errors.quota_against_similarity(
                kept["quota"], kept["got"], kept["limit"], prepared.apart.limit
            )


def _nested(prepared: Prepared, picks: Picks) -> bool:
    """As the picks or the method say; never under quotas, for a prefix need not keep them."""
    declared: bool = prepared.method.facts.nested if picks.nested is None else picks.nested
    return declared and prepared.quotas is None


def _copies(prepared: Prepared, picks: Picks) -> dict[str, int] | None:
    """How many rows are copies of target rows, and how many of those were picked or left out."""
    if prepared.copies is None:
        return None
    found = counts(prepared.copies(), np.asarray(picks.indices, np.int64))
    if prepared.dropped is None:
        return {**found, "dropped": 0}
    before = counts(prepared.dropped, np.zeros(0, np.int64))
    left = found["equal"] + found["nearly_equal"]  # must-includes
    dropped = before["equal"] + before["nearly_equal"] - left
    return {**before, "picked": found["picked"], "dropped": dropped}


def _leaks(copies: dict[str, int] | None) -> list[str]:
    if copies is None or not copies["picked"]:
        return []
    return [
        f"{copies['picked']} of the picks equal or nearly equal a row of the target. If the target is what you "
        "will test on, its answers leak: --drop-target-copies leaves such rows out."
    ]


def _shortfall(prepared: Prepared, picks: Picks) -> list[str]:
    wanted = prepared.budget.rows_of(prepared.view.n)
    if prepared.budget.amount is None and len(picks.indices) < wanted:
        said = f"{len(picks.indices)} rows were picked of the {wanted} allowed"
        limit = prepared.request.max_similarity
        if limit is not None:
            return [
                f"{said}: any other is closer to a pick than --max-similarity {limit:g} allows."
            ]
        if prepared.quotas is not None:
            return [f"{said}: no more can be while every quota holds."]
        return [f"{said}."]
    return []
