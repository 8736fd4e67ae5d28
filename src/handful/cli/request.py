"""From flags to a request."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from handful import errors
from handful.cli.config import with_config
from handful.cli.flags import Given
from handful.flow.request import Request


@dataclass(frozen=True)
class Asked:
    """What one command line asks: a pool, a request, and where the rows go."""

    pool: list[Path]
    request: Request
    given: Given


def asked(typed: Given) -> Asked:
    """Read flags and configuration; every fault that they alone can have is found here."""
    given = with_config(typed)
    if not given.get("pool"):
        raise errors.no_pool()
    names = {field.name for field in fields(Request)}
    options = {key: value for key, value in given.items() if key in names}
    for flag, name in (("array", "arrays"), ("like_array", "like_arrays"), ("param", "params")):
        if flag in given:
            options[name] = named(given[flag], "--" + flag.replace("_", "-"))
    if "quota" in given:
        options["quotas"] = given["quota"]
    if "like" in given:
        options["like"] = _targets(given["like"])
    if given.get("no_cache"):
        options["cache"] = False
    elif "cache_dir" in given:
        options["cache"] = given["cache_dir"]
    pool = [Path(path) for path in given["pool"]]  # a list of plain strings could be texts
    return Asked(pool, Request(**options), given)


def named(values: list[str], flag: str) -> dict[str, str]:
    """NAME=VALUE, once or more; the last of a name counts."""
    named = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise errors.not_named(flag, text)
        named[name] = value
    return named


def _targets(values: list[str]) -> Any:
    """PATH, or NAME=PATH; several targets need several names."""
    targets: dict[str, str] = {}
    for text in values:
        name, equals, path = text.partition("=")
        if not (name and equals) or "/" in name or Path(text).exists():
            name, path = "target" if len(values) == 1 else text, text
        if name in targets:
            raise errors.given_twice("--like", name)
        targets[name] = path
    return targets
