"""Subset selection as a scikit-learn estimator."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import _safe_indexing
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import column_or_1d

from handful import errors, methods
from handful.flow.select import select
from handful.parameters import parse_spec
from handful.selection import Selection

DEFAULT_FRACTION = 0.1
"""Of the rows, where neither `rows` nor `fraction` is given."""


class SubsetSelector(BaseEstimator):  # type: ignore[misc]  # scikit-learn carries no types
    """Choose rows of X, and of y with it.

    The rows of X are the features by which rows are compared; y, where it holds classes, is the groups.
    It does not stand in a `Pipeline`, which may not change the number of rows.

    Args:
        rows: Rows to pick at most.
        fraction: Share of the rows to pick; 0.1 where neither it nor `rows` is given.
        method: A key such as "k_center", a configured method, an objective, or "auto".
        params: Parameters of the method, by name.
        seed: Of every draw.
        memory: Memory allowed, as "4GB"; half the machine's where None.
        threads: Worker threads; all cores where None.

    Attributes:
        sample_indices_: (k,) row numbers of the picks, ascending.
        sample_weight_: (k,) weights of the picks in that order, or None where they would mean nothing.
        selection_: The whole `Selection`.

    Example:
        >>> X = np.array([[0.0, 1], [0.1, 1], [5, 5], [5, 4.9]])
        >>> chosen = SubsetSelector(rows=2, method="k_center").fit(X)
        >>> len(chosen.sample_indices_)
        2
    """

    def __init__(
        self,
        rows: int | str | None = None,
        *,
        fraction: float | str | None = None,
        method: Any = "auto",
        params: dict[str, Any] | None = None,
        seed: int = 0,
        memory: int | str | None = None,
        threads: int | None = None,
    ) -> None:
        self.rows = rows
        self.fraction = fraction
        self.method = method
        self.params = params
        self.seed = seed
        self.memory = memory
        self.threads = threads

    def fit(self, X: Any, y: Any = None) -> Self:
        """Choose rows.

        Args:
            X: (n, d) dense or sparse, finite.
            y: (n,) classes to take as groups; numbers without classes are left aside.
        """
        checked = _validated(self, X)
        pool: dict[str, Any] = {"row": np.arange(checked.shape[0])}
        if _sees_features(self.method):
            pool["embedding"] = checked
        group = None
        if y is not None:
            groups = column_or_1d(y, warn=True)
            kind = type_of_target(groups)
            if kind == "unknown":
                raise errors.unknown_labels(groups)
            if kind in {"binary", "multiclass"}:
                pool["group"], group = [str(label) for label in groups.tolist()], "group"
        nothing_said = self.rows is None and self.fraction is None
        self.selection_: Selection = select(
            pool,
            rows=self.rows,
            fraction=DEFAULT_FRACTION if nothing_said else self.fraction,
            method=self.method,
            params=self.params or {},
            group=group,
            seed=self.seed,
            memory=self.memory,
            threads=self.threads,
            cache=False,
        )
        order = np.argsort(self.selection_.indices)
        weights = self.selection_.weights
        self.sample_indices_ = self.selection_.indices[order]
        self.sample_weight_ = None if weights is None else weights[order]
        return self

    def fit_resample(self, X: Any, y: Any = None) -> Any:
        """Choose rows, and return them: X alone, or X and y, in their order and of their type."""
        self.fit(X, y)
        taken = _safe_indexing(X, self.sample_indices_)
        return taken if y is None else (taken, _safe_indexing(y, self.sample_indices_))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _more_tags(self) -> dict[str, Any]:
        return {"X_types": ["2darray", "sparse"]}  # scikit-learn before 1.6


def _sees_features(method: Any) -> bool:
    """Whether a method looks at features; where not, X may hold rows of zeros."""
    if isinstance(method, str):
        key = parse_spec(method)[0]
        method = None if key == "auto" else methods.find(key)
    needs = getattr(getattr(method, "facts", None), "needs", ("features",))
    return "features" in needs or "target_features" in needs


def _validated(estimator: SubsetSelector, X: Any) -> Any:
    """X checked as scikit-learn does, which remembers the names and the number of its columns."""
    asked = {"accept_sparse": "csr", "dtype": [np.float32, np.float64], "ensure_min_samples": 1}
    try:
        from sklearn.utils.validation import validate_data
    except ImportError:  # scikit-learn before 1.6
        return estimator._validate_data(X, **asked)
    return validate_data(estimator, X, **asked)
