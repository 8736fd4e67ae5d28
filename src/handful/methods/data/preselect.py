"""PreSelect: pick texts like those on which losses rank models as a benchmark does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handful import errors
from handful.budget import Ledger
from handful.features.hashed_ngrams import HashedNgrams
from handful.methods._contract import MethodFacts, Target, View, wanted
from handful.methods.data.less import numbers_of
from handful.parameters import parameter
from handful.pool import Strings
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.selection import Floats, Indices, Picks

ITERATIONS = 200
"""Steps of the classifier's solver, at most."""


@dataclass(frozen=True)
class Preselect:
    """Learn which sampled texts rank models by loss as a benchmark ranks them; pick the texts like those.

        S_i = #{(a, b): b_a > b_b and C_ia < C_ib} / #{(a, b): b_a > b_b}      C: loss of text i under a model
        positives: the texts of largest S; negatives: as many, from the smallest S up
        classify by hashed word n-grams; pick the k texts most likely positive

    The sample is the target: its texts by --like, its losses by --like-array losses=FILE, one column a model; the
    models' benchmark scores by --param benchmark=0.31+0.42+…. All losses are of the same text, so whether they are
    per token or per byte is all the same. Pairs of models that tie on the benchmark say nothing. Positives are the
    texts with S = 1, or the `positives` share of largest S where those are fewer. To pick a tenth of the
    characters, as the paper does, set a budget: --cost @bytes --budget.

    The classifier is a logistic regression with an L2 penalty on unit rows of log-scaled counts, which has one
    solution, where the paper trains fastText in three epochs. The released trainer refers to names that are not
    defined; joins all texts into one stream, so that a text's first words are judged by the text before; and takes
    its threshold from the first files written. Here each text is by itself, and the whole pool is ranked.

    Cost: O(p·M²) for p sampled texts and M models; one hashing of the pool's words. Memory: 8 bytes a row.

    Source: Shum et al. 2025, Predictive data selection: the data that predicts is the data that teaches (ICML),
    equations 1 to 3. Not reproduced: its models of 1B and 3B parameters.
    """

    benchmark: str = parameter("", "Scores of the models, with + between; larger is better.")
    losses: str = parameter("losses", "Name of the target's array of losses, a column a model.")
    positives: float = parameter(
        0.1, "Share of the sample taken as positive, where fewer have S = 1.", low=0, high=0.5
    )
    ngrams: int = parameter(2, "Orders of n-grams, 1 to this.", low=1, high=5)
    buckets: int = parameter(2**18, "Buckets the n-grams are hashed to.", low=2, high=2**24)
    penalty: float = parameter(0.1, "L2 penalty of the classifier, per text.", low=1e-9)

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Shum et al. 2025, Predictive data selection: the data that predicts is the data that teaches",
        needs=("text", "target_text"),
        honours=("rows", "amount", "include", "quotas", "max_similarity"),
        nested=True,
        cost="O(p·M²) for p sampled texts and M models, one pass over the text; 8 bytes a row",
    )

    def work(self, size: Size) -> Work:
        """The pool hashed once, the sample a few hundred times through the solver."""
        words = size.text_bytes / max(1, size.n) / 8 * size.target_rows * self.ngrams
        return Work(
            steps=size.text_bytes * (2 + self.ngrams) + ITERATIONS * words,
            text_bytes=size.text_bytes,
            memory_bytes=16 * size.n + 80 * self.buckets + 16 * words,
        )

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Judge the sample, fit, score the pool, take the largest."""
        strengths, weights, used = self._fitted(view)
        scores = self._scores(view, weights)
        at_most = wanted(ledger)
        at_most = None if at_most is None else at_most + len(ledger.taken)
        ledger.take_ranked(view.ranking(scores, at_most=at_most))
        notes = {
            "sampled_texts": len(strengths),
            "positives": used,
            "least_strength_of_positives": float(np.sort(strengths)[-used]),
            "mean_strength": float(strengths.mean()),
        }
        return Picks(np.array(ledger.taken, np.int64), notes=notes)

    def standing(self, view: View, picks: Indices, rng: Draws) -> Floats:
        """The classifier's log-odds, up to a constant."""
        return self._scores(view, self._fitted(view)[1])

    def _fitted(self, view: View) -> tuple[Floats, Floats, int]:
        """S of each sampled text, the classifier's weights, and how many positives it was fitted on."""
        if not self.benchmark:
            raise errors.needs_missing(
                "preselect", ["the models' scores: --param benchmark=0.31+0.42"]
            )
        scores = np.array(numbers_of(self.benchmark, "preselect", "benchmark"))
        parts = [self._losses(target, len(scores)) for target in view.targets]
        strengths = predictive_strength(np.concatenate(parts), scores)
        positive, negative = self._labels(strengths)
        rows = np.concatenate([positive, negative])
        texts = Strings.concatenate([t.texts(0, t.n) for t in view.targets if t.texts is not None])
        labels = np.repeat([1.0, -1.0], len(positive))
        weights = _logistic(self._features(texts.take(rows)), labels, self.penalty)
        return strengths, weights, len(positive)

    def _losses(self, target: Target, models: int) -> Floats:
        found = np.asarray(target.arrays(self.losses), np.float64)
        if found.shape[1] != models:
            raise errors.losses_of_models(self.losses, found.shape[1], models)
        return found

    def _labels(self, strengths: Floats) -> tuple[Indices, Indices]:
        """Positives and as many negatives; ties in the order of rows."""
        perfect = int((strengths == 1.0).sum())
        wanted_rows = max(1, perfect, int(self.positives * len(strengths)))
        size = min(wanted_rows, len(strengths) // 2)
        if size < 1 or strengths.min() == strengths.max():
            raise errors.nothing_to_learn(len(strengths))
        order = np.argsort(-strengths, kind="stable")
        return order[:size], np.argsort(strengths, kind="stable")[:size]

    def _features(self, texts: Strings) -> Any:
        """Unit rows of 1 + ln count."""
        rows = HashedNgrams(self.ngrams, self.buckets).fit(Strings.of([]), 0).apply(texts)
        rows.data = 1 + np.log(rows.data, dtype=np.float64)
        owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        squares = np.bincount(owner, rows.data**2, rows.shape[0])
        rows.data /= np.sqrt(squares)[owner]
        return rows

    def _scores(self, view: View, weights: Floats) -> Floats:
        """(n,) log-odds without the constant; one pass over the texts."""
        out = np.empty(view.n)

        def score(texts: Strings) -> Floats:
            return np.asarray(self._features(texts) @ weights)

        for start, stop, values in view.map_texts(score, "scoring texts"):
            out[start:stop] = values
        return out


def predictive_strength(losses: ArrayLike, benchmark: ArrayLike) -> Floats:
    """(p,) S: the share of pairs of models that a text's losses rank as the benchmark does.

    Args:
        losses: (p, M), of text i under model a; smaller is better.
        benchmark: (M,), larger is better, not all equal. Tied pairs are left out.

    Cost: O(p·M²).

    Example:
        >>> predictive_strength([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [2.0, 1.0, 3.0]], [0.2, 0.5, 0.5])
        array([1. , 0. , 0.5])
    """
    found, scores = np.asarray(losses, np.float64), np.asarray(benchmark, np.float64)
    better, worse = np.nonzero(scores[:, None] > scores)
    if not len(better):
        raise errors.models_all_tie()
    agreed = np.zeros(len(found))
    for a, b in zip(better, worse, strict=True):
        agreed += found[:, a] < found[:, b]
    return agreed / len(better)


def _logistic(rows: Any, labels: NDArray[np.float64], penalty: float) -> Floats:
    """Weights of argmin mean ln(1 + exp(−y·(x·w + w₀))) + penalty/n · ‖w‖²/2; w₀ does not change a ranking."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        model = LogisticRegression(C=1 / penalty, max_iter=ITERATIONS, tol=1e-6)
        model.fit(rows, labels)
    return np.asarray(model.coef_[0], np.float64)
