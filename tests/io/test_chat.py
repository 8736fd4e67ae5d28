"""Chats as text: what a text is, and that bytes and objects give the same."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handful.io.chat import ROLES, chat_text, chat_texts, is_chat, roles_of
from handful.io.jsonl import JsonlSource
from handful.io.memory import memory_source

# With the JIT off, numpy warns where words are meant to wrap.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")

OPENAI = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
    {"role": "tool", "content": ""},
    {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "image_url"}, "two"]},
    {"role": "assistant", "content": "Hello!"},
]
SHAREGPT = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello!"}]


@pytest.mark.parametrize(
    ("chat", "role", "text"),
    [
        (OPENAI, None, "Be brief.\nHi\none\ntwo\nHello!"),
        (OPENAI, "user", "Hi\none\ntwo"),
        (OPENAI, "assistant", "Hello!"),
        (OPENAI, "tool", ""),
        (SHAREGPT, None, "Hi\nHello!"),
        (SHAREGPT, "user", "Hi"),
        (SHAREGPT, "assistant", "Hello!"),
        (SHAREGPT, "gpt", "Hello!"),
        ([], None, ""),
        ("plain", None, "plain"),
        ("plain", "user", ""),
        (None, None, ""),
        (["a", 1], None, '["a",1]'),
        ({"role": "user", "content": "a"}, None, '{"role":"user","content":"a"}'),
        ([{"content": "of nobody"}], None, '[{"content":"of nobody"}]'),
    ],
)
def test_turns_that_say_something_are_joined(chat: Any, role: str | None, text: str) -> None:
    assert chat_text(chat, roles_of(role)) == text


def test_a_role_goes_under_one_name_only() -> None:
    names = [name for group in ROLES.values() for name in group]
    assert len(names) == len(set(names))
    assert all(role in group for role, group in ROLES.items())


contents = st.one_of(
    st.text(st.sampled_from('a"\\\n é\ud83d😀'), max_size=5),
    st.sampled_from([None, "", 5, 1.5, True, {"a": 1}]),
    st.lists(
        st.sampled_from(["a", "", {"text": "b"}, {"text": None}, {"type": "image"}, 3]), max_size=3
    ),
)
speakers = st.sampled_from(["user", "human", "assistant", "gpt", "us\u00e9r", "", None, 7])
turns = st.fixed_dictionaries(
    {},
    optional={
        "role": speakers,
        "from": speakers,
        "content": contents,
        "value": contents,
        "x": contents,
    },
)
chats = st.one_of(
    st.lists(turns, max_size=4),
    st.lists(
        st.fixed_dictionaries({"role": st.sampled_from(["user", "gpt"]), "content": contents})
    ),
    st.lists(turns | contents, max_size=3),
    contents,
    turns,
)


@given(
    st.lists(chats, max_size=6),
    st.sampled_from([None, "user", "assistant", "us\u00e9r", "", "nobody"]),
    st.booleans(),
)
@example([OPENAI, SHAREGPT, "x", None, [], OPENAI], None, False)
@example([OPENAI, SHAREGPT, "x", None, [], OPENAI], "user", True)
@example([[{"role": "user", "content": "a"}, {"role": "user", "from": "gpt"}], "b"], None, False)
@example(
    [[{"role": None, "from": "gpt", "value": "a"}, {"role": 7, "from": "gpt", "value": "b"}]],
    None,
    False,
)
@example(
    [[{"role": "user", "content": None, "value": "a"}, {"from": "gpt", "value": None}]],
    "user",
    True,
)
def test_bytes_and_objects_give_the_same_texts(
    rows: list[Any], role: str | None, wide: bool
) -> None:
    indent = 1 if wide else None
    lines = [json.dumps({"c": row}, indent=indent).replace("\n", " ") for row in [None, *rows]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pool.jsonl"
        path.write_text("\n".join(lines))
        source = JsonlSource([str(path)])
    found = list(chat_texts(source, "c", role, 1, source.rows))
    texts = [chat_text(json.loads(line)["c"], roles_of(role)) for line in lines[1:]]
    assert found == [
        text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in texts
    ]


def test_tables_give_the_same_texts_as_lines() -> None:
    table = memory_source({"c": [SHAREGPT, [], SHAREGPT[:1]]})
    assert is_chat(table.read({"c": "object"}, 0, 1)["c"][0])
    assert list(chat_texts(table, "c", None, 0, 3)) == ["Hi\nHello!", "", "Hi"]
    assert list(chat_texts(table, "c", "assistant", 0, 3)) == ["Hello!", "", ""]
