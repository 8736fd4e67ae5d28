"""Published selection systems and primitives offered by name, one module each.

The file name is the key: there is no list to edit. Outsiders add theirs by the entry-point group
`handful.methods`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from handful import errors
from handful.parameters import configure, member, members


def names() -> list[str]:
    """Keys of all data methods, in alphabetical order, without importing them."""
    from handful.methods import data

    return sorted(
        {*members(data), *(point.name for point in entry_points(group="handful.methods"))}
    )


def find(key: str) -> type[Any]:
    """The class of a method by its key; "-" and "_" are the same.

    Example:
        >>> find("random").__name__
        'Random'
    """
    from handful.methods import data

    name = key.replace("-", "_")
    if name not in names():
        raise errors.unknown_method(key, names())
    for point in entry_points(group="handful.methods"):
        if point.name == name:
            return point.load()  # type: ignore[no-any-return]
    return member(data, name, "facts")


def key_of(method: Any) -> str:
    """The key of a configured method: its module's name, or its class's where it is the user's own."""
    module = type(method).__module__
    name = module.rpartition(".")[2]
    return name if module.startswith("handful.methods.data.") else type(method).__name__


def of_object(given: Any, params: Mapping[str, Any]) -> Any:
    """A configured method as it is; an objective, wrapped into a method that maximises it."""
    if hasattr(given, "run") and hasattr(given, "facts"):
        if params:
            raise errors.params_with_object(next(iter(params)))
        return given
    if hasattr(given, "gains") and hasattr(given, "facts"):
        from handful.methods._maximise import Maximise

        return configure("an objective", Maximise, {"objective": given, **params})
    raise errors.not_a_method(type(given).__name__)
