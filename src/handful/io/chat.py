"""Chats as text: rows whose column holds a list of turns, in either of the two common shapes.

OpenAI: [{"role": "user", "content": "…"}], the content a text, a list of parts of which those with a
"text" count, or nothing (a call of a tool). ShareGPT: [{"from": "human", "value": "…"}].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from handful.io.values import json_text
from handful.pool import Source, Strings

ROLES = {
    "user": frozenset({"user", "human"}),
    "assistant": frozenset({"assistant", "gpt", "bot", "model", "chatgpt"}),
    "system": frozenset({"system"}),
    "tool": frozenset({"tool", "function", "observation"}),
}
"""What a role is called in data; any other name stands for itself alone."""


def roles_of(name: str | None) -> frozenset[str] | None:
    """Names under which a role goes; None for every turn, whatever its role."""
    return None if name is None else ROLES.get(name, frozenset({name}))


def chat_texts(source: Source, column: str, role: str | None, start: int, stop: int) -> Strings:
    """Rows [start, stop) of a column of chats as text; other values as they are anywhere else.

    Args:
        source: Rows. One that has `chats` (JSON Lines) renders them itself, to the same texts.
        column: A column of chats.
        role: Whose turns to keep, or None for all.
        start: First row.
        stop: Past the last row.
    """
    own = getattr(source, "chats", None)
    if own is not None:
        texts: Strings = own(column, roles_of(role), start, stop)
        return texts
    values = source.read({column: "object"}, start, stop)[column]
    assert isinstance(values, list)
    return Strings.of([chat_text(value, roles_of(role)) for value in values])


def chat_text(value: Any, roles: frozenset[str] | None = None) -> str:
    r"""One chat as text: its turns that say something, a newline between them.

    A value that is no chat is one turn of nobody.

    Example:
        >>> turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]
        >>> chat_text(turns), chat_text(turns, roles_of("user")), chat_text(["no", "chat"])
        ('Hi\nHello!', 'Hi', '["no","chat"]')
    """
    turns: Iterable[tuple[str | None, str]] = (
        _turns(value) if is_chat(value) else [(None, json_text(value))]
    )
    return "\n".join(text for role, text in turns if text and (roles is None or role in roles))


def is_chat(value: Any) -> bool:
    """Whether a value is a list of objects that each name who speaks; an empty list is one."""
    return isinstance(value, list) and all(
        isinstance(turn, dict) and isinstance(_speaker(turn), str) for turn in value
    )


def _speaker(turn: dict[str, Any]) -> Any:
    role = turn.get("role")
    return role if isinstance(role, str) else turn.get("from")


def _turns(value: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for turn in value:
        content = turn.get("content")
        content = turn.get("value") if content is None else content
        if isinstance(content, list):
            parts = [part.get("text") if isinstance(part, dict) else part for part in content]
            content = "\n".join(part for part in parts if isinstance(part, str) and part)
        yield _speaker(turn), json_text(content)
