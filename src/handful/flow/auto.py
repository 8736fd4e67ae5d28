"""The method `auto` chooses: a table on what was declared and on n alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ALL_PAIRS = 20_000
"""Rows up to which every pair is compared; beyond, part by part."""
SOME_PAIRS = 200_000
"""Rows beyond which `auto` compares no pairs at all."""

_COVER = "there is text, or there are features: give every row of the pool a pick close to it"

RULES: tuple[tuple[str, int | None, str, Mapping[str, str], str], ...] = (
    (
        "target_text",
        None,
        "nearest_to_target",
        {},
        "there is a target with text: each of its rows in turn picks the row most like it by its words",
    ),
    (
        "target_features",
        None,
        "flqmi",
        {},
        "there is a target with features: cover its rows, and stay close to it",
    ),
    ("score", None, "top", {}, "there is a score: take the rows with the highest"),
    (
        "group",
        None,
        "stratified",
        {},
        "there are groups: give each its share of the rows, at random within",
    ),
    ("features", ALL_PAIRS, "facility_location", {}, _COVER),
    (
        "features",
        SOME_PAIRS,
        "facility_location",
        {"optimizer": "partitioned"},
        f"{_COVER}; part by part, as there are more than {ALL_PAIRS:,} rows",
    ),
    (
        "features",
        None,
        "random",
        {},
        f"comparing more than {SOME_PAIRS:,} rows takes long, and random is hard to beat; "
        "name a method for more",
    ),
)
"""What is at hand, up to how many rows, the method for it, its parameters, and why: the first that applies."""


@dataclass(frozen=True)
class Choice:
    """The method chosen, its parameters, and the reason in words."""

    key: str
    reason: str
    params: Mapping[str, str] = field(default_factory=dict)


def choose(at_hand: set[str], n: int, *, everything: bool = False) -> Choice:
    """The first rule that applies; `random` where nothing is known of the rows.

    Where everything is asked for there is nothing to choose but the order: `top` or `first`.

    Example:
        >>> choose({"text", "target_text"}, 1000).key
        'nearest_to_target'
        >>> choose({"features"}, 50_000).params
        {'optimizer': 'partitioned'}
    """
    if everything:
        key = "top" if "score" in at_hand else "first"
        return Choice(key, "there is no budget: every row that is left is kept")
    for need, most, key, params, reason in RULES:
        if need in at_hand and (most is None or n <= most):
            return Choice(key, reason, params)
    return Choice("random", "nothing is known of the rows but their number")
