"""From a prepared request and its selection to what a page shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from handful.comparing.cases import case_of
from handful.comparing.draws import lowest
from handful.comparing.vectors import cosines, tiles
from handful.features import configured
from handful.flow.prepared import Prepared
from handful.flow.record import title_of
from handful.flow.vectors import DEFAULT_FEATURES
from handful.graphs.rows import unit_rows
from handful.reporting.calls import calls_of
from handful.reporting.curve import charts_of, trade_off_of
from handful.reporting.headline import facts_of
from handful.reporting.layout import layout
from handful.reporting.page import Map, Page, Profile, Shown, Twins
from handful.reporting.png import data_url, png_bytes
from handful.reporting.profiles import of_groups, of_numbers
from handful.reporting.text import beginning, texts_of, visible
from handful.rng import Draws
from handful.runtime.blas import one_blas_thread
from handful.selection import Floats, Indices, Selection

MOST_PICKS = 2000
MAPPED_ROWS = 4000
SHOWN_ROWS = 1200
TWIN_COSINE = 0.95
MOST_TWINS = 40
IMAGE = 240
"""Pixels of the density's side."""


def gather(prepared: Prepared, selection: Selection) -> Page:
    """Read what the page shows: of a large selection 2,000 picks, of a large pool 4,000 rows drawn by seed.

    Cost: about 5 s of features, neighbours and layout, whatever the size of the pool, and one reading of scores,
    costs, groups; one `standing` of the method (`reporting.calls`).
    """
    with one_blas_thread():
        sight = look(prepared, selection)
        drawn = sight.vectors is not None and len(sight.picks) > 0
        mapped, near = (_map(sight), _nearest(sight)) if drawn else (None, None)
        calls, calls_note = calls_of(prepared, selection)
        trade_off, trade_off_note = trade_off_of(selection)
        return Page(
            title=beginning(title_of(selection.manifest["inputs"]["pool"])),
            facts=facts_of(selection),
            verdict=selection.manifest["result"].get("verdict"),
            warnings=[visible(warning) for warning in selection.warnings],
            charts=charts_of(prepared, selection),
            map=mapped,
            trade_off=trade_off,
            trade_off_note=trade_off_note,
            quotas=_quotas(selection),
            profiles=_profiles(sight),
            calls=calls,
            calls_note=calls_note,
            twins=_twins(sight),
            picks=_listed(sight, near),
            picks_note=_picks_note(sight),
            others=[] if near is None else _others(sight, near),
            parameters={
                name: visible(str(value))
                for name, value in selection.manifest["result"]["method"]["parameters"].items()
            },
            manifest=visible(
                json.dumps(selection.manifest, indent=2, ensure_ascii=False, default=str)
            ),
        )


@dataclass(frozen=True, eq=False)
class Sight:
    """The rows looked at.

    Args:
        places: (p,) places in the selection of the picks shown, ascending.
        picks: (p,) their candidates' numbers.
        rows: (m,) candidates drawn uniformly, ascending.
        shown: Of `rows`, those with text.
        texts: Source row to the row as it is shown.
        lengths: Bytes of the texts of `rows` and of `picks`; None without text.
        vectors: Unit rows of `picks` and then of `rows`, or None.
    """

    prepared: Prepared
    selection: Selection
    places: Indices
    picks: Indices
    rows: Indices
    shown: Indices
    texts: Mapping[int, Shown]
    lengths: tuple[Floats, Floats] | None
    vectors: Any


def look(prepared: Prepared, selection: Selection) -> Sight:
    """Draw the rows, and read their texts and features."""
    view, rng = prepared.view, Draws(prepared.request.seed)
    k = len(selection)
    places = np.unique(np.linspace(0, k - 1, min(k, MOST_PICKS)).round().astype(np.int64))
    candidates = _candidates(prepared, selection.indices)
    picks = candidates[places] if k else np.zeros(0, np.int64)
    draws = rng.uniforms("report: rows mapped", view.keys)
    rows = lowest(draws, min(view.n, MAPPED_ROWS))
    shown = rows[np.sort(np.argsort(draws[rows], kind="stable")[:SHOWN_ROWS])]
    texts, lengths, strings = {}, None, None
    if prepared.pool.text is not None:
        strings = texts_of(prepared.pool, prepared.source_rows(np.concatenate([picks, rows])))
        sizes = strings.lengths.astype(np.float64)
        lengths = sizes[len(picks) :], sizes[: len(picks)]
    wanted = np.concatenate([np.arange(len(picks)), len(picks) + np.searchsorted(rows, shown)])
    both = np.concatenate([picks, rows])
    for place in wanted.tolist():
        text = "" if strings is None else strings[place]
        row = int(prepared.source_rows(both[place : place + 1])[0])
        texts[row] = _shown(prepared, row, text)
    vectors = vectors_of(prepared, both, strings)
    return Sight(prepared, selection, places, picks, rows, shown, texts, lengths, vectors)


def _candidates(prepared: Prepared, rows: Indices) -> Indices:
    return rows if prepared.candidates is None else np.searchsorted(prepared.candidates, rows)


def _shown(prepared: Prepared, row: int, text: str) -> Shown:
    own = prepared.ids.values is not None
    name = str(prepared.ids.of(np.array([row]))[0]) if own else ""
    return Shown(row, beginning(name), beginning(text), len(text.encode("utf-8", "replace")))


def vectors_of(prepared: Prepared, rows: Indices, texts: Any) -> Any:
    """The features that the method saw or the user gave; else made from the texts shown, fitted on them."""
    case = case_of(prepared)
    if not len(rows):
        return None
    if case.features:
        order = np.argsort(rows, kind="stable")
        return unit_rows(prepared.view.array(case.array)[rows[order]])[np.argsort(order)]
    if texts is None:
        return None
    _, feature = configured(prepared.request.features or DEFAULT_FEATURES)
    fitted = feature.fit(texts, prepared.request.seed)
    return unit_rows(fitted.apply(texts))


# The map ----------------------------------------------------------------------------------------


def _map(sight: Sight) -> Map:
    """Picks and rows together; the density is of the rows, which were drawn uniformly."""
    places = layout(sight.vectors, sight.prepared.request.seed)
    count = len(sight.picks)
    theirs = places[count:]
    shown = theirs[np.searchsorted(sight.rows, sight.shown)]
    drawn = f"{len(sight.rows):,} rows drawn by seed"
    pool = "all rows" if len(sight.rows) == sight.prepared.view.n else drawn
    return Map(
        image=data_url(png_bytes(density(theirs))),
        caption=f"Shading: {pool} of the pool. Near rows are alike; distances across the map mean little.",
        picks=[(round(x, 4), round(y, 4)) for x, y in places[:count].tolist()],
        rows=[(round(x, 4), round(y, 4)) for x, y in shown.tolist()],
    )


def density(places: Floats) -> Any:
    """(240, 240, 4) an image whose opacity grows with the number of rows."""
    from scipy.ndimage import gaussian_filter

    grid, _, _ = np.histogram2d(places[:, 1], places[:, 0], bins=IMAGE, range=[[0, 1], [0, 1]])
    smooth = gaussian_filter(grid, 2.2)
    top = np.quantile(smooth[smooth > 1e-6], 0.97) if (smooth > 1e-6).any() else 1.0
    image = np.zeros((IMAGE, IMAGE, 4), np.uint8)
    image[..., :3] = (110, 128, 160)
    image[..., 3] = (np.clip(smooth / top, 0, 1) ** 0.6 * 190).astype(np.uint8)
    return image


# Neighbours -------------------------------------------------------------------------------------


def _nearest(sight: Sight) -> tuple[Indices, Floats]:
    """For each row drawn, the place of the nearest pick shown, and its cosine."""
    count = len(sight.picks)
    picks, rows = sight.vectors[:count], sight.vectors[count:]
    place, cosine = [], []
    for start, stop in tiles(rows.shape[0]):
        close = cosines(rows[start:stop], picks)
        place.append(close.argmax(axis=1))
        cosine.append(close.max(axis=1))
    return np.concatenate(place), np.concatenate(cosine).astype(np.float64)


def _others(sight: Sight, near: tuple[Indices, Floats]) -> list[tuple[Shown, int]]:
    """Rows shown that were not picked, and the place of the pick nearest to each."""
    place = near[0][np.searchsorted(sight.rows, sight.shown)]
    source = sight.prepared.source_rows(sight.shown)
    left = ~np.isin(source, sight.selection.indices)
    pairs = zip(source[left].tolist(), place[left].tolist(), strict=True)
    return [(sight.texts[row], p) for row, p in pairs]


def _listed(sight: Sight, near: tuple[Indices, Floats] | None) -> list[dict[str, Any]]:
    chosen = sight.selection
    stands = None
    if near is not None:
        stands = np.bincount(near[0], minlength=len(sight.picks)) / max(1, len(sight.rows))
    listed = []
    for i, place in enumerate(sight.places.tolist()):
        entry: dict[str, Any] = {
            "order": place + 1,
            "shown": sight.texts[int(chosen.indices[place])],
        }
        for name, values in (("gain", chosen.gains), ("weight", chosen.weights)):
            if values is not None:
                entry[name] = float(values[place])
        if stands is not None:
            entry["share"] = float(stands[i])
        listed.append(entry)
    return listed


def _quotas(selection: Selection) -> list[dict[str, Any]]:
    """Each limit, beside what was got and what it costs."""
    prices = selection.notes.get("shadow_prices", {})
    kept = selection.manifest["result"]["budget"].get("quotas", [])
    return [
        {**one, "name": visible(one["quota"]), "price": prices.get(one["quota"])} for one in kept
    ]


def _picks_note(sight: Sight) -> str:
    k, shown = len(sight.selection), len(sight.places)
    if shown == k:
        return f"All {k:,} picks, in the order they were picked."
    return f"{shown:,} of the {k:,} picks, evenly spaced in the order they were picked."


def _twins(sight: Sight) -> list[Twins]:
    """Pairs of picks shown whose cosine is at least 0.95, the closest first."""
    if sight.vectors is None:
        return []
    picks = sight.vectors[: len(sight.picks)]
    pairs = []
    for start, stop in tiles(len(sight.picks)):
        close = cosines(picks[start:stop], picks)
        for a, b in np.argwhere(close >= TWIN_COSINE).tolist():
            if start + a < b:
                pairs.append((float(close[a, b]), start + a, b))
    pairs.sort(key=lambda pair: (-pair[0], pair[1:]))
    row = sight.selection.indices[sight.places].tolist()
    return [Twins(sight.texts[row[a]], sight.texts[row[b]], c) for c, a, b in pairs[:MOST_TWINS]]


# Pool against picks -----------------------------------------------------------------------------


def _profiles(sight: Sight) -> list[Profile]:
    prepared, view = sight.prepared, sight.prepared.view
    picks = _candidates(prepared, sight.selection.indices)
    if not len(picks):
        return []
    found: list[Profile | None] = []
    if view.group is not None:
        codes, labels = view.group
        name = str(prepared.request.group)
        found.append(of_groups(f"Groups: {beginning(name)[:60]}", labels, codes, codes[picks]))
    if sight.lengths is not None:
        found.append(of_numbers("Length of the text, bytes", *sight.lengths, unit=" bytes"))
    if prepared.costs is not None:
        costs = np.asarray(prepared.costs, np.float64)
        found.append(
            of_numbers(f"Cost: {beginning(str(prepared.budget.cost))[:60]}", costs, costs[picks])
        )
    if prepared.request.score is not None:
        scores = view.score()
        found.append(
            of_numbers(f"Score: {beginning(prepared.request.score)[:60]}", scores, scores[picks])
        )
    return [profile for profile in found if profile is not None]
