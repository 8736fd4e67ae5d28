"""Quotas, duplicates and picks kept apart, all at once."""

import numpy as np
import pytest

import handful
from handful.errors import InfeasibleError

N = 60
ANGLES = np.linspace(0, np.pi, N)
POOL = {
    "text": [f"row {i} of the pool" for i in range(N)],
    "side": ["left" if i < N // 2 else "right" for i in range(N)],
    "embedding": np.stack([np.cos(ANGLES), np.sin(ANGLES)], 1).astype(np.float32),
}
METHODS = ["random", "k_center", "facility_location", "graph_cut"]


@pytest.mark.parametrize("method", METHODS)
def test_quotas_hold_among_picks_kept_apart(method):
    asked = {"rows": 8, "quotas": ["side[left]:min=50%", "side[right]:max=4"]}
    picked = handful.select(POOL, method=method, max_similarity=0.995, **asked)
    left = picked.indices < N // 2
    assert len(picked) == 8
    assert left.sum() >= 4
    assert (~left).sum() <= 4
    near = POOL["embedding"][picked.indices] @ POOL["embedding"][picked.indices].T
    assert (near - np.eye(8)).max() <= 0.995 + 1e-6


@pytest.mark.parametrize("method", METHODS)
def test_a_minimum_that_distance_forbids_is_refused_by_name(method):
    with pytest.raises(InfeasibleError, match=r"side\[left\].*--max-similarity 0.5"):
        handful.select(POOL, rows=8, method=method, max_similarity=0.5, quotas=["side[left]:min=6"])


def test_quotas_are_settled_again_on_what_deduplication_leaves():
    pool = {**POOL, "text": ["the same words" if i < N // 2 else f"row {i}" for i in range(N)]}
    with pytest.raises(InfeasibleError, match="left"):
        handful.select(pool, rows=8, method="random", dedup="exact", quotas=["side[left]:min=2"])
    kept = handful.select(pool, rows=8, method="random", dedup="exact", quotas=["side[left]:min=1"])
    assert kept.indices.min() < N // 2
