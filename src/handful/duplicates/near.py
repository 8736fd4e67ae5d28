"""Near duplicates: rows whose texts share most of their runs of words."""

from __future__ import annotations

import math
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

BAND = 4
"""Places of a signature that make a band."""
WINDOW = 512
"""Rows of one chain that a row is compared with, at most."""


@dataclass(frozen=True)
class Near:
    """Rows whose texts overlap: the Jaccard similarity of their shingles is at least `threshold`.

        J(A, B) = |A ∩ B| / |A ∪ B|,    A, B: the runs of `shingle` tokens of two texts, in lower case

    J is estimated by MinHash: the share of `hashes` random orders in which both sets have the same first
    shingle; its standard error is √(J(1 − J)/hashes), 0.04 at J = 0.7. Two rows are compared where they
    agree in one of hashes/4 bands of four; at J that is so with probability 1 − (1 − J⁴)^(hashes/4):
    0.9998 at 0.7, and 0.87 at 0.5 (more hashes there). Clusters are what pairs connect, one after the other,
    so the two ends of a chain may differ by more. A text of fewer tokens is one shingle; texts
    without any are alike. Orders are drawn by the seed; signatures are cached, so a killed run resumes.

    Cost: hashes multiply-adds a token, hashes/4 look-ups a row; 2·hashes bytes a row, in the cache's file
    where there is one, and 33 in memory.

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

    def work(self, size: Size) -> Work:
        """Each text once, the signatures, the look-ups."""
        steps = size.text_bytes * (2 + self.hashes / 60) + 10 * size.n * self.hashes
        return Work(text_bytes=size.text_bytes, steps=steps, memory_bytes=40 * size.n)

    def find(self, view: View, owned: Target | None, rng: Draws) -> Found:
        """Sign each text; join what meets in a band and agrees."""
        from handful.kernels.bands import join_near

        signatures = self.signatures(view, owned, rng)
        needed = max(1, math.ceil(self.threshold * signatures.shape[1] - 1e-9))
        view.run_with.progress.stage("comparing near rows", None)
        labels, compared, cut = join_near(signatures, needed=needed, window=WINDOW)
        notes: dict[str, Any] = {"pairs_compared": compared}
        if cut:
            notes["rows_in_crowded_bands"] = cut
        return Found(labels, notes)

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
