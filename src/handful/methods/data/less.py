"""LESS: pick the rows whose gradients point most along those of the target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handful import errors
from handful.budget import Ledger
from handful.graphs.rows import products, unit_rows
from handful.methods._contract import MethodFacts, View, wanted
from handful.parameters import parameter
from handful.pool import BLOCK_ROWS
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.selection import Floats, Indices, Picks

PROJECTION_COLUMNS = 1 << 12
"""Columns of gradients projected at a time."""


@dataclass(frozen=True)
class Less:
    """Rank rows by how well their optimiser updates align with the gradients of the target.

        Γ = (β₁·m + (1 − β₁)·g) / √(β₂·v + (1 − β₂)·g² + ε)        a pool row's update: `adam_update`
        s_i = max_targets Σ_t η_t · ⟨ Γ_ti/‖Γ_ti‖,  mean_{j in the target} g_tj/‖g_tj‖ ⟩,    Σ_t η_t = 1
        pick the k largest

    The rows are yours, one array for each checkpoint t, by --array and --like-array: updates of the pool's rows
    and plain gradients of the target's, of a warmed-up model, by its low-rank weights and projected to some
    thousands of numbers; `project` does that here. Each row is brought to length 1 here, since sums over tokens
    favour long or short texts. Several targets (--like, once for each) are the paper's subtasks: each is averaged
    by itself, of any size, and a row counts for the one it serves best.

    The released code differs: subtasks are of equal size, contiguous and counted in the code (57, 27, 9);
    normalising is hidden in the step that merges files; the optimiser's moments are looked up by number. Here
    `adam_update` takes weights by name.

    Cost: T·n·d products a target, in float64. Memory: 8 bytes a row and target, and one block of rows.

    Source: Xia, Malladi, Gururangan, Arora & Chen 2024, LESS: selecting influential data for targeted instruction
    tuning (ICML), section 4 and definition 3.1. Not reproduced: MMLU, TydiQA and BBH after tuning Llama-2-7B.
    """

    arrays: str = parameter("gradients", "Names of the arrays, one a checkpoint, with + between.")
    rates: str | None = parameter(
        None, "η: weight of each checkpoint, with + between; none: equal."
    )
    project: int | None = parameter(
        None, "Numbers that gradients are projected to, by random signs; none: as they are.", low=1
    )

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Xia et al. 2024, LESS: selecting influential data for targeted instruction tuning",
        needs=("features", "target_features"),
        honours=("rows", "amount", "include", "quotas", "max_similarity"),
        nested=True,
        cost="O(n·d) a checkpoint and target; 8 bytes a row and target",
    )

    def work(self, size: Size) -> Work:
        """One product of each row with each target's mean."""
        checkpoints = len(self.arrays.split("+"))
        return Work(
            multiply_adds=float(checkpoints) * size.n * size.d * max(1, size.targets),
            array_bytes=4.0 * checkpoints * size.n * size.d,
            memory_bytes=8 * size.n * max(1, size.targets) + 16 * BLOCK_ROWS * size.d,
        )

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Align, take the largest."""
        aligned = self._alignment(view, rng)
        scores = aligned.max(axis=1)
        ledger.take_ranked(view.ranking(scores, at_most=_enough(ledger)))
        picks = np.array(ledger.taken, np.int64)
        notes: dict[str, Any] = {}
        if len(picks):
            notes["alignment_of_picks"] = float(scores[picks].mean())
            notes["alignment_of_pool"] = float(scores.mean())
        if len(view.targets) > 1:
            best = np.bincount(aligned[picks].argmax(axis=1), minlength=len(view.targets))
            names = [target.name for target in view.targets]
            notes["rows_best_for"] = dict(zip(names, best.tolist(), strict=True))
        return Picks(picks, notes=notes)

    def standing(self, view: View, picks: Indices, rng: Draws) -> Floats:
        """The score."""
        return np.asarray(self._alignment(view, rng).max(axis=1))

    def _alignment(self, view: View, rng: Draws) -> Floats:
        """(n, targets) Σ_t η_t · the mean cosine of each row with the rows of a target."""
        names = self.arrays.split("+")
        total = np.zeros((view.n, len(view.targets)))
        for name, rate in zip(names, self._rates(len(names)), strict=True):
            pool = view.array(name)
            project = _Projection(pool.shape[1], self.project, rng.seed)
            means = [unit_rows(project(t.arrays(name))).mean(axis=0) for t in view.targets]
            for start in range(0, view.n, BLOCK_ROWS):
                rows = unit_rows(project(pool[start : start + BLOCK_ROWS]))
                for place, mean in enumerate(means):
                    one = np.asarray(mean, np.float32).reshape(1, -1)
                    total[start : start + BLOCK_ROWS, place] += rate * products(rows, one)
        return total

    def _rates(self, checkpoints: int) -> list[float]:
        """η, summing to 1."""
        if self.rates is None:
            return [1 / checkpoints] * checkpoints
        rates = numbers_of(self.rates, "less", "rates")
        if len(rates) != checkpoints or min(rates) < 0 or sum(rates) <= 0:
            raise errors.bad_parameter("less", "rates", self.rates, f"{checkpoints} numbers ≥ 0")
        return [rate / sum(rates) for rate in rates]


class _Projection:
    """Random signs, the same for pool and target: x ↦ x·R / √d, R of ±1.

    Source: Johnson & Lindenstrauss 1984; Achlioptas 2003, Database-friendly random projections.
    """

    def __init__(self, width: int, d: int | None, seed: int) -> None:
        from handful.rng import generator

        self.signs: NDArray[np.int8] | None = None
        if d is not None:
            drawn = generator(seed, "less projection").integers(0, 2, (width, d), np.int8)
            self.signs = 2 * drawn - 1

    def __call__(self, rows: Any) -> Any:
        if self.signs is None:
            return rows
        out = np.zeros((rows.shape[0], self.signs.shape[1]))
        for first in range(0, len(self.signs), PROJECTION_COLUMNS):
            part = slice(first, first + PROJECTION_COLUMNS)
            out += rows[:, part] @ self.signs[part].astype(np.float32)
        return (out / np.sqrt(out.shape[1])).astype(np.float32)


def numbers_of(text: str, owner: str, name: str) -> list[float]:
    """Numbers with + between, as a parameter holds them.

    Example:
        >>> numbers_of("0.5+1", "less", "rates")
        [0.5, 1.0]
    """
    try:
        return [float(part) for part in text.split("+")]
    except ValueError:
        raise errors.bad_parameter(owner, name, text, "numbers with + between") from None


def _enough(ledger: Ledger) -> int | None:
    """How long a ranking must be where must-includes may stand in it."""
    return None if wanted(ledger) is None else ledger.rows + len(ledger.taken)


def adam_update(
    gradients: Mapping[str, ArrayLike],
    first: Mapping[str, ArrayLike],
    second: Mapping[str, ArrayLike],
    *,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> NDArray[np.float32]:
    """The direction in which Adam would move for one row: a row of the pool's array for `less`.

        Γ = (β₁·m + (1 − β₁)·g) / √(β₂·v + (1 − β₂)·g² + ε)

    ε is inside the root and there is no bias correction, as in the paper's code.

    Args:
        gradients: The row's gradient of each weight, by name.
        first: Adam's first moments m, by the same names.
        second: Its second moments v.
        beta1: In [0, 1), as in training.
        beta2: In [0, 1), as in training.
        epsilon: > 0.

    Returns:
        (d,) float32: all weights flattened, one after the other in the order of their names.

    Example:
        >>> round(float(adam_update({"w": [1.0]}, {"w": [0.0]}, {"w": [0.0]})[0]), 2)
        3.16
    """
    if not set(gradients) == set(first) == set(second):
        apart = sorted((set(first) | set(second)) ^ set(gradients)) or sorted(
            set(first) ^ set(second)
        )
        raise errors.moments_of_others(apart)
    parts = []
    for name in sorted(gradients):
        g, m, v = (np.asarray(of[name], np.float64).ravel() for of in (gradients, first, second))
        if not len(g) == len(m) == len(v):
            raise errors.moments_of_others([name])
        parts.append(
            (beta1 * m + (1 - beta1) * g) / np.sqrt(beta2 * v + (1 - beta2) * g**2 + epsilon)
        )
    return np.concatenate(parts).astype(np.float32)
