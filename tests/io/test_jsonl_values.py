"""Values read from the bytes of JSON Lines against the same values read as Python objects."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handful import errors
from handful.io import values
from handful.io.jsonl import JsonlSource
from handful.pool import Kind, Strings

# With the JIT off, numpy warns where words are meant to wrap.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")

texts = st.one_of(
    st.text(st.sampled_from('a"\\/\n é名😀\ud83d\ude00'), max_size=8),
    st.sampled_from(["5", "-0", "1e5", "1.", "01", "+1", " 1", "inf", "NaN", "-Infinity", "x", ""]),
)
literals = st.sampled_from(
    [
        *("0", "-0", "1", "-7", "999999999999999999", "1000000000000000000", "-999999999999999999"),
        *("9223372036854775807", "9223372036854775808", "123456789012345678901234567890"),
        *("0.0", "-0.0", "1.0", "1.50", "1e5", "1E+2", "100e-2", "0.1", "2.5e-8", "1e22", "1e23"),
        *("9007199254740993", "9007199254740993.0", "0.30000000000000004", "123456789012345.678"),
        *("1e308", "1e309", "-1e400", "5e-324", "1e-400", "1e99999", "NaN", "Infinity"),
        *("-Infinity", "true", "false", "null"),
    ]
)
numbers = st.one_of(
    literals,
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(json.dumps),
    st.decimals(allow_nan=False, allow_infinity=False, places=6).map("{:f}".format),
)
nested = st.recursive(
    texts | st.integers() | st.floats() | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
spaced = nested.map(lambda value: json.dumps(value, indent=1).replace("\n", " "))
missing = st.none()
any_cell = st.one_of(missing, texts.map(json.dumps), numbers, nested.map(json.dumps), spaced)


def source_of(column: Sequence[str | None]) -> JsonlSource:
    """A file whose column "a" holds these JSON texts; None is a row without it."""
    rows = [b"{}" if cell is None else b'{"a": %s}' % cell.encode() for cell in column]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pool.jsonl"
        path.write_bytes(b"\n".join([b'{"a": null}', *rows]))
        return JsonlSource([str(path)])


def read(column: Sequence[str | None], kind: Kind) -> Any:
    return source_of(column).read({"a": kind}, 1, len(column) + 1)["a"]


def read_by_way_of_python(column: Sequence[str | None], kind: Kind) -> Any:
    encoded = pa.chunked_array([pa.array(column, pa.large_string())])
    field = values.encoded_field("a")
    return values.convert(encoded, field, kind, lambda row: f"row {row}")


def outcome(function: Any, *args: Any) -> Any:
    """What comes of it: type and values, or the error without its place."""
    try:
        result = function(*args)
    except errors.DataError as error:
        return str(error).rpartition(": a = ")[2]
    if isinstance(result, Strings):
        return list(result)
    if isinstance(result, np.ndarray):
        return result.dtype, (result + 0).tobytes()  # -0 is 0
    return repr(result)


@given(st.lists(any_cell, max_size=6))
@example(["-0", "1.50", "[1, 2]", None, "null", '"\\ud83d\\u0041"', '{"a": "\\u00e9"}', "true"])
def test_text_is_what_the_object_would_be_as_text(column: list[str | None]) -> None:
    assert outcome(read, column, "text") == outcome(read_by_way_of_python, column, "text")


@given(st.lists(st.one_of(missing, numbers), min_size=1, max_size=6))
@example(["1", "-0", "true", "9223372036854775807"])
@example(["1", None])
@example(["7566867883266285e24", "8743217512457538e-25"])  # powers of ten that are not exact
@example(["9223372036854775808", "1"])
def test_numbers_are_the_nearest_floats_or_exact_integers(column: list[str | None]) -> None:
    assert outcome(read, column, "number") == outcome(read_by_way_of_python, column, "number")


@given(st.lists(any_cell, min_size=1, max_size=3))
@example(['"1e5"', '"-0"', '""'])
@example(['"1."'])
@example(['" 1"'])
@example(["[1]"])
def test_texts_count_as_numbers_where_they_hold_one(column: list[str | None]) -> None:
    assert outcome(read, column, "number") == outcome(read_by_way_of_python, column, "number")


def test_what_is_no_number_is_named_with_its_place() -> None:
    with pytest.raises(errors.DataError, match=r'pool\.jsonl:3: a = "?.x.'):
        read(["1", '"x"'], "number")


floats = st.one_of(
    literals.filter(lambda text: text not in {"true", "false"}),
    st.floats(width=32, allow_nan=False).map(repr).filter(lambda text: "inf" not in text),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(10**20), 10**20).map(str),
)


@given(st.lists(st.lists(floats, min_size=3, max_size=3), min_size=1, max_size=4))
@example([["16777217", "16777217.0000000001", "16777216.9999999999"]])  # by a float32 midpoint
@example([["1.00000005960464477539062500000001", "1.000000059604644775390625", "1e-46"]])
@example([["0.05805188603699207305908203125", "0.8454248011112213134765624999", "1"]])
@example([["-0", "-0.0", "0e999"]])
def test_vectors_are_the_nearest_float32(rows: list[list[str]]) -> None:
    column = [f"[{' , '.join(row)}]" for row in rows]
    wanted = [[np.nan if x is None else float(x) for x in json.loads(cell)] for cell in column]
    found = read(column, "vector")
    assert found.dtype == np.float32
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(found, np.array(wanted).astype(np.float32))
    assert (np.signbit(found) == np.signbit(np.array(wanted))).all()


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (None, "is missing"),
        ("null", "is missing"),
        ('"a"', "holds text"),
        ("1", "holds a number"),
        ("{}", "holds an object"),
        ('[1, "2"]', "holds something else than numbers"),
        ("[1, true]", "holds something else than numbers"),
        ("[1, [2]]", "holds something else than numbers"),
        ("[1]", "has 1 numbers and not the 2 of the rows before"),
        ("[1, 2, 3]", "has 3 numbers and not the 2 of the rows before"),
        ("[]", "has 0 numbers and not the 2 of the rows before"),
    ],
)
def test_what_is_no_vector_is_named_with_its_place(cell: str | None, reason: str) -> None:
    with pytest.raises(errors.DataError, match=rf"pool\.jsonl:3: a {reason}"):
        read(["[1, 2]", cell], "vector")


@given(st.lists(any_cell, max_size=6))
def test_objects_are_those_of_json(column: list[str | None]) -> None:
    wanted = [None if cell is None else json.loads(cell) for cell in column]
    assert repr(read(column, "object")) == repr(wanted)


def test_an_empty_range_has_the_type_of_its_kind() -> None:
    source = source_of(["1"])
    kinds: dict[Kind, type] = {"text": Strings, "number": np.ndarray, "object": list}
    for kind, kept in kinds.items():
        found = source.read({"a": kind}, 1, 1)["a"]
        assert isinstance(found, kept)
        assert len(found) == 0
