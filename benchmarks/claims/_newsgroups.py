"""What the claims about a model in the loop share: 20 Newsgroups as numbers, split anew for each seed.

Nothing to run here. The task of a seed: a family of groups, of which some rows are the reference (what a model's
utility is measured on) and others the test; all 20 groups are the pool.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from handful.features.tfidf_svd import TfidfSvd
from handful.pool import Strings

D, POOL, REFERENCE, TEST = 64, 12000, 200, 400
FAMILIES = ("comp.", "rec.", "sci.", "talk.")


@dataclass(frozen=True)
class Newsgroups:
    """Texts, their labels as codes, and TF-IDF reduced to 64 numbers."""

    texts: list[str]
    names: list[str]
    y: np.ndarray
    x: np.ndarray

    @classmethod
    def read(cls) -> Newsgroups | None:
        """The rows that have text; None, said aloud, where there are none."""
        folder = os.environ.get("HANDFUL_DATA")
        file = Path(folder or ".") / "newsgroups20" / "newsgroups20.parquet"
        if not folder or not file.exists():
            print("SKIPPED: HANDFUL_DATA names no folder with newsgroups20/newsgroups20.parquet.")
            return None
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(file)
        kept = [i for i, text in enumerate(table["text"].to_pylist()) if text.split()]
        texts = [table["text"][i].as_py() for i in kept]
        labels = np.array([str(table["label"][i].as_py()) for i in kept])
        names, y = np.unique(labels, return_inverse=True)
        strings = Strings.of(texts)
        x = 4 * TfidfSvd(d=D).fit(strings[:8000], seed=0).apply(strings).astype(np.float64)
        return cls(texts, names.tolist(), y, x)

    def task(self, seed: int) -> Task:
        """A family of groups, its reference and test rows, and a pool of all groups; none overlap."""
        rng = np.random.default_rng(seed)
        family = FAMILIES[seed % len(FAMILIES)]
        own = [code for code, name in enumerate(self.names) if name.startswith(family)]
        wanted = rng.permutation(np.flatnonzero(np.isin(self.y, own)))
        reference, test = np.split(wanted[: REFERENCE + TEST], [REFERENCE])
        others = np.setdiff1d(np.arange(len(self.y)), wanted[: REFERENCE + TEST])
        pool = rng.choice(others, POOL, replace=False)
        return Task(reference, test, pool, np.isin(self.y[pool], own))


@dataclass(frozen=True)
class Task:
    """Row numbers; `own` says which rows of the pool are of the family."""

    reference: np.ndarray
    test: np.ndarray
    pool: np.ndarray
    own: np.ndarray
