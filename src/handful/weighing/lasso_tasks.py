"""How many samples to draw from each source task, where a few of them make up the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from handful import errors
from handful.budget.amounts import parse_rows
from handful.parameters import configure, parameter
from handful.selection import Floats, Indices
from handful.weighing.heads import Heads, read_heads
from handful.weighing.record import record_of, save_rows
from handful.weighing.relevance import (
    Step,
    largest_penalty,
    lasso,
    least_length,
    path,
    residual,
)
from handful.weighing.shares import apportion, with_fees


@dataclass(frozen=True, eq=False)
class Allocation:
    """Samples to draw from each source task. Frozen, as a selection is.

    Args:
        tasks: (T,) names.
        counts: (T,) int64 samples; with the fees they sum to the budget.
        relevance: (T,) ν: the target's head is about Σ ν_t·head_t, of heads at the length they were used at.
        residual: ‖Wν − w‖ / ‖w‖: what no combination of few tasks explains.
        variance: Σ ν_t²/n_t over tasks drawn from: the error that noise in the heads leaves in the target's, for
            noise of variance 1 a sample. With n_t ∝ |ν_t| it is ‖ν‖₁²/N, the least there is for this ν.
        penalty: λ, as given or as chosen.
        path: The grid of penalties.
        rival: What comes of the ν of least ‖ν‖₂ and n_t ∝ ν_t²; None of a rival.
        record: Parameters, fingerprints of the input, results.
    """

    tasks: tuple[str, ...]
    counts: Indices
    relevance: Floats
    residual: float
    variance: float
    penalty: float | None = None
    path: tuple[Step, ...] = ()
    rival: Allocation | None = None
    record: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many tasks are drawn from."""
        return int(np.count_nonzero(self.counts))

    def __repr__(self) -> str:
        """One line, as a notebook shows it."""
        return (
            f"<Allocation: {self.counts.sum():,} samples of {len(self)} of {len(self.tasks)} tasks>"
        )

    def summary(self) -> dict[str, Any]:
        """Its numbers, without those of each task."""
        return {
            "tasks": len(self.tasks),
            "relevant": int(np.count_nonzero(self.relevance)),
            "drawn_from": len(self),
            "samples": int(self.counts.sum()),
            "sum_of_relevance": float(np.abs(self.relevance).sum()),
            "residual": self.residual,
            "variance": self.variance,
        }

    def save(self, out: str | Path, *, overwrite: bool = False) -> None:
        """Write task, samples and relevance, in the format of the suffix, and the record beside it."""
        from handful.io.open import open_source

        columns = {"task": list(self.tasks), "samples": self.counts, "relevance": self.relevance}
        save_rows(open_source(columns), {}, self.record, out, overwrite=overwrite)


@dataclass(frozen=True)
class LassoTasks:
    """Find the few source tasks whose heads make up the target's, and draw from them in proportion.

        ν = argmin ½‖Wν − w‖² + λ‖ν‖₁,    n_t = N·|ν_t| / ‖ν‖₁, at least `least`

    The columns of W are linear heads of the source tasks on one shared representation, fitted on a first small
    equal draw; w is the target's head. Noise in the heads reaches the target as Σ ν_t²/n_t, which is least where
    n_t ∝ |ν_t|, and is then ‖ν‖₁²/N: so a small ‖ν‖₁ is wanted, and that is what the Lasso gives. Where heads are
    in general position at most k tasks are left. Among collinear tasks which one is left is arbitrary; the
    prediction is not. Gradients may stand for heads. Afterwards: draw, fit the representation on everything,
    freeze it, and fit the target's head on it.

    With no penalty given the path of a grid is refitted by least squares on each support, and of those within
    `tolerance` the one of least ‖ν‖₁²/(N − fees) is taken; where none is, the one of least residual.

    Cost: k·T a round of descent, 50 penalties; milliseconds for thousands of tasks.

    Source: Wang, Chen, Jamieson & Du 2023, Improved active multi-task representation learning via Lasso (ICML),
    section 4; the rival: Chen, Jamieson & Du 2022, Active multi-task representation learning (ICML). Not
    reproduced: their figures on MNIST-C.
    """

    penalty: float | None = parameter(0.05, "λ; none: chosen from a grid, with a refit.", low=1e-12)
    scaled: bool = parameter(True, "Bring all heads and the target's to length 1 first.")
    least: int = parameter(0, "Samples of every task at least, relevant or not.", low=0)
    fee: int = parameter(0, "What drawing from a task at all costs, in samples.", low=0)
    tolerance: float = parameter(
        0.05, "Residual allowed where the penalty is chosen, in parts of ‖w‖.", low=0
    )

    paper: ClassVar[str] = (
        "Wang et al. 2023, Improved active multi-task representation learning via Lasso"
    )
    version: ClassVar[int] = 1

    def run(self, heads: Heads, samples: int) -> Allocation:
        """Weigh tasks, then share out the samples."""
        if self.fee and self.least:
            raise errors.fee_and_least()
        tasks = heads.matrix.shape[1]
        if samples < max(1, self.least * tasks):
            raise errors.few_samples(samples, max(1, self.least * tasks), f"{tasks} tasks")
        used = heads.scaled() if self.scaled else heads
        most = largest_penalty(used.matrix, used.target)
        if most <= 0.0:
            raise errors.no_relevant_task(0.0, most)
        steps, fits = path(used.matrix, used.target)
        gap: float | None = None
        if self.penalty is None:
            place = self._chosen(steps, samples)
            penalty, relevance = steps[place].penalty, fits[place]
        else:
            penalty = self.penalty
            [relevance], [gap] = lasso(used.matrix, used.target, np.array([penalty]))
            if not relevance.any():
                raise errors.no_relevant_task(penalty, most)
        counts = self._counts(np.abs(relevance), samples)
        if counts is None:
            tasks = int(np.count_nonzero(relevance))
            needed = (self.fee + 1) * tasks
            raise errors.few_samples(samples, needed, f"a sample and the fee of {tasks} tasks")
        found = _allocation(used, relevance, counts)
        other = least_length(used.matrix, used.target)
        by_squares = self._counts(other**2, samples)
        rival = None if by_squares is None else _allocation(used, other, by_squares)
        result = {
            **found.summary(),
            "penalty": penalty,
            "duality_gap": gap,
            "path": [asdict(step) for step in steps],
            "least_squares_rival": None if rival is None else rival.summary(),
        }
        asked = {"samples": samples, **asdict(self)}
        record = record_of("lasso_tasks", self, asked, heads.inputs(), result)
        return replace(found, penalty=penalty, path=tuple(steps), rival=rival, record=record)

    def _chosen(self, steps: list[Step], samples: int) -> int:
        """The place on the path where noise reaches the target least, for the tolerance and the fees."""
        paid = [s for s in steps if samples - self.fee * s.tasks >= s.tasks] or steps[:1]
        near = [step for step in paid if step.residual <= self.tolerance]
        if not near:
            return steps.index(min(paid, key=lambda step: step.residual))
        return steps.index(
            min(near, key=lambda step: step.sum**2 / (samples - self.fee * step.tasks))
        )

    def _counts(self, shares: Floats, samples: int) -> Indices | None:
        """(T,) samples in proportion to shares; None where the fees leave less than one each."""
        if self.fee:
            return with_fees(shares, samples, self.fee)
        return apportion(shares, samples, self.least)


def _allocation(heads: Heads, relevance: Floats, counts: Indices) -> Allocation:
    on = counts > 0
    return Allocation(
        tasks=heads.names,
        counts=counts,
        relevance=relevance,
        residual=residual(heads.matrix, heads.target, relevance),
        variance=float((relevance[on] ** 2 / counts[on]).sum()),
    )


def lasso_tasks(
    heads: Any,
    target: Any,
    *,
    samples: int | str,
    names: Sequence[str] | None = None,
    **parameters: Any,
) -> Allocation:
    """Share out a budget of samples over source tasks, by how much each says about the target.

    Args:
        heads: (k, T) a column of numbers a task; or a path of a .npy of that shape, or of a CSV, JSON Lines or
            Parquet file with a column a task.
        target: (k,) the target's head; a path, or the name of a column of the heads' file.
        samples: The budget, > 0, or "10k". Counts (and fees) sum to it exactly.
        names: (T,) of tasks; none: of the columns, or their numbers.
        **parameters: Of `LassoTasks`: penalty, scaled, least, fee, tolerance.

    Example:
        >>> import numpy as np, handful
        >>> heads = np.array([[1.0, 0.0, 0.6], [0.0, 1.0, 0.8]])
        >>> found = handful.lasso_tasks(heads, [2.0, 0.0], samples=100, penalty=0.1)
        >>> found.counts.tolist(), found.relevance.round(2).tolist()
        ([100, 0, 0], [0.9, 0.0, 0.0])
    """
    method: LassoTasks = configure("lasso_tasks", LassoTasks, parameters)
    return method.run(read_heads(heads, target, names), parse_rows(samples, "samples"))
