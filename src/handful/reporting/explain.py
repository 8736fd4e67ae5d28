"""`handful.explain`: why a row is in, or out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from handful import errors
from handful.budget import exact
from handful.comparing.cases import case_of
from handful.comparing.vectors import cosines
from handful.flow.prepared import Prepared
from handful.graphs.rows import unit_rows
from handful.reporting.calls import kept_by, standing_of
from handful.reporting.gather import vectors_of
from handful.reporting.report import again
from handful.reporting.svg import number
from handful.reporting.text import texts_of
from handful.runtime.progress import Progress
from handful.selection import Indices, Selection


@dataclass(frozen=True)
class Explanation:
    """Why one row is in, or out.

    Args:
        id: As asked for.
        row: Its number in the source.
        picked: Whether it is in.
        order: The how-manieth pick it is, from 1; None where it is out.
        gain: What it added when it was picked, or its score.
        standing: The number the method ranks it by, or what it would still add; None where there is none.
        rank: Its place among the rows left out by that number, from 1; None where it is in.
        cut: The least such number of a pick, and `cut_id`, whose it is.
        nearest: Id of the pick that stands nearest to it (of another one, where it is itself in), by `cosine`.
        stands_for: Rows that have it as their nearest pick; None where it is out or not known.
        binding: What kept it out, or in, in words.
    """

    id: str
    row: int
    picked: bool
    order: int | None = None
    gain: float | None = None
    standing: float | None = None
    rank: int | None = None
    cut: float | None = None
    cut_id: str | None = None
    nearest: str | None = None
    cosine: float | None = None
    stands_for: int | None = None
    binding: str = ""

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def sentences(self) -> list[str]:
        """The same in words."""
        lines = [
            f"Row {self.row:,} ({self.id}) is {'in' if self.picked else 'out'}: {self.binding}."
        ]
        if self.picked and self.gain is not None:
            lines.append(f"It is pick {self.order:,}, and added {number(self.gain)}.")
        elif self.picked:
            lines.append(f"It is pick {self.order:,}.")
        if not self.picked and self.standing is not None and self.rank is not None:
            place = (
                f"By the method's number it stands at {number(self.standing)}, place {self.rank:,}"
            )
            least = "" if self.cut is None else f"; the least of a pick is {number(self.cut)}"
            whose = "" if self.cut is None else f" (row {self.cut_id})"
            lines.append(f"{place} of those left out{least}{whose}.")
        if self.nearest is not None and self.cosine is not None:
            other = "other pick" if self.picked else "pick"
            lines.append(f"The nearest {other} is {self.nearest}, at cosine {self.cosine:.3f}.")
        if self.stands_for is not None:
            lines.append(f"It is the nearest pick of {self.stands_for:,} rows.")
        return lines


def explain(
    manifest: str | Path | Selection,
    row_id: str | int,
    data: Any = None,
    *,
    progress: Progress | None = None,
    **options: Any,
) -> Explanation:
    """Why a row is in a selection, or out of it.

    Args:
        manifest: Path of a `.manifest.json`, or a selection in hand.
        row_id: The row's id, or its number in a pool without ids.
        data: The pool, where it was handed over in memory or has moved.
        progress: Who is told how far the work is.
        **options: memory, threads, cache; and again what was handed over in memory (like, arrays, …).

    Example:
        >>> import handful
        >>> pool = {"text": ["one", "two", "three"], "stars": [1, 5, 3]}
        >>> best = handful.select(pool, rows=1, method="top", score="stars", cache=False)
        >>> for line in explain(best, 2, pool, cache=False).sentences():
        ...     print(line)
        Row 2 (2) is out: the rows allowed were all taken by others.
        By the method's number it stands at 3, place 1 of those left out; the least of a pick is 5 (row 1).
    """
    prepared, selection = again(manifest, data, progress, options)
    rows, missing = prepared.ids.rows_of([str(row_id)])
    if missing:
        raise errors.unknown_ids("explain", missing)
    return explain_row(prepared, selection, int(rows[0]), str(row_id))


def explain_row(prepared: Prepared, selection: Selection, row: int, name: str) -> Explanation:
    """The same for a row number, with everything read."""
    place = np.flatnonzero(selection.indices == row)
    candidate = _candidate(prepared, row)
    if candidate is None:
        bad = next((b.reason for b in prepared.skipped if b.row == row), None)
        why = f"it was skipped, for {bad}" if bad else _left_out(prepared, row)
        return Explanation(name, row, False, binding=why)
    picks = _candidates(prepared, selection.indices)
    facts = {
        **_standing(prepared, selection, picks, candidate),
        **_near(prepared, selection, picks, candidate),
    }
    if len(place):
        order = int(place[0]) + 1
        gain = None if selection.gains is None else float(selection.gains[order - 1])
        forced = candidate in set(prepared.included.tolist())
        why = "it had to be included" if forced else "the method picked it"
        facts = {key: value for key, value in facts.items() if key != "rank"}
        return Explanation(name, row, True, order=order, gain=gain, binding=why, **facts)
    return Explanation(name, row, False, binding=_binding(prepared, picks, candidate), **facts)


def _left_out(prepared: Prepared, row: int) -> str:
    """Why a row that can be read was no candidate."""
    left = prepared.duplicates
    place = [] if left is None else np.flatnonzero(left.rows == row).tolist()
    if left is None or not place:
        return "it was excluded beforehand"
    kind, other = left.record["kind"], int(left.stands[place[0]])
    if other < 0:
        return f"it is a duplicate ({kind}) of row {int(left.owned[place[0]])} of --given"
    name = prepared.ids.of(np.array([other]))[0]
    return f"it is a duplicate ({kind}) of {name}, which stands for it"


def _candidate(prepared: Prepared, row: int) -> int | None:
    if prepared.candidates is None:
        return row
    place = int(np.searchsorted(prepared.candidates, row))
    there = place < len(prepared.candidates) and prepared.candidates[place] == row
    return place if there else None


def _candidates(prepared: Prepared, rows: Indices) -> Indices:
    return rows if prepared.candidates is None else np.searchsorted(prepared.candidates, rows)


def _standing(
    prepared: Prepared, selection: Selection, picks: Indices, candidate: int
) -> dict[str, Any]:
    """The row's own number, its place among those left out, and the least of a pick."""
    found = standing_of(prepared, picks)
    if found is None:
        return {}
    kept = kept_by(found, selection, picks)
    left = np.setdiff1d(np.arange(prepared.view.n), picks)
    own = float(found[candidate])
    facts: dict[str, Any] = {} if np.isnan(own) else {"standing": own}
    if candidate in left:
        facts["rank"] = 1 + int(np.sum(found[left] > own))
    if len(kept) and not np.isnan(kept).all():
        least = int(np.nanargmin(kept))
        facts |= {"cut": float(kept[least]), "cut_id": str(selection.ids[least])}
    return facts


def _near(
    prepared: Prepared, selection: Selection, picks: Indices, candidate: int
) -> dict[str, Any]:
    """The nearest pick, and, where there are features, how many rows have this one as theirs.

    Without features: by the words of the row and the picks.
    """
    case, others = case_of(prepared), picks[picks != candidate]
    if not len(others) or not (case.features or prepared.pool.text):
        return {}
    rows, texts = np.concatenate([[candidate], others]), None
    if not case.features:
        texts = texts_of(prepared.pool, prepared.source_rows(rows))
    vectors = vectors_of(prepared, rows, texts)
    close = cosines(vectors[:1], vectors[1:])[0]
    best = int(close.argmax())
    if texts is not None and close[best] < LEAST_COSINE:  # no word in common
        return {}
    name = str(selection.ids[picks != candidate][best])
    facts: dict[str, Any] = {"nearest": name, "cosine": float(close[best])}
    if case.features and len(others) < len(picks):
        facts["stands_for"] = _stands_for(prepared.view.array(case.array), picks, candidate)
    return facts


BLOCK = 4096
LEAST_COSINE = 1e-3


def _stands_for(array: Any, picks: Indices, candidate: int) -> int:
    """Rows whose nearest pick this is; ties go to the earlier pick."""
    chosen, me = unit_rows(array[picks]), int(np.flatnonzero(picks == candidate)[0])
    count = 0
    for start in range(0, array.shape[0], BLOCK):
        block = unit_rows(array[start : start + BLOCK])
        count += int(np.sum(cosines(block, chosen).argmax(axis=1) == me))
    return count


def _binding(prepared: Prepared, picks: Indices, candidate: int) -> str:
    """Which constraint stood against a row left out."""
    ledger = prepared.ledger()
    included = set(ledger.taken)
    for row in picks.tolist():
        if row not in included:
            ledger.take(row)
    if ledger.rows_left <= 0:
        return "the rows allowed were all taken by others"
    if ledger.costs is not None and ledger.amount_left is not None:
        cost = exact(ledger.costs[candidate])
        if cost > ledger.amount_left:
            left = number(float(ledger.amount_left))
            return f"it costs {number(float(cost))}, and {left} of the budget was left"
    apart = ledger.apart
    if apart is not None and not apart.far(np.array([candidate]), ledger.taken)[0]:
        taken = np.array(ledger.taken, np.int64)
        near = taken[apart.too_close(np.array([candidate]), taken)[0]][:1]
        name = prepared.ids.of(prepared.source_rows(near))[0]
        return f"it is closer to the pick {name} than --max-similarity {apart.limit:g} allows"
    if ledger.ahead is not None and not ledger.feasible(np.array([candidate]))[0]:
        return "the quotas left no room for one more row of its groups"
    return "it would still fit the budget; the method saw nothing worth adding"
