"""The compiled JSON Lines kernels against the plain parser that defines them."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handful.kernels import jsonl
from handful.kernels import jsonl_reference as reference
from handful.kernels.jsonl_reference import Kind

# With the JIT off, numpy warns where words are meant to wrap.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")

NAMES = ["text", "id", "é", "", "\ufffd", "no such"]


def as_buffer(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.uint8)


def find_lines(data: bytes) -> list[tuple[int, int]]:
    found = jsonl.lines(as_buffer(data), 0, len(data), len(data) + 1)
    assert found.next == len(data)
    return list(zip(found.starts.tolist(), found.ends.tolist(), strict=True))


def is_sound(*lines: bytes) -> list[bool]:
    starts = np.cumsum([0, *(len(line) + 1 for line in lines)], dtype=np.int64)
    ends = starts[1:] - 1
    faults = jsonl.check(as_buffer(b"\n".join(lines)), starts[:-1], ends)
    within = (faults == -1) | ((starts[:-1] <= faults) & (faults <= ends))
    assert within.all(), "a fault lies in its line"
    return (faults == -1).tolist()


def read_fields(line: bytes, names: list[str]) -> list[tuple[Kind, bytes]]:
    buffer = as_buffer(line)
    ends = np.array([len(line)])
    kinds, firsts, lasts = jsonl.extract(buffer, np.array([0]), ends, names)
    texts, offsets = jsonl.gather(buffer, firsts[:, 0], lasts[:, 0], kinds[:, 0])
    pieces = [texts[i:j].tobytes() for i, j in itertools.pairwise(offsets)]
    return [(Kind(kind), piece) for kind, piece in zip(kinds[:, 0], pieces, strict=True)]


def read_fields_plainly(line: bytes, names: list[str]) -> list[tuple[Kind, bytes]]:
    found = reference.fields(line, names)
    return [(kind, reference.text(kind, line[first:last])) for kind, first, last in found]


# Random objects in random styles ------------------------------------------------------------------

characters = st.one_of(
    st.sampled_from('a"\\/\b\f\n\r\t\x00\x1f\x7f éß\u2028名\ufffd😀'),
    st.characters(exclude_categories=["Cs"]),
)
strings = st.text(characters, max_size=30)
values = st.recursive(
    st.one_of(
        strings,
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.sampled_from([1e300, -0.0, 10**40, math.inf, -math.inf, math.nan]),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(strings, inner, max_size=4),
    max_leaves=10,
)
keys = st.one_of(st.sampled_from(NAMES), strings)
pairs = st.lists(st.tuples(keys, values), max_size=6)  # keys may come twice
spaces = st.text(" \t\r", max_size=3)


@st.composite
def spelled_string(draw: st.DrawFn, text: str) -> str:
    short = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f"}
    short |= {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    style = draw(st.sampled_from(["plain", "ascii", "escaped", "mixed"]))
    out = []
    for character in text:
        units = character.encode("utf-16-be")
        long = "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
        must = character in '"\\' or character < " "
        choice = draw(st.sampled_from([0, 1, 2])) if style == "mixed" else 0
        if style == "escaped" or choice == 1 or (style == "ascii" and character > "~"):
            out.append(long.upper().replace("\\U", "\\u") if choice else long)
        elif must or (choice == 2 and character in short):
            out.append(short.get(character, long))
        else:
            out.append(character)
    return '"' + "".join(out) + '"'


@st.composite
def spelled(draw: st.DrawFn, value: object) -> str:
    def spaced(sign: str) -> str:
        return draw(spaces) + sign + draw(spaces)

    if isinstance(value, str):
        return draw(spelled_string(value))
    if isinstance(value, list):
        return spaced("[") + spaced(",").join(draw(spelled(x)) for x in value) + spaced("]")
    if isinstance(value, dict | tuple):
        items = value.items() if isinstance(value, dict) else value
        body = [draw(spelled_string(k)) + spaced(":") + draw(spelled(v)) for k, v in items]
        return spaced("{") + spaced(",").join(body) + spaced("}")
    return json.dumps(value)


@st.composite
def sound_lines(draw: st.DrawFn) -> bytes:
    return draw(spelled(tuple(draw(pairs)))).encode()


@st.composite
def broken_lines(draw: st.DrawFn) -> bytes:
    line = bytearray(draw(sound_lines()))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(line)))
        byte = draw(
            st.one_of(st.sampled_from(b'"\\{}[],:0-.eu\t \x80\xc3\xed\xf4'), st.integers(0, 255))
        )
        kind = draw(st.sampled_from(["replace", "insert", "delete"]))
        line[place : place + (kind != "insert")] = b"" if kind == "delete" else bytes([byte])
    return bytes(line).replace(b"\n", b"")


@given(sound_lines())
def test_every_object_is_sound_in_every_style(line: bytes) -> None:
    assert is_sound(line) == [True]
    assert reference.fault(line) is None


@given(sound_lines(), st.lists(st.one_of(st.sampled_from(NAMES), strings), max_size=5))
@example(rb'{"text": "a", "\u0074ext": "\ud83d\ude00\ud83d", "\ud800": 3}', ["text", "\ufffd"])
@example(rb'{"a": {"text": 1}, "text" : [ {"b":"]}"} ] , "id":null}', ["text", "id", "a"])
def test_fields_are_those_of_the_plain_parser(line: bytes, names: list[str]) -> None:
    assert read_fields(line, names) == read_fields_plainly(line, names)


@given(st.lists(broken_lines(), min_size=1, max_size=5))
def test_what_is_sound_is_what_the_plain_parser_takes(lines: list[bytes]) -> None:
    assert is_sound(*lines) == [reference.fault(line) is None for line in lines]


@given(broken_lines(), st.binary(max_size=20))
def test_a_line_is_judged_by_its_own_bytes_alone(line: bytes, other: bytes) -> None:
    before = other.replace(b"\n", b" ")
    buffer = as_buffer(before + line + b'"}"}')
    starts, ends = np.array([len(before)]), np.array([len(before) + len(line)])
    assert (jsonl.check(buffer, starts, ends)[0] == -1) == (reference.fault(line) is None)


@given(broken_lines(), st.lists(strings, max_size=3))
def test_reading_an_unsound_line_stays_within_it(line: bytes, names: list[str]) -> None:
    # A file can change under us between the check and the read: wrong is allowed, beyond is not.
    buffer = as_buffer(line + b'"' * 40)
    fields = jsonl.extract(buffer, np.array([0]), np.array([len(line)]), ["", "text", *names])
    assert (fields.firsts >= 0).all()
    assert (fields.lasts <= len(line)).all()
    jsonl.gather(buffer, fields.firsts[:, 0], fields.lasts[:, 0], fields.kinds[:, 0])


# Cases by hand ------------------------------------------------------------------------------------

SOUND = [
    b"{}",
    b' \t\r{ "a" : [ ] , "b" : { } } \r',
    b'{"a":[0,-0,1e5,1E+5,1.5e-7,-12.25,true,false,null,NaN,Infinity,-Infinity]}',
    b'{"":"","a":"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"}',
    rb'{"a":"\"\\\/\b\f\n\r\t\u00e9\uD83D\uDe00\ud800\udc00 \udc00\ud800\ud800\u0041\ud800x"}',
    b'{"a":' + b"9" * 5000 + b"}",
    b'{"a":1,"a":2}',
]
UNSOUND = [
    b"[]", b"3", b'"a"', b"null", b"{", b"}", b"{]", b'{"a"}', b'{"a":}', b'{"a":1,}', b'{,"a":1}',
    b'{"a":1 "b":2}', b'{"a":1}}', b'{"a":1} x', b'{"a":1}{}', b"{a:1}", b"{'a':1}", b'{"a":[1,]}',
    b'{"a":[,1]}', b'{"a":[1}', b'{"a":{"b":1]}', b'{"a":[}', b'{"a":01}', b'{"a":-}', b'{"a":+1}',
    b'{"a":.5}', b'{"a":1.}', b'{"a":1.e5}', b'{"a":1e}', b'{"a":1e+}', b'{"a":0x1}', b'{"a":tru}',
    b'{"a":truex}', b'{"a":True}', b'{"a":nul', b'{"a":-NaN}', b'{"a":Inf}', b'{"a":-Infinit}',
    b'{"a":"}', b'{"a":"b}', b'{"a":"\t"}', b'{"a":"\x00"}', b'{"a":"\x1f"}', rb'{"a":"\x"}',
    rb'{"a":"\u12"}', rb'{"a":"\u12g4"}', rb'{"a":"\u"}', rb'{"a":"\u+123"}', b'{"a":"\\',
    b'{"a":"\\u123', rb'{"a":"\"}', b'{"a":"\x80"}', b'{"a":"\xc0\x80"}', b'{"a":"\xc1\xbf"}',
    b'{"a":"\xe0\x9f\xbf"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\xf0\x8f\xbf\xbf"}',
    b'{"a":"\xf4\x90\x80\x80"}', b'{"a":"\xf5\x80\x80\x80"}', b'{"a":"\xc3"}', b'{"a":"\xe2\x82"}',
    b'{"a":"\xff"}', b'{"a\xc3":1}', b'\xef\xbb\xbf{"a":1}', b'{"a":1}\xc2\xa0', b'{"a":1}\x00',
    b'{\x0b"a":1}', b'{"a":1}\x0c',
]  # fmt: skip


@pytest.mark.parametrize("line", SOUND)
def test_sound_lines_are_sound_and_their_truncations_are_not(line: bytes) -> None:
    body = line.rstrip()
    cuts = [
        body[:length] for length in {*range(0, len(body), max(1, len(body) // 100)), len(body) - 1}
    ]
    assert is_sound(line, *cuts) == [True] + [False] * len(cuts)
    assert reference.fault(line) is None
    assert all(map(reference.fault, cuts))
    assert read_fields(line, ["a", "b", ""]) == read_fields_plainly(line, ["a", "b", ""])


@pytest.mark.parametrize("line", UNSOUND)
def test_unsound_lines_are_refused(line: bytes) -> None:
    assert is_sound(line) == [False]
    assert reference.fault(line)


@pytest.mark.parametrize("frame", [b'{"a":"%s"}', b'{"%s":1}', b'{"a":"..%s"}'])
def test_every_two_bytes_within_a_string_are_judged_as_python_does(frame: bytes) -> None:
    pairs = (bytes(pair) for pair in itertools.product(range(256), repeat=2) if 10 not in pair)
    lines = [frame % pair for pair in pairs]
    assert is_sound(*lines) == [reference.fault(line) is None for line in lines]


@pytest.mark.parametrize("frame", [b'{"a":"%s"}', b'{"%s":1}'])
def test_every_kind_of_long_character_is_judged_as_python_does(frame: bytes) -> None:
    leads = [0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5]
    tails = [0x22, 0x61, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xE0]
    lines = [frame % bytes(four) for four in itertools.product(leads, tails, tails, tails)]
    assert is_sound(*lines) == [reference.fault(line) is None for line in lines]


def test_a_special_byte_is_seen_at_every_place_of_a_word() -> None:
    for special in (
        b'"',
        b"\\",
        b"\x1f",
        b"\x80",
        b"#",
        b"]",
        b"[",
        b"!",
        b" ",
        b"\x7f",
        b"\xc3\xa9",
    ):
        lines = [
            b'{"a":%s"%s%s%s"}' % (b" " * lead, b"x" * place, special, b"#]" * (8 - place))
            for lead in range(9)
            for place in range(9)
        ]
        assert is_sound(*lines) == [reference.fault(line) is None for line in lines]


def test_nesting_is_followed_to_64_levels_and_judged_to_256() -> None:
    def nested(levels: int) -> bytes:
        return b'{"a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"

    unclosed = nested(65)[:-1] + b"]"
    assert is_sound(nested(64), nested(65), unclosed) == [True, False, False]
    assert reference.fault(nested(256)) is None
    assert reference.fault(nested(257)) == "nested deeper than 256 levels"
    assert reference.fault(nested(200_000)) == "nested deeper than 256 levels"
    deep = nested(200).replace(b"[]", b'[{"text":"]"}]')
    assert read_fields(deep, ["a", "text"]) == [(Kind.NESTED, deep[5:-1]), (Kind.MISSING, b"")]


@given(st.text("{} \t\r\n\x0b\x0cx", max_size=40).map(str.encode))
def test_rows_are_the_lines_that_are_not_blank(data: bytes) -> None:
    assert find_lines(data) == list(reference.lines(data))


@given(st.text("x\n\r ", max_size=40).map(str.encode), st.integers(0, 5))
def test_lines_can_be_found_a_few_at_a_time(data: bytes, limit: int) -> None:
    buffer, place, rows = as_buffer(data), 0, []
    while place < len(data):
        found = jsonl.lines(buffer, place, len(data), limit + 1)
        rows += zip(found.starts.tolist(), found.ends.tolist(), strict=True)
        assert len(found.starts) <= limit + 1
        place = found.next
    assert rows == list(reference.lines(data))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"a": "b', "not valid JSON (unterminated string at column 7)"),
        ('{"é": 1, "a" 2}'.encode(), "not valid JSON (expecting ':' delimiter at column 14)"),
        (
            b'{"\xe9": 1}',
            "not UTF-8 (byte 0xE9 at column 3: Latin-1? Convert it: iconv -f LATIN1 -t UTF-8)",
        ),
        (b'{"a": "\x07"}', "not valid JSON (invalid control character at column 8)"),
        (b"[1, 2]", "not a JSON object but a list"),
        (b"17", "not a JSON object but a single value"),
    ],
)
def test_a_fault_is_named_with_its_column(line: bytes, problem: str) -> None:
    assert reference.fault(line) == problem


def test_kinds_and_texts_of_values() -> None:
    line = rb'{"a":1.50,"b":true,"c":null,"d":"x","e":"\u00e9\n","f":[1, "\n"],"g":false,"h":NaN}'
    assert read_fields(line, list("abcdefghi")) == [
        (Kind.NUMBER, b"1.50"),
        (Kind.BOOLEAN, b"true"),
        (Kind.NULL, b""),
        (Kind.PLAIN, b"x"),
        (Kind.ESCAPED, "é\n".encode()),
        (Kind.NESTED, rb'[1, "\n"]'),
        (Kind.BOOLEAN, b"false"),
        (Kind.NUMBER, b"NaN"),
        (Kind.MISSING, b""),
    ]
