"""Something small trained on a pick and tested on held-out data: one module each, found by its file name."""

from __future__ import annotations

import sys
from typing import Any

from handful import errors
from handful.comparing.probes._contract import Probe
from handful.parameters import configure, member, members, parse_spec

AUTO = (
    ("numbers", "number", "there are numbers to predict: ridge regression"),
    ("labels", "classifier", "there are labels: a linear classifier"),
    ("texts", "ngram_model", "there is text: an n-gram language model"),
    ("features", "nearest", "there are features: the nearest pick of each held-out row"),
)
"""What is at hand, the probe for it, and why; the first line that applies is taken."""


def choose(at_hand: set[str]) -> tuple[str, str]:
    """The probe for what is at hand, and why.

    Example:
        >>> choose({"texts", "labels"})[0]
        'classifier'
    """
    for need, key, reason in AUTO:
        if need in at_hand:
            return key, reason
    raise errors.no_probe()


def configured(spec: str, at_hand: set[str]) -> Probe:
    """A probe from "key" or "key:name=value"; "auto" by what is at hand."""
    key, given = parse_spec(spec)
    key = choose(at_hand)[0] if key == "auto" else key.replace("-", "_")
    package = sys.modules[__name__]
    if key not in members(package):
        raise errors.unknown_choice("--probe", key, ["auto", *members(package)])
    probe: Any = configure(key, member(package, key, "needs"), given)
    missing = [need for need in probe.needs if need not in at_hand]
    if missing:
        raise errors.probe_needs(key, missing)
    return probe  # type: ignore[no-any-return]
