"""Feature arrays: .npy memory-mapped, .npz, scipy sparse; checked by block before anything is chosen."""

from __future__ import annotations

import math
import tempfile
import zipfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.pool import BLOCK_ROWS, Source

_CHECK_BYTES = 1 << 24
_SMALL_BYTES = 1 << 26

Where = Callable[[int], str]
"""Names row i as the user would find it."""


def load_array(data: Any, source: Source | None, label: str) -> Any:
    """A feature array, shaped, typed and checked: no NaN, no infinity, no row of zeros.

    Args:
        data: Path of a .npy (memory-mapped), of a .npz with one array or a scipy sparse matrix; the name
            of a list column of `source`; or an array (n, d), a sparse matrix, a torch tensor.
        source: The rows the array belongs to, or None where it stands by itself.
        label: For messages, such as "--array embedding".

    Returns:
        (n, d) float16 or float32, or CSR (n, d) float32.
    """
    named = isinstance(data, str) and not Path(data).exists()
    if source is not None and named and data in source.schema:
        array = vector_column(source, data)
    else:
        array = as_features(_read_one(data) if isinstance(data, str | Path) else data, label)
    if source is not None and array.shape[0] != source.rows:
        pool = source.where(0).rpartition(" row ")[0] or source.where(0).rpartition(":")[0]
        raise errors.array_rows(label, array.shape[0], pool or "the pool", source.rows)
    bad = {row.row for row in source.bad} if source is not None else set()
    check_array(array, label, source.where if source is not None else "row {}".format, skip=bad)
    return array


def _read_one(data: str | Path) -> Any:
    arrays = read_arrays(Path(data), str(data))
    if len(arrays) > 1:
        raise errors.which_array(data, arrays)
    return next(iter(arrays.values()))


def vector_column(source: Source, column: str) -> NDArray[Any]:
    """(n, d) float16 or float32: a whole list column, in a mapped file where it is large."""
    out: NDArray[Any] | None = None
    for start in range(0, source.rows, BLOCK_ROWS):
        stop = min(source.rows, start + BLOCK_ROWS)
        block = source.read({column: "vector"}, start, stop)[column]
        assert isinstance(block, np.ndarray)
        if out is None:
            out = room((source.rows, block.shape[1]), block.dtype)
        if block.shape[1] != out.shape[1]:
            reason = f"has {block.shape[1]} numbers and not the {out.shape[1]} of the rows before"
            raise errors.not_a_vector(source.where(start), column, reason)
        out[start:stop] = block
    assert out is not None
    return out


def read_arrays(path: Path, name: str) -> dict[str, Any]:
    """The arrays of a .npy or .npz by name; "embedding" where they have none. Nothing is unpickled."""
    import scipy.sparse

    try:
        if zipfile.is_zipfile(path):
            with np.load(path, allow_pickle=False) as archive:
                if {"indices", "indptr", "data", "shape"} <= set(archive.files):
                    return {"embedding": scipy.sparse.load_npz(path)}
                return {key: archive[key] for key in archive.files}
        return {"embedding": np.load(path, mmap_mode="r", allow_pickle=False)}
    except FileNotFoundError:
        raise errors.missing_file(name) from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, KeyError) as error:
        raise errors.unreadable(name, "numpy", error) from None


def as_features(data: Any, name: str) -> Any:
    """(n, d) float16 or float32, or CSR float32; other numbers are converted. Values are not checked."""
    if is_sparse(data):
        from scipy.sparse import csr_matrix

        if data.ndim != 2:
            raise errors.array_shape(name, data.shape)
        if data.dtype.kind not in "fiub":
            raise errors.array_type(name, data.dtype)
        matrix: Any = csr_matrix(data)
        return matrix if matrix.dtype == np.float32 else matrix.astype(np.float32)
    array = _viewed(data)
    if array.ndim != 2 or 0 in array.shape[1:]:
        raise errors.array_shape(name, array.shape)
    if array.dtype.kind not in "fiub":
        raise errors.array_type(name, array.dtype)
    if array.dtype in {np.dtype(np.float16), np.dtype(np.float32)}:
        return array
    return _converted(array)


def is_sparse(data: Any) -> bool:
    """Whether it is a scipy sparse matrix or array, without importing scipy."""
    return hasattr(data, "tocsr")


def _viewed(data: Any) -> NDArray[Any]:
    if hasattr(data, "detach"):  # a torch tensor
        data = data.detach().cpu()
    return data if isinstance(data, np.ndarray) else np.asarray(data)


def _converted(array: NDArray[Any]) -> NDArray[Any]:
    out = room(array.shape, np.float32)
    step = _block_rows(array)
    with np.errstate(over="ignore"):  # an infinity is found, and named, by check_array
        for start in range(0, len(array), step):
            out[start : start + step] = array[start : start + step]
    return out


def room(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """An array to fill: in memory where small, else mapped to a nameless file in the temporary folder."""
    if math.prod(shape) * np.dtype(dtype).itemsize <= _SMALL_BYTES:
        return np.empty(shape, dtype)
    with tempfile.TemporaryFile() as file:  # the mapping keeps it; nothing is left behind
        return np.memmap(file, dtype, "w+", shape=shape)


def check_array(array: Any, name: str, where: Where, skip: Collection[int] = ()) -> None:
    """Refuse NaN, infinities and rows of zeros, naming row and column. One pass by block.

    Args:
        array: (n, d) dense or CSR.
        name: For messages.
        where: Names row i.
        skip: Rows that are never picked, and so not looked at.
    """
    if is_sparse(array):
        _check_sparse(array, name, where, skip)
        return
    skipped = np.array(sorted(skip), np.int64)
    step = _block_rows(array)
    for start in range(0, len(array), step):
        block = array[start : start + step]
        left_out = skipped[(skipped >= start) & (skipped < start + step)] - start
        finite = np.isfinite(block)
        finite[left_out] = True
        if not finite.all():
            row, column = divmod(int(np.argmin(finite)), block.shape[1])
            raise errors.bad_entry(
                name, start + row, column, block[row, column], where(start + row)
            )
        filled = block.any(axis=1)
        filled[left_out] = True
        if not filled.all():
            row = start + int(np.argmin(filled))
            raise errors.zero_vector(name, row, where(row))


def _check_sparse(array: Any, name: str, where: Where, skip: Collection[int]) -> None:
    rows = np.repeat(np.arange(array.shape[0]), np.diff(array.indptr))
    kept = ~np.isin(rows, list(skip))
    bad = kept & ~np.isfinite(array.data)
    if bad.any():
        place = int(np.argmax(bad))
        row = int(rows[place])
        raise errors.bad_entry(name, row, array.indices[place], array.data[place], where(row))
    filled = np.zeros(array.shape[0], bool)
    filled[rows[array.data != 0]] = True
    filled[list(skip)] = True
    if not filled.all():
        row = int(np.argmin(filled))
        raise errors.zero_vector(name, row, where(row))


def _block_rows(array: NDArray[Any]) -> int:
    return max(1, _CHECK_BYTES // max(1, array[:1].nbytes))


def named_columns(arrays: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part named values into columns (one dimension) and feature arrays (two)."""
    columns: dict[str, Any] = {}
    features: dict[str, Any] = {}
    for name, value in arrays.items():
        two = is_sparse(value) or len(getattr(value, "shape", ())) == 2
        (features if two else columns)[name] = value
    return columns, features
