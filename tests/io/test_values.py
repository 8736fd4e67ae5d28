"""What Arrow values are as text, numbers and vectors."""

import datetime
import decimal
import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.errors import DataError
from handful.io.values import convert, encoded_field, json_text, native_kind, strict_json
from handful.pool import Strings


def column(values, kind=None, chunks=1):
    pieces = np.array_split(np.arange(len(values)), chunks)
    return pa.chunked_array([pa.array([values[i] for i in piece], kind) for piece in pieces], kind)


def as_kind(values, kind, arrow=None, chunks=1):
    array = column(values, arrow, chunks)
    return convert(array, pa.field("c", array.type), kind, "row {}".format)


def texts(values, arrow=None, chunks=1):
    found = as_kind(values, "text", arrow, chunks)
    assert isinstance(found, Strings)
    return list(found)


VALUES = {
    pa.string(): st.text(),
    pa.large_string(): st.text(),
    pa.dictionary(pa.int32(), pa.string()): st.text(),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint8(): st.integers(0, 255),
    pa.float64(): st.floats(),
    pa.float32(): st.floats(width=32),
    pa.bool_(): st.booleans(),
    pa.list_(pa.int64()): st.lists(st.integers(-9, 9)),
    pa.struct({"a": pa.string(), "b": pa.float64()}): st.fixed_dictionaries(
        {"a": st.text(), "b": st.floats(allow_nan=False)}
    ),
}


@given(st.data(), st.sampled_from(list(VALUES)), st.integers(1, 3))
def test_text_is_the_plain_json_text_of_the_value(data, kind, chunks) -> None:
    values = data.draw(st.lists(st.none() | VALUES[kind], max_size=8))
    expected = [json_text(value) for value in column(values, kind).to_pylist()]
    assert texts(values, kind, chunks) == expected


@given(st.floats() | st.integers() | st.booleans() | st.lists(st.text(alphabet='aé\x00"')))
def test_text_of_a_value_that_is_no_string_is_read_back_by_json(value) -> None:
    back = json.loads(json_text(value))
    assert back == value or str(back) == str(value) == "nan"


def test_text_of_dates_decimals_and_bytes() -> None:
    day = datetime.date(2024, 2, 29)
    noon = datetime.datetime(2024, 2, 29, 12, 0, 0, 5)
    assert texts([day]) == ["2024-02-29"]
    assert texts([noon], pa.timestamp("ns")) == ["2024-02-29T12:00:00.000005"]
    assert texts([decimal.Decimal("1.50")]) == ["1.50"]
    assert texts([b"ab", b"\xff"]) == ["ab", "/w=="]
    assert texts([{"d": day}], pa.struct({"d": pa.date32()})) == ['{"d":"2024-02-29"}']


def test_a_slice_of_texts_is_itself() -> None:
    for kind in (pa.string(), pa.large_string()):
        array = column(["a", "bb", None, "cé", "d"], kind).slice(1, 3)
        assert list(convert(array, pa.field("c", kind), "text", str)) == ["bb", "", "cé"]
        array = column(["a", "bb", "cé"], kind).slice(1)
        assert list(convert(array, pa.field("c", kind), "text", str)) == ["bb", "cé"]


def test_bytes_that_are_not_utf8_are_refused_with_their_row() -> None:
    raw = pa.array([b"ok", b"\xe9"], pa.binary())
    array = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    with pytest.raises(DataError, match=r"row 1: not valid UTF-8.*iconv"):
        convert(pa.chunked_array([array]), pa.field("c", pa.string()), "text", "row {}".format)


def test_whole_numbers_stay_whole_and_missing_ones_are_nan() -> None:
    whole = as_kind([1, 2**62], "number", chunks=2)
    assert whole.dtype == np.int64 and whole.tolist() == [1, 2**62]
    holed = as_kind([1, None], "number")
    assert holed.dtype == np.float64 and np.array_equal(holed, [1, np.nan], equal_nan=True)
    assert as_kind([True, False], "number").tolist() == [1, 0]
    assert as_kind([2**63], "number", pa.uint64()).tolist() == [2.0**63]
    assert as_kind([decimal.Decimal("0.5")], "number").tolist() == [0.5]
    assert np.isnan(as_kind([None], "number")).all()


def test_numbers_written_as_text_are_read_as_json_reads_them() -> None:
    assert as_kind(["1", "-20"], "number").dtype == np.int64
    assert as_kind(["1.5e3", "-0.5", "7"], "number").tolist() == [1500, -0.5, 7]
    assert np.array_equal(as_kind(["", None, "NaN"], "number"), [np.nan] * 3, equal_nan=True)
    assert as_kind(["99999999999999999999"], "number").tolist() == [1e20]


@pytest.mark.parametrize("text", ["1,5", "0x10", " 1", "1_000", "007", "one"])
def test_text_that_is_no_number_is_refused_with_its_row(text) -> None:
    with pytest.raises(DataError, match=r"row 1: c = .* not a number. Mend it"):
        as_kind(["1", text], "number")


def test_dates_and_lists_are_no_numbers() -> None:
    for value in (datetime.date(2024, 1, 1), [1]):
        with pytest.raises(DataError, match=r"row 1: c = .* not a number"):
            as_kind([None, value], "number")


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64(), pa.int64()])
@pytest.mark.parametrize("listed", [pa.list_, pa.large_list, lambda kind: pa.list_(kind, 2)])
def test_lists_of_numbers_are_vectors(kind, listed) -> None:
    values = [[np.float16(1), np.float16(2)]] * 3 if kind == pa.float16() else [[1, 2]] * 3
    found = as_kind(values, "vector", listed(kind), chunks=2)
    assert found.dtype == (np.float16 if kind == pa.float16() else np.float32)
    assert found.tolist() == [[1, 2]] * 3


def test_a_slice_of_vectors_is_itself() -> None:
    for kind in (pa.list_(pa.float32()), pa.list_(pa.float32(), 2)):
        array = column([[1, 2], [3, 4], [5, 6]], kind).slice(1)
        assert convert(array, pa.field("c", kind), "vector", str).tolist() == [[3, 4], [5, 6]]


def test_vectors_that_do_not_fit_are_refused_with_their_row() -> None:
    with pytest.raises(DataError, match=r"row 1: c has 1 numbers and not the 2"):
        as_kind([[1, 2], [1]], "vector")
    with pytest.raises(DataError, match=r"row 1: c is missing"):
        as_kind([[1, 2], None], "vector")
    with pytest.raises(DataError, match=r"row 0: c holds .*string"):
        as_kind([["a"]], "vector")


def test_a_missing_number_in_a_vector_is_nan() -> None:
    for kind in (pa.float16(), pa.float32(), pa.float64()):
        found = as_kind([[np.float16(1), None]], "vector", pa.list_(kind))
        assert found[0, 0] == 1 and np.isnan(found[0, 1])


def test_values_of_several_types_are_kept_as_they_are() -> None:
    values = ["5", 5, 1.5, True, None, {"a": [1]}]
    array = pa.chunked_array([pa.array([None if v is None else json.dumps(v) for v in values])])
    field = encoded_field("c")
    assert convert(array, field, "object", str) == values
    assert list(convert(array, field, "text", str)) == ["5", "5", "1.5", "true", "", '{"a":[1]}']
    numbers = convert(array.slice(0, 5), field, "number", str)
    assert np.array_equal(numbers, [5, 5, 1.5, 1, np.nan], equal_nan=True)
    with pytest.raises(DataError, match=r"not a number"):
        convert(array, field, "number", str)


def test_native_kinds() -> None:
    kinds = {
        pa.string(): "text",
        pa.dictionary(pa.int8(), pa.string()): "text",
        pa.date32(): "text",
        pa.binary(): "text",
        pa.int8(): "number",
        pa.bool_(): "number",
        pa.decimal128(9): "number",
        pa.list_(pa.float32()): "vector",
        pa.list_(pa.float64(), 3): "vector",
        pa.list_(pa.string()): "object",
        pa.struct({"a": pa.int8()}): "object",
        pa.null(): "object",
    }
    assert {kind: native_kind(pa.field("c", kind)) for kind in kinds} == kinds


def test_json_out_is_valid_json() -> None:
    row = {"a": float("nan"), "b": [float("inf"), 1.0], "c": {"d": -float("inf")}}
    assert strict_json(row) == '{"a":null,"b":[null,1.0],"c":{"d":null}}'
