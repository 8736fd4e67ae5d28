"""What comes out: the rows picked, in picked order, and everything that can be said about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from handful import errors

Indices = NDArray[np.int64]
Floats = NDArray[np.float64]
WeightKind = Literal["inclusion", "representation"]


@dataclass(frozen=True, eq=False)
class Picks:
    """What a method or an optimizer returns.

    Args:
        indices: (k,) int64 row numbers, distinct, in picked order.
        gains: (k,) float64, what each added when it was picked; None where a pick adds nothing by itself.
        value: The objective's value of the picks, or None.
        upper_bound: A proven bound on the best value under the same budget, or None.
        no_bound: Why there is no bound, where there is none but a value.
        weights: (k,) float64, or None unless they mean something.
        weight_kind: "inclusion" (1/p), or "representation" (summing to n).
        notes: Named facts worth telling: numbers, short strings, or small lists.
        nested: Whether each prefix is what would be picked at that size; None: as the method declares.
    """

    indices: Indices
    gains: Floats | None = None
    value: float | None = None
    upper_bound: float | None = None
    no_bound: str | None = None
    weights: Floats | None = None
    weight_kind: WeightKind | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)
    nested: bool | None = None

    def __post_init__(self) -> None:
        assert len(np.unique(self.indices)) == len(self.indices), "a row was picked twice"


@dataclass(frozen=True, eq=False)
class Duplicates:
    """Rows left out beforehand because another row says the same.

    Args:
        rows: (m,) int64 row numbers, ascending.
        stands: (m,) int64, the row that stands for each; −1 where that is a row already owned.
        owned: (m,) int64, the row of --given that stands for each; −1 where it is one of the pool.
        record: The kind, its parameters, and counts; what the manifest holds.
    """

    rows: Indices
    stands: Indices
    owned: Indices
    record: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, eq=False)
class Selection:
    """The rows picked, in picked order. Frozen: nothing edits a selection in place.

    Args:
        indices: (k,) int64 row numbers of the source.
        ids: (k,) ids, or the row numbers where the pool has no id column.
        n: Rows of the pool it was chosen from.
        method: Key of the method.
        nested: Whether each prefix is itself what the method would pick at that size.
        gains, value, upper_bound, no_bound, weights, weight_kind, notes: As in `Picks`.
        representatives: (n,) int64 on request: for each row the pick that stands for it, or −1.
        duplicates: Rows left out beforehand because another says the same; None where not looked for.
        manifest: The record from which `handful.verify` replays.
        warnings: Sentences the user should read.

    Example:
        >>> import handful
        >>> selection = handful.select({"text": ["a b", "c d", "e f"]}, rows=2, method="random")
        >>> len(selection), len(selection[:1])
        (2, 1)
    """

    indices: Indices
    ids: NDArray[Any]
    n: int
    method: str
    nested: bool = False
    gains: Floats | None = None
    value: float | None = None
    upper_bound: float | None = None
    no_bound: str | None = None
    weights: Floats | None = None
    weight_kind: WeightKind | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)
    representatives: Indices | None = None
    duplicates: Duplicates | None = None
    manifest: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """One line, as a notebook shows it: how many of how many, by what, and how good."""
        value = "" if self.value is None else f", value {self.value:,.6g}"
        bound = "" if self.upper_bound is None else f" of at most {self.upper_bound:,.6g}"
        return f"<Selection: {len(self):,} of {self.n:,} rows by {self.method}{value}{bound}>"

    def __len__(self) -> int:
        return len(self.indices)

    def __iter__(self) -> Iterator[int]:
        return iter(self.indices.tolist())

    def __getitem__(self, prefix: slice) -> Selection:
        """The first m picks, where the method is nested; else an error that says so."""
        if (
            not isinstance(prefix, slice)
            or prefix.start not in {None, 0}
            or prefix.step not in {None, 1}
        ):
            raise errors.prefix_only()
        if not self.nested:
            raise errors.not_nested(self.method)
        m = prefix.indices(len(self))[1]
        gains = None if self.gains is None else self.gains[:m]
        value = None if gains is None or self.value is None else float(np.sum(gains))
        return replace(
            self,
            indices=self.indices[:m],
            ids=self.ids[:m],
            gains=gains,
            value=value,
            upper_bound=None,
            no_bound="a prefix carries no bound of its own",
            weights=None,
            weight_kind=None,
            representatives=None,
        )

    def rows(self, order: Literal["source", "picked"] = "source") -> Indices:
        """Row numbers in the source's order or in picked order."""
        if order not in {"source", "picked"}:
            raise errors.unknown_choice("order", order, ("source", "picked"))
        return np.sort(self.indices) if order == "source" else self.indices

    def apply(self, data: Any, order: Literal["source", "picked"] = "source") -> Any:
        """Take the picked rows out of the data they were chosen from; the type given comes back.

        Args:
            data: A pandas or polars frame, an Arrow table, a Hugging Face or torch dataset, a numpy array,
                a scipy sparse matrix, a list, or a dict of any of these.
            order: "source" or "picked".
        """
        return _take(data, self.rows(order), self.n)


def _take(data: Any, rows: Indices, n: int) -> Any:
    if isinstance(data, Mapping):
        return {name: _take(column, rows, n) for name, column in data.items()}
    shape = getattr(data, "shape", ())
    if not shape and not hasattr(data, "__len__"):
        raise errors.cannot_apply(type(data).__name__)
    length = shape[0] if shape else len(data)
    if length != n:
        raise errors.apply_length(length, n)
    if isinstance(data, list | tuple):
        return type(data)(data[i] for i in rows.tolist())
    return _rows_of(data, rows)


def _rows_of(data: Any, rows: Indices) -> Any:
    """Rows of frames, tables, arrays and datasets, each asked in its own way, none imported."""
    library = type(data).__module__.partition(".")[0]
    if hasattr(data, "iloc"):  # pandas
        return data.iloc[rows]
    if hasattr(data, "tocsr"):  # scipy: not every format can be indexed
        return data.tocsr()[rows].asformat(data.format)
    if library == "pyarrow":
        return data.take(rows)
    if hasattr(data, "select") and hasattr(data, "column_names"):  # Hugging Face
        return data.select(rows)
    if isinstance(data, np.ndarray) or (library in {"polars", "torch"} and hasattr(data, "shape")):
        return data[rows]
    if hasattr(data, "__getitem__") and library != "builtins":
        return _torch_subset(data, rows)
    raise errors.cannot_apply(type(data).__name__)


def _torch_subset(data: Any, rows: Indices) -> Any:
    try:
        from torch.utils.data import Subset
    except ImportError:
        raise errors.cannot_apply(type(data).__name__) from None
    return Subset(data, rows.tolist())
