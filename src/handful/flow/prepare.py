"""From a request to all that a method needs, every fault of the input found before long work starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors, methods
from handful.budget import Budget, Ledger, Quota, Quotas, exact_sum
from handful.flow import auto
from handful.flow.duplicates import check_dedup, find_duplicates, in_source_rows
from handful.flow.ids import Ids, read_ids
from handful.flow.inputs import (
    asked_quotas,
    read_candidates,
    read_costs,
    read_given,
    read_groups,
    read_pool,
    read_quotas,
    read_scores,
    read_targets,
    skipped_rows,
    text_identity,
    text_reader,
)
from handful.flow.request import Request, parse_memory
from handful.flow.update import Update, read_update, settle
from handful.flow.vectors import Vectors
from handful.graphs.apart import Apart, Directions
from handful.methods._contract import NEED_HELP, Target, View
from handful.parameters import configure, parameters, parse_spec
from handful.pool import BadRow, Pool
from handful.rng import Draws
from handful.runtime.cache import Cache, default_folder
from handful.runtime.meter import Meter
from handful.runtime.progress import Progress, Silent
from handful.runtime.run import Run, available_memory, available_threads
from handful.selection import Duplicates, Indices


@dataclass(frozen=True, eq=False)
class Prepared:
    """A request whose every part has been checked, ready to run.

    Args:
        candidates: Source rows a method may see, ascending; None for all.
        included: Candidates (numbered as in the view) that must be picked.
        reason: Why `auto` chose the method, or None where the user did.
        at_hand: What the request offers a method, in the words of `Need`.
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
    duplicates: Duplicates | None = None
    apart: Apart | None = None
    update: Update | None = None
    quotas: Quotas | None = None
    warnings: list[str] = field(default_factory=list)

    def ledger(self) -> Ledger:
        """A fresh ledger with the must-includes taken, and what stays of an earlier selection."""
        amount = self.budget.amount
        if amount is None and self.costs is not None:  # shares of a cost of which all may be spent
            amount = exact_sum(self.costs)
        ledger = Ledger(
            self.view.n,
            rows=self.budget.rows_of(self.view.n),
            costs=self.costs,
            amount=amount,
            apart=None if self.apart is None else self.apart.copy(),
        )
        for row in self.included.tolist():
            self._check_apart(ledger, row)
            if not ledger.feasible(np.array([row]))[0]:
                raise errors.includes_over_budget(len(self.included), self.budget.record())
            ledger.take(row)
        if self.update is not None and self.update.kept is not None:
            for row in self.update.kept.tolist():
                ledger.take(row)
        return ledger if self.quotas is None else ledger.under(self.quotas)

    def _check_apart(self, ledger: Ledger, row: int) -> None:
        """Refuse a must-include that is too close to one before it."""
        if ledger.apart is None or ledger.apart.far(np.array([row]), ledger.taken)[0]:
            return
        taken = np.array(ledger.taken, np.int64)
        other = taken[ledger.apart.too_close(np.array([row]), taken)[0]][0]
        first, second = self.ids.of(self.source_rows(np.array([other, row]))).tolist()
        raise errors.includes_too_close(str(first), str(second), ledger.apart.limit)

    def source_rows(self, rows: Indices) -> Indices:
        """Row numbers of the source for rows numbered as in the view."""
        return rows if self.candidates is None else self.candidates[rows]


def prepare(
    data: Any, request: Request, progress: Progress | None = None, *, only_check: bool = False
) -> Prepared:
    """Read what must be read, check everything that can be checked before long work, then deduplicate.

    Args:
        data: The pool.
        request: What is asked.
        progress: Who is told how far the work is.
        only_check: Leave out the long work, so that duplicates are still there.
    """
    meter = Meter()
    run = _run(request, progress or Silent())
    asked = asked_quotas(request.quotas)
    budget = _budget(request, asked)
    if asked:  # what the manifest keeps does not depend on a file
        request = replace(request, quotas=[quota.record() for quota in asked])
    named, params = _early_method(request)
    pool = read_pool(data, request, run)
    targets = read_targets(request, run, pool)
    owned = read_given(request, run, pool)
    ids = read_ids(pool)
    skipped = skipped_rows(request, pool)
    candidates, included = read_candidates(request, pool, ids, skipped)
    update = read_update(request, ids)
    update = None if update is None else update.without(candidates, ids)
    n = pool.n if candidates is None else len(candidates)
    if n == 0:
        raise errors.nothing_left(pool.n)

    vectors = Vectors(pool.arrays, candidates, request.features)
    rng = Draws(request.seed)
    view = _view(request, run, pool, targets, owned, ids, candidates, vectors, rng)
    at_hand = _at_hand(request, pool, targets, owned)
    key, method, reason = _method(named, params, request, at_hand, n)
    _check_needs(key, method, at_hand)
    _check_honours(key, method, budget, included, request)
    _check_update(key, method, request)
    check_dedup(request, at_hand, owned)
    costs = read_costs(budget, pool, candidates, run)
    quotas = read_quotas(budget, pool, candidates)
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
        update=update,
        quotas=quotas,
    )
    if quotas is not None:
        prepared.ledger()  # refuses what cannot be met, before any feature is made
    if request.dedup is not None and not only_check:
        prepared = _deduplicated(prepared, rng)
        if quotas is not None:
            prepared.ledger()  # again, on the rows that are left
    prepared = replace(prepared, apart=_apart(request, prepared.view, method, at_hand))
    if update is not None and not only_check:
        prepared = _updated(prepared)
    _warn(prepared)
    return prepared


def _budget(request: Request, quotas: Sequence[Quota]) -> Budget:
    """The budget asked; without one, all that deduplication leaves."""
    return Budget(
        request.rows,
        fraction=1 if _wants_all(request) else request.fraction,
        amount=request.budget,
        cost=request.cost,
        quotas=quotas,
    )


def _wants_all(request: Request) -> bool:
    """Whether nothing limits the picks but what is left out."""
    limits = (request.rows, request.fraction, request.budget, request.cost)
    reduced = request.dedup is not None or request.max_similarity is not None
    return reduced and all(limit is None for limit in limits)


def _apart(request: Request, view: View, method: Any, at_hand: set[str]) -> Apart | None:
    """What keeps picks apart, on the features that the method names."""
    if request.max_similarity is None:
        return None
    if "features" not in at_hand:
        raise errors.needs_missing("--max-similarity", [NEED_HELP["features"]])
    array = getattr(method, "array", None)
    directions = Directions(float(request.max_similarity), lambda: view.array(array))
    return Apart(directions, None, view.n)


def _deduplicated(prepared: Prepared, rng: Draws) -> Prepared:
    """The same request on what deduplication leaves of the candidates."""
    view, owned = prepared.view, prepared.owned
    beside = None
    if owned is not None:
        assert view.given is not None
        beside = Target("given", owned.n, None if owned.text is None else owned.texts, view.given)
    first = prepared.included
    if prepared.update is not None:  # old picks stay, too
        first = np.append(first, prepared.update.candidates(prepared.candidates))
    kept, dropped = find_duplicates(prepared.request, view, beside, first, rng)
    candidates = prepared.source_rows(kept)
    vectors = Vectors(prepared.pool.arrays, candidates, prepared.request.features)
    return replace(
        prepared,
        candidates=candidates,
        included=np.searchsorted(kept, prepared.included),
        view=_view(
            prepared.request,
            prepared.run,
            prepared.pool,
            prepared.targets,
            owned,
            prepared.ids,
            candidates,
            vectors,
            rng,
        ),
        costs=None if prepared.costs is None else prepared.costs[kept],
        quotas=None if prepared.quotas is None else prepared.quotas.of_some(kept),
        duplicates=in_source_rows(dropped, prepared.candidates),
    )


def _updated(prepared: Prepared) -> Prepared:
    """The same request with what stays of an earlier selection."""
    assert prepared.update is not None
    update = settle(
        prepared.update,
        prepared.request,
        prepared.method,
        prepared.view,
        prepared.candidates,
        prepared.ledger,
    )
    return replace(prepared, update=update)


def with_method(
    prepared: Prepared, method: Any, params: Mapping[str, Any] | None = None
) -> Prepared:
    """The same request with another method, checked as the first was; nothing is read again."""
    request = replace(prepared.request, method=method, params=params or {})
    named, given = _early_method(request)
    at_hand = _at_hand(request, prepared.pool, prepared.targets, prepared.owned)
    key, configured, reason = _method(named, given, request, at_hand, prepared.view.n)
    _check_needs(key, configured, at_hand)
    _check_honours(key, configured, prepared.budget, prepared.included, request)
    apart = _apart(request, prepared.view, configured, at_hand)
    changed = {"key": key, "method": configured, "reason": reason, "apart": apart}
    return replace(prepared, request=request, **changed)


def _run(request: Request, progress: Progress) -> Run:
    threads = available_threads() if request.threads is None else request.threads
    memory = available_memory() if request.memory is None else parse_memory(request.memory)
    cache = None if request.cache is False else Cache(Path(request.cache or default_folder()))
    return Run(threads, memory, cache, progress)


def _early_method(request: Request) -> tuple[Any, dict[str, Any]]:
    """Refuse an unknown method or parameter before anything is read.

    `--similarity`, `--trade-off`, `--optimizer` and `--certify` are parameters like any other, with flags of
    their own.
    """
    names = ("similarity", "optimizer", "certify", "trade_off")
    flags = {name: getattr(request, name) for name in names}
    flags = {_PARAMETER.get(name, name): v for name, v in flags.items() if v is not None}
    if not isinstance(request.method, str):
        return request.method, {**flags, **request.params}
    key, given = parse_spec(request.method)
    given = {**given, **flags, **request.params}
    if key != "auto":
        _check_trade_off(key, methods.find(key), request)
        configure(key, methods.find(key), given)
    return key, given


_PARAMETER = {"trade_off": "score_share"}
"""Parameters whose flag has another name: some objectives have a trade-off of their own."""


def _check_trade_off(key: str, cls: type[Any], request: Request) -> None:
    if request.trade_off is not None and "score_share" not in parameters(cls):
        raise errors.no_trade_off(key)


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
        "given_features": owned is not None and _same_features(request, pool, owned),
        "score": request.score is not None,
        "group": request.group is not None,
    }
    return {need for need, there in offered.items() if there}


def _same_features(request: Request, pool: Pool, owned: Pool) -> bool:
    """Whether rows already owned have what the pool's features are: arrays of one name, else text."""
    if pool.arrays and request.features is None:
        return bool(set(pool.arrays) & set(owned.arrays))
    return pool.text is not None and owned.text is not None


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
        at_hand = at_hand - {"score"} if request.trade_off else at_hand  # what the score is for
        choice = auto.choose(at_hand, n, everything=_wants_all(request))
        given = {**choice.params, **given}
        key, reason = choice.key, choice.reason
    _check_trade_off(key, methods.find(key), request)
    return key, configure(key, methods.find(key), given), reason


def _check_needs(key: str, method: Any, at_hand: set[str]) -> None:
    needs = set(method.facts.needs)
    if not isinstance(getattr(method, "similarity", ""), str):  # a matrix or a graph says it all
        needs -= {"features", "target_features", "given_features"}
    if getattr(method, "score_share", 0) and "score" not in at_hand:
        raise errors.needs_missing("--trade-off", [NEED_HELP["score"]])
    missing = [NEED_HELP[need] for need in method.facts.needs if need in needs - at_hand]
    if missing:
        raise errors.needs_missing(key, missing)


def _check_honours(
    key: str, method: Any, budget: Budget, included: Indices, request: Request
) -> None:
    asked = {
        "rows": True,
        "amount": budget.amount is not None,
        "include": len(included) > 0,
        "quotas": bool(budget.quotas),
        "max_similarity": request.max_similarity is not None,
    }
    for constraint, binds in asked.items():
        if binds and constraint not in method.facts.honours:
            raise errors.not_honoured(key, constraint, method.facts.honours)


def _check_update(key: str, method: Any, request: Request) -> None:
    for asked, constraint in ((request.update, "include"), (request.changes, "changes")):
        if asked and constraint not in method.facts.honours:
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
