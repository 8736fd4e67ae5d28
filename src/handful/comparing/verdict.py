"""Is the pick better than random? One primary measure, fixed beforehand, and one plain sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from handful import errors
from handful.comparing import measures
from handful.comparing._contract import Fact, Measure, Scene
from handful.comparing.draws import how_many, random_picks
from handful.comparing.scene import build_scene
from handful.comparing.statistics import FEWEST_DRAWS, Rank, rank
from handful.comparing.trial import FOLDS, Case, NoTrialError, Trial, prepare_trial, run_method
from handful.parameters import member, members
from handful.rng import Draws
from handful.runtime.blas import one_blas_thread
from handful.selection import Indices

PRIMARY = {
    "target": ("ngram_kl", "energy_distance"),
    "pool": ("label_probe", "coverage_mean", "fill_probe", "energy_distance", "ngram_kl"),
}
"""What the verdict rests on, by what is held out: the first that can be measured and that the method does not
strive for itself. Text before features for a target; labels before features before text without one."""


CURVE_SHARES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
"""Parts of the pick at which its curve is measured."""


@dataclass(frozen=True)
class Reading:
    """One measure of the pick, beside the random picks.

    Args:
        fact: What was measured.
        value: Of the pick.
        random: Median of the random picks.
        place: The pick's place among them, with the test and the interval.
        optimised: Whether the method strives for it itself.
        primary: Whether the verdict rests on it.
        drawn: Of each random pick.
    """

    fact: Fact
    value: float
    random: float
    place: Rank
    optimised: bool
    primary: bool
    drawn: tuple[float, ...] = ()

    def sentence(self) -> str:
        """The comparison in words."""
        fact, place = self.fact, self.place
        if place.outcome == "worse":
            return f"{fact.worse} {place.lost} of {place.draws} random picks"
        won = f"{fact.better} {place.beaten} of {place.draws} random picks"
        return won if place.outcome == "better" else f"no different from random: {won}"


@dataclass(frozen=True)
class Curve:
    """The primary measure at growing sizes: of the first picks, and of as many random ones.

    Args:
        picked: Sizes, ascending; the last is the whole pick.
        values: Of the first so many picks.
        random, low, high: Median of the random picks, and the values to leave to be called better or worse.
        draws: Number of random picks: the first 39 of them, for every size costs as much as the verdict.
    """

    picked: tuple[int, ...]
    values: tuple[float, ...]
    random: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    draws: int


@dataclass(frozen=True)
class Verdict:
    """What may be said of a pick beside random picks of the same budget.

    Args:
        outcome: "better", "same", "worse"; "none" where nothing can be said.
        sentence: The same in words.
        scope: On what it was judged.
        draws: Number of random picks.
        rows: Rows chosen from in the trial.
        picked: Rows picked in the trial.
        held_out: Rows that neither saw, by which they are judged.
        readings: Of every measure, the primary first.
        curve: The primary at growing sizes, where the method is nested.
    """

    outcome: Literal["better", "same", "worse", "none"]
    sentence: str
    scope: str
    draws: int = 0
    rows: int = 0
    picked: int = 0
    held_out: int = 0
    readings: tuple[Reading, ...] = ()
    curve: Curve | None = None

    def record(self) -> dict[str, Any]:
        """What the manifest keeps."""
        plain = {
            name: getattr(self, name)
            for name in ("outcome", "sentence", "scope", "draws", "rows", "picked", "held_out")
        }
        readings = [
            {
                **asdict(reading.fact),
                **asdict(reading.place),
                "value": reading.value,
                "random": reading.random,
                "optimised": reading.optimised,
                "primary": reading.primary,
                **(
                    {"drawn": [float(f"{d:.6g}") for d in reading.drawn]} if reading.primary else {}
                ),
            }
            for reading in self.readings
        ]
        curve = None if self.curve is None else asdict(self.curve)
        return {**plain, "readings": readings, "curve": curve}


def judge(case: Case, draws: int | None = None) -> Verdict:
    """Set the method's pick beside random picks of the same budget, on rows that neither saw.

    Args:
        case: What was chosen, from what, under what.
        draws: Number of random picks, at least 39; None: by the table in `draws.py`.

    Cost: one run of the method on at most 20,000 rows, and the measures.
    """
    check_draws(draws)
    try:
        trial = prepare_trial(case)
        pick = run_method(case, trial)
        if not len(pick):
            return _none("nothing was picked")
        with one_blas_thread():
            return _compare(case, trial, pick, draws or how_many(len(pick)))
    except NoTrialError as reason:
        return _none(str(reason))


def check_draws(draws: int | None) -> None:
    """Refuse a number of random picks by which nothing could be said; 0 asks for no verdict."""
    if draws is not None and draws < FEWEST_DRAWS and draws != 0:
        raise errors.too_few_draws(draws, FEWEST_DRAWS)


def _compare(case: Case, trial: Trial, pick: Indices, draws: int) -> Verdict:
    scene = build_scene(case, trial)
    size = None if trial.counts_cost else len(pick)
    others = random_picks(trial.view, lambda: trial.ledger(size), draws, Draws(case.seed))
    found = able(scene)
    readings = [r for m in found for r in read(m, [pick, *others], case.optimises)]
    primary = _primary(readings, trial.held)
    numbers: dict[str, Any] = {
        "draws": draws,
        "rows": trial.view.n,
        "picked": len(pick),
        "held_out": sum(t.n for t in trial.held_targets) or len(trial.held_rows),
    }
    scope = _scope(case, trial, len(pick))
    if primary is None:
        why = "No verdict: nothing tells these rows apart but what the method was given. "
        cure = "Pass a target, text, features or --label to have one."
        return Verdict("none", why + cure, scope, **numbers, readings=tuple(readings))
    chosen = replace(primary, primary=True)
    rest = (reading for reading in readings if reading is not primary)
    curve = _curve(found, chosen, [pick, *others]) if case.method.facts.nested else None
    outcome = chosen.place.outcome
    numbers |= {"readings": (chosen, *rest), "curve": curve}
    return Verdict(outcome, chosen.sentence(), scope, **numbers)


def able(scene: Scene) -> list[Measure]:
    """Every measure that has what it needs in this scene."""
    found = (member(measures, key, "needs") for key in members(measures))
    return [cls(scene) for cls in found if scene.has(cls.needs)]


def read(
    measure: Measure, picks: Sequence[Indices], optimises: Sequence[str] = ()
) -> list[Reading]:
    """A measure's numbers of the first pick, beside the others, its equals if it were random."""
    readings = []
    for fact, (value, *drawn) in zip(measure.facts, measure.values(picks).T.tolist(), strict=True):
        random = np.array(drawn)
        place = rank(value, random, larger_is_better=fact.larger_is_better)
        optimised = fact.aim in optimises
        middle = float(np.median(random))
        readings.append(Reading(fact, value, middle, place, optimised, False, tuple(drawn)))
    return readings


def _primary(readings: list[Reading], held: str) -> Reading | None:
    by_key = {reading.fact.key: reading for reading in readings if not reading.optimised}
    return next((by_key[key] for key in PRIMARY[held] if key in by_key), None)


def _curve(found: Sequence[Measure], primary: Reading, picks: Sequence[Indices]) -> Curve:
    """The primary measure of the first picks of each, at eight sizes; of all of them it is known."""
    fact, whole, picks = primary.fact, len(picks[0]), picks[: 1 + FEWEST_DRAWS]
    sizes = sorted({max(1, round(whole * share)) for share in CURVE_SHARES})
    parts = [p[: max(1, round(len(p) * size / whole))] for size in sizes[:-1] for p in picks]
    (measure,) = (m for m in found if fact in m.facts)
    column = measure.values(parts)[:, measure.facts.index(fact)] if parts else np.zeros(0)
    rows = [
        *column.reshape(-1, len(picks)).tolist(),
        [primary.value, *primary.drawn[:FEWEST_DRAWS]],
    ]
    places = [
        rank(row[0], np.array(row[1:]), larger_is_better=fact.larger_is_better) for row in rows
    ]
    return Curve(
        picked=tuple(sizes),
        values=tuple(row[0] for row in rows),
        random=tuple(float(np.median(row[1:])) for row in rows),
        low=tuple(place.low for place in places),
        high=tuple(place.high for place in places),
        draws=len(picks) - 1,
    )


def _scope(case: Case, trial: Trial, picked: int) -> str:
    n, m = case.view.n, trial.view.n
    tried = m + len(trial.held_rows)
    pool = f"all {n:,} rows" if tried == n else f"{tried:,} of the {n:,} rows, drawn by seed"
    if trial.held == "target":
        seen = (
            f"the method saw {FOLDS - 1} of {FOLDS} parts of the target, and is judged by the other"
        )
        return f"tried on {pool}, {picked:,} picked; {seen}"
    held = len(trial.held_rows)
    return f"tried on {pool}, {picked:,} picked; {held:,} of them held out, by which it is judged"


def _none(reason: str) -> Verdict:
    return Verdict("none", f"No verdict: {reason}.", "")
