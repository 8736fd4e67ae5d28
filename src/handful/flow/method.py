"""Which method a request means, and whether it can serve: what it needs, and what it keeps."""

from __future__ import annotations

from typing import Any

from handful import errors, methods
from handful.budget import Budget
from handful.flow import auto
from handful.flow.request import Request
from handful.methods._contract import NEED_HELP
from handful.parameters import configure, parameters, parse_spec
from handful.pool import Pool
from handful.selection import Indices


def early_method(request: Request) -> tuple[Any, dict[str, Any]]:
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


def at_hand_of(
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


def configured_method(
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
        choice = auto.choose(at_hand, n, everything=wants_all(request))
        given = {**choice.params, **given}
        key, reason = choice.key, choice.reason
    _check_trade_off(key, methods.find(key), request)
    return key, configure(key, methods.find(key), given), reason


def check_needs(key: str, method: Any, at_hand: set[str], pool: Pool) -> None:
    """Refuse a method that needs what the request does not give."""
    needs = set(method.facts.needs) - {"columns"}
    if not isinstance(getattr(method, "similarity", ""), str):  # a matrix or a graph says it all
        needs -= {"features", "target_features", "given_features"}
    if getattr(method, "score_share", 0) and "score" not in at_hand:
        raise errors.needs_missing("--trade-off", [NEED_HELP["score"]])
    missing = [NEED_HELP[need] for need in method.facts.needs if need in needs - at_hand]
    for name in getattr(method.facts, "columns", ()):
        value, known = getattr(method, name), pool.source.schema
        several = value.split("+") if isinstance(value, str) and value not in known else []
        missing += [
            f"a column {column!r}: name yours by --param {name}=COLUMN"
            for column in several
            if column not in known
        ]
    if missing:
        raise errors.needs_missing(key, missing)


def check_honours(
    key: str, method: Any, budget: Budget, included: Indices, request: Request
) -> None:
    """Refuse, by name, a constraint that the method does not keep."""
    asked = {
        "rows": True,
        "amount": budget.amount is not None,
        "include": len(included) > 0,
        "quotas": bool(budget.quotas),
        "max_similarity": request.max_similarity is not None,
        "floor": request.floor is not None,
    }
    for constraint, binds in asked.items():
        if binds and constraint not in method.facts.honours:
            raise errors.not_honoured(key, constraint, method.facts.honours)


def check_update(key: str, method: Any, request: Request) -> None:
    """Refuse to update by a method that keeps no old picks, or counts no changes."""
    for asked, constraint in ((request.update, "include"), (request.changes, "changes")):
        if asked and constraint not in method.facts.honours:
            raise errors.not_honoured(key, constraint, method.facts.honours)


def wants_all(request: Request) -> bool:
    """Whether nothing limits the picks but what is left out."""
    limits = (request.rows, request.fraction, request.budget, request.cost)
    reduced = request.dedup is not None or request.max_similarity is not None
    return reduced and all(limit is None for limit in limits)
