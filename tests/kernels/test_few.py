"""The best few of what goes by, against sorting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from handful.kernels.few import offer


@njit
def offered(values, names, size, empty):
    """`offer` has no door to Python: this is one."""
    kept, whose = np.full(size, -np.inf).astype(values.dtype), np.full(size, empty, names.dtype)
    for at in range(len(values)):
        offer(kept, whose, values[at], names[at])
    return kept, whose


@pytest.mark.parametrize("kinds", [(np.float64, np.int64), (np.float32, np.int32)])
@given(st.lists(st.integers(0, 4), max_size=12), st.integers(1, 5), st.randoms())
def test_the_few_are_the_first_of_a_sorted_list_in_whatever_order_they_come(
    kinds, numbers, size, random
):
    names = list(range(len(numbers)))
    random.shuffle(names)
    values, whose = np.array(numbers, kinds[0]), np.array(names, kinds[1])
    kept, found = offered(values, whose, size, np.iinfo(kinds[1]).max)
    wanted = sorted(zip(-values, whose, strict=True))[:size]
    filled = np.isfinite(kept)
    assert sorted(zip(-kept[filled], found[filled], strict=True)) == wanted
    if len(wanted) == size:
        assert (-kept[0], found[0]) == wanted[-1]  # the worst is at the root
