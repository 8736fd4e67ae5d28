"""Made-up pools with the traits of real embeddings, for tests and benchmarks; the same everywhere.

python -m handful.testing.clustered N D OUT.npy [SEED]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]

_BLOCK = 65536
_TOPICS = 40


def write_clustered(n: int, d: int, path: Path, seed: int = 0) -> None:
    """Write `clustered(n, d, seed)` to a .npy file, block by block: `n` may exceed memory."""
    rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n, d))
    _fill(rows, np.random.Generator(np.random.Philox(seed)))
    rows.flush()


def clustered(n: int, d: int, seed: int = 0) -> Rows:
    """Unit rows in uneven clusters, with near-copies and outliers.

    About √n clusters nested in 40 topics, their sizes after a power law, each with its own spread, all
    sharing a common part as the outputs of real encoders do; 5 % are near-copies of an earlier row and
    2 % are outliers, uniform on the sphere.

    Args:
        n: Rows.
        d: Dimensions.
        seed: The same arguments give the same bytes.

    Returns:
        (n, d) float32.

    Example:
        >>> x = clustered(1000, 8)
        >>> x.shape, bool((np.linalg.norm(x, axis=1).round(5) == 1).all())
        ((1000, 8), True)
    """
    rows = np.empty((n, d), np.float32)
    _fill(rows, np.random.Generator(np.random.Philox(seed)))
    return rows


def _fill(rows: Rows, rng: np.random.Generator) -> None:
    n, d = rows.shape
    clusters = max(8, int(n**0.5))
    topics = 0.6 * rng.standard_normal(d) + rng.standard_normal((_TOPICS, d))
    centres = topics[rng.integers(0, _TOPICS, clusters)] + 0.7 * rng.standard_normal((clusters, d))
    share = rng.pareto(1.2, clusters) + 0.05
    share /= share.sum()
    spread = rng.uniform(0.2, 0.9, clusters)
    for start in range(0, n, _BLOCK):
        m = min(_BLOCK, n - start)
        which = rng.choice(clusters, m, p=share)
        block = centres[which] + spread[which, None] * rng.standard_normal((m, d))
        far = rng.random(m) < 0.02
        block[far] = 1.3 * rng.standard_normal((int(far.sum()), d))
        copy = np.flatnonzero(rng.random(m) < 0.05)
        copy = copy[copy > 0]
        source = (copy * rng.random(len(copy))).astype(int)
        block[copy] = block[source] + 0.02 * rng.standard_normal((len(copy), d))
        block /= np.linalg.norm(block, axis=1, keepdims=True)
        rows[start : start + m] = block


if __name__ == "__main__":
    _, n, d, out, *seed = sys.argv
    write_clustered(int(n), int(d), Path(out), int(seed[0]) if seed else 0)
