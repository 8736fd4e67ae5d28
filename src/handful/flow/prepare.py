"""From a request to all that a method needs, every fault of the input found before long work starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors, methods
from handful.budget import Budget, Ledger
from handful.flow import auto
from handful.flow.copies import Codes, TextCopies, Watch, vector_copies
from handful.flow.ids import Ids, read_ids
from handful.flow.inputs import (
    read_candidates,
    read_costs,
    read_floor,
    read_given,
    read_groups,
    read_pool,
    read_scores,
    read_targets,
    skipped_rows,
    text_identity,
    text_reader,
)
from handful.flow.request import Request, parse_memory
from handful.flow.vectors import Vectors
from handful.methods._contract import NEED_HELP, Target, View
from handful.parameters import configure, parse_spec
from handful.pool import BadRow, Pool
from handful.rng import Draws
from handful.runtime.cache import Cache, default_folder
from handful.runtime.meter import Meter
from handful.runtime.progress import Progress, Silent
from handful.runtime.run import Run, available_memory, available_threads
from handful.selection import Indices


@dataclass(frozen=True, eq=False)
class Prepared:
    """A request whose every part has been checked, ready to run.

    Args:
        candidates: Source rows a method may see, ascending; None for all.
        included: Candidates (numbered as in the view) that must be picked.
        reason: Why `auto` chose the method, or None where the user did.
        at_hand: What the request offers a method, in the words of `Need`.
        copies: Tells which candidates are copies of target rows; None without a target to compare with.
        dropped: The same of the rows before copies were left out; None where they were not.
    """

    request: Request
    run: Run
    pool: Pool
    targets: tuple[tuple[str, Pool], ...]
    ids: Ids
    budget: Budget
    candidates: Indices | None
    included: Indices
    key: str
    method: Any
    reason: str | None
    at_hand: set[str]
    view: View
    costs: NDArray[Any] | None
    skipped: list[BadRow]
    meter: Meter
    owned: Pool | None
    copies: Callable[[], Codes] | None = None
    dropped: Codes | None = None
    warnings: list[str] = field(default_factory=list)

    def ledger(self) -> Ledger:
        """A fresh ledger with the must-includes taken."""
        ledger = Ledger(
            self.view.n,
            rows=self.budget.rows_of(self.view.n),
            costs=self.costs,
            amount=self.budget.amount,
        )
        for row in self.included.tolist():
            if not ledger.feasible(np.array([row]))[0]:
                raise errors.includes_over_budget(len(self.included), self.budget.record())
            ledger.take(row)
        return ledger

    def source_rows(self, rows: Indices) -> Indices:
        """Row numbers of the source for rows numbered as in the view."""
        return rows if self.candidates is None else self.candidates[rows]


def prepare(data: Any, request: Request, progress: Progress | None = None) -> Prepared:
    """Read what must be read, and check everything that can be checked before long work."""
    meter = Meter()
    run = _run(request, progress or Silent())
    budget = Budget(
        request.rows, fraction=request.fraction, amount=request.budget, cost=request.cost
    )
    named, params = _early_method(request)
    pool = read_pool(data, request, run)
    targets = read_targets(request, run, pool)
    owned = read_given(request, run, pool)
    ids = read_ids(pool)
    skipped = skipped_rows(request, pool)
    candidates, included = read_candidates(request, pool, ids, skipped)
    n = pool.n if candidates is None else len(candidates)
    if n == 0:
        raise errors.nothing_left(pool.n)

    dropped = None
    if request.drop_target_copies:
        candidates, included, dropped = _without_copies(
            request, run, pool, targets, candidates, included
        )
        n = len(candidates)
    vectors = Vectors(pool.arrays, candidates, request.features)
    rng = Draws(request.seed)
    copies, watch = _copies(run, pool, targets, candidates)
    view = _view(request, run, pool, targets, owned, ids, candidates, vectors, rng)
    if watch is not None and view.read_texts is not None:
        view = replace(view, read_texts=watch.reader(view.read_texts))
    at_hand = _at_hand(request, pool, targets, owned)
    key, method, reason = _method(named, params, request, at_hand, n)
    _check_needs(key, method, at_hand, pool)
    _check_honours(key, method, budget, included, request)
    costs = read_costs(budget, pool, candidates, run)
    prepared = Prepared(
        request,
        run,
        pool,
        targets,
        ids,
        budget,
        candidates,
        included,
        key,
        method,
        reason,
        at_hand,
        view,
        costs,
        skipped,
        meter,
        owned,
        copies,
        dropped,
    )
    _warn(prepared)
    return prepared


def _copies(
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


def _without_copies(
    request: Request,
    run: Run,
    pool: Pool,
    targets: tuple[tuple[str, Pool], ...],
    candidates: Indices | None,
    included: Indices,
) -> tuple[Indices, Indices, Codes]:
    """Candidates that are no copies of target rows; must-includes stay."""
    tell, _ = _copies(run, pool, targets, candidates)
    if tell is None:
        raise errors.no_target_to_compare()
    codes = tell()
    kept = codes == 0
    kept[included] = True
    rows = np.arange(pool.n) if candidates is None else candidates
    if not kept.any():
        raise errors.nothing_left(pool.n)
    return rows[kept], np.cumsum(kept)[included] - 1, codes


def with_method(
    prepared: Prepared, method: Any, params: Mapping[str, Any] | None = None
) -> Prepared:
    """The same request with another method, checked as the first was; nothing is read again."""
    request = replace(prepared.request, method=method, params=params or {})
    named, given = _early_method(request)
    at_hand = _at_hand(request, prepared.pool, prepared.targets, prepared.owned)
    key, configured, reason = _method(named, given, request, at_hand, prepared.view.n)
    _check_needs(key, configured, at_hand, prepared.pool)
    _check_honours(key, configured, prepared.budget, prepared.included, request)
    return replace(prepared, request=request, key=key, method=configured, reason=reason)


def _run(request: Request, progress: Progress) -> Run:
    threads = available_threads() if request.threads is None else request.threads
    memory = available_memory() if request.memory is None else parse_memory(request.memory)
    cache = None if request.cache is False else Cache(Path(request.cache or default_folder()))
    return Run(threads, memory, cache, progress)


def _early_method(request: Request) -> tuple[Any, dict[str, Any]]:
    """Refuse an unknown method or parameter before anything is read.

    `--similarity`, `--optimizer` and `--certify` are parameters like any other, with flags of their own.
    """
    flags = {name: getattr(request, name) for name in ("similarity", "optimizer", "certify")}
    flags = {name: value for name, value in flags.items() if value is not None}
    if not isinstance(request.method, str):
        return request.method, {**flags, **request.params}
    key, given = parse_spec(request.method)
    given = {**given, **flags, **request.params}
    if key != "auto":
        configure(key, methods.find(key), given)
    return key, given


def _view(
    request: Request,
    run: Run,
    pool: Pool,
    targets: tuple[tuple[str, Pool], ...],
    owned: Pool | None,
    ids: Ids,
    candidates: Indices | None,
    vectors: Vectors,
    rng: Draws,
) -> View:
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
        group=read_groups(pool, candidates, request.group),
        floor=read_floor(request, len(targets)),
    )
    return view


def _at_hand(
    request: Request, pool: Pool, targets: tuple[tuple[str, Pool], ...], owned: Pool | None
) -> set[str]:
    """What this request offers a method, in the words of `Need`."""
    text, arrays = pool.text is not None, bool(pool.arrays)
    all_text = bool(targets) and all(target.text is not None for _, target in targets)

    def comparable(other: Pool) -> bool:
        return bool(set(pool.arrays) & set(other.arrays)) or (text and other.text is not None)

    offered = {
        "text": text,
        "features": text or arrays,
        "target_text": all_text,
        "target_features": bool(targets) and all(comparable(target) for _, target in targets),
        "given_features": owned is not None and comparable(owned),
        "score": request.score is not None,
        "group": request.group is not None,
    }
    return {need for need, there in offered.items() if there}


def _method(
    named: Any, given: dict[str, Any], request: Request, at_hand: set[str], n: int
) -> tuple[str, Any, str | None]:
    """The method's key, the configured method, and why `auto` chose it (None where it did not)."""
    if not isinstance(named, str):
        method = methods.of_object(named, given)
        return methods.key_of(method), method, None
    key, reason = named.replace("-", "_"), None
    if named == "auto":
        if request.like is not None and not at_hand & {"target_text", "target_features"}:
            raise errors.target_unlike_pool()
        choice = auto.choose(at_hand, n)
        given = {**choice.params, **given}
        key, reason = choice.key, choice.reason
    return key, configure(key, methods.find(key), given), reason


def _check_needs(key: str, method: Any, at_hand: set[str], pool: Pool) -> None:
    needs = set(method.facts.needs) - {"columns"}
    if not isinstance(getattr(method, "similarity", ""), str):  # a matrix or a graph says it all
        needs -= {"features", "target_features", "given_features"}
    missing = [NEED_HELP[need] for need in method.facts.needs if need in needs - at_hand]
    for name in getattr(method.facts, "columns", ()):
        column = getattr(method, name)
        if column is not None and column not in pool.source.schema:
            missing.append(f"a column {column!r}: name yours by --param {name}=COLUMN")
    if missing:
        raise errors.needs_missing(key, missing)


def _check_honours(
    key: str, method: Any, budget: Budget, included: Indices, request: Request
) -> None:
    asked = {
        "rows": True,
        "amount": budget.amount is not None,
        "include": len(included) > 0,
        "floor": request.floor is not None,
    }
    for constraint, binds in asked.items():
        if binds and constraint not in method.facts.honours:
            raise errors.not_honoured(key, constraint, method.facts.honours)


def _warn(prepared: Prepared) -> None:
    n, budget = prepared.view.n, prepared.budget
    if budget.rows is not None and budget.rows > n:
        prepared.warnings.append(
            f"--rows {budget.rows} is more than the {n} rows there are to pick from: all may be picked."
        )
    if prepared.skipped:
        prepared.warnings.append(
            f"{len(prepared.skipped)} rows could not be used and were skipped; the manifest lists them."
        )
