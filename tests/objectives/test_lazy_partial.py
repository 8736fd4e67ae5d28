"""The factor that meets its pivots late, against the one that meets them at once."""

import numpy as np
import pytest

from handful.graphs.similarity import pairs
from handful.objectives import Arrays, LogDet
from handful.objectives._cholesky import LazyPartial, Partial, dense_column
from handful.optimizers import maximize
from handful.optimizers.greedy import Greedy
from handful.optimizers.lazy import Lazy
from handful.testing.clustered import clustered


@pytest.mark.parametrize("d", [1, 5, 32, 90])
def test_what_is_left_is_what_the_plain_factor_leaves_however_late_a_row_is_asked_for(d):
    rng, noise = np.random.default_rng(d), 0.3
    x = rng.standard_normal((50, d)).astype(np.float32)
    x[7], x[9] = x[3], 0
    made = pairs("dot", x)
    at_once, late = Partial(1.0 + made.diagonal() / noise), LazyPartial(x, noise)
    soon, every = LazyPartial(x, noise), np.arange(50)
    for row in rng.permutation(50)[:40].tolist():
        column = dense_column(made, row) / noise
        column[row] += 1.0
        at_once.add(row, column)
        late.add(row)
        soon.add(row)
        soon.log_left(every)
        some = np.setdiff1d(rng.choice(50, 6), late.subset)
        np.testing.assert_allclose(late.log_left(some), at_once.log_left(some), atol=1e-12)
        np.testing.assert_array_equal(late.log_left(some), soon.log_left(some))


def test_a_copy_is_independent():
    x = clustered(40, 8)
    first = LazyPartial(x, 1.0)
    for row in range(5):
        first.add(row)
    before = first.copy().log_left(np.arange(10, 40))
    other = first.copy()
    for row in range(5, 10):
        other.add(row)
    other.log_left(np.arange(10, 40))
    np.testing.assert_array_equal(first.log_left(np.arange(10, 40)), before)


def test_lazy_and_naive_greedy_pick_the_same_rows():
    x = clustered(400, 12)
    x[100:130] = x[5]
    view = Arrays({"x": x})
    naive, lazy = (maximize(LogDet(), view, 60, optimizer=o) for o in (Greedy(), Lazy()))
    assert naive.indices.tolist() == lazy.indices.tolist()
    np.testing.assert_array_equal(naive.gains, lazy.gains)
    assert lazy.value == pytest.approx(LogDet().value(view, lazy.indices), rel=1e-9)
