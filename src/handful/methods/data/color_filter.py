"""CoLoR-Filter: pick the rows that become most likely when a small model is adapted to the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from handful.budget import Ledger
from handful.methods._contract import MethodFacts, View, wanted
from handful.parameters import parameter
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.selection import Floats, Indices, Picks


@dataclass(frozen=True)
class ColorFilter:
    """Rank rows by how much their loss falls between a prior model and the same model tuned on the target.

        score_i = ℓ_prior(i) − ℓ_conditional(i)        ℓ: mean negative log-likelihood a token
        pick the k largest among τ·k rows drawn at random; among all where τ is none

    The two losses are columns of the pool, one number a row, from models of yours: a small one trained on the
    pool, and the same one trained on for a little with the target. No model is run here. `prior=none` ranks by
    the conditional loss alone, the paper's ablation. The paper draws τ·k candidates to save forward passes, and
    finds that larger τ is better; where all losses are at hand, all rows are candidates.

    The picks come best first: shuffle before training. Near-copies share their score, so deduplicate first. The
    released code keeps ids in 32 bits and strips zeros from the end of a list of ids, which may be row 0; here
    rows are int64, and none is stripped.

    Cost: O(n). Memory: 24 bytes a row.

    Source: Brandfonbrener, Zhang, Kirsch, Schwarz & Kakade 2024, CoLoR-Filter: conditional loss reduction
    filtering for targeted language model pre-training (NeurIPS), algorithm 1. Not reproduced: its models of
    150M and 1.2B parameters.
    """

    prior: str | None = parameter("loss_prior", "Column of the prior's losses; none: without them.")
    conditional: str = parameter("loss_conditional", "Column of the tuned model's losses.")
    candidates: float | None = parameter(
        None, "τ: rows considered for each to be picked, drawn at random; none: all.", low=1
    )

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Brandfonbrener et al. 2024, CoLoR-Filter: conditional loss reduction filtering for targeted "
        "language model pre-training",
        needs=("columns",),
        honours=("rows", "amount", "include", "quotas", "max_similarity"),
        nested=True,
        cost="O(n); 24 bytes a row",
        optimises=("score",),
        columns=("prior", "conditional"),
    )

    def work(self, size: Size) -> Work:
        """Two columns and a sort of the picks."""
        return Work(steps=30 * size.n, memory_bytes=24 * size.n)

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Subtract, leave out all but the candidates, take the largest."""
        scores = self._scores(view)
        rows = np.arange(view.n)
        if self.candidates is not None:
            size = min(view.n, int(np.ceil(self.candidates * ledger.rows)))
            draws = rng.uniforms("color_filter candidates", view.keys)
            rows = view.ranking(-draws, at_most=size)
            scores = np.where(np.isin(np.arange(view.n), rows), scores, -np.inf)
        at_most = wanted(ledger)
        ranking = view.ranking(
            scores, at_most=None if at_most is None else at_most + len(ledger.taken)
        )
        ledger.take_ranked(ranking[np.isfinite(scores[ranking])])
        picks = np.array(ledger.taken, np.int64)
        notes: dict[str, float] = {"candidates": len(rows)}
        if len(picks):
            notes["loss_reduction_of_picks"] = float(self._scores(view)[picks].mean())
            notes["loss_reduction_of_pool"] = float(self._scores(view).mean())
        return Picks(picks, notes=notes)

    def standing(self, view: View, picks: Indices, rng: Draws) -> Floats | None:
        """The score itself, where all rows are candidates."""
        return self._scores(view) if self.candidates is None else None

    def _scores(self, view: View) -> Floats:
        """(n,) ℓ_prior − ℓ_conditional."""
        tuned = view.score(self.conditional)
        return -tuned if self.prior is None else view.score(self.prior) - tuned
