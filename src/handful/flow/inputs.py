"""Reads what a request names: the pool, the targets, ids to keep or leave out, scores, groups, costs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.budget import Budget, Quota, Quotas, exact, parse_fraction
from handful.flow.ids import Ids
from handful.flow.request import Request, parse_stage
from handful.io.cost import costs_of
from handful.io.ids import read_id_list
from handful.io.numpy import load_array
from handful.io.open import as_paths, open_source
from handful.io.quotas import read_quota_file
from handful.io.text import default_text, text_spec
from handful.pool import BLOCK_ROWS, BadRow, Pool, Source, Strings, TextSpec
from handful.rng import Draws
from handful.runtime.run import Run
from handful.selection import Floats, Indices

FILE = "@file"
"""The group of a row, where it is the file the row came from."""


def read_pool(data: Any, request: Request, run: Run) -> Pool:
    """Open the pool, its feature arrays and its text, and check the names of its columns."""
    source = open_source(data, on_bad_row=request.on_bad_row, run=run)
    if source.rows == 0:
        raise errors.empty_pool(source.where(0))
    arrays = dict(source.arrays)
    for name, value in {**request.arrays, **_embedding(request.embeddings)}.items():
        arrays[name] = load_array(value, source, f"--array {name}")
    spec = default_text(source) if request.text is None else text_spec(request.text, source)
    pool = Pool(source, spec, request.id, arrays)
    for column in (request.id, request.score, request.group, request.label):
        if column is not None and not (column == FILE and column == request.group):
            pool.require(column)
    return pool


def _embedding(value: Any) -> dict[str, Any]:
    return {} if value is None else {"embedding": value}


def read_targets(request: Request, run: Run, pool: Pool) -> tuple[tuple[str, Pool], ...]:
    """Each target as a pool of its own; a target of arrays alone is one too."""
    arrays = {**request.like_arrays, **_embedding(request.like_embeddings)}
    named = _named_targets(request.like)
    if not named and arrays:
        first = load_array(next(iter(arrays.values())), None, "--like-array")
        named = {"target": {"embedding": first} if first.ndim == 2 else first}
    targets = []
    for name, data in named.items():
        source = open_source(data, on_bad_row=request.on_bad_row, run=run)
        if source.rows == 0:
            raise errors.empty_pool(source.where(0))
        own = dict(source.arrays)
        for array, value in _arrays_of(name, named, arrays, source):
            own[array] = load_array(value, source, f"--like-array {array}")
        targets.append((name, Pool(source, _target_text(request, source, pool), None, own)))
    return tuple(targets)


def _arrays_of(
    target: str, named: Mapping[str, Any], arrays: Mapping[str, Any], source: Source
) -> Iterator[tuple[str, Any]]:
    """The arrays of one target: those named for it ("TARGET:NAME"), and, of several, columns of its own file."""
    for given, value in arrays.items():
        whose, colon, array = given.partition(":")
        if colon and whose in named:
            if whose == target:
                yield array, value
        elif len(named) > 1 and not (isinstance(value, str) and value in source.schema):
            raise errors.arrays_of_several_targets(given, list(named))
        else:
            yield given, value


def read_given(request: Request, run: Run, pool: Pool) -> Pool | None:
    """Rows already owned, as a pool of their own; a feature array of theirs is named as the pool's."""
    if request.given is None:
        if request.given_embeddings is not None:
            raise errors.given_embeddings_alone()
        return None
    source = open_source(request.given, on_bad_row=request.on_bad_row, run=run)
    if source.rows == 0:
        raise errors.empty_pool(source.where(0))
    own = dict(source.arrays)
    for array, value in _embedding(request.given_embeddings).items():
        own[array] = load_array(value, source, "--given-embeddings")
    return Pool(source, _target_text(request, source, pool), None, own)


def _target_text(request: Request, source: Source, pool: Pool) -> TextSpec | None:
    """`--like-text`, else the pool's own spec where the target has its columns, else the usual."""
    if request.like_text is not None:
        return text_spec(request.like_text, source)
    if pool.text is not None:
        try:
            return text_spec(pool.text.spec, source)
        except errors.UsageError:
            pass
    return default_text(source)


def _named_targets(like: Any) -> dict[str, Any]:
    if like is None:
        return {}
    if isinstance(like, Mapping) and not any(map(_is_column, like.values())):
        return dict(like)
    return {"target": like}


def _is_column(value: Any) -> bool:
    """Whether a mapping with this value is data itself: columns and arrays, not targets by name."""
    framed = hasattr(value, "columns") or hasattr(value, "column_names")
    return not framed and as_paths(value) is None and np.ndim(value) > 0


def read_candidates(
    request: Request, pool: Pool, ids: Ids, skipped: Sequence[BadRow]
) -> tuple[Indices | None, Indices]:
    """Rows a method may see (None: all), and those among them that must be picked.

    Exclude, then include; rows that cannot be read are left out too. Of a stage, only its own rows are there,
    those to be included as well.
    """
    out = np.zeros(pool.n, bool)
    out[[bad.row for bad in skipped]] = True
    if request.exclude is not None:
        out[_rows_of(ids, request.exclude, "--exclude")] = True
    here = in_stage(request, ids)
    wanted = np.zeros(0, np.int64)
    if request.include is not None:
        wanted = _rows_of(ids, request.include, "--include")
        wanted = wanted[here[wanted]]
        if out[wanted].any():
            clash = wanted[out[wanted]][:3]
            raise errors.include_and_exclude([str(i) for i in ids.of(clash).tolist()])
    out |= ~here
    if not out.any():
        return None, wanted
    candidates = np.flatnonzero(~out)
    return candidates, np.searchsorted(candidates, wanted)


def in_stage(request: Request, ids: Ids) -> NDArray[np.bool_]:
    """(n,) whether a row falls to the stage that is asked for; each row falls to one, by the seed and its id."""
    if request.stage is None:
        return np.ones(len(ids.keys), bool)
    stage, stages = parse_stage(request.stage)
    part = np.floor(Draws(request.seed).uniforms("stages", ids.keys) * stages)
    here: NDArray[np.bool_] = part == stage - 1
    if not here.any():
        raise errors.empty_stage(request.stage, len(here))
    return here


def skipped_rows(request: Request, pool: Pool) -> list[BadRow]:
    """Rows left out because they cannot be read, or, where asked to skip, because they are empty."""
    skipped = list(pool.source.bad)
    if request.on_bad_row == "skip" and pool.text is not None:
        bad = {row.row for row in skipped}
        for start in range(0, pool.n, BLOCK_ROWS):
            texts = pool.texts(start, min(pool.n, start + BLOCK_ROWS))
            for row in (np.flatnonzero(texts.lengths == 0) + start).tolist():
                if row not in bad:
                    reason = f"the text ({pool.text.spec}) is empty"
                    skipped.append(BadRow(row, pool.source.where(row), reason))
    return sorted(skipped, key=lambda row: row.row)


def _rows_of(ids: Ids, given: Any, flag: str) -> Indices:
    wanted = list(dict.fromkeys(read_id_list(given)))
    rows, missing = ids.rows_of(wanted)
    if missing:
        raise errors.unknown_ids(flag, missing)
    return rows


def text_identity(pool: Pool, candidates: Indices | None) -> Mapping[str, Any]:
    """What names the candidates' texts in the cache: their content, how text is made, who is left out."""
    content = pool.source.fingerprint().get("content")
    if content is None or pool.text is None:
        return {}
    return {
        "content": content,
        "text": pool.text.spec,
        "candidates": None if candidates is None else _hash(candidates),
    }


def _hash(rows: Indices) -> str:
    return hashlib.blake2b(np.ascontiguousarray(rows, "<i8").data, digest_size=16).hexdigest()


def text_reader(pool: Pool, candidates: Indices | None) -> Callable[[int, int], Strings]:
    """Reads texts of candidates [start, stop); an empty text is refused with its place."""

    def read(start: int, stop: int) -> Strings:
        rows = None if candidates is None else candidates[start:stop]
        texts = pool.texts(start, stop) if rows is None else _texts_at(pool, rows)
        empty = np.flatnonzero(texts.lengths == 0)
        if len(empty):
            row = int(empty[0]) + start if rows is None else int(rows[empty[0]])
            assert pool.text is not None
            raise errors.empty_text(pool.source.where(row), pool.text.spec)
        return texts

    return read


def _texts_at(pool: Pool, rows: Indices) -> Strings:
    """Texts of some rows, ascending, read in whole blocks so that gaps cost no memory."""
    parts = []
    for block in np.unique(rows // BLOCK_ROWS).tolist():
        within = rows[(rows // BLOCK_ROWS) == block]
        first, last = int(within[0]), int(within[-1]) + 1
        texts = pool.texts(first, last)
        parts.append(texts if len(texts) == len(within) else texts.take(within - first))
    return Strings.concatenate(parts)


def read_floor(request: Request, targets: int) -> float | None:
    """The least share of the budget each target gets; None where not asked."""
    if request.floor is None:
        return None
    floor = float(parse_fraction(request.floor, "--floor"))
    if targets < 2:
        raise errors.floor_without_targets(targets)
    if floor * targets > 1 + 1e-12:
        raise errors.floors_over_budget(floor, targets)
    return floor


def read_scores(
    request: Request, pool: Pool, candidates: Indices | None, name: str | None
) -> Floats:
    """(m,) scores of the candidates; refuses one that is not finite."""
    column = name if name is not None else request.score
    assert column is not None, "a method that needs a score is refused without one"
    return _numbers(pool, candidates, column, np.isfinite)


def read_partial(pool: Pool, candidates: Indices | None, column: str) -> Floats:
    """(m,) a numeric column of the candidates, NaN where it is empty; refuses an infinite one."""
    return _numbers(pool, candidates, column, lambda numbers: ~np.isinf(numbers))


def _numbers(
    pool: Pool,
    candidates: Indices | None,
    column: str,
    good: Callable[[Floats], NDArray[np.bool_]],
) -> Floats:
    numbers = pool.numbers(column).astype(np.float64)
    numbers = numbers if candidates is None else numbers[candidates]
    bad = np.flatnonzero(~good(numbers))
    if len(bad):
        row = int(bad[0]) if candidates is None else int(candidates[bad[0]])
        raise errors.bad_score(pool.source.where(row), column, float(numbers[bad[0]]), len(bad))
    return numbers


def read_groups(
    pool: Pool, candidates: Indices | None, column: str | None
) -> tuple[Indices, list[str]] | None:
    """(m,) group codes of the candidates, and the labels in alphabetical order."""
    if column is None:
        return None
    seen: dict[str, int] = {}
    if column == FILE:
        files = pool.source.files
        named = [seen.setdefault(name, len(seen)) for name, _ in files]
        codes = np.repeat(np.array(named, np.int64), [rows for _, rows in files])
    else:
        codes = np.array([seen.setdefault(g, len(seen)) for g in pool.strings(column)], np.int64)
    codes = codes if candidates is None else codes[candidates]
    labels = sorted(seen)
    place = np.empty(len(seen), np.int64)
    place[[seen[label] for label in labels]] = np.arange(len(seen))
    return place[codes], labels


def asked_quotas(given: Any) -> tuple[Quota, ...]:
    """Quotas as given: text, mappings, `Quota`s, or files of them; one or several."""
    if given is None:
        return ()
    several = given if isinstance(given, list | tuple) else [given]
    asked: list[Quota] = []
    for one in several:
        in_file = isinstance(one, Path) or (isinstance(one, str) and one.lower().endswith(".csv"))
        asked += map(Quota.parse, read_quota_file(one)) if in_file else [Quota.parse(one)]
    return tuple(asked)


def read_quotas(budget: Budget, pool: Pool, candidates: Indices | None) -> Quotas | None:
    """The budget's quotas on the candidates, their columns read."""
    if not budget.quotas:
        return None
    n = pool.n if candidates is None else len(candidates)
    groups = {}
    for column in dict.fromkeys(quota.column for quota in budget.quotas):
        found = read_groups(pool, candidates, column)
        assert found is not None
        groups[column] = found
    return Quotas.of(budget.quotas, groups, n)


def read_costs(
    budget: Budget, pool: Pool, candidates: Indices | None, run: Run
) -> NDArray[Any] | None:
    """(m,) costs of the candidates; refuses one that no budget can be kept with."""
    if budget.cost is None:
        return None
    costs: NDArray[Any] = costs_of(budget.cost, pool, run)
    costs = costs if candidates is None else costs[candidates]
    bad = np.flatnonzero(~np.isfinite(costs) | (costs < 0))
    if len(bad):
        row = int(bad[0]) if candidates is None else int(candidates[bad[0]])
        raise errors.bad_cost(pool.source.where(row), budget.cost, costs[bad[0]])
    if budget.amount is not None and len(costs) and exact(costs.min()) > budget.amount:
        raise errors.budget_below_cheapest(str(budget.amount), costs.min())
    return costs
