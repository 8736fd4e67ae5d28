"""Deduplicate, before anything is chosen: one row of each cluster stays, and what left is recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from handful import errors
from handful.duplicates import configured
from handful.duplicates._contract import Found, keep
from handful.flow.request import Request
from handful.methods._contract import NEED_HELP, Target, View
from handful.parameters import values
from handful.pool import Pool
from handful.rng import Draws
from handful.selection import Duplicates, Indices


def check_dedup(request: Request, at_hand: set[str], owned: Pool | None) -> None:
    """Refuse, before long work, a kind that is not known or that lacks what it reads."""
    if request.dedup is None:
        return
    key, kind = configured(request.dedup)
    if not set(kind.either) & at_hand:
        raise errors.needs_missing(f"--dedup {key}", [NEED_HELP[kind.either[0]]])
    by_text = "text" in kind.either and "text" in at_hand
    there = owned is None or (owned.text is not None if by_text else "given_features" in at_hand)
    if not there:
        raise errors.given_unlike_pool(key, "text" if by_text else "features")


def find_duplicates(
    request: Request, view: View, owned: Target | None, included: Indices, rng: Draws
) -> tuple[Indices, Duplicates]:
    """The candidates that stay, ascending, and what is said of the others, numbered as in the view."""
    key, kind = configured(str(request.dedup))
    found = kind.find(view, owned, rng)
    scores = None if request.score is None else view.score()
    kept = keep(found.labels, view.n, included, scores, view.rank)
    rows = np.flatnonzero(~kept.mask)
    stands = kept.stands[rows]
    by_owned = stands >= view.n
    record: dict[str, Any] = {
        "kind": key,
        "parameters": values(kind),
        "version": kind.version,
        "dropped": len(rows),
        **_clusters(found),
    }
    if owned is not None:
        record["dropped_as_owned"] = int(by_owned.sum())
    dropped = Duplicates(
        rows,
        np.where(by_owned, -1, stands),
        np.where(by_owned, stands - view.n, -1),
        {**record, **found.notes},
    )
    return np.flatnonzero(kept.mask), dropped


def _clusters(found: Found) -> dict[str, int]:
    """How many clusters have more than one row, and how many rows the largest has."""
    sizes = np.bincount(found.labels, minlength=1)
    return {"clusters": int((sizes > 1).sum()), "largest_cluster": int(sizes.max())}


def in_source_rows(dropped: Duplicates, candidates: Indices | None) -> Duplicates:
    """The same with row numbers of the source, and their hash in the record."""
    rows, stands = dropped.rows, dropped.stands
    if candidates is not None:
        rows = candidates[rows]
        stands = np.where(stands < 0, -1, candidates[stands])
    digest = _hash((rows, stands, dropped.owned))
    return Duplicates(rows, stands, dropped.owned, {**dropped.record, "sha256": digest})


def _hash(parts: Iterable[Indices]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(np.ascontiguousarray(part, "<i8").data)
    return digest.hexdigest()
