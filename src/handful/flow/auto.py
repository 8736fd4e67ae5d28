"""The method `auto` chooses: a table on what was declared, n, d and k alone."""

from __future__ import annotations

from dataclasses import dataclass

RULES = (
    (
        "target_text",
        "dsir",
        "there is a target with text: match its n-grams by importance resampling",
    ),
    (
        "target_features",
        "flqmi",
        "there is a target with features: cover its rows, and stay close to it",
    ),
    ("score", "top", "there is a score: take the rows with the highest"),
    (
        "group",
        "stratified",
        "there are groups: give each its share of the rows, at random within",
    ),
    (
        "features",
        "facility_location",
        "there is text, or there are features: give every row of the pool a pick close to it",
    ),
)
"""What is at hand, the method for it, and why; the first line that applies is taken."""


@dataclass(frozen=True)
class Choice:
    """The method chosen, and the reason in words."""

    key: str
    reason: str


def choose(at_hand: set[str]) -> Choice:
    """The first rule that applies; `random` where nothing is known of the rows.

    Example:
        >>> choose({"text", "target_text"}).key
        'dsir'
    """
    for need, key, reason in RULES:
        if need in at_hand:
            return Choice(key, reason)
    return Choice("random", "nothing is known of the rows but their number")
