"""What a page shows, as plain data: gathered from a selection, drawn by the template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Shown:
    """A row that the page can show: a pick, or a row of the pool near it.

    Args:
        row: Its number in the source.
        id: Its id as text; empty where that is the row number.
        text: The beginning of its text.
        size: Bytes of the whole text.
    """

    row: int
    id: str
    text: str
    size: int


@dataclass(frozen=True)
class Chart:
    """Lines over sizes, with a band.

    Args:
        title, caption: In words.
        sizes: Ascending numbers of picks.
        values: Of the picks.
        random_sizes, random: Of random picks; empty without.
        low, high: A band at those sizes; `band_of` says whose: "random", or "picks".
        bound: What no selection of the whole size can pass, or None.
        knee: The size after which more picks bring little, or None.
        span: From where to where the drawing reaches; None: as far as its numbers.
    """

    title: str
    caption: str
    sizes: Sequence[float]
    values: Sequence[float]
    random_sizes: Sequence[float] = ()
    random: Sequence[float] = ()
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    bound: float | None = None
    knee: int | None = None
    band_of: str = "random"
    span: tuple[float, float] | None = None


@dataclass(frozen=True)
class Profile:
    """Pool and picks side by side, by share.

    Args:
        title, caption: In words.
        labels: Of the bars, or of the stretches of a number.
        pool, picks: Shares.
        edges: Of a number's stretches, one more than there are labels; empty for groups.
    """

    title: str
    caption: str
    labels: Sequence[str]
    pool: Sequence[float]
    picks: Sequence[float]
    edges: Sequence[float] = ()


@dataclass(frozen=True)
class Map:
    """Rows in two dimensions.

    Args:
        image: The density of the pool as a data URL.
        caption: In words.
        picks: (x, y) of each pick shown, in [0, 1].
        rows: (x, y) of each row of the pool shown.
    """

    image: str
    caption: str
    picks: Sequence[tuple[float, float]]
    rows: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Call:
    """A close call: a row just kept, or just left out."""

    kept: bool
    shown: Shown
    value: float


@dataclass(frozen=True)
class Twins:
    """Two picks that are nearly the same."""

    first: Shown
    second: Shown
    cosine: float


@dataclass(frozen=True)
class Page:
    """Everything on the page.

    Args:
        title: What was chosen from.
        facts: Name and text, in order: the headline.
        verdict: Of the manifest, or None.
        warnings: Sentences.
        charts: Value curve, and the picks against random by size.
        map: None where rows have neither features nor text.
        profiles: Pool against picks.
        calls: The closest calls; `calls_note` says what their number is, or why there are none.
        twins: Near-duplicates among the picks shown.
        picks: Of the picks shown: order (from 1), row shown, gain, weight, share of the pool it stands for.
        others: Rows of the pool shown, and for each the place of its nearest pick among `picks`.
        picks_note: Which picks are shown.
        trade_off: Points of the curve of score against objective, ascending; `trade_off_note` says of what.
        quotas: Each limit: name, unit, limit, got, slack, and its price or None.
        parameters: Of the method, name and value.
        manifest: The record as JSON text.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    verdict: Mapping[str, Any] | None
    warnings: Sequence[str]
    charts: Sequence[Chart]
    map: Map | None
    profiles: Sequence[Profile]
    calls: Sequence[Call]
    calls_note: str
    twins: Sequence[Twins]
    picks: Sequence[Mapping[str, Any]]
    picks_note: str
    others: Sequence[tuple[Shown, int]] = ()
    trade_off: Sequence[Mapping[str, Any]] = ()
    trade_off_note: str = ""
    quotas: Sequence[Mapping[str, Any]] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    manifest: str = ""
