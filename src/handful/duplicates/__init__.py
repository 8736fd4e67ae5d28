"""Rows that say the same: exactly, nearly, or in other words. One module a kind; its file name is the key."""

from __future__ import annotations

import sys
from typing import Any

from handful import errors
from handful.parameters import configure, member, members, parse_spec


def configured(spec: str) -> tuple[str, Any]:
    """A kind of duplicates from "key" or "key:name=value": its key, and the configured object.

    Example:
        >>> configured("near:threshold=0.8")[1].threshold
        0.8
    """
    key, given = parse_spec(spec)
    key = key.replace("-", "_")
    known = members(sys.modules[__name__])
    if key not in known:
        raise errors.unknown_choice("--dedup", key, known)
    return key, configure(f"--dedup {key}", member(sys.modules[__name__], key, "find"), given)
