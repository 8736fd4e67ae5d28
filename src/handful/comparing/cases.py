"""From a prepared request to the case that is judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from handful.comparing.trial import Case
from handful.comparing.verdict import Verdict, judge
from handful.flow.inputs import read_groups
from handful.flow.prepared import Prepared
from handful.runtime.meter import Meter
from handful.selection import Indices, Selection


def verdict(prepared: Prepared, draws: int | None = None) -> Verdict:
    """Judge what a prepared request chooses, beside random picks of the same budget.

    Args:
        prepared: The request, checked and read.
        draws: Number of random picks; None: by the table.
    """
    return judge(case_of(prepared), draws)


def case_of(prepared: Prepared) -> Case:
    """The case of a prepared request: what is at hand is what the user gave, or the method made."""
    array = array_of(prepared)
    made = {"features", "target_features"} & set(prepared.method.facts.needs)
    features = array is not None or (not prepared.pool.arrays and bool(made))
    targets = [pool for _, pool in prepared.targets]
    theirs = all(array in pool.arrays for pool in targets) if array is not None else features
    return Case(
        view=prepared.view,
        method=prepared.method,
        rows=prepared.budget.rows_of(prepared.view.n),
        seed=prepared.request.seed,
        costs=prepared.costs,
        amount=prepared.ledger().amount,
        included=prepared.included,
        features=features,
        array=array,
        targets_have_features=bool(targets) and theirs,
        labels=labels_of(prepared),
        apart=prepared.apart,
        scored=prepared.request.score is not None,
        quotas=prepared.quotas,
    )


def array_of(prepared: Prepared) -> str | None:
    """The user's array that similarity is measured on: the one the method names, else the only one."""
    arrays = prepared.pool.arrays
    named = getattr(prepared.method, "array", None)
    if named in arrays:
        return str(named)
    return next(iter(arrays)) if len(arrays) == 1 else None


def labels_of(prepared: Prepared) -> Indices | None:
    """(n,) the candidates' labels as whole numbers, where the request names their column."""
    read = read_groups(prepared.pool, prepared.candidates, prepared.request.label)
    return None if read is None else np.asarray(read[0], np.int64)


def judged(prepared: Prepared, selection: Selection, draws: int | None = None) -> Selection:
    """The selection with its verdict in the manifest: under `result`, and what it took under `run`.

    Args:
        prepared: What the selection was made from.
        selection: As `choose` gave it.
        draws: Number of random picks; 0: none, and so no verdict; None: by the table.
    """
    if draws == 0:
        return selection
    meter = Meter()
    found = verdict(prepared, draws)
    manifest = dict(selection.manifest)
    manifest["result"] = {**manifest["result"], "verdict": found.record()}
    seconds = round(meter.cpu_seconds, 3)
    manifest["run"] = {**manifest["run"], "verdict_cpu_seconds": seconds}
    return replace(selection, manifest=manifest)
