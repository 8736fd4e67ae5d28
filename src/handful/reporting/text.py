"""Texts of any kind as a page can show them: short, and with nothing in them that acts."""

from __future__ import annotations

import numpy as np

from handful.pool import Pool, Strings
from handful.selection import Indices

MOST_CHARACTERS = 240
MOST_BYTES = 480
GAP = 64
"""Rows nearer to each other than this are read together."""

_PICTURES = {code: 0x2400 + code for code in range(32) if code not in {9, 10, 13}} | {127: 0x2421}
_PICTURES |= dict.fromkeys([*range(0x80, 0xA0), 0x2028, 0x2029, 0xFEFF], 0xFFFD)


def beginning(text: str) -> str:
    r"""The first 240 characters, 480 bytes at most; control characters become their pictures.

    Direction marks stay: the page isolates every text. Half a surrogate pair becomes U+FFFD.

    Example:
        >>> beginning("a\x00b\x1b[31m")
        'a␀b␛[31m'
    """
    shown = text[:MOST_CHARACTERS]
    while len(shown.encode("utf-8", "replace")) > MOST_BYTES:
        shown = shown[: max(1, int(len(shown) * 0.8))]
    return visible(shown) if len(shown) == len(text) else visible(shown).rstrip() + "…"


def visible(text: str) -> str:
    """A text whose control characters are their pictures."""
    return text.encode("utf-8", "replace").decode().translate(_PICTURES)


def texts_of(pool: Pool, rows: Indices) -> Strings:
    """Texts of some rows of the source, in the order given; rows far apart are read one by one."""
    order = np.argsort(rows, kind="stable")
    ascending = rows[order]
    parts = []
    for near in np.split(ascending, np.flatnonzero(np.diff(ascending) > GAP) + 1):
        if len(near):
            first = int(near[0])
            parts.append(pool.texts(first, int(near[-1]) + 1).take(near - first))
    return Strings.concatenate(parts).take(np.argsort(order))
