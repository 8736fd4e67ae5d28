"""Yesterday's picks in today's pool: which are still there, and which of them stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from handful import errors
from handful.budget import Ledger
from handful.flow.ids import Ids
from handful.flow.request import Request
from handful.io.manifest import read_manifest, read_sidecar
from handful.methods._contract import View
from handful.rng import Draws
from handful.selection import Indices, Picks

LISTED = 1000
"""Ids of each kind that the manifest lists."""


@dataclass(frozen=True, eq=False)
class Update:
    """An earlier selection, sought in this pool.

    Args:
        picks_sha256: The hash of its picks.
        rows: (m,) source rows of those picks that are there, in the order they were picked.
        lost: Ids of the others: no longer in the pool, or left out of it.
        kept: (m',) candidates that stay without being asked again; None: not decided yet.
    """

    picks_sha256: str
    rows: Indices
    lost: tuple[str, ...]
    kept: Indices | None = None

    def candidates(self, candidates: Indices | None) -> Indices:
        """`rows` as numbered among the candidates, in the order they were picked."""
        if candidates is None:
            return self.rows
        return np.searchsorted(candidates, self.rows[np.isin(self.rows, candidates)])

    def without(self, candidates: Indices | None, ids: Ids) -> Update:
        """The same where only some rows are left: picks among the others are lost, too."""
        if candidates is None:
            return self
        there = np.isin(self.rows, candidates)
        gone = tuple(str(name) for name in ids.of(self.rows[~there]).tolist())
        return replace(self, rows=self.rows[there], lost=(*self.lost, *gone))


def read_update(request: Request, ids: Ids) -> Update | None:
    """Find the picks of the manifest that --update names, by their ids."""
    if request.update is None:
        if request.changes is not None:
            raise errors.changes_without_update()
        return None
    name = str(request.update)
    manifest = read_manifest(name)
    then = manifest["request"].get("id")
    if then != request.id:
        raise errors.update_of_other_ids(name, then, request.id)
    sidecar = read_sidecar(Path(name.removesuffix(".manifest.json")))
    rows, missing = ids.rows_of([str(value) for value in sidecar["id"].tolist()])
    return Update(manifest["result"]["picks_sha256"], rows, tuple(missing))


def settle(
    update: Update,
    request: Request,
    method: Any,
    view: View,
    candidates: Indices | None,
    ledger: Callable[[], Ledger],
) -> Update:
    """Decide which old picks stay: all, or all but as many as may change.

    The method is let loose on the old picks alone, to pick all of them but C; those it left are free, and
    compete with the rest of the pool when the method fills the budget. That is taken only where it ends
    with a larger value than keeping every old pick does, so a change always pays.

    Args:
        update: The old picks that are there.
        request: Its `changes` is C.
        method: The method.
        view: The candidates.
        candidates: Their source rows; None: all.
        ledger: Makes a fresh ledger, must-includes taken.
    """
    old, rng = update.candidates(candidates), Draws(request.seed)
    method = replace(method, certify="off") if hasattr(method, "certify") else method
    everything = ledger()
    fixed = set(everything.taken)
    old = old[~np.isin(old, everything.taken)]
    if len(everything.take_ranked(old)) < len(old):
        raise errors.update_over_budget(len(old), len(everything.taken) - len(fixed))
    changes = min(int(request.changes or 0), len(old))
    if not changes:
        return replace(update, kept=old)
    some = _only(ledger(), old, len(old) - changes)
    chosen = method.run(view, some, rng)
    kept = np.array([row for row in chosen.indices.tolist() if row not in fixed], np.int64)

    def filled(start: Indices) -> Picks:
        fresh = ledger()
        for row in start.tolist():
            fresh.take(row)
        picks: Picks = method.run(view, fresh, rng)
        return picks

    fewer, every = filled(kept), filled(old)
    assert fewer.value is not None
    assert every.value is not None
    return replace(update, kept=kept if fewer.value > every.value else old)


def _only(ledger: Ledger, rows: Indices, count: int) -> Ledger:
    """A ledger through which `count` of some rows may be taken, and no other."""
    closed = np.ones(ledger.n, bool)
    closed[rows] = False
    ledger.open[closed] = False
    ledger.rows = len(ledger.taken) + count
    return ledger


def update_section(
    update: Update, request: Request, indices: Indices, ids: Ids
) -> Mapping[str, Any]:
    """What left and what came, for the manifest: counts, and the first ids of each."""
    left = update.rows[~np.isin(update.rows, indices)]
    came = indices[~np.isin(indices, update.rows)]
    return {
        "old": len(update.rows) + len(update.lost),
        "kept": len(update.rows) - len(left),
        "changes_allowed": int(request.changes or 0),
        "left": len(left),
        "lost": len(update.lost),
        "came": len(came),
        "left_ids": ids.of(left[:LISTED]).tolist(),
        "lost_ids": list(update.lost[:LISTED]),
        "came_ids": ids.of(came[:LISTED]).tolist(),
    }
