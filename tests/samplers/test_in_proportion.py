"""Turns in proportion: every beginning of every small case, and orders that look right and are not."""

from itertools import product

import numpy as np
import pytest

from handful.samplers.in_proportion import in_proportion

SMALL = [np.array(s) for g in (1, 2, 3, 4) for s in product(range(8 if g < 4 else 6), repeat=g)]
SMALL.append(np.array([3, 3, 3, 3, 1, 1, 1]))


def every_beginning_is_in_proportion(order):
    for sizes in SMALL:
        n, turns = int(sizes.sum()), order(sizes)
        assert len(turns) == n
        held = np.zeros(len(sizes), np.int64)
        for t, group in enumerate(turns.tolist(), start=1):
            held[group] += 1
            assert (held >= t * sizes // n).all(), (sizes, turns)
            assert (held <= -(-t * sizes // n)).all(), (sizes, turns)


def by_even_places(sizes):
    """Sainte-Laguë's order: the j-th seat at (j − ½)·n/n_g."""
    places = [((j + 0.5) / size, g) for g, size in enumerate(sizes.tolist()) for j in range(size)]
    return np.array([g for _, g in sorted(places)], np.int64)


def by_largest_remainder_of_the_moment(sizes):
    """The group furthest behind its share."""
    held, turns = np.zeros(len(sizes)), []
    for t in range(1, int(sizes.sum()) + 1):
        turns.append(int(np.argmax(t * sizes / sizes.sum() - held)))
        held[turns[-1]] += 1
    return np.array(turns, np.int64)


def test_every_beginning_holds_each_share_rounded_down_or_up():
    every_beginning_is_in_proportion(in_proportion)


@pytest.mark.parametrize("order", [by_even_places, by_largest_remainder_of_the_moment])
def test_orders_that_are_not_in_proportion_are_caught(order):
    with pytest.raises(AssertionError):
        every_beginning_is_in_proportion(order)


def test_equal_groups_take_turns_and_larger_ones_come_first():
    assert in_proportion(np.array([2, 2, 2])).tolist() == [0, 1, 2, 0, 1, 2]
    assert in_proportion(np.array([1, 2])).tolist() == [1, 0, 1]
    assert in_proportion(np.array([1, 3])).tolist() == [1, 1, 0, 1]
    assert in_proportion(np.array([0, 0])).tolist() == []
