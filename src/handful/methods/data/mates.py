"""MATES: learn from a few probed rows what would help the model now, and draw the next rows by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from handful import errors
from handful.budget import Ledger
from handful.graphs.rows import float_rows
from handful.kernels.ridge import ridge
from handful.methods._contract import MethodFacts, View, wanted
from handful.methods._utility import Oracle, Utility
from handful.parameters import parameter
from handful.pool import BLOCK_ROWS
from handful.rng import Draws
from handful.runtime.blas import one_thread
from handful.runtime.work import Size, Work
from handful.samplers.gumbel import gumbel_top_k
from handful.selection import Floats, Indices, Picks

LEAST_PROBES = 10
"""Fewer probed rows than this teach nothing."""
HOLD_OUT = 0.1
"""Share of the probed rows that the fit does not see, and is judged by."""
PENALTIES: Floats = np.logspace(-3, 3, 7)
"""λ of the ridge fits, of which the one of the least leave-one-out error is kept."""


@dataclass(frozen=True)
class Mates:
    """Probe a few rows, predict the utility of all, and draw rows with odds that grow with it.

        y_i: the utility of a probed row, standardised by the rows fitted on
        û: ridge regression of y on the features, fitted on nine tenths of the probes
        draw without replacement,  P(i next) ∝ exp(û_i / T):  the largest of û_i / T + Gumbel noise

    The utility is a model's: by how much the loss on reference rows falls when the model takes one training step
    on row i. Hand over a function of row numbers that restores the model, steps, and measures; or, in stages by
    hand, a column that has a number in the rows probed so far and is empty elsewhere. What helps changes as the
    model learns, so it is meant for stages: `--stage 2/4` picks from a part of the pool that no other stage sees,
    the first stage at random, and each later one asks the model as it is then.

    Larger must help: a loss after the step with its sign turned will do, for what the loss was before is the same
    for every row and drops out. Take the reference rows from data that you neither train nor test on; the released
    script takes them from the documents of its test. It also draws the smallest of loss/T *plus* Gumbel noise,
    which is not the draw it says; here it is exact. A linear fit on your features, its penalty chosen by leaving
    each row out, stands where the paper tunes a BERT; its Spearman correlation on the tenth held out is reported.

    Cost: the probes, and O(p·d·min(p, d) + n·d) for p of them. Memory: 24 bytes a row.

    Source: Yu, Das & Xiong 2024, MATES: model-aware data selection for efficient pretraining with data influence
    models (NeurIPS), section 3. Not reproduced: its models of 410M and 1B parameters on C4.
    """

    utility: Utility | str = parameter(
        "utility", "A function of row numbers; or a column, empty where a row was not probed."
    )
    array: str | None = parameter(None, "Name of the features; none: the default.")
    probes: float = parameter(
        0.05, "Share of the rows that a function is asked about.", low=0, high=1
    )
    temperature: float = parameter(
        1.0, "T: 0 takes the best predicted, more is nearer to a random draw.", low=0
    )

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Yu, Das & Xiong 2024, MATES: model-aware data selection for efficient pretraining with data "
        "influence models",
        needs=("features", "columns"),
        honours=("rows", "amount", "include", "quotas", "max_similarity"),
        nested=True,
        cost="a function asked about 5 % of the rows; O(n·d), 24 bytes a row",
        optimises=("score",),
        columns=("utility",),
    )

    def work(self, size: Size) -> Work:
        """A fit on the probes and one product a row; what the utility itself takes is not known."""
        probes = max(LEAST_PROBES, self.probes * size.n)
        small = min(probes, size.d)
        return Work(
            multiply_adds=probes * size.d * small + small**3 + size.entries,
            array_bytes=4.0 * size.entries,
            memory_bytes=24 * size.n + 24 * probes * size.d + 16 * small**2,
        )

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Probe, fit, predict, draw."""
        if ledger.rows_left <= 0:
            return Picks(np.array(ledger.taken, np.int64))
        rows, utilities, notes = self._probed(view, rng)
        predicted, told = self._predicted(view, rng, rows, utilities)
        at_most = wanted(ledger)
        ranking = gumbel_top_k(
            predicted,
            view.keys,
            rng,
            "mates",
            k=None if at_most is None else at_most + len(ledger.taken),
            temperature=self.temperature,
            rank=view.rank,
        )
        ledger.take_ranked(ranking)
        picks = np.array(ledger.taken, np.int64)
        told["mean_prediction_of_picks"] = float(predicted[picks].mean())
        return Picks(picks, notes={**notes, **told})

    def standing(self, view: View, picks: Indices, rng: Draws) -> Floats | None:
        """The prediction with its noise; None where a model would have to be asked again."""
        if not isinstance(self.utility, str):
            return None
        predicted, _ = self._predicted(view, rng, *self._probed(view, rng)[:2])
        if self.temperature == 0:
            return predicted
        return predicted / self.temperature + rng.gumbels("mates", view.keys)

    def _probed(self, view: View, rng: Draws) -> tuple[Indices, Floats, dict[str, Any]]:
        """Rows whose utility is known, in the order of ids; the utilities; and what asking took."""
        if isinstance(self.utility, str):
            known = view.known(self.utility)
            rows = _by_id(view, np.flatnonzero(~np.isnan(known)))
            return _enough(rows), known[rows], {}
        count = min(view.n, max(LEAST_PROBES, int(np.ceil(self.probes * view.n))))
        drawn = view.ranking(-rng.uniforms("mates probes", view.keys), at_most=count)
        rows = _enough(_by_id(view, np.sort(drawn)))
        oracle = Oracle(self.utility, view, expected=len(rows))
        return rows, oracle.ask(rows), oracle.notes()

    def _predicted(
        self, view: View, rng: Draws, rows: Indices, utilities: Floats
    ) -> tuple[Floats, dict[str, Any]]:
        """(n,) û of every candidate, and how good it is on the rows held out."""
        features = view.array(self.array)
        weights, constant, told = self._fitted(features, view, rng, rows, utilities)
        out = np.full(view.n, constant)

        def predict(start: int) -> Floats:
            return np.asarray(float_rows(features[start : start + BLOCK_ROWS]) @ weights)

        starts = range(0, view.n, BLOCK_ROWS)
        with one_thread():
            for start, part in zip(starts, view.run_with.map_blocks(predict, starts), strict=True):
                out[start : start + len(part)] += part
        return out, told

    def _fitted(
        self, features: Any, view: View, rng: Draws, rows: Indices, utilities: Floats
    ) -> tuple[Floats, float, dict[str, Any]]:
        """(d,) weights and constant of the fit, and how it ranks the rows held out."""
        held = max(2, round(HOLD_OUT * len(rows)))
        order = np.argsort(rng.uniforms("mates hold-out", view.keys[rows]), kind="stable")
        test, train = np.sort(order[:held]), np.sort(order[held:])
        mean, spread = float(utilities[train].mean()), float(utilities[train].std())
        y: Floats = (utilities - mean) / (spread or 1.0)
        known = float_rows(features[rows])
        with one_thread():
            fits = ridge(known[train], y[train], PENALTIES)
            best = int(np.argmin(fits.errors))
            guessed = np.asarray(known[test] @ fits.weights[best])
        told = {
            "probed_rows": len(rows),
            "held_out": held,
            "held_out_spearman": spearman(guessed, y[test]),
            "penalty": float(PENALTIES[best]),
        }
        return fits.weights[best], float(fits.constants[best]), told


def spearman(predicted: Floats, actual: Floats) -> float:
    """Correlation of ranks, ties sharing theirs; 0 where either is constant.

    Example:
        >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([2.0, 9.0, 10.0]))
        1.0
    """
    from scipy.stats import rankdata

    x, y = rankdata(predicted), rankdata(actual)
    x, y = x - x.mean(), y - y.mean()
    lengths = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / lengths if lengths > 0 else 0.0


def _by_id(view: View, rows: Indices) -> Indices:
    """The same rows in the order of ids, so that sums over them are the same however the pool is split."""
    return rows if view.rank is None else rows[np.argsort(view.rank[rows], kind="stable")]


def _enough(rows: Indices) -> Indices:
    if len(rows) < LEAST_PROBES:
        raise errors.too_few_probes("mates", len(rows), LEAST_PROBES)
    return rows
