"""What a method may see of a request, and which of its rows are copies of the target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from handful.flow.copies import Codes, TextCopies, Watch, vector_copies
from handful.flow.ids import Ids
from handful.flow.inputs import (
    read_floor,
    read_groups,
    read_partial,
    read_scores,
    text_identity,
    text_reader,
)
from handful.flow.request import Request
from handful.flow.vectors import Vectors
from handful.methods._contract import Target, View
from handful.pool import Pool
from handful.rng import Draws
from handful.runtime.run import Run
from handful.selection import Indices


def view_of(
    request: Request,
    run: Run,
    pool: Pool,
    targets: tuple[tuple[str, Pool], ...],
    owned: Pool | None,
    ids: Ids,
    candidates: Indices | None,
    vectors: Vectors,
    rng: Draws,
) -> tuple[View, Callable[[], Codes] | None]:
    """The candidates as a method sees them, and what tells which are copies of target rows, if any can be."""
    n = pool.n if candidates is None else len(candidates)
    rank = ids.rank
    if rank is not None and candidates is not None:
        rank = np.argsort(np.argsort(rank[candidates], kind="stable"), kind="stable")
    view: View

    def beside(of: Pool) -> Callable[[str | None], Any]:
        """Features of rows outside the pool, of the same kind as the pool's."""

        def ask(name: str | None) -> Any:
            texts = None if of.text is None else of.texts(0, of.n)
            return vectors.beside(name, of.arrays, texts, view, rng)

        return ask

    def target(name: str, of: Pool) -> Target:
        return Target(name, of.n, None if of.text is None else of.texts, beside(of))

    view = View(
        n=n,
        keys=ids.keys if candidates is None else ids.keys[candidates],
        run_with=run,
        identity=text_identity(pool, candidates),
        read_texts=None if pool.text is None else text_reader(pool, candidates),
        arrays=lambda name: vectors.array(name, view, rng),
        targets=tuple(target(*named) for named in targets),
        given=None if owned is None else beside(owned),
        rank=rank,
        scores=lambda name: read_scores(request, pool, candidates, name),
        partial=lambda name: read_partial(pool, candidates, str(name)),
        source=candidates,
        group=read_groups(pool, candidates, request.group),
        floor=read_floor(request, len(targets)),
    )
    copies, watch = copies_of(run, pool, targets, candidates)
    if watch is not None and view.read_texts is not None:
        view = replace(view, read_texts=watch.reader(view.read_texts))
    return view, copies


def copies_of(
    run: Run,
    pool: Pool,
    targets: tuple[tuple[str, Pool], ...],
    candidates: Indices | None,
) -> tuple[Callable[[], Codes] | None, Watch | None]:
    """What tells which candidates are copies of target rows, and what watches texts as they are read."""
    with_text = [target for _, target in targets if target.text is not None]
    if pool.text is not None and with_text:
        watch = Watch(TextCopies(with_text), pool.n if candidates is None else len(candidates))
        read, identity = text_reader(pool, candidates), text_identity(pool, candidates)
        return lambda: watch.codes(read, run, identity), watch
    for name in pool.arrays:
        theirs = [target.arrays[name] for _, target in targets if name in target.arrays]
        if not theirs or any(array.shape[1] != pool.arrays[name].shape[1] for array in theirs):
            continue
        own = pool.arrays[name] if candidates is None else pool.arrays[name][candidates]

        def compare(own: Any = own, theirs: list[Any] = theirs) -> Codes:
            found = [vector_copies(own, array) for array in theirs]
            codes: Codes = np.max([np.where(c > 0, 3 - c, 0) for c in found], axis=0)
            return np.where(codes > 0, 3 - codes, 0).astype(np.uint8)

        return compare, None
    return None, None
