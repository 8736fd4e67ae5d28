"""The heap against sorting."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from handful.kernels.heap import pop, push


@given(
    st.lists(st.lists(st.integers(0, 5), max_size=12), max_size=6),
    st.lists(st.tuples(st.integers(0, 9), st.integers(-1, 6)), max_size=6),
)
def test_what_comes_off_is_what_sorting_would_give(pushed, popped):
    keys, names = np.empty(100), np.empty(100, np.int64)
    size, name, held = 0, 0, []
    for turn in range(max(len(pushed), len(popped))):
        if turn < len(pushed):
            new = np.array(pushed[turn], np.float64)
            own = np.arange(name, name + len(new))[::-1].copy()
            size, name = push(keys, names, size, new, own), name + len(new)
            held += list(zip(-new, own, strict=True))
        if turn < len(popped):
            most, least = popped[turn]
            wanted = [entry for entry in sorted(held)[:most] if -entry[0] >= least]
            out = np.empty(most, np.int64)
            taken = pop(keys, names, size, float(least), out)
            size -= taken
            assert out[:taken].tolist() == [own for _, own in wanted]
            held = [entry for entry in held if entry not in wanted]
    assert sorted(names[:size].tolist()) == sorted(own for _, own in held)


def test_a_long_run_comes_off_in_order():
    rng = np.random.default_rng(0)
    keys, names, out = np.empty(5000), np.empty(5000, np.int64), np.empty(5000, np.int64)
    values = rng.integers(0, 50, 5000).astype(float)
    size = push(keys, names, 0, values[:4000], np.arange(4000))
    size = push(keys, names, size, values[4000:], np.arange(4000, 5000))
    assert pop(keys, names, size, -np.inf, out) == 5000
    assert out.tolist() == np.lexsort((np.arange(5000), -values)).tolist()


def test_nothing_below_the_least_comes_off():
    keys, names, out = np.empty(3), np.empty(3, np.int64), np.empty(3, np.int64)
    size = push(keys, names, 0, np.array([1.0, 2.0, 3.0]), np.arange(3))
    assert pop(keys, names, size, 2.5, out) == 1
    assert out[0] == 2
    assert pop(keys, names, 0, 0.0, out) == 0
