"""`handful.plan`: what a selection would take, found out without making it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from handful import errors, methods
from handful.duplicates import configured as configured_duplicates
from handful.features import configured
from handful.flow.prepare import prepare
from handful.flow.prepared import Prepared
from handful.flow.request import Request
from handful.flow.select import request
from handful.flow.vectors import DEFAULT_FEATURES, Vectors
from handful.pool import BLOCK_ROWS, Pool
from handful.runtime.meter import STILL_TO_LOAD
from handful.runtime.progress import Progress
from handful.runtime.run import available_memory
from handful.runtime.work import Rates, Size, Work, measure

SAMPLED_BLOCKS = 3
SAMPLED_ROWS = 1024


@dataclass(frozen=True)
class Features:
    """The vectors a method will see.

    Args:
        name: Of the array, or of the feature made from text.
        n, d: Rows and width; d is None where only the run will tell.
        size_bytes: Of all of them; None where d is.
        held_bytes: What of them the run will hold in memory; the rest is mapped from a file.
        made: Whether they are made from text, and not the user's own.
        sparse: Numbers they hold, where they are sparse.
    """

    name: str
    n: int
    d: int | None
    size_bytes: int | None
    held_bytes: int
    made: bool
    sparse: int | None = None


@dataclass(frozen=True)
class Plan:
    """What a selection would take. Memory and time are estimates, all else is exact.

    Args:
        n: Rows of the pool; `candidates` of them may be picked, and `k` at most will be.
        method: Its key, and `reason` why auto chose it (None where it did not).
        features: The vectors it will see, or None.
        work: What it will do, or None where the method does not say.
        memory_bytes: Most held at once; `memory_allowed` is the limit.
        seconds: Time from here, or None where the work is not known.
        rates: Measured on this machine, just now.
        would_fit: What to change where the limit is too low.
        quotas: The limits that all can be met together, by name.
        warnings: As the run would give them.
        dedup: The duplicates left out first, of which a plan does not know how many there are.
    """

    n: int
    candidates: int
    k: int
    method: str
    reason: str | None
    features: Features | None
    work: Work | None
    memory_bytes: int
    memory_allowed: int
    seconds: float | None
    rates: Rates
    would_fit: tuple[str, ...] = ()
    quotas: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    dedup: str | None = None

    @property
    def fits(self) -> bool:
        """Whether memory suffices."""
        return self.memory_bytes <= self.memory_allowed


def plan(data: Any, *, progress: Progress | None = None, **options: Any) -> Plan:
    """Say what `handful.select` would take: rows, features, memory, work, time. Writes nothing.

    The pool is read as far as the checks before a selection read it, so every fault they can find is
    raised here too.

    Args:
        data: As for `handful.select`.
        progress: Who is told how far the work is.
        **options: As for `handful.select`.

    Example:
        >>> planned = plan({"text": ["one", "two", "three"]}, rows=2, method="random")
        >>> planned.n, planned.k, planned.fits
        (3, 2, True)
    """
    return plan_of(data, request(options), progress)


def plan_of(data: Any, asked: Request, progress: Progress | None = None) -> Plan:
    """The plan of a request."""
    prepared = prepare(data, asked, progress, only_check=True)
    cached = asked.cache is not False
    features, size, work = _what(prepared, prepared.method, cached)
    needed, allowed = _memory(prepared, features, size, work), prepared.run.memory_bytes
    rates = measure(prepared.run.threads, _text_reader(prepared.pool))
    return Plan(
        n=prepared.pool.n,
        candidates=prepared.view.n,
        k=size.k,
        method=prepared.key,
        reason=prepared.reason,
        features=features,
        work=work,
        memory_bytes=needed,
        memory_allowed=allowed,
        seconds=None if work is None else rates.seconds(work),
        rates=rates,
        would_fit=_would_fit(prepared, features, needed) if needed > allowed else (),
        quotas=()
        if prepared.quotas is None
        else tuple(limit.name for limit in prepared.quotas.limits),
        warnings=tuple(prepared.warnings),
        dedup=asked.dedup,
    )


def refuse_too_large(prepared: Prepared) -> None:
    """Refuse, before any work, what by its plan does not fit the memory that was asked to be kept to."""
    features, size, work = _what(prepared, prepared.method, prepared.request.cache is not False)
    needed, allowed = _memory(prepared, features, size, work), prepared.run.memory_bytes
    if needed > allowed:
        raise errors.too_little_memory(needed, allowed, _would_fit(prepared, features, needed))


# What there will be -----------------------------------------------------------------------------


def _features(prepared: Prepared, method: Any, *, cached: bool) -> Features | None:
    """The vectors a method will ask for: the user's array, or those made from text."""
    if not {"features", "target_features"} & set(method.facts.needs):
        return None
    pool, n = prepared.pool, prepared.view.n
    name = getattr(method, "array", None)
    name = name or Vectors(pool.arrays, prepared.candidates, prepared.request.features).default()
    if name is not None and name in pool.arrays:
        array, size = pool.arrays[name], _bytes_of(pool.arrays[name])
        copied = 0 if prepared.candidates is None else size * n // pool.n
        entries = int(array.nnz) * n // max(1, pool.n) if hasattr(array, "tocsr") else None
        return Features(name, n, int(array.shape[1]), size, copied, made=False, sparse=entries)
    key, feature = configured(prepared.request.features or DEFAULT_FEATURES)
    d = getattr(feature, "d", None)
    size_made = None if d is None else 4 * n * d
    mapped = cached and bool(prepared.view.identity)
    return Features(key, n, d, size_made, 0 if mapped else size_made or 0, made=True)


def _bytes_of(array: Any) -> int:
    parts = (array.data, array.indices, array.indptr) if hasattr(array, "tocsr") else (array,)
    return sum(int(part.nbytes) for part in parts)


def _size(prepared: Prepared, features: Features | None) -> Size:
    return Size(
        n=prepared.view.n,
        k=_picks(prepared),
        d=(features.d or 0) if features is not None else 0,
        targets=len(prepared.targets),
        target_rows=sum(pool.n for _, pool in prepared.targets),
        text_bytes=_text_bytes(prepared.pool, prepared.view.n),
        sparse=features.sparse if features is not None else None,
    )


def _picks(prepared: Prepared) -> int:
    """Rows to pick at most; under a cost, as many as the amount pays for of the mean cost."""
    rows = prepared.budget.rows_of(prepared.view.n)
    if prepared.quotas is not None:
        rows = prepared.ledger().rows  # the most for which every quota holds
    amount, costs = prepared.budget.amount, prepared.costs
    if amount is None or costs is None or not costs.any():
        return rows
    return min(rows, math.ceil(float(amount) / float(np.mean(costs))))


def _text_bytes(pool: Pool, n: int) -> int:
    """Bytes of all texts, from the first rows of a few blocks."""
    if pool.text is None:
        return 0
    starts = np.linspace(0, pool.n - 1, SAMPLED_BLOCKS).astype(int) // BLOCK_ROWS * BLOCK_ROWS
    sampled = [
        pool.texts(start, min(pool.n, start + SAMPLED_ROWS)) for start in set(starts.tolist())
    ]
    return round(n * sum(int(t.lengths.sum()) for t in sampled) / sum(map(len, sampled)))


def _text_reader(pool: Pool) -> Callable[[], int] | None:
    if pool.text is None:
        return None
    stop = min(pool.n, SAMPLED_ROWS)
    return lambda: max(1, int(pool.texts(0, stop).lengths.sum()))


# What it will take ------------------------------------------------------------------------------


def _what(
    prepared: Prepared, method: Any, cached: bool
) -> tuple[Features | None, Size, Work | None]:
    """Features, size and work of one method; no work where it, or its features, do not say."""
    features = _features(prepared, method, cached=cached)
    size = _size(prepared, features)
    beforehand = _deduplication(prepared, size, cached=cached)
    if not hasattr(method, "work"):
        return features, size, None
    work: Work = method.work(size)
    if features is not None and features.made:
        _, feature = configured(prepared.request.features or DEFAULT_FEATURES)
        if not hasattr(feature, "work"):
            return features, size, None
        work += feature.work(size)
    return features, size, work + beforehand


def _deduplication(prepared: Prepared, size: Size, *, cached: bool) -> Work:
    """What leaving out duplicates takes; features for that alone are counted, too."""
    if prepared.request.dedup is None:
        return Work()
    _, kind = configured_duplicates(prepared.request.dedup)
    mapped = cached and bool(prepared.view.identity)
    held = Work(memory_bytes=0 if mapped else kind.kept_bytes * size.n)
    work: Work = held + kind.work(size)
    pool = prepared.pool
    if "text" in kind.either or pool.arrays:
        return work
    _, feature = configured(prepared.request.features or DEFAULT_FEATURES)
    d = getattr(feature, "d", 0)
    made: Work = held + kind.work(replace(size, d=d))
    return made + feature.work(size) if hasattr(feature, "work") else made


def own_work(prepared: Prepared) -> Work | None:
    """What the request's method will do, its features made; None where it does not say."""
    method = prepared.method
    if not hasattr(method, "work"):
        return None
    work: Work = method.work(_size(prepared, _features(prepared, method, cached=True)))
    return work


def _memory(prepared: Prepared, features: Features | None, size: Size, work: Work | None) -> int:
    """Held now, to be loaded, blocks under way, features where held, and what the work declares."""
    blocks = 4 * prepared.run.threads * BLOCK_ROWS * size.text_bytes // size.n
    held = 0 if features is None else features.held_bytes
    declared = 0 if work is None else work.memory_bytes
    return round(prepared.meter.held_bytes + STILL_TO_LOAD + blocks + held + declared)


def _would_fit(prepared: Prepared, features: Features | None, needed: int) -> tuple[str, ...]:
    """What to change: the limit, the cache, or the method."""
    said, cached = [], prepared.request.cache is not False
    gigabytes = math.ceil(needed / 10**9)
    if gigabytes * 10**9 <= 2 * available_memory():
        said.append(f"--memory {gigabytes}GB")
    if features is not None and features.made and not cached:
        said.append("leave out --no-cache: the features then lie in a file")
    for key in methods.names():
        method = methods.find(key)()
        if key == prepared.key or set(method.facts.needs) - prepared.at_hand:
            continue
        other, size, work = _what(prepared, method, cached)
        if work is not None and _memory(prepared, other, size, work) <= prepared.run.memory_bytes:
            said.append(f"--method {key}")
    return tuple(said)
