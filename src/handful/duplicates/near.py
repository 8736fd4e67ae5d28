"""Near duplicates: rows whose texts share most of their runs of words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.duplicates._contract import Found
from handful.duplicates.exact import hashes_beside
from handful.methods._contract import Need, Target, View
from handful.parameters import parameter
from handful.pool import Strings
from handful.rng import Draws
from handful.runtime.work import Size, Work
from handful.selection import Indices

BAND = 4
"""Places of a signature that make a band."""
ERRORS = 5
"""Standard errors of an estimate by which two rows may miss the threshold and be looked at again."""
BATCH = 65_536
"""Rows looked at again together, about."""
WINDOW = 512
"""Rows of one chain that a row is compared with, at most."""


@dataclass(frozen=True)
class Near:
    """Rows whose texts overlap: the Jaccard similarity of their shingles is at least `threshold`.

        J(A, B) = |A ∩ B| / |A ∪ B|,    A, B: the runs of `shingle` tokens of two texts, in lower case

    First J is estimated by MinHash: the share of `hashes` random orders in which both sets have the same
    first shingle. Two rows are compared where they agree in a band of four places; each place is in two of
    the hashes/2 bands. At J = 0.7 a pair is missed with a probability below 10⁻⁵, at 0.5 of 3 % (ask for
    more hashes there). Then the texts of rows that may be near one another, by five standard errors, are read
    once more, and J is computed; of texts with more than 1,024 distinct shingles, from the 1,024 with the
    smallest hashes. Clusters are what pairs connect, one after the other, so the two ends of a chain may
    differ by more. A text of fewer tokens is one shingle; texts without any are alike. Orders are drawn by
    the seed, and signatures are cached, so a killed run resumes.

    Cost: hashes multiply-adds a token, hashes/2 look-ups a row; 2·hashes bytes a row, in the cache's file where
    there is one, and 33 in memory; 4 bytes for each shingle of 65,536 rows that may be near.

    Source: Broder 1997, On the resemblance and containment of documents; bands: Leskovec, Rajaraman & Ullman
    2014, Mining of massive datasets, section 3.4; 16 bits a hash: Li & König 2010, b-bit minwise hashing.
    """

    threshold: float = parameter(0.7, "Jaccard similarity from which rows are one.", low=0, high=1)
    shingle: int = parameter(3, "Tokens of a shingle.", low=1, high=16)
    hashes: int = parameter(128, "Places of a signature, a multiple of 4.", low=4, high=1024)

    version: ClassVar[int] = 1
    either: ClassVar[tuple[Need, ...]] = ("text",)

    def __post_init__(self) -> None:
        if self.hashes % BAND:
            raise errors.bad_parameter("--dedup near", "hashes", self.hashes, "a multiple of 4")

    @property
    def kept_bytes(self) -> int:
        """A signature."""
        return 2 * self.hashes

    def work(self, size: Size) -> Work:
        """Each text once, the signatures, the look-ups."""
        steps = size.text_bytes * (2 + self.hashes / 60) + 10 * size.n * self.hashes
        return Work(text_bytes=size.text_bytes, steps=steps, memory_bytes=40 * size.n)

    def find(self, view: View, owned: Target | None, rng: Draws) -> Found:
        """Sign each text; join what meets in a band and agrees."""
        from handful.kernels.bands import join_near

        signatures = self.signatures(view, owned, rng)
        error = math.sqrt(self.threshold * (1 - self.threshold) / self.hashes)
        needed = max(1, math.ceil((self.threshold - ERRORS * error) * self.hashes))
        view.run_with.progress.stage("comparing near rows", None)
        maybe, _, cut = join_near(signatures, needed=needed, window=WINDOW)
        labels, compared = np.arange(len(maybe), dtype=np.int64), 0
        for rows in batches(maybe):
            sets = self._sets(view, owned, rows)
            found = join_near(
                signatures[rows],
                needed=needed,
                window=WINDOW,
                sets=sets,
                threshold=self.threshold,
            )
            labels[rows] = rows[found[0]]
            compared += found[1]
        notes: dict[str, Any] = {"pairs_compared": compared}
        if cut:
            notes["rows_in_crowded_bands"] = cut
        return Found(labels, notes)

    def _sets(
        self, view: View, owned: Target | None, rows: Indices
    ) -> tuple[NDArray[np.uint32], Indices]:
        """The sets of shingles of some rows, ascending: candidates, then rows already owned."""
        from handful.kernels.bands import MOST
        from handful.kernels.shingles import shingle_sets

        def read(block: tuple[int, int, Indices]) -> tuple[NDArray[np.uint32], Indices]:
            start, stop, within = block
            assert view.read_texts is not None
            texts = view.read_texts(start, stop).take(within - start)
            return shingle_sets(texts.data, texts.offsets, width=self.shingle, most=MOST)

        parts = list(view.run_with.map_blocks(read, view.blocks_with(rows[rows < view.n])))
        theirs = rows[rows >= view.n] - view.n
        if len(theirs):
            assert owned is not None
            assert owned.texts is not None
            texts = owned.texts(0, owned.n).take(theirs)
            parts.append(shingle_sets(texts.data, texts.offsets, width=self.shingle, most=MOST))
        sizes = np.concatenate([np.diff(ends) for _, ends in parts])
        return np.concatenate([values for values, _ in parts]), np.append(0, np.cumsum(sizes))

    def signatures(self, view: View, owned: Target | None, rng: Draws) -> NDArray[np.uint16]:
        """(n + p, hashes) MinHash signatures of the candidates, and of the rows already owned."""
        from handful.kernels.shingles import signatures
        from handful.kernels.text_reference import HASH_NAME

        draw = rng.generator("minhash")
        multipliers, increments = draw.integers(0, 2**64, (2, self.hashes), dtype=np.uint64)
        multipliers |= np.uint64(1)

        def sign(texts: Strings) -> NDArray[np.uint16]:
            return signatures(
                texts.data, texts.offsets, multipliers, increments, width=self.shingle
            )

        identity = {"hash": HASH_NAME, "shingle": self.shingle, "seed": rng.seed}
        made = view.cached_rows(
            "minhash",
            {**identity, "version": self.version},
            (self.hashes,),
            np.uint16,
            sign,
            progress="signing texts",
        )
        return np.concatenate([made, *hashes_beside(owned, sign)]) if owned else made


def batches(labels: Indices) -> Iterator[Indices]:
    """The rows of clusters of two or more, ascending, whole clusters together, about `BATCH` at a time.

    Example:
        >>> [rows.tolist() for rows in batches(np.array([0, 1, 0, 3, 1]))]
        [[0, 1, 2, 4]]
    """
    sizes = np.bincount(labels, minlength=len(labels))
    rows = np.flatnonzero(sizes[labels] > 1)
    order = rows[np.argsort(labels[rows], kind="stable")]
    first = np.flatnonzero(np.diff(labels[order], prepend=-1))  # where each cluster begins
    taken = 0
    for end in [*first[1:].tolist(), len(order)]:
        if end - taken >= BATCH or (end == len(order) and end > taken):
            yield np.sort(order[taken:end])
            taken = end
