"""The peers' side of `engine.py`; runs in their environment, where handful is not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from engine import Case, child, least, load_graph, timed


def apricot_exact(case: Case, data: Path, result: dict[str, Any]) -> None:
    """Given the same clipped cosines; the matrix is part of the work."""
    from apricot import FacilityLocationSelection

    rows = np.load(data)
    FacilityLocationSelection(3, metric="precomputed").fit(_cosines(rows[:300]))
    with timed(result):
        made = FacilityLocationSelection(case.k, metric="precomputed").fit(_cosines(rows))
    _report(made, result)


def apricot_graph(case: Case, data: Path, result: dict[str, Any]) -> None:
    from apricot import FacilityLocationSelection

    near = _csr(load_graph(data).T)  # it reads row j as what candidate j gives
    FacilityLocationSelection(3, metric="precomputed").fit(near[:300, :300])
    with timed(result):
        made = FacilityLocationSelection(case.k, metric="precomputed").fit(near)
    _report(made, result)


def apricot_features(case: Case, data: Path, result: dict[str, Any]) -> None:
    from apricot import FeatureBasedSelection

    rows = _csr(load_graph(data))
    FeatureBasedSelection(3, concave_func="sqrt").fit(rows[:300])
    with timed(result):
        made = FeatureBasedSelection(case.k, concave_func="sqrt").fit(rows)
    _report(made, result)


def submodlib_log_det(case: Case, data: Path, result: dict[str, Any]) -> None:
    """Log det(I + L), L of cosines; the kernel is part of the work."""
    from submodlib import LogDeterminantFunction

    rows = np.load(data).astype(np.float64)

    def choose() -> Any:
        made = LogDeterminantFunction(case.n, mode="dense", lambdaVal=1.0, sijs=rows @ rows.T)
        return made.maximize(
            case.k, optimizer="LazyGreedy", stopIfZeroGain=False, stopIfNegativeGain=False
        )

    picked = least(result, choose)
    result["value"] = float(np.sum([gain for _, gain in picked]))


def _csr(made: Any) -> Any:
    """With the index type that apricot's kernels are compiled for."""
    from scipy import sparse

    made = sparse.csr_matrix(made.astype(np.float64))
    made.indices, made.indptr = made.indices.astype(np.int32), made.indptr.astype(np.int32)
    return made


def _cosines(rows: Any) -> Any:
    return np.maximum(rows @ rows.T, 0).astype(np.float64)


def _report(made: Any, result: dict[str, Any]) -> None:
    result["value"] = float(np.sum(made.gains))


if __name__ == "__main__" and sys.argv[1:2] == ["--child"]:
    child(globals())
