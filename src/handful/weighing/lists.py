"""Lists of candidates: one a query, as a matrix or one under the other, and sums over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.rng import Keys, id_keys
from handful.selection import Floats, Indices

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Lists:
    """Candidates that are there, one under the other.

    Args:
        shape: Of the arrays given: (lists, candidates), or (n,).
        present: `shape`, which of them are there; the arrays below are of those, in order.
        list_of: (c,) int64 number of each candidate's list, 0 to count − 1.
        count: How many lists.
        keys: (c,) uint64 of query and document: what draws are keyed by.
    """

    shape: tuple[int, ...]
    present: Mask
    list_of: Indices
    count: int
    keys: Keys

    def flat(self, what: str, given: Any, dtype: Any = np.float64) -> NDArray[Any]:
        """(c,) values of the candidates that are there; finite."""
        given = np.asarray(given)
        if given.shape != self.shape:
            raise errors.scores_shape(what, given.shape, self.shape)
        values: NDArray[Any] = given[self.present].astype(dtype)
        bad = ~np.isfinite(values)
        if bad.any():
            place = np.argwhere(self.present)[int(np.argmax(bad))].tolist()
            raise errors.score_not_finite(what, place, values[bad][0])
        return values

    def labels(self, given: Any) -> Mask:
        """(c,) labels, each 0 or 1."""
        values = self.flat("positive", given)
        bad = (values != 0) & (values != 1)
        if bad.any():
            place = np.argwhere(self.present)[int(np.argmax(bad))].tolist()
            raise errors.label_not_binary(place, values[bad][0])
        return np.asarray(values == 1)

    def shaped(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values of candidates in the shape given; 0 or false where there is none."""
        out = np.zeros(self.shape, values.dtype)
        out[self.present] = values
        return out

    def largest(self, values: Floats) -> Floats:
        """(c,) for each candidate the largest value of its list."""
        most = np.full(self.count, -np.inf)
        np.maximum.at(most, self.list_of, values)
        return np.asarray(most[self.list_of])

    def softmax(self, values: Floats) -> Floats:
        """(c,) exp(value) in parts of its list's sum."""
        raised = np.exp(values - self.largest(values))
        return np.asarray(raised / np.bincount(self.list_of, raised, self.count)[self.list_of])

    def first(self, order: Indices, at_most: int) -> Mask:
        """(c,) whether a candidate is among the first so many of its list in an order of candidates."""
        owner = self.list_of[order]
        by_list = np.argsort(owner, kind="stable")
        sizes = np.bincount(owner, minlength=self.count)
        place = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        out = np.zeros(len(self.list_of), bool)
        out[order[by_list[place < at_most]]] = True
        return out


def lists_of(
    shape: tuple[int, ...],
    query: Sequence[Any] | None,
    document: Any | None,
    present: Any | None,
) -> Lists:
    """Lists from the shape of the scores, ids of queries and documents, and which candidates are there."""
    if len(shape) not in {1, 2}:
        raise errors.scores_shape("relevance", shape, "(lists, candidates) or (n,)")
    there = np.ones(shape, bool) if present is None else np.asarray(present, bool)
    for what, given in (("present", there), ("document", document)):
        if given is not None and np.shape(given) != shape:
            raise errors.scores_shape(what, np.shape(given), shape)
    places = np.argwhere(there)
    if len(shape) == 1:
        if query is None:
            raise errors.which_query()
        if np.shape(query) != shape:
            raise errors.scores_shape("query", np.shape(query), shape)
        queries = [str(query[i]) for i in places[:, 0]]
    else:
        if query is not None:
            raise errors.query_of_lists()
        queries = [str(i) for i in places[:, 0]]
    documents = (
        [str(i) for i in places[:, -1]]
        if document is None
        else [str(name) for name in np.asarray(document, object)[there]]
    )
    pairs = list(zip(queries, documents, strict=True))
    if len(set(pairs)) < len(pairs):
        twice = next(pair for pair, count in Counter(pairs).items() if count > 1)
        raise errors.candidate_twice(*twice)
    names, owner = np.unique(np.array(queries, object), return_inverse=True)
    keys = id_keys([f"{q}\0{d}".encode("utf-8", "replace") for q, d in pairs])
    return Lists(shape, there, owner.astype(np.int64).reshape(-1), len(names), keys)
