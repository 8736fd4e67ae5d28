"""Parameters as data: the fields of a frozen dataclass, with help, range and choices.

Methods, features and optimizers declare theirs this way; the command line, the docs and the manifest
read the same fields.
"""

from __future__ import annotations

import dataclasses
import importlib
import math
import pkgutil
import re
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from handful import errors


def parameter(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[str] | None = None,
) -> Any:
    """Declare a method's parameter: its default, its help, its range or its choices."""
    metadata = {"help": help, "low": low, "high": high, "choices": choices}
    return field(default=default, metadata=metadata)


def parameters(method: type[Any] | Any) -> dict[str, dataclasses.Field[Any]]:
    """A method's parameters by name, in the order it declares them."""
    return {f.name: f for f in dataclasses.fields(method) if f.init}


def values(configured: Any) -> dict[str, Any]:
    """The settled values of a configured object, by name, defaults included."""
    return {name: getattr(configured, name) for name in parameters(configured)}


def configure(key: str, cls: type[Any], values: Mapping[str, Any]) -> Any:
    """Make a method of a class and named values, which may be text as typed on a command line.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class Demo:
        ...     ngrams: int = parameter(2, "Orders counted.", low=1, high=5)
        >>> configure("demo", Demo, {"ngrams": "3"})
        Demo(ngrams=3)
    """
    known = parameters(cls)
    types_ = typing.get_type_hints(cls)
    settled = {}
    for name, value in values.items():
        plain = name.replace("-", "_")
        if plain not in known:
            raise errors.unknown_parameter(name, key, known)
        settled[plain] = _settle(key, known[plain], types_[plain], value)
    return cls(**settled)


def _settle(key: str, declared: dataclasses.Field[Any], kind: Any, value: Any) -> Any:
    """One value, converted from text where it is text, checked against type, range and choices."""
    name, meta = declared.name, declared.metadata
    options = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    plain = next((option for option in options if option is not types.NoneType), kind)
    if types.NoneType in options and (
        value is None or (isinstance(value, str) and value == "none")
    ):
        return None
    if kind is Any and not isinstance(value, str):
        return value  # a matrix, a graph or a function: its user will look at it
    expected = describe(declared, kind)
    try:
        settled = _convert(plain, value)
    except (ValueError, TypeError, OverflowError):
        raise errors.bad_parameter(key, name, value, expected) from None
    if meta.get("choices") and settled not in meta["choices"]:
        raise errors.bad_parameter(key, name, value, expected)
    low, high = meta.get("low"), meta.get("high")
    if isinstance(settled, int | float) and not isinstance(settled, bool):
        within = (low is None or settled >= low) and (high is None or settled <= high)
        if not within or (isinstance(settled, float) and not math.isfinite(settled)):
            raise errors.bad_parameter(key, name, value, expected)
    return settled


def _convert(kind: Any, value: Any) -> Any:
    if kind is bool:
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if isinstance(value, bool):
            return value
        return (
            words[value.lower()] if isinstance(value, str) and value.lower() in words else int("x")
        )
    if kind is int:
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            raise TypeError
        return int(value)
    if kind is float:
        if isinstance(value, bool):
            raise TypeError
        return float(value)
    if kind is str and not isinstance(value, str):
        raise TypeError
    return value


def describe(declared: dataclasses.Field[Any], kind: Any) -> str:
    """What a parameter must be, in words: "a whole number, 1 to 5"."""
    meta = declared.metadata
    if meta.get("choices"):
        return "one of " + ", ".join(map(repr, meta["choices"]))
    words = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "text"}
    written = getattr(kind, "__name__", str(kind)).replace("Any", "anything")
    text = re.sub(r"\b(int|float|bool|str)\b", lambda m: words[m[0]], written)
    text = re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", text)  # a class by its own name
    text = text.replace(" | None", ", or none").replace(" | ", " or ")
    low, high = (_written(meta.get(end)) for end in ("low", "high"))
    if low and high:
        return f"{text}, {low} to {high}"
    if low:
        return f"{text}, at least {low}"
    return f"{text}, at most {high}" if high else text


def _written(bound: float | None) -> str:
    """A bound as one writes it: 16,777,216 and not 1.67772e+07."""
    if bound is None:
        return ""
    return f"{int(bound):,}" if float(bound).is_integer() else f"{bound:g}"


def parse_spec(text: str) -> tuple[str, dict[str, str]]:
    """Read "name" or "name:key=value,key=value".

    Example:
        >>> parse_spec("dsir:ngrams=3,buckets=5000")
        ('dsir', {'ngrams': '3', 'buckets': '5000'})
    """
    name, _, rest = text.partition(":")
    pairs = [part.partition("=") for part in rest.split(",")] if rest else []
    for key, equals, _ in pairs:
        if not equals or not key.strip():
            raise errors.bad_spec(text)
    return name.strip(), {key.strip(): value.strip() for key, _, value in pairs}


def members(package: types.ModuleType) -> list[str]:
    """Keys of a family: the file names of its public modules, in alphabetical order."""
    return sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.name[0] != "_")


def member(package: types.ModuleType, key: str, mark: str) -> type[Any]:
    """The class a module offers: the one defined there that has the attribute `mark`."""
    module = importlib.import_module(f"{package.__name__}.{key}")
    for value in vars(module).values():
        if isinstance(value, type) and value.__module__ == module.__name__ and hasattr(value, mark):
            return value
    raise AssertionError(f"{module.__name__} offers nothing")
