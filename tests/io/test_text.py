"""Texts of rows: columns, templates, what is usual, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful import errors
from handful.io.jsonl import JsonlSource
from handful.io.memory import memory_source
from handful.io.open import open_source
from handful.io.text import default_text, side_by_side, text_spec
from handful.pool import Pool, Source, Strings

# With the JIT off, numpy warns where words are meant to wrap.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")

CHAT = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]
ROWS = [
    {"q": "Why?", "a": "So.", "n": 7, "c": CHAT, "odd:name": "x"},
    {"q": "é", "a": "", "n": None, "c": "plain", "odd:name": "y"},
]


@pytest.fixture(params=["jsonl", "memory"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    if request.param == "memory":
        return memory_source(ROWS)
    path = tmp_path / "pool.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)))
    return open_source(path)


@pytest.mark.parametrize(
    ("spec", "texts"),
    [
        ("q", ["Why?", "é"]),
        ("{q}", ["Why?", "é"]),
        (r"Q: {q}\nA: {a}", ["Q: Why?\nA: So.", "Q: é\nA: "]),
        ("{q}\n{q}", ["Why?\nWhy?", "é\né"]),
        ("{n}", ["7", ""]),
        ("{{{q}}}", ["{Why?}", "{é}"]),
        (r"{q}\\n\t.", ["Why?\\n\t.", "é\\n\t."]),
        ("c", ["Hi\nHello!", "plain"]),
        ("{c}", ["Hi\nHello!", "plain"]),
        ("{c:user}|{c:assistant}", ["Hi|Hello!", "|"]),
        ("{odd:name}", ["x", "y"]),
        ("odd:name", ["x", "y"]),
        ("名{q}", ["名Why?", "名é"]),
    ],
)
def test_a_spec_is_a_column_or_a_template(source: Source, spec: str, texts: list[str]) -> None:
    rendered = text_spec(spec, source)
    assert rendered.spec == spec
    assert list(rendered.render(source, 0, 2)) == texts
    assert list(rendered.render(source, 1, 2)) == texts[1:]
    assert list(Pool(source, rendered).texts(0, 1)) == texts[:1]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("question", r"Unknown column 'question'\. There are: q, a"),
        ("{q}{aa}", r"Unknown column 'aa'\. Nearest: 'a'"),
        ("{q:user}", r"asks for the turns of one role, but q holds no chats\. Write '\{q\}'"),
        ("{cc:user}", r"Unknown column 'cc'\. Nearest: 'c'"),
        ("{q", r"the \{ at 1 has no partner"),
        ("q}", r"the \} at 2 has no partner"),
        ("{q}}", r"the \} at 4 has no partner|has no partner"),
        ("{{q}}", "it names no column"),
        ("{}", r"Unknown column ''"),
    ],
)
def test_a_spec_that_fits_nothing_is_refused(source: Source, spec: str, message: str) -> None:
    with pytest.raises(errors.UsageError, match=message):
        text_spec(spec, source)


@pytest.mark.parametrize(
    ("row", "spec"),
    [
        ({"text": "a", "title": "b"}, "text"),
        ({"instruction": "a", "input": "b", "output": "c"}, "{instruction}\n{input}\n{output}"),
        ({"instruction": "a", "output": "c"}, "{instruction}\n{output}"),
        ({"prompt": "a", "completion": "b"}, "{prompt}\n{completion}"),
        ({"question": "a", "answer": "b"}, "{question}\n{answer}"),
        ({"messages": CHAT, "source": "x"}, "messages"),
        ({"conversations": [{"from": "human", "value": "Hi"}]}, "conversations"),
        ({"sentence": "a", "label": 1}, "sentence"),
        ({"title": "a", "body": "b"}, None),
        ({"text": 5, "label": 1}, None),
    ],
)
def test_the_usual_columns_are_found(row: dict[str, Any], spec: str | None) -> None:
    found = default_text(memory_source([row]))
    assert (found.spec if found else None) == spec


def test_a_template_over_mixed_types_takes_each_value_as_it_is(tmp_path: Path) -> None:
    values = ["a", 5, 2.50, None, ["x", 1], {"k": "é"}, True]
    path = tmp_path / "pool.jsonl"
    path.write_text("\n".join(json.dumps({"v": value}) for value in values))
    source = JsonlSource([str(path)])
    texts = list(text_spec("<{v}>", source).render(source, 0, 7))
    assert texts == ["<a>", "<5>", "<2.5>", "<>", '<["x",1]>', '<{"k":"é"}>', "<true>"]


pieces = st.text(st.sampled_from("aé😀\n"), max_size=4)


@given(
    st.integers(0, 5).flatmap(
        lambda n: st.lists(st.lists(pieces, min_size=n, max_size=n), max_size=4)
    ),
    pieces,
)
def test_texts_side_by_side_are_joined_row_by_row(columns: list[list[str]], between: str) -> None:
    rows = len(columns[0]) if columns else 3
    parts: list[bytes | Strings] = [between.encode()]
    for column in columns:
        parts += [Strings.of(["cut off", *column])[1:], between.encode()]
    wanted = [between + "".join(c[i] + between for c in columns) for i in range(rows)]
    assert list(side_by_side(parts, rows)) == wanted
