"""Rows to vectors: what similarity is measured on. One module each; the file name is the key."""

from __future__ import annotations

import sys
from typing import Any

from handful import errors
from handful.parameters import configure, member, members, parse_spec


def configured(spec: str) -> tuple[str, Any]:
    """A feature from "key" or "key:name=value": its key, and the configured object."""
    key, given = parse_spec(spec)
    key = key.replace("-", "_")
    package = sys.modules[__name__]
    if key not in members(package):
        raise errors.unknown_feature(key, members(package))
    return key, configure(key, member(package, key, "sample_rows"), given)
