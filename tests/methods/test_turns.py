"""Several rankings share one budget as their shares say."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from handful.budget import Ledger
from handful.methods._turns import take_in_turns


def test_equal_shares_go_round_robin_without_repeats():
    ledger = Ledger(8, rows=5)
    served = take_in_turns(
        ledger, [np.array([0, 1, 2, 3]), np.array([0, 1, 4, 5]), np.array([6])], [1, 1, 1]
    )
    assert ledger.taken == [0, 1, 6, 2, 4]
    assert served.tolist() == [0, 1, 2, 0, 1]


def test_a_double_share_is_served_twice_as_often():
    ledger = Ledger(90, rows=30)
    served = take_in_turns(ledger, [np.arange(45), np.arange(45, 90)], [2, 1])
    assert np.bincount(served).tolist() == [20, 10]


def test_under_a_cost_the_share_is_of_the_cost():
    costs = np.array([4] * 10 + [1] * 40)
    ledger = Ledger(50, rows=50, costs=costs, amount=32)
    served = take_in_turns(ledger, [np.arange(10), np.arange(10, 50)], [1, 1])
    assert costs[ledger.taken].sum() == 32
    assert np.bincount(served).tolist() == [4, 16]


@given(
    st.lists(st.permutations(range(7)), min_size=2, max_size=3),
    st.lists(st.sampled_from([0.5, 1.0, 3.0]), min_size=3, max_size=3),
    st.integers(0, 9),
    st.lists(st.integers(0, 6), max_size=2, unique=True),
)
def test_each_prefix_is_what_a_smaller_budget_picks(orders, shares, rows, included):
    rankings = [np.array(order) for order in orders]

    def picks(k):
        ledger = Ledger(7, rows=k + len(included))
        for row in included:
            ledger.take(row)
        take_in_turns(ledger, rankings, shares[: len(orders)])
        return ledger.taken

    whole = picks(rows)
    assert len(whole) == len(set(whole)) == min(7, rows + len(included))
    for k in range(rows):
        assert picks(k) == whole[: len(picks(k))]


def test_a_ranking_that_runs_out_leaves_its_turn_to_the_others():
    ledger = Ledger(10, rows=6)
    served = take_in_turns(ledger, [np.array([0]), np.arange(1, 10)], [5, 1])
    assert served.tolist() == [0, 1, 1, 1, 1, 1]
