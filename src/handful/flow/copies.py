"""Rows of the pool that equal, or nearly equal, rows of a target: found while the texts go by.

Two texts are equal where their tokens are: case and white space do not count. They are nearly equal where they
share two thirds of their runs of five tokens:

    Σ min(a_g, b_g) / Σ max(a_g, b_g) ≥ 2/3        a_g, b_g: how often run g stands in either

A text of more than 512 bytes is first looked at in four places, and compared in full where a third of the runs
there is known: a copy rewritten in just those places is missed, an equal text never. Rows of vectors, where there
is no text, are nearly equal where their cosine is at least 0.999.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful.pool import BLOCK_ROWS, Pool, Strings
from handful.runtime.run import Run
from handful.selection import Indices

NONE, EQUAL, NEAR = 0, 1, 2
WIDTH = 5
"""Tokens of a run."""
SHARED = 2 / 3
"""Part of their runs that two texts nearly equal share."""
COSINE = 0.999
PROJECTED = 32
"""Numbers that vectors are projected to before the few that are close are compared in full."""

Codes = NDArray[np.uint8]
Read = Callable[[int, int], Strings]


class TextCopies:
    """Compares texts with those of the targets.

    Args:
        targets: Pools with text.

    Memory: the targets' texts, and up to 16 MB.
    """

    def __init__(self, targets: Sequence[Pool]) -> None:
        from handful.kernels.copies import learn_runs

        parts = [target.texts(0, target.n) for target in targets]
        self.texts = Strings.concatenate(parts)
        self._known, hashes = learn_runs(self.texts.data, self.texts.offsets)
        self._hashes = np.unique(hashes)
        self._full: _Full | None = None
        digest = hashlib.blake2b(self.texts.data.tobytes(), digest_size=16)
        digest.update(self.texts.offsets.tobytes())
        self.identity = {"targets": digest.hexdigest(), "width": WIDTH, "version": 2}

    def codes(self, texts: Strings) -> Codes:
        """(m,) NONE, EQUAL or NEAR."""
        from handful.kernels.copies import known_runs

        hashes, hits, runs = known_runs(texts.data, texts.offsets, self._known)
        alike = np.isin(hashes, self._hashes) & (runs == 0)
        worth = alike | ((runs > 0) & (hits >= SHARED * runs))
        out = np.zeros(len(texts), np.uint8)
        for row in np.flatnonzero(worth).tolist():
            out[row] = self._code(texts[row])
        return out

    def _code(self, text: str) -> int:
        """One text, compared in full with the target rows it shares a run with."""
        from handful.kernels.text_reference import tokens

        if self._full is None:
            self._full = _in_full(self.texts)  # whole before any thread sees it
        rows, having = self._full
        words = tokens(text)
        if not words:
            return NONE
        if any(words == other for other, _ in rows):
            return EQUAL
        own = _runs(words)
        for row in {row for run in own for row in having.get(run, ())}:
            other = rows[row][1]
            if (own & other).total() >= SHARED * (own | other).total():
                return NEAR
        return NONE


_Words = tuple[str, ...]
_Full = tuple[list[tuple[list[str], "Counter[_Words]"]], dict[_Words, list[int]]]
"""Words and runs of each target row, and the rows that have a run."""


def _in_full(texts: Strings) -> _Full:
    from handful.kernels.text_reference import tokens

    rows = [(words, _runs(words)) for words in map(tokens, texts)]
    having: dict[_Words, list[int]] = defaultdict(list)
    for row, (_, runs) in enumerate(rows):
        for run in runs:
            having[run].append(row)
    return rows, having


def _runs(words: list[str]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[i : i + WIDTH]) for i in range(len(words) - WIDTH + 1))


class Watch:
    """Looks at each block of texts when it is first read, so that no pass of its own is needed.

    Args:
        search: What compares.
        n: Candidates.
    """

    def __init__(self, search: TextCopies, n: int) -> None:
        self.search, self.n = search, n
        self._codes = np.zeros(n, np.uint8)
        self._seen = np.zeros(-(-n // BLOCK_ROWS), bool)

    def reader(self, read: Read) -> Read:
        """The same reader, watched."""

        def watched(start: int, stop: int) -> Strings:
            texts = read(start, stop)
            block, whole = start // BLOCK_ROWS, min(self.n, start + BLOCK_ROWS)
            if start % BLOCK_ROWS == 0 and stop == whole and not self._seen[block]:
                self._codes[start:stop] = self.search.codes(texts)
                self._seen[block] = True
            return texts

        return watched

    def codes(self, read: Read, run: Run, identity: Any) -> Codes:
        """(n,) of all candidates; blocks nobody has read are read now, unless the cache knows them."""
        if run.cache is None or not identity:
            return self._fill(read, run, 0, self.n)
        named = {**identity, **self.search.identity}
        found: Codes = run.cache.array(
            "target copies",
            named,
            (self.n,),
            np.uint8,
            lambda start, stop: self._fill(read, run, start, stop),
            block_rows=128 * BLOCK_ROWS,
        )
        return found

    def _fill(self, read: Read, run: Run, start: int, stop: int) -> Codes:
        watched = self.reader(read)
        blocks = range(start, stop, BLOCK_ROWS)
        unseen = [block for block in blocks if not self._seen[block // BLOCK_ROWS]]
        for _ in run.map_blocks(lambda a: watched(a, min(self.n, a + BLOCK_ROWS)), unseen):
            pass
        return self._codes[start:stop].copy()


def vector_copies(pool: Any, target: Any, seed: int = 0) -> Codes:
    """(n,) codes of vectors: EQUAL where all numbers are, NEAR at a cosine of 0.999 or more.

    Dense rows are first compared in a few directions, where no two can be farther apart than they are.
    """
    from handful.graphs.rows import unit_rows
    from handful.rng import generator
    from handful.runtime.blas import one_blas_thread

    out = np.zeros(pool.shape[0], np.uint8)
    wanted = unit_rows(target)
    dense = not hasattr(wanted, "tocsr")
    directions = None
    if dense and wanted.shape[1] > 4 * PROJECTED:
        drawn = generator(seed, "target copies").standard_normal((wanted.shape[1], PROJECTED))
        directions = np.linalg.qr(drawn)[0].astype(np.float32)
    with one_blas_thread():
        for start in range(0, pool.shape[0], BLOCK_ROWS):
            rows = unit_rows(pool[start : start + BLOCK_ROWS])
            near = np.arange(rows.shape[0])
            if directions is not None:
                near = _may_be_near(rows @ directions, wanted @ directions)
            if not len(near):
                continue
            cosines = rows[near] @ wanted.T
            cosines = cosines if dense else cosines.toarray()
            found = cosines.max(axis=1) >= COSINE
            out[start + near[found]] = NEAR
            for row, best in zip(near[found], cosines[found].argmax(axis=1), strict=True):
                if _same(pool[start + row : start + row + 1], target[best : best + 1]):
                    out[start + row] = EQUAL
    return out


def _may_be_near(rows: NDArray[np.float32], wanted: NDArray[np.float32]) -> Indices:
    """Rows whose projection is as near to one wanted as that of a row at the cosine asked for."""
    apart = -2 * rows @ wanted.T
    apart += (wanted**2).sum(axis=1)
    closest = apart.min(axis=1) + (rows**2).sum(axis=1)
    return np.flatnonzero(closest <= 2 * (1 - COSINE) + 1e-4)


def _same(one: Any, other: Any) -> bool:
    if hasattr(one, "tocsr"):
        return bool((one != other).nnz == 0)
    return bool(np.array_equal(one, other))


def counts(codes: Codes, picks: Indices) -> dict[str, int]:
    """What the manifest and the summary say."""
    return {
        "equal": int((codes == EQUAL).sum()),
        "nearly_equal": int((codes == NEAR).sum()),
        "picked": int((codes[picks] != NONE).sum()),
    }
