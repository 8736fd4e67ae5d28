"""What the user asked for, in one frozen record: the same names as the command line's flags."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from handful import errors
from handful.budget import Budget
from handful.runtime.run import SMALLEST_MEMORY

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BINARY = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


@dataclass(frozen=True, kw_only=True)
class Request:
    """Every option of a selection. `None` means: not given.

    Args:
        rows: Rows at most, as 10000, "10k" or "1M".
        fraction: Share of the pool, as 0.05 or "5%".
        budget: Cost at most, as 5000000 or "5M"; needs `cost`. Or a `Budget`, which says all limits at once.
        cost: A numeric column, "@bytes", "@words" or "@tokens:FILE".
        method: A key such as "dsir", "dsir:ngrams=3", a configured method, an objective, or "auto".
        params: Parameters of the method, by name.
        like: The target: what data would be like. A path, data as for the pool, or a mapping of names to them.
        floor: Least share of the budget for each of several targets, as 0.2 or "20%".
        drop_target_copies: Leave out rows of the pool that equal or nearly equal a row of the target.
        given: Rows already owned, outside the pool, which some methods keep away from; data as for the pool.
        text: Column or template that makes a row's text; found by itself where there is a usual one.
        like_text: The same for the target, where its columns differ.
        arrays: Feature arrays of the pool by name: a path or an (n, d) array.
        like_arrays: Feature arrays of the target by name; of one of several targets by "TARGET:NAME".
        embeddings: Short for arrays={"embedding": …}.
        like_embeddings: Short for like_arrays={"embedding": …}.
        given_embeddings: Their vectors, where the pool's are arrays of the user's own.
        features: How text becomes vectors, as "tfidf_svd" or "tfidf_svd:d=128".
        id: Column of unique ids; row numbers where not given.
        group: Column of groups; "@file" for the file a row came from.
        score: Column of scores, larger is better.
        label: Column of labels; read by the verdict's probe and by `compare`, never by a method.
        quotas: The least and the most of groups: "language:min=10%", a path of a CSV file with columns
            column,value,min,max, a `Quota`, a mapping with these names, or several of these.
        include: Ids that must be picked: a path or a sequence.
        exclude: Ids that must not be picked: a path or a sequence.
        stage: "2/4": pick from the second of four parts that the seed cuts the pool into, and from no other.
        max_similarity: No two picks with a cosine above this, on the method's features.
        update: A manifest of an earlier selection, whose picks are kept; found by id.
        changes: How many of those may be given up for better rows; none where not given.
        similarity: For methods that use one, such as "clipped_cosine".
        trade_off: Share that the score has beside the objective of a method that has one, 0 to 1.
        optimizer: For objectives, such as "lazy".
        dedup: Leave out duplicates before choosing: "exact", "near" or "semantic", as "near:threshold=0.8".
        certify: How hard to look for an upper bound: "fast", "tight" or "off".
        on_bad_row: "fail" at the first row that cannot be read, or "skip" and list them.
        seed: Of every draw.
        memory: Anonymous memory allowed, as "4GB" or bytes; half the machine's where not given.
        threads: Worker threads; all cores where not given.
        cache: A folder, False for none, or None for the usual one.
    """

    rows: int | str | None = None
    fraction: float | str | None = None
    budget: Any = None
    cost: str | None = None
    method: Any = "auto"
    params: Mapping[str, Any] = field(default_factory=dict)
    like: Any = None
    floor: float | str | None = None
    drop_target_copies: bool = False
    given: Any = None
    text: str | None = None
    like_text: str | None = None
    arrays: Mapping[str, Any] = field(default_factory=dict)
    like_arrays: Mapping[str, Any] = field(default_factory=dict)
    embeddings: Any = None
    like_embeddings: Any = None
    given_embeddings: Any = None
    features: str | None = None
    id: str | None = None
    group: str | None = None
    score: str | None = None
    label: str | None = None
    quotas: Any = None
    include: Any = None
    exclude: Any = None
    stage: str | None = None
    dedup: str | None = None
    max_similarity: float | str | None = None
    update: str | Path | None = None
    changes: int | None = None
    similarity: Any = None
    trade_off: float | str | None = None
    optimizer: str | None = None
    certify: Literal["fast", "tight", "off"] | None = None
    on_bad_row: Literal["fail", "skip"] = "fail"
    seed: int = 0
    memory: int | str | None = None
    threads: int | None = None
    cache: Any = None

    def __post_init__(self) -> None:
        if isinstance(self.budget, Budget):
            self._spread(self.budget)
        if self.on_bad_row not in {"fail", "skip"}:
            raise errors.unknown_choice("--on-bad-row", self.on_bad_row, ("fail", "skip"))
        if self.stage is not None:
            parse_stage(self.stage)
        if self.max_similarity is not None:
            object.__setattr__(self, "max_similarity", _cosine(self.max_similarity))
        if self.changes is not None and (
            isinstance(self.changes, bool) or not isinstance(self.changes, int) or self.changes < 0
        ):
            raise errors.bad_flag("--changes", self.changes, "a whole number, at least 0")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int | np.integer):
            raise errors.bad_flag("--seed", self.seed, "a whole number")

    def _spread(self, budget: Budget) -> None:
        """Take each limit of a budget as if it had been given by its own name."""
        object.__setattr__(self, "budget", None)
        for name, value in budget.options().items():
            if getattr(self, name) is not None:
                raise errors.bad_flag(
                    flag(name), getattr(self, name), "left to the Budget, which gives it"
                )
            object.__setattr__(self, name, value)

    def record(self) -> dict[str, Any]:
        """What the manifest keeps: every option that can change the result, as given.

        Data handed over in memory is named by its type; its fingerprint is under `inputs`.
        """
        volatile = {"memory", "threads", "cache"}
        names = [f.name for f in dataclasses.fields(self) if f.name not in volatile]
        given = {name: getattr(self, name) for name in names}
        return {
            name: plain(value)
            for name, value in given.items()
            if value is not None
            and value is not False
            and not (isinstance(value, Mapping) and not value)
        }


def _cosine(value: float | str) -> float:
    try:
        limit = float(value)
    except ValueError:
        limit = float("nan")
    if not -1 <= limit <= 1:
        raise errors.bad_flag("--max-similarity", value, "a cosine between -1 and 1")
    return limit


def flag(name: str) -> str:
    """How an option is called on the command line, and so in messages."""
    return "--" + name.replace("_", "-")


def plain(value: Any) -> Any:
    """A value as the manifest can hold it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Path | np.number):
        return str(value) if isinstance(value, Path) else value.item()
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, Sequence) and all(isinstance(v, str | Path | int | dict) for v in value):
        return [plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _written(value)
    named = value if hasattr(value, "__qualname__") else type(value)  # a function by its name
    return f"<{named.__module__}.{named.__qualname__}>"


def _written(value: Any) -> str:
    """A configured object as one would write it, what is in memory by its type or name."""
    held = {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.repr}
    inside = ", ".join(f"{name}={item!r}" for name, item in held.items())
    return f"{type(value).__qualname__}({inside})"


def parse_stage(value: object) -> tuple[int, int]:
    """The stage, from 1, and how many there are.

    Example:
        >>> parse_stage("2/4")
        (2, 4)
    """
    found = re.fullmatch(r"([1-9]\d{0,5})/([1-9]\d{0,5})", str(value))
    if found is None or int(found[1]) > int(found[2]):
        raise errors.bad_stage(value)
    return int(found[1]), int(found[2])


def parse_memory(value: int | str) -> int:
    """Bytes of "4GB", "512MiB" or a plain number.

    Example:
        >>> parse_memory("4GB"), parse_memory("2GiB")
        (4000000000, 2147483648)
    """
    if isinstance(value, int) and not isinstance(value, bool):
        size = value
    else:
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]i?|)b?\s*", str(value).lower())
        if not match:
            raise errors.bad_flag("--memory", value, "a size such as 4GB or 2GiB")
        size = int(float(match[1]) * {**_UNITS, **_BINARY}[match[2]])
    if size < SMALLEST_MEMORY:
        raise errors.bad_flag("--memory", value, "at least 1GB")
    return size
