"""Nearest to the target, by words: the target's rows take turns to pick the text most like them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from handful.budget import Ledger
from handful.graphs.closest import Closest, Lists, merged
from handful.methods._contract import MethodFacts, Target, View
from handful.methods._near import pick_near
from handful.parameters import parameter
from handful.pool import BLOCK_ROWS, Strings
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.selection import Floats, Indices, Picks

SAMPLE_ROWS = 20_000
"""Rows whose mean stands for that of the pool, where it has more."""
STRETCH_BLOCKS, STRETCHES = 16, 64
"""Blocks of rows of which lists are written to the cache together; at most so many stretches."""


@dataclass(frozen=True)
class NearestToTarget:
    """Let each row of the target, in turn, pick the row left that is most like it by its words.

        x_b = (1 + ln count_b) · idf_b,    idf_b = ln((1 + n) / (1 + df_b)) + 1,    over hashed words b
        s_ij = cos(x_i, y_j) + contrast · cos(x_i, ȳ − x̄)
        the turn of target row j picks argmax_{i not picked} s_ij;    then comes the next row of the target

    ȳ and x̄ are the means of the unit rows of the target and of the pool (of 20,000 of its rows, where it has
    more): the first term is the likeness to one row of the target, the second to the target as a whole, against
    what all texts share. Because every row of the target has as many turns as every other, a target of several
    kinds of text is answered in all of them; with `merge=best` the pool is ranked by its best s_ij instead, which
    answers the kinds that the pool has most of. Several targets take turns, and within one its rows do.

    Texts are read twice, in blocks, and never held: once for df, once for the lists of the best rows of each
    row of the target; those of the sample once more. Sums and lists of finished stretches stay in the cache. The
    lists are exact; ties go to the earlier id. `contrast` helps where a target is a manner of writing, and harms
    where it is a family of near-copies, the middle of which it fills with more of the same; its default was chosen
    on other splits of the texts that `benchmarks/targets.py` reports.

    Cost: two hashings of all words; for each distinct word of a row, the rows of the target that have it.
    Memory: 24 bytes a bucket, 16 bytes an entry of a list, 30 MB for the sample, 10 bytes a row.

    Source: Ivison, Zhang, Brahman, Koh & Dasigi 2025, Large-scale data selection for instruction tuning, section
    3 (the turns of RDS+, here method `rds`); Rocchio 1971, Relevance feedback in information retrieval (the
    means); Salton & Buckley 1988, Term-weighting approaches in automatic text retrieval (the weights). Nothing to
    reproduce: they were not published together.
    """

    ngrams: int = parameter(1, "Orders of n-grams counted, 1 to this.", low=1, high=5)
    buckets: int = parameter(2**18, "Buckets the n-grams are hashed to.", low=2, high=2**24)
    contrast: float = parameter(
        0.25,
        "What likeness to the target as a whole counts, beside likeness to one row of it.",
        low=0,
    )
    merge: str = parameter(
        "turns",
        "Rows of a target take turns, or the row most like any of them comes first (best).",
        choices=("turns", "best"),
    )

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Ivison et al. 2025, Large-scale data selection for instruction tuning (its turns, on TF-IDF)",
        needs=("text", "target_text"),
        honours=("rows", "amount", "include", "quotas", "max_similarity", "floor"),
        nested=True,
        cost="two passes over the text; 16 bytes a target row and entry of its list",
    )

    def work(self, size: Size) -> Work:
        """Two hashings, then a few multiply-adds for each word of a row and target row that has it."""
        words = size.text_bytes / 8 * self.ngrams
        entries = max(size.k, 32) * size.target_rows
        return Work(
            steps=size.text_bytes * (2 + self.ngrams) + words * size.target_rows / 16,
            text_bytes=2 * size.text_bytes,
            memory_bytes=24 * self.buckets + 16 * entries + 2 * size.n,
        )

    def run(self, view: View, ledger: Ledger, rng: Draws) -> Picks:
        """Count documents, then let the rows of the targets take turns."""
        idf, mean = self._pool(view, rng)
        targets = [self._rows(target, idf) for target in view.targets]
        shifts = np.array([self.contrast * _unit(_mean(rows) - mean) for rows in targets])

        def search(count: int, is_open: NDArray[np.bool_]) -> Lists:
            return self._search(view, targets, shifts, idf, count, is_open)

        return pick_near(view, ledger, search, self.merge)

    def _pool(self, view: View, rng: Draws) -> tuple[Floats, Floats]:
        """(buckets,) idf, from one pass over the texts, and x̄, from the sample."""
        frequency = view.cached_sums(
            "nearest_to_target documents",
            self._hashing(),
            (self.buckets,),
            np.int64,
            lambda texts: np.bincount(self._counts(texts).indices, minlength=self.buckets),
            progress="counting documents",
        )
        idf: Floats = np.log((1 + view.n) / (1 + frequency)) + 1
        draws = rng.uniforms("nearest_to_target sample", view.keys)
        sample = np.sort(view.ranking(-draws, at_most=SAMPLE_ROWS))
        read = view.read_texts
        assert read is not None

        def count(part: tuple[int, int, Indices]) -> Any:
            start, stop, rows = part
            if len(rows) > (stop - start) // 4:
                return self._counts(read(start, stop).take(rows - start))
            return self._counts(Strings.concatenate([read(row, row + 1) for row in rows.tolist()]))

        view.run_with.progress.stage("weighing a sample", None)
        kept = list(view.run_with.map_blocks(count, view.blocks_with(sample)))
        return idf, _mean(_weigh(vstack(kept, format="csr"), idf))

    def _hashing(self) -> dict[str, Any]:
        from handful.kernels.text import HASH_NAME

        return {"hash": HASH_NAME, "ngrams": self.ngrams, "buckets": self.buckets}

    def _counts(self, texts: Strings) -> Any:
        """CSR (m, buckets) float32: how often each n-gram stands in some texts."""
        from handful.kernels.text_rows import ngram_rows

        counts, buckets, starts = ngram_rows(
            texts.data, texts.offsets, order=self.ngrams, bucket_count=self.buckets
        )
        shape = (len(texts), self.buckets)
        return csr_matrix((counts.astype(np.float32), buckets, starts), shape=shape)

    def _rows(self, target: Target, idf: Floats) -> Any:
        """X of a whole target."""
        assert target.texts is not None
        starts = range(0, target.n, BLOCK_ROWS)
        texts = [target.texts(start, min(target.n, start + BLOCK_ROWS)) for start in starts]
        return _weigh(vstack([self._counts(part) for part in texts], format="csr"), idf)

    def _search(
        self,
        view: View,
        targets: list[Any],
        shifts: Floats,
        idf: Floats,
        count: int,
        is_open: NDArray[np.bool_],
    ) -> Lists:
        """Lists of the best open rows of each target row: one pass over the texts."""
        ends = np.cumsum([rows.shape[0] for rows in targets])
        rows = vstack(targets, format="csr")
        read, order = view.read_texts, np.arange(view.n) if view.rank is None else view.rank
        assert read is not None
        view.run_with.progress.stage("comparing with the target", view.n)

        def lists_of(first: int, last: int) -> Closest:
            found = Closest(rows, count, shifts=shifts, ends=ends)

            def offer(start: int) -> int:
                stop = min(last, start + BLOCK_ROWS)
                weighed = _weigh(self._counts(read(start, stop)), idf)
                found.offer(weighed, order[start:stop], is_open[start:stop])
                return stop - start

            for done in view.run_with.map_blocks(offer, range(first, last, BLOCK_ROWS)):
                view.run_with.progress.advance(done)
            return found

        if view.run_with.cache is None or not view.identity:
            return lists_of(0, view.n).lists()
        stretch = max(STRETCH_BLOCKS, -(-view.n // (STRETCHES * BLOCK_ROWS))) * BLOCK_ROWS
        parts = view.run_with.cache.array(
            "nearest_to_target lists",
            {
                **view.identity,
                **self._hashing(),
                "stretch": stretch,
                "compared": _digest(rows.data, rows.indices, rows.indptr, shifts, idf, ends),
                "candidates": _digest(is_open, order),
                "version": self.facts.version,
            },
            (-(-view.n // stretch), 2, rows.shape[0], count),
            np.int64,
            lambda a, _: lists_of(a * stretch, min(view.n, (a + 1) * stretch)).packed()[None],
            block_rows=1,
        )
        return merged(parts)


def _digest(*arrays: NDArray[Any]) -> str:
    """Names the content of some arrays."""
    found = hashlib.blake2b(digest_size=16)
    for array in arrays:
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def _weigh(counts: Any, idf: Floats) -> Any:
    """X of rows of counts: (1 + ln count) · idf, in float32 and not yet of unit length."""
    values = ((1 + np.log(counts.data)) * idf[counts.indices]).astype(np.float32)
    return csr_matrix((values, counts.indices, counts.indptr), shape=counts.shape)


def _mean(rows: Any) -> Floats:
    """(buckets,) the mean of rows brought to unit length."""
    squares = np.asarray(rows.multiply(rows).sum(axis=1), np.float64).ravel()
    scale = np.divide(1.0, np.sqrt(squares), out=np.zeros_like(squares), where=squares > 0)
    mean: Floats = np.asarray(rows.T.astype(np.float64) @ scale) / max(1, rows.shape[0])
    return mean


def _unit(vector: Floats) -> Floats:
    """A vector over its length; zeros stay."""
    length = float(np.sqrt(vector @ vector))
    return vector / length if length > 0 else vector
