"""Products and distances of single pairs: the compiled lanes have the bits of the plain ones."""

import numpy as np
import pytest

from handful.kernels import lanes
from handful.kernels.products import dots, squared_distances

WIDTHS = [0, 1, 7, 31, 32, 33, 64, 100, 384]


def pairs(d: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(d)
    rows = rng.standard_normal((2, 20, d)) * 10.0 ** rng.integers(-6, 6, (2, 20, 1))
    return tuple(rows.astype(np.float32))


@pytest.mark.parametrize("d", WIDTHS)
@pytest.mark.parametrize(
    ("fast", "plain"), [(dots, lanes.product), (squared_distances, lanes.squared_distance)]
)
def test_sums_of_pairs_have_the_bits_of_the_plain_sum_in_lanes(d, fast, plain):
    left, right = pairs(d)
    every, out = np.arange(20), np.full(20, np.nan)
    fast(left, every, right, every[::-1].copy(), out)
    assert out.tolist() == [plain(left[i], right[19 - i]) for i in range(20)]


@pytest.mark.parametrize("d", WIDTHS)
def test_sums_in_lanes_are_the_sums(d):
    for x, y in zip(*pairs(d), strict=True):
        wide = x.astype(np.float64), y.astype(np.float64)
        size = np.abs(wide[0]) @ np.abs(wide[1])
        assert lanes.product(x, y) == pytest.approx(wide[0] @ wide[1], abs=1e-13 * size)
        distance = np.sum((wide[0] - wide[1]) ** 2)
        assert lanes.squared_distance(x, y) == pytest.approx(distance, rel=1e-13)


def test_the_order_of_the_sum_is_that_of_lanes_and_not_of_elements():
    """Big terms of both signs in one lane cancel there before the small ones of others join."""
    x = np.ones(64, np.float32)
    x[0], x[32] = 2.0**30, -(2.0**30)
    x[1] = 2.0**-30
    y = np.abs(x)
    y[1] = 1.0
    out = np.empty(1)
    nil = np.zeros(1, np.int64)
    dots(x[None], nil, y[None], nil, out)
    assert out[0] == 61.0 + 2.0**-30
