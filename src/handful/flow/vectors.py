"""Feature arrays of the candidates and of the targets: the user's own, or made from text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from handful import errors
from handful.features import configured
from handful.methods._contract import View
from handful.parameters import values
from handful.pool import BLOCK_ROWS, Strings
from handful.rng import Draws
from handful.selection import Indices

DEFAULT_FEATURES = "tfidf_svd"
ENTRIES = 1 << 22
"""Entries of sparse rows made, and written to the cache, together."""


class Vectors:
    """Named feature arrays, made when first asked for and held until the run ends.

    Args:
        arrays: The user's own, (n, d) each, all rows of the pool.
        candidates: Rows a method may see, or None for all.
        features: Spec of the features made from text; None: `tfidf_svd`.
    """

    def __init__(
        self, arrays: Mapping[str, Any], candidates: Indices | None, features: str | None
    ) -> None:
        self.arrays = dict(arrays)
        self.candidates = candidates
        self.spec = features
        self.made: dict[str, Any] = {}
        self.fitted: Any = None

    def default(self) -> str | None:
        """The name of the default array; None where features are made from text."""
        if self.spec is not None or not self.arrays:
            return None
        if len(self.arrays) > 1:
            raise errors.several_arrays(self.arrays)
        return next(iter(self.arrays))

    def array(self, name: str | None, view: View, rng: Draws) -> Any:
        """(m, d) features of the candidates."""
        name = name if name is not None else self.default()
        label = name if name is not None else "text"
        if label not in self.made:
            self.made[label] = self._user(name) if name is not None else self._from_text(view, rng)
        return self.made[label]

    def beside(
        self,
        name: str | None,
        arrays: Mapping[str, Any],
        texts: Strings | None,
        view: View,
        rng: Draws,
    ) -> Any:
        """(q, d) features of rows outside the pool (a target's, or owned already), of the same kind."""
        name = name if name is not None else self.default()
        if name is not None:
            if name not in arrays:
                raise errors.no_target_array(name)
            return arrays[name]
        if texts is None:
            raise errors.no_target_text()
        self.array(None, view, rng)  # fits the features on the pool
        return self.fitted.apply(texts)

    def _user(self, name: str) -> Any:
        if name not in self.arrays:
            raise errors.unknown_array(name, self.arrays)
        array = self.arrays[name]
        return array if self.candidates is None else array[self.candidates]

    def _from_text(self, view: View, rng: Draws) -> Any:
        key, feature = configured(self.spec or DEFAULT_FEATURES)
        wanted = min(view.n, feature.sample_rows)
        draws = rng.uniforms("feature sample", view.keys)
        sample = np.sort(view.ranking(-draws)[:wanted])
        self.fitted = feature.fit(_texts_of(view, sample), rng.seed)
        identity = {
            "feature": key,
            "parameters": values(feature),
            "version": feature.version,
            "seed": rng.seed,
        }
        if self.fitted.sparse:
            return _sparse_rows(view, key, identity, self.fitted)
        return view.cached_rows(
            key, identity, (self.fitted.d,), np.float32, self.fitted.apply, progress="features"
        )


def _sparse_rows(view: View, key: str, identity: dict[str, Any], fitted: Any) -> Any:
    """CSR (n, d) of the candidates: in memory, or, where there is a cache, three maps of files in it.

    Lengths, columns and values are made in a pass each over the texts, so that never more than a stretch
    of rows is in memory, and a killed run goes on where it was.
    """
    from scipy.sparse import csr_matrix, vstack

    run, read, cache = view.run_with, view.read_texts, view.run_with.cache
    if cache is None or not view.identity:
        return vstack([rows for _, _, rows in view.map_texts(fitted.apply, "features")], "csr")
    assert read is not None
    lengths = view.cached_rows(
        f"{key} lengths",
        identity,
        (),
        np.int64,
        lambda texts: np.diff(fitted.apply(texts).indptr),
        progress="features",
    )
    starts = np.concatenate([[0], np.cumsum(lengths)])

    def made(part: str, first: int, last: int) -> Any:
        """Entries [first, last) of "indices" or "data", from the rows that hold them."""
        low = int(np.searchsorted(starts, first, "right")) - 1
        high = int(np.searchsorted(starts, last, "left"))
        cuts = [(at, min(high, at + BLOCK_ROWS)) for at in range(low, high, BLOCK_ROWS)]
        parts = run.map_blocks(lambda cut: getattr(fitted.apply(read(*cut)), part), cuts)
        return np.concatenate(list(parts))[first - starts[low] : last - starts[low]]

    def kept(part: str, dtype: Any) -> Any:
        run.progress.stage("features", int(starts[-1]))
        return cache.array(
            f"{key} {part}",
            {**view.identity, **identity},
            (int(starts[-1]),),
            dtype,
            lambda first, last: made(part, first, last),
            block_rows=ENTRIES,
            done=run.progress.advance,
        )

    entries = (kept("data", np.float32), kept("indices", np.int32), starts)
    rows = csr_matrix(entries, shape=(view.n, fitted.d))
    rows.has_canonical_format = True
    return rows


def _texts_of(view: View, rows: Indices) -> Strings:
    """Texts of some candidates, ascending; one pass over the blocks that hold any."""
    if not len(rows):
        return Strings.of([])
    picked: list[Strings] = []
    read = view.read_texts
    assert read is not None
    for start, stop, within in view.blocks_with(rows):
        texts = read(start, stop)
        whole = len(within) == stop - start
        picked.append(texts if whole else texts.take(within - start))
    return Strings.concatenate(picked)
