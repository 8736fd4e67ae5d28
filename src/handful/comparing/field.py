"""The field on which methods meet: the same rows, the same held-out data, the same random picks, seed by seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from handful.budget import Ledger
from handful.comparing.draws import lowest
from handful.comparing.narrow import narrow_target, narrow_view
from handful.comparing.probes._contract import Lesson
from handful.comparing.trial import FOLDS
from handful.flow.prepared import Prepared
from handful.methods._contract import Target
from handful.pool import Pool, Strings
from handful.rng import Draws
from handful.runtime.progress import Silent
from handful.selection import Indices

Held = Literal["file", "target", "pool", "nothing"]
"""What probes are tested on: a file of the user's, a fifth of the target, a fifth of the pool; or nothing,
where the user's own command tests as it likes."""

SCOPES: dict[Held, str] = {
    "file": "tested on the rows of --test, the same for every seed",
    "target": f"tested on a fifth of the target, another for each seed; methods see {FOLDS - 1} of {FOLDS} parts",
    "pool": "tested on a fifth of the pool, another for each seed; methods see the rest",
    "nothing": "tested as your own probe has it",
}


@dataclass(frozen=True, eq=False)
class Field:
    """What is compared on.

    Args:
        prepared: The request; its method is any.
        held: What is held out.
        tests: The rows of --test, where there are any; else the targets.
        test_pools: What they are read from.
        labels: (n,) of the candidates, codes or numbers; None without.
        test_labels: The same for each of `tests`.
        array: The name of the features; None: the default.
        features: Whether probes may read features.
    """

    prepared: Prepared
    held: Held
    tests: tuple[Target, ...] = ()
    test_pools: tuple[Pool, ...] = ()
    labels: NDArray[Any] | None = None
    test_labels: tuple[NDArray[Any], ...] = ()
    array: str | None = None
    features: bool = False


@dataclass(frozen=True, eq=False)
class Round:
    """One seed's part of the field.

    Args:
        prepared: The rows that methods choose from, and what they may see of the targets.
        lesson: Picks, numbered as in its view, to what a probe learns from and is tested on.
    """

    prepared: Prepared
    ledger: Callable[[], Ledger]
    lesson: Callable[[Indices], Lesson]


def play(field: Field, seed: int) -> Round:
    """Hold out what this seed holds out."""
    base, rng = field.prepared, Draws(seed)
    view, rows = base.view, np.arange(base.view.n)
    tests, test_labels = field.tests, field.test_labels
    seen, held = view.targets, np.arange(sum(test.n for test in tests))
    if field.held == "pool":
        fold = lowest(rng.uniforms("comparison: rows held out", view.keys), view.n // FOLDS)
        rows = np.setdiff1d(rows, fold, assume_unique=True)
        tests, held = (_as_target(field, fold),), base.source_rows(fold)
        test_labels = () if field.labels is None else (field.labels[fold],)
    elif field.held == "target":
        folds = [_fold_of(target, rng) for target in view.targets]
        before = np.cumsum([0, *(target.n for target in view.targets)])
        held = np.concatenate([first + fold for first, fold in zip(before, folds, strict=False)])
        tests = tuple(narrow_target(t, fold) for t, fold in zip(tests, folds, strict=True))
        test_labels = tuple(labels[fold] for labels, fold in zip(test_labels, folds, strict=False))
        rest = [np.setdiff1d(np.arange(t.n), f) for t, f in zip(seen, folds, strict=True)]
        seen = tuple(narrow_target(t, r) for t, r in zip(seen, rest, strict=True))
    prepared = _on_rows(base, rows, seen, seed)

    def lesson(picks: Indices) -> Lesson:
        return replace(_lesson(field, rows[picks], tests, test_labels), held=held)

    return Round(prepared, prepared.ledger, lesson)


def _fold_of(target: Target, rng: Draws) -> Indices:
    keys = np.arange(target.n, dtype=np.uint64)
    draws = rng.uniforms(f"comparison: target {target.name} held out", keys)
    return lowest(draws, max(1, target.n // FOLDS))


def _as_target(field: Field, rows: Indices) -> Target:
    view = narrow_view(field.prepared.view, rows, ())
    return Target("held out", len(rows), view.read_texts, view.array)


def _on_rows(base: Prepared, rows: Indices, seen: tuple[Target, ...], seed: int) -> Prepared:
    """The request as if these rows of its view were the pool."""
    view = narrow_view(base.view, rows, seen)
    view = replace(
        view, run_with=replace(view.run_with, progress=Silent())
    )  # told: cells, not stages
    included = np.searchsorted(rows, np.sort(base.included[np.isin(base.included, rows)]))
    return replace(
        base,
        request=replace(base.request, seed=seed),
        candidates=base.source_rows(rows),
        included=included,
        view=view,
        costs=None if base.costs is None else base.costs[rows],
        apart=None if base.apart is None else base.apart.narrowed(rows),
        quotas=None if base.quotas is None else base.quotas.of_some(rows),
    )


def _lesson(
    field: Field, rows: Indices, tests: tuple[Target, ...], test_labels: tuple[NDArray[Any], ...]
) -> Lesson:
    view = field.prepared.view
    order = np.argsort(rows)
    place = np.argsort(order)  # from row order back to picked order

    def texts() -> Strings:
        read = narrow_view(view, rows[order], ()).read_texts
        assert read is not None
        return read(0, len(rows)).take(place)

    def test_texts() -> Strings:
        return Strings.concatenate([t.texts(0, t.n) for t in tests if t.texts is not None])

    has_texts = view.read_texts is not None and tests and all(t.texts is not None for t in tests)
    return Lesson(
        rows=field.prepared.source_rows(rows),
        texts=texts if has_texts else None,
        test_texts=test_texts if has_texts else None,
        features=(lambda: view.array(field.array)[rows]) if field.features else None,
        test_features=(lambda: _stacked(tests, field.array)) if field.features else None,
        labels=None if field.labels is None else field.labels[rows],
        test_labels=np.concatenate(test_labels) if test_labels else None,
    )


def _stacked(tests: tuple[Target, ...], array: str | None) -> Any:
    import scipy.sparse

    parts = [test.arrays(array) for test in tests]
    if any(scipy.sparse.issparse(part) for part in parts):
        return scipy.sparse.vstack(parts, format="csr")
    return np.concatenate(parts)


# Labels -----------------------------------------------------------------------------------------

MOST_CLASSES = 50


def read_labels(pools: list[Pool], column: str) -> tuple[list[NDArray[Any]], bool]:
    """The labels of several pools in one coding, and whether they are numbers to be predicted.

    A numeric column of more than 50 values, or of any that is not whole, is numbers; else classes.
    """
    if all(pool.source.schema.get(column) == "number" for pool in pools):
        numbers = [pool.numbers(column).astype(np.float64) for pool in pools]
        distinct = np.unique(np.concatenate(numbers))
        if len(distinct) > MOST_CLASSES or (distinct != np.floor(distinct)).any():
            return numbers, True
    texts = [list(pool.strings(column)) for pool in pools]
    codes = {text: code for code, text in enumerate(sorted({t for part in texts for t in part}))}
    return [np.array([codes[text] for text in part], np.int64) for part in texts], False
