"""What a method is, and what it may see. Its parameters are declared as `handful.parameters` says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from handful.budget import Ledger
from handful.pool import BLOCK_ROWS, Strings
from handful.rng import Draws, Keys
from handful.runtime.meter import STILL_TO_LOAD, anonymous_bytes
from handful.runtime.run import Run
from handful.selection import Floats, Indices, Picks

Need = Literal[
    "text",
    "target_text",
    "features",
    "target_features",
    "given_features",
    "score",
    "group",
    "columns",
]
Honour = Literal["rows", "amount", "include", "quotas", "max_similarity", "changes", "floor"]
Result = TypeVar("Result")

NEED_HELP: Mapping[str, str] = {
    "text": "text: pass --text COLUMN",
    "target_text": "a target with text: pass --like PATH",
    "features": "features: pass --embeddings FILE, --array NAME=FILE, or --text COLUMN",
    "target_features": "a target with features: pass --like PATH, or --like-embeddings FILE",
    "given_features": "rows already owned with features: pass --given PATH, and --given-embeddings FILE "
    "where the pool has --embeddings",
    "score": "a score: pass --score COLUMN, larger is better",
    "group": "groups: pass --group COLUMN",
    "columns": "columns of the pool that its parameters name",
}


@dataclass(frozen=True)
class MethodFacts:
    """What a method declares of itself; the command line, docs, laws and manifest read only this.

    Args:
        paper: Authors, year, title; or the textbook name of a primitive.
        needs: What must be given.
        honours: Constraints it keeps; a request for any other is refused by name.
        nested: Each prefix of its picks is what it would pick at that size.
        cost: Time and memory in n, d, k, as text.
        version: Rises when its picks change.
        optimises: What it strives for of "coverage", "likeness", "diversity", "balance", "score": a verdict
            does not rest on a measure of that. A target needs no mention, for part of it is held out.
        columns: Parameters that name a numeric column of the pool, or several with + between; goes with the need
            "columns".
    """

    paper: str
    needs: tuple[Need, ...]
    honours: tuple[Honour, ...]
    nested: bool
    cost: str
    version: int = 1
    optimises: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


class Method(Protocol):
    """A frozen dataclass whose fields are its parameters; the module's file name is its key."""

    facts: ClassVar[MethodFacts]

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Choose rows through `ledger`; rows it has taken already (must-includes) are part of the picks."""
        ...

    # Optional, for explanations:
    #   standing(view, picks, rng) -> Floats | None: (n,) how near each row is to being picked once `picks`
    #       are made: its score, or what it would still add (NaN for a pick whose own number is its gain).

    #   runners_up(view, picks, count) -> (rows, numbers): the rows left out that stand highest, best first, where
    #       they are found without asking how all rows stand.

    # Optional: work(size: Size) -> Work, what it will do, for `handful plan` (see `handful.runtime.work`).


@dataclass(frozen=True, eq=False)
class Target:
    """Rows the picks should resemble or help.

    Args:
        name: As given with --like NAME=PATH; else the file's name.
        n: Number of rows.
        texts: Reads texts of rows [start, stop), or None where the target has none.
        arrays: Reads features by name (None: the default), as for the pool.
    """

    name: str
    n: int
    texts: Callable[[int, int], Strings] | None
    arrays: Callable[[str | None], Any]


@dataclass(frozen=True, eq=False)
class View:
    """What a method may see: the candidate rows, numbered 0 to n − 1, and no way to change them.

    Excluded and bad rows are left out beforehand, so no method has to think of them.

    Args:
        n: Candidate rows.
        keys: (n,) uint64, by which draws are keyed (from the ids).
        run_with: Threads, memory, cache and progress.
        identity: Names the candidates' content, for cache keys; empty where nothing may be cached.
        read_texts: Texts of candidates [start, stop), or None where the pool has none.
        arrays: Features of the candidates by name (None: the default).
        targets: In the order given.
        rank: (n,) int64 place in the order of ids, for ties; None: row order.
        scores: By name; None: the default.
        partial: A numeric column by name, of which some rows may be empty (NaN).
        source: (n,) int64 row number of each candidate in the source, ascending; None: the same.
        group: (n,) int64 codes and their labels, or None.
        given: Features of rows already owned, by name, or None.
        floor: Least share of the budget that each target gets, or None.
    """

    n: int
    keys: Keys
    run_with: Run = field(default_factory=Run)
    identity: Mapping[str, Any] = field(default_factory=dict)
    read_texts: Callable[[int, int], Strings] | None = None
    arrays: Callable[[str | None], Any] | None = None
    targets: tuple[Target, ...] = ()
    rank: Indices | None = None
    scores: Callable[[str | None], Floats] | None = None
    partial: Callable[[str | None], Floats] | None = None
    source: Indices | None = None
    group: tuple[Indices, Sequence[str]] | None = None
    given: Callable[[str | None], Any] | None = None
    floor: float | None = None

    @property
    def threads(self) -> int:
        """Threads that may be used."""
        return self.run_with.threads

    @property
    def memory_bytes(self) -> int:
        """Anonymous memory that may be used beyond what is held now; a quarter of all allowed, at least."""
        allowed = self.run_with.memory_bytes
        return max(allowed - anonymous_bytes() - STILL_TO_LOAD, allowed // 4)

    def map_texts(
        self, function: Callable[[Strings], Result], label: str
    ) -> Iterator[tuple[int, int, Result]]:
        """Apply a function to the texts of each block, on the threads, in order.

        Yields (start, stop, result) with candidates numbered as in this view. Blocks are of at most
        `BLOCK_ROWS` rows and cut at fixed places, so a sum a block is the same in every run.
        """
        assert self.read_texts is not None
        read = self.read_texts
        self.run_with.progress.stage(label, self.n)

        def work(block: tuple[int, int]) -> tuple[int, int, Result]:
            return block[0], block[1], function(read(*block))

        for start, stop, result in self.run_with.map_blocks(work, _cut(0, self.n)):
            self.run_with.progress.advance(stop - start)
            yield start, stop, result

    def blocks_with(self, rows: Indices) -> Iterator[tuple[int, int, Indices]]:
        """(start, stop, rows within) of the blocks that hold any of `rows`, which ascend."""
        for block in np.unique(rows // BLOCK_ROWS).tolist():
            start, stop = block * BLOCK_ROWS, min(self.n, (block + 1) * BLOCK_ROWS)
            low, high = np.searchsorted(rows, [start, stop])
            yield start, stop, rows[low:high]

    def cached_rows(
        self,
        label: str,
        identity: Mapping[str, Any],
        width: tuple[int, ...],
        dtype: Any,
        function: Callable[[Strings], NDArray[Any]],
        *,
        progress: str,
    ) -> NDArray[Any]:
        """(n, *width) values a row, from texts block by block; kept in the cache, so a kill resumes.

        Where nothing may be cached, the array is made in memory.

        Args:
            label: A word for the cache's listing.
            identity: Parameters and version of the function; the texts' own identity is added.
            width: Shape of one row's values, () for a number.
            dtype: Of the values.
            function: Texts of m rows to (m, *width); a row's values depend on that row alone.
            progress: What to call the stage.
        """
        shape = (self.n, *width)
        if self.run_with.cache is None or not self.identity:
            out = np.empty(shape, dtype)
            for start, stop, values in self.map_texts(function, progress):
                out[start:stop] = values
            return out
        assert self.read_texts is not None
        read = self.read_texts

        def fill(start: int, stop: int) -> NDArray[Any]:
            parts = self.run_with.map_blocks(
                lambda block: function(read(*block)), _cut(start, stop)
            )
            return np.concatenate(list(parts))

        self.run_with.progress.stage(progress, self.n)
        return self.run_with.cache.array(
            label,
            {**self.identity, **identity},
            shape,
            dtype,
            fill,
            block_rows=CACHE_BLOCKS * BLOCK_ROWS,
            done=self.run_with.progress.advance,
        )

    def cached_sums(
        self,
        label: str,
        identity: Mapping[str, Any],
        width: tuple[int, ...],
        dtype: Any,
        function: Callable[[Strings], NDArray[Any]],
        *,
        progress: str,
    ) -> NDArray[Any]:
        """The sum over all blocks of an array made from their texts; finished stretches stay in the cache.

        Args:
            label: A word for the cache's listing.
            identity: Parameters and version of the function; the texts' own identity is added.
            width: Shape of the sum.
            dtype: Of the sum; whole numbers, so that it is exact in any order.
            function: Texts of a block to an array of shape `width`.
            progress: What to call the stage.
        """
        assert self.read_texts is not None
        read = self.read_texts
        self.run_with.progress.stage(progress, self.n)

        def sum_of(start: int, stop: int) -> NDArray[Any]:
            total = np.zeros(width, dtype)
            blocks = _cut(start, stop)
            parts = self.run_with.map_blocks(lambda block: function(read(*block)), blocks)
            for part, block in zip(parts, blocks, strict=True):
                total += part
                self.run_with.progress.advance(block[1] - block[0])
            return total

        if self.run_with.cache is None or not self.identity:
            return sum_of(0, self.n)
        stretch = SUM_BLOCKS * BLOCK_ROWS

        def fill(first: int, last: int) -> NDArray[Any]:
            return sum_of(first * stretch, min(self.n, last * stretch))[None]

        shape = (max(1, -(-self.n // stretch)), *width)
        sums = self.run_with.cache.array(
            label, {**self.identity, **identity}, shape, dtype, fill, block_rows=1
        )
        total: NDArray[Any] = sums.sum(axis=0, dtype=dtype)
        return total

    def array(self, name: str | None = None) -> Any:
        """Features of the candidates, (n, d) dense or CSR."""
        assert self.arrays is not None
        return self.arrays(name)

    def target_array(self, name: str | None = None) -> Any:
        """Features of all targets' rows, one under the other."""
        import scipy.sparse

        arrays = [target.arrays(name) for target in self.targets]
        if any(scipy.sparse.issparse(array) for array in arrays):
            return scipy.sparse.vstack(arrays).tocsr()
        return np.concatenate(arrays)

    def given_array(self, name: str | None = None) -> Any:
        """Features of rows already owned."""
        assert self.given is not None
        return self.given(name)

    def score(self, name: str | None = None) -> Floats:
        """(n,) the score of each candidate, larger is better."""
        assert self.scores is not None
        return self.scores(name)

    def known(self, name: str) -> Floats:
        """(n,) a numeric column, NaN where it is empty."""
        assert self.partial is not None
        return self.partial(name)

    def source_rows(self, rows: Indices) -> Indices:
        """Row numbers of the source for rows numbered as here."""
        return rows if self.source is None else self.source[rows]

    def ranking(self, scores: Floats, *, at_most: int | None = None) -> NDArray[np.intp]:
        """Candidates from the largest score down; ties in the order of ids.

        Args:
            scores: (n,) finite.
            at_most: How many are wanted; where fewer than n, only those are sorted.

        Cost: O(n + k log k), 8 bytes a row beside the scores.
        """
        rows = np.arange(self.n) if at_most is None or at_most >= self.n else _best(scores, at_most)
        ties = rows if self.rank is None else self.rank[rows]
        order = rows[np.lexsort((ties, -scores[rows]))]
        return order if at_most is None else order[:at_most]


def _best(scores: Floats, k: int) -> NDArray[np.intp]:
    """Rows whose score is at least the k-th largest: k of them, or more where it is tied."""
    if k <= 0:
        return np.zeros(0, np.intp)
    return np.flatnonzero(scores >= np.partition(scores, len(scores) - k)[len(scores) - k])


def wanted(ledger: Ledger) -> int | None:
    """How long a ranking must be to fill the ledger: all rows (None) where some may be passed over."""
    closed = ledger.n - int(np.count_nonzero(ledger.open)) - len(ledger.taken)
    limits = (ledger.costs, ledger.apart, ledger.ahead)
    some_pass = closed > 0 or any(limit is not None for limit in limits)
    return None if some_pass else ledger.rows


def _cut(start: int, stop: int) -> list[tuple[int, int]]:
    return [(a, min(stop, a + BLOCK_ROWS)) for a in range(start, stop, BLOCK_ROWS)]


CACHE_BLOCKS = 16
"""Blocks of `BLOCK_ROWS` written to the cache together."""

SUM_BLOCKS = 64
"""Blocks of `BLOCK_ROWS` summed before the sum is written to the cache."""
