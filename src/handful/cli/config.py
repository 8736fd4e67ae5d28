"""Flags from a TOML file: the same names, the same values; what is typed wins."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from handful import errors
from handful.cli.flags import FLAGS, POOL, Flag, Given

_KEYED = ("array", "like_array", "param")


def with_config(given: Given) -> Given:
    """What was typed, over what the file of --config says.

    --array, --like-array and --param are joined by name; of all others the typed one replaces the file's.
    """
    if "config" not in given:
        return given
    filed = read_config(given["config"])
    for key in _KEYED:
        if key in given and key in filed:
            filed[key] = filed[key] + given[key]  # the last of a name counts
    return {
        **filed,
        **{key: value for key, value in given.items() if key not in _KEYED or key not in filed},
    }


def read_config(path: str) -> Given:
    """The flags a TOML file holds, each as if it had been typed."""
    try:
        table = tomllib.loads(Path(path).read_text("utf-8"))
    except FileNotFoundError:
        raise errors.missing_file(path) from None
    except (OSError, ValueError) as error:
        raise errors.bad_config(path, error) from None
    known = {key: flag for key, flag in {**FLAGS, "pool": POOL}.items() if key != "config"}
    given: Given = {}
    for name, value in table.items():
        key = name.replace("-", "_")
        if key not in known:
            raise errors.unknown_config_key(path, name, (k.replace("_", "-") for k in known))
        given[key] = _typed(path, name, known[key], value)
    return given


def _typed(path: str, name: str, flag: Flag, value: Any) -> Any:
    """A TOML value as the flag would have it: numbers as text, tables as NAME=VALUE."""
    if flag.kind is list:
        if isinstance(value, Mapping):
            return [f"{key}={_text(path, name, item)}" for key, item in value.items()]
        items = value if isinstance(value, list) else [value]
        return [_text(path, name, item) for item in items]
    if flag.kind is str:
        return _text(path, name, value)
    if type(value) is not flag.kind:
        expected = "true or false" if flag.kind is bool else "a whole number"
        raise errors.bad_config_value(path, name, value, expected)
    return value


def _text(path: str, name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise errors.bad_config_value(path, name, value, "text or a number")
    return str(value)
