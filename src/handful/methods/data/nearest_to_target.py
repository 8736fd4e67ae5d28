"""Nearest to the target, by words: the target's rows take turns to pick the text most like them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from handful.budget import Ledger
from handful.graphs.closest import Closest, Lists
from handful.methods._contract import MethodFacts, View
from handful.methods._near import pick_near
from handful.parameters import parameter
from handful.pool import BLOCK_ROWS, Strings
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.selection import Picks


@dataclass(frozen=True)
class NearestToTarget:
    """Let each row of the target, in turn, pick the row left that is most like it by its words.

        x_b = (1 + ln count_b) · idf_b,    idf_b = ln((1 + n) / (1 + df_b)) + 1,    over hashed words b
        the j-th turn picks argmax_{i not picked} cos(x_i, y_j),    then comes the next row of the target

    The turns of RDS+ (method `rds`) on TF-IDF in place of a model's states. Because every row of the target has
    as many turns as every other, a target of several kinds of text is answered in all of them, and one strange
    row draws no more than its share; with `merge=best` the pool is ranked by its likeness to the nearest row of the
    target instead, which loses both. Several targets take turns, and within one its rows do.

    Texts are read twice, in blocks, and never held: once for df, once for the lists of the rows most like each
    row of the target. The lists are exact; ties go to the earlier id.

    Cost: two hashings of all words; for each distinct word of a row, the rows of the target that have it.
    Memory: 24 bytes a bucket, 16 bytes an entry of a list, 1 to 9 bytes a row.

    Source: Ivison, Zhang, Brahman, Koh & Dasigi 2025, Large-scale data selection for instruction tuning, section
    3 (the turns); Salton & Buckley 1988, Term-weighting approaches in automatic text retrieval (the weights).
    Nothing to reproduce: they were not published together.
    """

    ngrams: int = parameter(1, "Orders of n-grams counted, 1 to this.", low=1, high=5)
    buckets: int = parameter(2**18, "Buckets the n-grams are hashed to.", low=2, high=2**24)
    merge: str = parameter(
        "turns",
        "Rows of a target take turns, or the row most like any of them comes first (best).",
        choices=("turns", "best"),
    )

    facts: ClassVar[MethodFacts] = MethodFacts(
        paper="Ivison et al. 2025, Large-scale data selection for instruction tuning (the turns of RDS+, on TF-IDF)",
        needs=("text", "target_text"),
        honours=("rows", "amount", "include"),
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
        idf = self._idf(view)
        targets = self._targets(view, idf)

        def search(count: int, is_open: NDArray[np.bool_]) -> Lists:
            return self._search(view, targets, idf, count, is_open)

        return pick_near(view, ledger, search, self.merge)

    def _idf(self, view: View) -> NDArray[np.float64]:
        """(buckets,) ln((1 + n) / (1 + df)) + 1 over the pool."""
        from handful.kernels.text import HASH_NAME
        from handful.kernels.text_rows import ngram_rows

        def frequencies(texts: Strings) -> NDArray[np.int64]:
            _, buckets, _ = ngram_rows(
                texts.data, texts.offsets, order=self.ngrams, bucket_count=self.buckets
            )
            return np.bincount(buckets, minlength=self.buckets)

        identity = {"hash": HASH_NAME, "ngrams": self.ngrams, "buckets": self.buckets}
        found = view.cached_sums(
            "document frequencies",
            identity,
            (self.buckets,),
            np.int64,
            frequencies,
            progress="counting documents",
        )
        idf: NDArray[np.float64] = np.log((1 + view.n) / (1 + found)) + 1
        return idf

    def _weigh(self, texts: Strings, idf: NDArray[np.float64]) -> Any:
        """CSR (m, buckets) float32: x of some texts, not brought to unit length."""
        from scipy.sparse import csr_matrix

        from handful.kernels.text_rows import ngram_rows

        counts, buckets, starts = ngram_rows(
            texts.data, texts.offsets, order=self.ngrams, bucket_count=self.buckets
        )
        values = ((1 + np.log(counts)) * idf[buckets]).astype(np.float32)
        return csr_matrix((values, buckets, starts), shape=(len(texts), self.buckets))

    def _targets(self, view: View, idf: NDArray[np.float64]) -> Any:
        """The same of all targets' rows, one under the other."""
        from scipy.sparse import vstack

        parts = []
        for target in view.targets:
            assert target.texts is not None
            for start in range(0, target.n, BLOCK_ROWS):
                texts = target.texts(start, min(target.n, start + BLOCK_ROWS))
                parts.append(self._weigh(texts, idf))
        return vstack(parts, format="csr")

    def _search(
        self,
        view: View,
        targets: Any,
        idf: NDArray[np.float64],
        count: int,
        is_open: NDArray[np.bool_],
    ) -> Lists:
        """Lists of the open rows most like each target row: one pass over the texts."""
        found = Closest(targets, count)
        read, order = view.read_texts, np.arange(view.n) if view.rank is None else view.rank
        assert read is not None
        view.run_with.progress.stage("comparing with the target", view.n)

        def offer(start: int) -> int:
            stop = min(view.n, start + BLOCK_ROWS)
            found.offer(self._weigh(read(start, stop), idf), order[start:stop], is_open[start:stop])
            return stop - start

        for done in view.run_with.map_blocks(offer, range(0, view.n, BLOCK_ROWS)):
            view.run_with.progress.advance(done)
        return found.lists()
