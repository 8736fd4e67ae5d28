"""Feature arrays: .npy memory-mapped, .npz, scipy sparse; checked by block before anything is chosen."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors

_CHECK_BYTES = 1 << 24

Where = Callable[[int], str]
"""Names row i as the user would find it."""


def load_array(
    data: Any, name: str, *, rows: int | None = None, pool: str = "the pool", spool: Path | None = None
) -> Any:
    """A feature array from a file or from memory, shaped and typed, its values not yet checked.

    Args:
        data: Path of a .npy (memory-mapped), of a .npz with one array or a scipy sparse matrix; or an
            array (n, d), a sparse matrix, anything numpy can view (a torch tensor).
        name: For messages.
        rows: Rows the pool has, or None where the array is the pool.
        pool: What to call the pool in messages.
        spool: Folder for a converted copy where the numbers are neither float16 nor float32.

    Returns:
        (n, d) float16 or float32, or CSR (n, d) float32.
    """
    if isinstance(data, str | Path):
        arrays = read_arrays(Path(data), str(data))
        if len(arrays) > 1:
            raise errors.which_array(data, arrays)
        data = next(iter(arrays.values()))
    array = as_features(data, name, spool)
    if rows is not None and array.shape[0] != rows:
        raise errors.array_rows(name, array.shape[0], pool, rows)
    return array


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


def as_features(data: Any, name: str, spool: Path | None = None) -> Any:
    """(n, d) float16 or float32, or CSR float32. A converted copy lies in `spool`, mapped, if given."""
    import scipy.sparse

    if scipy.sparse.issparse(data):
        if data.ndim != 2:
            raise errors.array_shape(name, data.shape)
        if data.dtype.kind not in "fiub":
            raise errors.array_type(name, data.dtype)
        matrix = scipy.sparse.csr_matrix(data)
        return matrix if matrix.dtype == np.float32 else matrix.astype(np.float32)
    array = _viewed(data)
    if array.ndim != 2 or 0 in array.shape[1:]:
        raise errors.array_shape(name, array.shape)
    if array.dtype.kind not in "fiub":
        raise errors.array_type(name, array.dtype)
    if array.dtype in {np.dtype(np.float16), np.dtype(np.float32)}:
        return array
    return _converted(array, spool)


def _viewed(data: Any) -> NDArray[Any]:
    if hasattr(data, "detach"):  # a torch tensor
        data = data.detach().cpu()
    return data if isinstance(data, np.ndarray) else np.asarray(data)


def _converted(array: NDArray[Any], spool: Path | None) -> NDArray[Any]:
    if spool is None:
        out = np.empty(array.shape, np.float32)
    else:
        with tempfile.NamedTemporaryFile(dir=spool, suffix=".npy") as file:  # mapped, so it may lose its name
            out = np.memmap(file, np.float32, "w+", shape=array.shape)
    step = _block_rows(array)
    with np.errstate(over="ignore"):  # an infinity is found, and named, by check_array
        for start in range(0, len(array), step):
            out[start : start + step] = array[start : start + step]
    return out


def check_array(array: Any, name: str, where: Where, *, zeros: bool = False) -> None:
    """Refuse NaN, infinities and rows of zeros, naming row and column. One pass by block.

    Args:
        array: (n, d) dense or CSR.
        name: For messages.
        where: Names row i.
        zeros: Allow rows of zeros.
    """
    import scipy.sparse

    if scipy.sparse.issparse(array):
        _check_sparse(array, name, where, zeros)
        return
    step = _block_rows(array)
    for start in range(0, len(array), step):
        block = array[start : start + step]
        finite = np.isfinite(block)
        if not finite.all():
            row, column = divmod(int(np.argmin(finite)), block.shape[1])
            raise errors.bad_entry(name, start + row, column, block[row, column], where(start + row))
        if not zeros and not (some := block.any(axis=1)).all():
            row = start + int(np.argmin(some))
            raise errors.zero_vector(name, row, where(row))


def _check_sparse(array: Any, name: str, where: Where, zeros: bool) -> None:
    finite = np.isfinite(array.data)
    if not finite.all():
        place = int(np.argmin(finite))
        row = int(np.searchsorted(array.indptr, place, "right")) - 1
        raise errors.bad_entry(name, row, array.indices[place], array.data[place], where(row))
    filled = np.zeros(array.shape[0], bool)
    filled[np.repeat(np.arange(array.shape[0]), np.diff(array.indptr))[array.data != 0]] = True
    if not zeros and not filled.all():
        row = int(np.argmin(filled))
        raise errors.zero_vector(name, row, where(row))


def _block_rows(array: NDArray[Any]) -> int:
    return max(1, _CHECK_BYTES // max(1, array[:1].nbytes))


def named_columns(arrays: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part named values into columns (one dimension) and feature arrays (two)."""
    import scipy.sparse

    columns, features = {}, {}
    for name, value in arrays.items():
        two = scipy.sparse.issparse(value) or len(getattr(value, "shape", ())) == 2
        (features if two else columns)[name] = value
    return columns, features
