"""A number for a subset, with the gain of one more row. One class a module; there is no list to edit."""

from __future__ import annotations

from typing import Any

from handful.objectives._contract import Arrays, Counterexample, Facts, Objective, View

__all__ = ["Arrays", "Counterexample", "Facts", "Objective", "View", "classes"]


def classes() -> dict[str, type[Any]]:
    """Every objective there is, by the key that is its file's name.

    Example:
        >>> classes()["facility_location"].__name__
        'FacilityLocation'
    """
    import sys

    from handful.parameters import member, members

    package = sys.modules[__name__]
    return {key: member(package, key, "facts") for key in members(package)}


def __getattr__(name: str) -> Any:
    for found in classes().values() if name[:1].isupper() else ():
        if found.__name__ == name:
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
