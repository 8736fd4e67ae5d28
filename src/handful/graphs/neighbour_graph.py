"""A pool's neighbour graph, as objectives use it: built once, kept in the cache, named by its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.graphs.neighbours import nearest
from handful.rng import Draws
from handful.runtime.run import Run

Indices = NDArray[np.int64]

METRICS = {"cosine": "clipped_cosine", "inner": "dot", "euclidean": "euclidean"}
"""cosine: max(0, cosine). inner: max(0, ⟨x, y⟩). euclidean: 1 / (1 + ‖x − y‖)."""
SEARCHES = ("exact", "approximate")
VERSION = 2
"""Rises when a graph changes, so that cached ones are made anew."""


@dataclass(frozen=True, eq=False)
class NeighbourGraph:
    """Who is near whom, and how that was found.

    Args:
        matrix: CSR (n, n) float32 > 0: row i lists itself and its neighbours, ascending. A row of zeros
            under the cosine or the inner product lists nothing.
        record: For the manifest: how it was made, its edges, its SHA-256, and the recall of an approximate one.
    """

    matrix: Any
    record: dict[str, Any]


def neighbour_graph(
    features: Any,
    count: int = 32,
    *,
    metric: str = "cosine",
    search: str = "exact",
    rank: Indices | None = None,
    run: Run | None = None,
) -> NeighbourGraph:
    """Build the graph of each row and its `count` nearest other rows.

    Pairs with similarity 0 or below are no neighbours. Equal rows are neighbours like any others; of equally
    near ones the earlier id is taken first, so the graph does not depend on the order of rows.

    Args:
        features: (n, d) dense or CSR.
        count: Neighbours a row.
        metric: One of `METRICS`.
        search: "exact", or "approximate" with the extra `ann`.
        rank: (n,) places in the order of ids; None: row order.
        run: Threads and cache; None: one thread, and nothing kept.

    Cost: as `neighbours.nearest`; kept, 8 bytes an edge.

    Example:
        >>> x = np.array([[1, 0], [0.9, 0.1], [0, 1], [0, 0]], np.float32)
        >>> neighbour_graph(x, 1).matrix.toarray().round(2).tolist()[1]
        [0.99..., 1.0, 0.0, 0.0]
    """
    for name, given, known in (("metric", metric, METRICS), ("search", search, SEARCHES)):
        if given not in known:
            raise errors.unknown_choice(name, given, known)
    run = Run(threads=1) if run is None else run
    asked = {"neighbours": count, "metric": metric, "search": search}
    parts: list[NDArray[Any]] = []

    def part(place: int) -> NDArray[Any]:
        if not parts:
            parts.extend(_search(features, asked, rank, run.threads))
        return parts[place]

    n, width = features.shape[0], min(count, max(features.shape[0] - 1, 0)) + 1
    shapes = [((n, width), np.int32), ((n, width), np.float32), ((1,), np.float64)]
    names, values, recall = (
        map(part, range(3))
        if run.cache is None
        else _kept(run, {**asked, "version": VERSION, **_content(features, rank)}, shapes, part)
    )
    matrix = _matrix(names, values)
    record: dict[str, Any] = {**asked, "edges": int(matrix.nnz), "sha256": _hash(matrix)}
    if search == "approximate":
        record["recall"] = float(recall[0])
    return NeighbourGraph(matrix, record)


def _search(
    features: Any, asked: dict[str, Any], rank: Indices | None, threads: int
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float64]]:
    """Names and similarities of neighbours and of the row itself, ascending, −1 beyond; and the recall."""
    n, similarity = features.shape[0], METRICS[asked["metric"]]
    order = np.arange(n) if rank is None else np.argsort(rank, kind="stable")
    rows = features if rank is None else features[order]  # so that ties go to the earlier id
    recall = 1.0
    if asked["search"] == "exact":
        near = nearest(rows, asked["neighbours"], similarity=similarity, threads=threads)
    else:
        from handful.graphs.approximate import SAMPLED, nearly_nearest, recall_of

        near = nearly_nearest(rows, asked["neighbours"], similarity=similarity, threads=threads)
        sample = Draws(0).generator("recall").permutation(n)[:SAMPLED]
        recall = recall_of(near, rows, similarity, np.sort(sample))
    names = np.column_stack([near.names, np.arange(n, dtype=np.int32)])
    values = np.column_stack([near.similarities, near.own]).astype(np.float32)
    names = np.where((names >= 0) & (values > 0), order[names], n).astype(np.int32)
    by_name = np.argsort(names, axis=1)
    names, values = np.take_along_axis(names, by_name, 1), np.take_along_axis(values, by_name, 1)
    names[names == n] = -1
    back = np.argsort(order)
    return names[back], values[back], np.array([recall])


def _kept(
    run: Run,
    identity: dict[str, Any],
    shapes: list[tuple[tuple[int, ...], Any]],
    part: Callable[[int], NDArray[Any]],
) -> list[NDArray[Any]]:
    """The parts from the cache, made where they are not there; whole, for no part is done before all are."""
    assert run.cache is not None
    labels = ("graph names", "graph similarities", "graph recall")
    kept = []
    for place, (label, (shape, kind)) in enumerate(zip(labels, shapes, strict=True)):
        make = partial(_whole, part, place)
        kept.append(run.cache.array(label, identity, shape, kind, make, block_rows=shape[0]))
    return kept


def _whole(part: Callable[[int], NDArray[Any]], place: int, start: int, stop: int) -> NDArray[Any]:
    return part(place)


def _matrix(names: NDArray[np.int32], values: NDArray[np.float32]) -> Any:
    from scipy import sparse

    there = names >= 0
    starts = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    n = len(names)
    return sparse.csr_array((values[there], names[there], starts), shape=(n, n))


def _content(features: Any, rank: Indices | None) -> dict[str, str]:
    """Names what a graph is made from, for the cache."""
    parts = (
        [features.indptr, features.indices, features.data]
        if hasattr(features, "tocsr")
        else [features]
    )
    named = {"features": _digest(parts), "kind": str(features.dtype)}
    return named if rank is None else {**named, "rank": _digest([rank])}


def _hash(matrix: Any) -> str:
    """SHA-256 of a CSR matrix: its starts as int64, its columns as int32, its values as they are."""
    return _digest([matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data])


def _digest(parts: list[Any]) -> str:
    made = hashlib.sha256()
    for part in parts:
        made.update(repr(part.shape).encode())
        for start in range(0, len(part), 1 << 16):
            made.update(np.ascontiguousarray(part[start : start + (1 << 16)]).data)
    return made.hexdigest()
