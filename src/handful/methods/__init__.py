"""Published selection systems and primitives offered by name, one module each.

The file name is the key: there is no list to edit. Outsiders add theirs by the entry-point group
`handful.methods`.
"""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points
from typing import Any

from handful import errors


def keys() -> list[str]:
    """Keys of all data methods, in alphabetical order, without importing them."""
    from handful.methods import data

    own = [m.name for m in pkgutil.iter_modules(data.__path__) if not m.name.startswith("_")]
    return sorted({*own, *(point.name for point in entry_points(group="handful.methods"))})


def find(key: str) -> type[Any]:
    """The class of a method by its key; "-" and "_" are the same.

    Example:
        >>> find("random").__name__
        'Random'
    """
    name = key.replace("-", "_")
    if name not in keys():
        raise errors.unknown_method(key, keys())
    for point in entry_points(group="handful.methods"):
        if point.name == name:
            return point.load()  # type: ignore[no-any-return]
    module = importlib.import_module(f"handful.methods.data.{name}")
    for value in vars(module).values():
        if (
            isinstance(value, type)
            and value.__module__ == module.__name__
            and hasattr(value, "facts")
        ):
            return value
    raise AssertionError(f"{module.__name__} defines no method")


def key_of(method: Any) -> str:
    """The key of a configured method: its module's name, or its class's where it is the user's own."""
    module = type(method).__module__
    if module.startswith("handful.methods."):
        return module.rpartition(".")[2]
    return type(method).__name__
