import dataclasses
import sys
import types

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse

from handful.errors import UsageError
from handful.selection import Picks, Selection

PICKED = [4, 0, 3]
N = 6


def selection(**changes):
    return Selection(np.array(PICKED), np.array(PICKED), N, "top", nested=True, **changes)


class Dataset:
    """Stands for a Hugging Face dataset: `take` gives the first rows, `select` those of a list."""

    column_names = ("x",)

    def __init__(self, values):
        self.values = list(values)

    def __len__(self):
        return len(self.values)

    def take(self, count):
        return Dataset(self.values[:count])

    def select(self, rows):
        return Dataset([self.values[row] for row in rows])


LIST = [10 * row for row in range(N)]
DENSE = np.arange(2 * N).reshape(N, 2)
KINDS = {
    "list": (LIST, list),
    "tuple": (tuple(LIST), list),
    "numpy": (DENSE, lambda a: (a[:, 0] * 5).tolist()),
    "csr": (scipy.sparse.csr_matrix(DENSE), lambda a: (a.toarray()[:, 0] * 5).tolist()),
    "coo": (scipy.sparse.coo_array(DENSE), lambda a: (a.toarray()[:, 0] * 5).tolist()),
    "pandas frame": (pd.DataFrame({"x": LIST}, index=list("fedcba")), lambda f: f["x"].tolist()),
    "pandas series": (pd.Series(LIST), lambda s: s.tolist()),
    "polars frame": (pl.DataFrame({"x": LIST}), lambda f: f["x"].to_list()),
    "polars series": (pl.Series(LIST), lambda s: s.to_list()),
    "arrow table": (pa.table({"x": LIST}), lambda t: t["x"].to_pylist()),
    "arrow array": (pa.array(LIST), lambda a: a.to_pylist()),
    "record batch": (pa.RecordBatch.from_pydict({"x": LIST}), lambda b: b["x"].to_pylist()),
    "dataset": (Dataset(LIST), lambda d: d.values),
}


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_taken_in_either_order_and_the_type_given_comes_back(kind):
    data, as_list = KINDS[kind]
    source, picked = selection().apply(data), selection().apply(data, order="picked")
    assert list(as_list(source)) == [0, 30, 40]
    assert list(as_list(picked)) == [40, 0, 30]
    assert type(source) is type(data)
    assert type(picked) is type(data)


def test_a_pandas_frame_keeps_its_index():
    frame = KINDS["pandas frame"][0]
    assert selection().apply(frame).index.tolist() == ["f", "c", "b"]


def test_each_column_of_a_dict_is_cut():
    cut = selection().apply({"text": LIST, "embedding": DENSE})
    assert cut["text"] == [0, 30, 40]
    assert cut["embedding"].tolist() == DENSE[[0, 3, 4]].tolist()


def test_a_torch_dataset_becomes_a_subset(monkeypatch):
    torch = types.ModuleType("torch.utils.data")
    torch.Subset = lambda data, rows: (data, rows)
    monkeypatch.setitem(sys.modules, "torch", types.ModuleType("torch"))
    monkeypatch.setitem(sys.modules, "torch.utils", types.ModuleType("torch.utils"))
    monkeypatch.setitem(sys.modules, "torch.utils.data", torch)

    class Map:
        def __len__(self):
            return N

        def __getitem__(self, row):
            return row

    data = Map()
    assert selection().apply(data) == (data, [0, 3, 4])


@pytest.mark.parametrize(
    "data", ["texts!", {1, 2, 3, 4, 5, 6}, pl.LazyFrame({"x": LIST}), iter(LIST)]
)
def test_a_type_whose_rows_cannot_be_taken_is_refused(data):
    with pytest.raises(UsageError, match=r"Use selection\.indices"):
        selection().apply(data)


@pytest.mark.parametrize("data", [LIST[:-1], DENSE[:5], pd.DataFrame({"x": LIST[1:]})])
def test_data_of_another_length_is_refused(data):
    with pytest.raises(UsageError, match="5 rows, but the selection was made from 6"):
        selection().apply(data)


def test_an_unknown_order_is_refused():
    with pytest.raises(UsageError, match="order 'random' is not one of source, picked"):
        selection().apply(LIST, order="random")


def test_rows_come_in_picked_order_unless_sorted():
    assert list(selection()) == PICKED
    assert selection().rows("picked").tolist() == PICKED
    assert selection().rows().tolist() == sorted(PICKED)


def test_a_prefix_keeps_what_is_true_of_it_and_drops_the_rest():
    whole = selection(
        gains=np.array([3.0, 2.0, 1.0]),
        value=6.0,
        upper_bound=7.0,
        weights=np.ones(3),
        weight_kind="representation",
        representatives=np.zeros(N, np.int64),
    )
    cut = whole[:2]
    assert list(cut) == PICKED[:2]
    assert cut.ids.tolist() == PICKED[:2]
    assert cut.gains.tolist() == [3.0, 2.0]
    assert cut.value == 5.0
    assert (cut.upper_bound, cut.weights, cut.weight_kind, cut.representatives) == (None,) * 4
    assert len(whole) == 3
    assert len(whole[:99]) == 3
    assert len(whole[:0]) == 0


@pytest.mark.parametrize("index", [1, slice(1, 2), slice(None, None, 2), slice(None, None, -1)])
def test_anything_but_a_prefix_is_refused(index):
    with pytest.raises(UsageError, match="first m picks only"):
        selection()[index]


def test_a_prefix_of_a_method_that_is_not_nested_is_refused():
    whole = dataclasses.replace(selection(), nested=False, method="stratified")
    with pytest.raises(UsageError, match="stratified is not nested"):
        whole[:2]


def test_a_selection_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        selection().value = 1.0


def test_a_row_picked_twice_is_never_returned():
    with pytest.raises(AssertionError, match="twice"):
        Picks(np.array([1, 2, 1]))


def test_a_selection_shows_itself_in_one_line() -> None:
    assert repr(selection()) == "<Selection: 3 of 6 rows by top>"
    shown = repr(selection(value=1234.5, upper_bound=2000.0))
    assert shown == "<Selection: 3 of 6 rows by top, value 1,234.5 of at most 2,000>"
