"""Every method on every seed, and the random picks beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from handful.comparing.cells import Cells
from handful.comparing.comparison import Comparison, Line
from handful.comparing.draws import random_picks
from handful.comparing.field import SCOPES, Field, Round, play
from handful.comparing.peak import Peak
from handful.comparing.probes._contract import Probe
from handful.comparing.statistics import differences
from handful.errors import HandfulError
from handful.flow.prepared import Prepared
from handful.flow.record import title_of
from handful.parameters import values
from handful.rng import Draws
from handful.runtime.blas import one_blas_thread
from handful.runtime.meter import Meter
from handful.selection import Floats, Indices

SHARES = (1.0, 0.5, 0.25, 0.125)
"""Parts of the budget at which nested methods are probed: the learning curve."""


@dataclass(frozen=True, eq=False)
class Contest:
    """All that a comparison runs.

    Args:
        field: Where methods meet.
        probe: What is trained.
        entrants: Method as asked for, to the request with it.
        draws: Random picks a seed.
        cells: Where finished parts are kept.
    """

    field: Field
    probe: Probe
    entrants: Mapping[str, Prepared]
    draws: int
    cells: Cells

    def run(self, seeds: Sequence[int]) -> Comparison:
        """Every method on every seed, then the statistics."""
        told = self.field.prepared.run.progress
        self._make_features()
        told.stage("comparing", len(seeds) * (len(self.entrants) + 1))
        records: dict[str, list[dict[str, Any]]] = {name: [] for name in ("", *self.entrants)}
        left_out: dict[str, str] = {}
        for seed in seeds:
            round_ = play(self.field, seed)
            for name, record in records.items():
                try:
                    if name not in left_out:
                        record.append(self._cell(round_, name, seed))
                except HandfulError as refused:
                    if not name or len(self.entrants) == 1:
                        raise
                    left_out[name] = str(refused)
                told.advance(1)
        records = {name: record for name, record in records.items() if name not in left_out}
        return Comparison(
            lines=self._lines(records),
            probe=key_of_probe(self.probe),
            unit=self.probe.unit,
            larger_is_better=self.probe.larger_is_better,
            scope=SCOPES[self.field.held],
            n=self.field.prepared.pool.n,
            seeds=len(seeds),
            draws=self.draws,
            left_out=left_out,
            title=title_of(self.cells.identity["inputs"]["pool"]),
        )

    def _make_features(self) -> None:
        """Make what several methods share before any is timed; arrays of the user's own are there already."""
        if self.field.prepared.pool.arrays:
            return
        for entrant in self.entrants.values():
            if {"features", "target_features"} & set(entrant.method.facts.needs):
                self.field.prepared.view.array(getattr(entrant.method, "array", None))

    def _cell(self, round_: Round, name: str, seed: int) -> dict[str, Any]:
        """One method (or "": the random picks) on one seed, from the cache or anew."""
        entrant = self.entrants.get(name)
        cell: dict[str, Any] = {"seed": seed, "draws": self.draws}
        if entrant is not None:
            parameters = {key: repr(value) for key, value in values(entrant.method).items()}
            version = entrant.method.facts.version
            cell = {
                "seed": seed,
                "method": entrant.key,
                "parameters": parameters,
                "version": version,
            }
        asks = entrant is not None and any(map(callable, values(entrant.method).values()))
        record = None if asks else self.cells.get(cell)  # what a function does cannot be told
        if record is None:
            record = (
                self._random(round_, seed) if entrant is None else self._try(round_, entrant, seed)
            )
            if not asks:
                self.cells.put(cell, record)
        return record

    def _try(self, round_: Round, entrant: Prepared, seed: int) -> dict[str, Any]:
        meter = Meter()
        with Peak() as peak:
            picks = entrant.method.run(round_.prepared.view, round_.ledger(), Draws(seed)).indices
        took = {"wall_seconds": meter.wall_seconds, "cpu_seconds": meter.cpu_seconds}
        shares = (
            SHARES if entrant.method.facts.nested and self.field.held != "nothing" else SHARES[:1]
        )
        scores = {str(share): self._score(round_, picks, share) for share in shares}
        return {"scores": scores, "picked": len(picks), **took, "peak_bytes": peak.grown_bytes}

    def _random(self, round_: Round, seed: int) -> dict[str, Any]:
        view = round_.prepared.view
        drawn = random_picks(view, round_.ledger, self.draws, Draws(seed), purpose="comparison")
        shares = SHARES if self.field.held != "nothing" else SHARES[:1]
        means = {
            str(share): float(np.mean([self._score(round_, picks, share) for picks in drawn]))
            for share in shares
        }
        return {"scores": means, "picked": float(np.mean([len(picks) for picks in drawn]))}

    def _score(self, round_: Round, picks: Indices, share: float) -> float:
        with one_blas_thread():
            return self.probe.score(round_.lesson(prefix(round_.prepared, picks, share)))

    def _lines(self, records: Mapping[str, list[dict[str, Any]]]) -> tuple[Line, ...]:
        lines = []
        for share in SHARES:
            told = {name: r for name, r in records.items() if name and str(share) in r[0]["scores"]}
            random = _scores(records[""], share) if told else np.zeros(0)
            sign = 1.0 if self.probe.larger_is_better else -1.0
            paired = {name: sign * (_scores(r, share) - random) for name, r in told.items()}
            gains = differences(paired, seed=self.field.prepared.request.seed)
            for name, record in told.items():
                peaks = [r["peak_bytes"] for r in record if r["peak_bytes"] is not None]
                lines.append(
                    Line(
                        method=name,
                        share=share,
                        picked=share * _mean(record, "picked"),
                        mean=float(np.mean(_scores(record, share))),
                        random=float(np.mean(random)),
                        gain=gains[name],
                        wall_seconds=_mean(record, "wall_seconds"),
                        cpu_seconds=_mean(record, "cpu_seconds"),
                        peak_bytes=max(peaks) if peaks else None,
                        each=tuple(paired[name].tolist()),
                    )
                )
        return tuple(lines)


def prefix(prepared: Prepared, picks: Indices, share: float) -> Indices:
    """The first picks that make up this share of the budget spent: of the rows, or of their cost.

    At least one row.
    """
    if share == 1:
        return picks
    if prepared.costs is None:
        return picks[: max(1, int(share * len(picks)))]
    spent = np.cumsum(prepared.costs[picks], dtype=np.float64)
    return picks[: max(1, int(np.searchsorted(spent, share * spent[-1], side="right")))]


def _scores(records: Sequence[Mapping[str, Any]], share: float) -> Floats:
    return np.array([record["scores"][str(share)] for record in records], np.float64)


def _mean(records: Sequence[Mapping[str, Any]], name: str) -> float:
    return float(np.mean([record[name] for record in records]))


def key_of_probe(probe: Probe) -> str:
    """The name of its module: "classifier", "ngram_model"; "command" for what is the user's own."""
    return type(probe).__module__.rpartition(".")[2]
