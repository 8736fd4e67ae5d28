import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.errors import DataError
from handful.flow.ids import read_ids
from handful.io.open import open_source
from handful.pool import Pool


def ids_of(values):
    return read_ids(Pool(open_source({"name": values}), None, "name"))


def test_without_a_column_ids_are_row_numbers():
    ids = read_ids(Pool(open_source({"x": [5, 6, 7]})))
    assert ids.values is None
    assert ids.rank is None
    assert ids.keys.tolist() == [0, 1, 2]
    assert ids.of(np.array([2, 0])).tolist() == [2, 0]


def test_whole_numbers_order_by_value_and_texts_by_their_bytes():
    assert ids_of([10, 9, -1]).rank.tolist() == [2, 1, 0]
    assert ids_of(["10", "9", "-1"]).rank.tolist() == [2, 1, 0]
    assert ids_of(["10", "9", "a"]).rank is None
    assert ids_of(["b", "a", "é", "Z"]).rank.tolist() == [2, 1, 3, 0]


def test_ids_that_are_in_order_need_no_rank():
    assert ids_of([3, 5, 8]).rank is None


@given(st.lists(st.integers(-(10**17), 10**17), min_size=1, unique=True))
def test_numbers_and_their_texts_are_the_same_ids(values):
    numbers, texts = ids_of(values), ids_of([str(value) for value in values])
    assert numbers.values.tolist() == texts.values.tolist() == values
    assert numbers.keys.tolist() == texts.keys.tolist()


@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=20, unique=True))
def test_rank_is_each_ids_place_among_the_sorted(values):
    ids = ids_of([f"x{value}" for value in values])
    found = np.arange(len(values)) if ids.rank is None else ids.rank
    expected = sorted(range(len(values)), key=lambda row: f"x{values[row]}".encode())
    assert [expected.index(row) for row in range(len(values))] == found.tolist()


def test_a_leading_zero_makes_ids_texts():
    assert ids_of(["01", "1"]).values.tolist() == ["01", "1"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["a", "b", "a"], r"row 2.*'a' already stands at .*row 0"),
        ([7, 8, 7, 8], r"row 2.*'7'.*row 0.*\(2 ids repeat"),
        (["a", ""], r"row 1: name is empty"),
        (["a", None], r"row 1: name is empty"),
    ],
)
def test_ids_that_repeat_or_are_empty_are_refused_by_row(values, said):
    with pytest.raises(DataError, match=said):
        ids_of(values)


def test_rows_are_found_by_id_and_what_is_not_there_is_listed():
    rows, missing = ids_of(["a", "b", "c"]).rows_of(["c", "x", "a"])
    assert rows.tolist() == [2, 0]
    assert missing == ["x"]
    rows, missing = ids_of([5, 3]).rows_of(["3", "03", "4"])
    assert rows.tolist() == [1]
    assert missing == ["03", "4"]


def test_row_numbers_are_found_as_written():
    ids = read_ids(Pool(open_source({"x": [5, 6, 7]})))
    rows, missing = ids.rows_of(["2", "02", "3", "-1", "x"])
    assert rows.tolist() == [2]
    assert missing == ["-1", "02", "3", "x"]
