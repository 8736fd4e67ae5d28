"""The closest calls: what was kept by how little over what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from handful.budget import Budget
from handful.flow.plan import own_work
from handful.flow.prepared import Prepared
from handful.reporting.page import Call, Shown
from handful.reporting.text import beginning, texts_of
from handful.rng import Draws
from handful.selection import Floats, Indices, Selection

SHOWN = 5
MOST_STEPS = 2 * 10**10
"""Work, by what the method declares, beyond which it is not done again for a page: about 20 s."""
MOST_PAIRS = 3 * 10**9
"""Rows times picks beyond which it is not done again, where the method declares nothing."""
ADDS_A_STEP = 20
"""Multiply-adds of a matrix product that take as long as one plain step; a constant, so that the same selection
has the same page everywhere."""


TOGETHER = "This method weighs its picks together: it gives no row a number of its own."
NOT_AGAIN = "Not shown: it would take nearly as long as choosing did."
NEXT = "Left out: the rows that would be picked next, and by what the method ranks them."
IN_ORDER = "In the order of picking: the last rows kept, and those that would come next under a larger budget."
ALIKE = "There is nothing to tell apart: no row was picked, or every one."


def calls_of(prepared: Prepared, selection: Selection) -> tuple[list[Call], str]:
    """The picks kept by the least and the rows left out by the least, with what their number is."""
    picks = selection.indices
    if prepared.candidates is not None:
        picks = np.searchsorted(prepared.candidates, picks)
    if not len(picks) or len(picks) == prepared.view.n:
        return [], ALIKE
    runners_up = getattr(prepared.method, "runners_up", None)
    if runners_up is not None:
        rows, numbers = runners_up(prepared.view, picks, SHOWN)
        return _calls(prepared, rows, numbers, False), NEXT
    found = standing_of(prepared, picks)
    if found is None:
        if too_long(prepared, len(picks)):
            return [], NOT_AGAIN
        calls = _in_order(prepared, picks)
        return calls, IN_ORDER if calls else TOGETHER
    kept = kept_by(found, selection, picks)
    left = np.setdiff1d(np.arange(prepared.view.n), picks)
    out = left[np.argsort(-found[left], kind="stable")[:SHOWN]]
    known = np.flatnonzero(~np.isnan(kept))
    weakest = known[np.argsort(kept[known], kind="stable")[:SHOWN]]
    calls = _calls(prepared, picks[weakest], kept[weakest], True)
    calls += _calls(prepared, out, found[out], False)
    return calls, _note(prepared, found[picks], kept, float(found[out].max()))


def _in_order(prepared: Prepared, picks: Indices) -> list[Call]:
    """The last picks and those that would be next, of a nested method where rows alone are limited; else none."""
    limited = (prepared.costs, prepared.quotas, prepared.update)
    if not prepared.method.facts.nested or any(limit is not None for limit in limited):
        return []
    k = len(picks)
    more = replace(prepared, budget=Budget(rows=k + SHOWN))
    chosen = more.method.run(more.view, more.ledger(), Draws(more.request.seed)).indices
    if len(chosen) <= k or (chosen[:k] != picks).any():
        return []
    first = max(0, k - SHOWN)
    rows = _shown(prepared, prepared.source_rows(chosen[first : k + SHOWN]))
    return [Call(place <= k, row, float(place)) for place, row in enumerate(rows, first + 1)]


def _calls(prepared: Prepared, rows: Indices, numbers: Floats, kept: bool) -> list[Call]:
    """Candidates with their numbers, the largest first."""
    shown = _shown(prepared, prepared.source_rows(rows))
    calls = [Call(kept, row, value) for row, value in zip(shown, numbers.tolist(), strict=True)]
    return sorted(calls, key=lambda call: -call.value)


def standing_of(prepared: Prepared, picks: Indices) -> Floats | None:
    """(n,) how near each candidate is to being picked; None where the method does not say, or at too much work."""
    stand = getattr(prepared.method, "standing", None)
    if stand is None or too_long(prepared, len(picks)):
        return None
    found: Floats | None = stand(prepared.view, picks, Draws(prepared.request.seed))
    return found


def too_long(prepared: Prepared, k: int) -> bool:
    """Whether asking the method again would take more than some 20 s."""
    work = own_work(prepared)
    if work is None:
        return float(prepared.view.n) * k > MOST_PAIRS
    return work.steps + work.multiply_adds / ADDS_A_STEP > MOST_STEPS


def kept_by(found: Floats, selection: Selection, picks: Indices) -> Floats:
    """(k,) each pick's number: its own where all rows have one, else its gain when picked; NaN without."""
    own = found[picks]
    if np.isnan(own).any() and selection.gains is not None:
        return np.asarray(selection.gains, np.float64)
    return own


def _note(prepared: Prepared, own: Floats, kept: Floats, best_left: float) -> str:
    if np.isnan(kept).all():
        return NEXT
    margin = float(np.nanmin(kept)) - best_left
    if np.isnan(own).any():
        return (
            "Kept: what the pick added when it was made. Left out: what the row would add now. "
            f"The least of the one less the most of the other is {margin:.3g}."
        )
    why = (
        "; rows that no longer fit the budget are passed over" if prepared.costs is not None else ""
    )
    return f"The number the method ranks by; the cut fell within {margin:.3g}{why}."


def _shown(prepared: Prepared, rows: Indices) -> list[Shown]:
    texts = None if prepared.pool.text is None else texts_of(prepared.pool, rows)
    own = prepared.ids.values is not None
    names = prepared.ids.of(rows).tolist()
    return [
        Shown(
            row,
            beginning(str(name)) if own else "",
            "" if texts is None else beginning(texts[i]),
            0 if texts is None else int(texts.lengths[i]),
        )
        for i, (row, name) in enumerate(zip(rows.tolist(), names, strict=True))
    ]
