"""Feature arrays from files, from columns and from memory; what is wrong with them is named."""

import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse

from handful.errors import DataError, UsageError
from handful.io.numpy import load_array, room
from handful.io.open import open_source

POOL = {"t": ["a", "b", "c"]}


def saved(path: Path, array) -> str:
    np.save(path, array)
    return str(path)


def test_npy_files_are_mapped_and_kept_as_they_are(tmp_path: Path) -> None:
    for dtype in (np.float16, np.float32):
        path = saved(tmp_path / "x.npy", np.ones((3, 2), dtype))
        array = load_array(path, open_source(POOL), "--array x")
        assert isinstance(array, np.memmap) and array.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float64, np.int8, np.int64, bool, ">f4"])
def test_other_numbers_become_float32(tmp_path: Path, dtype) -> None:
    values = np.arange(1, 7).reshape(3, 2).astype(dtype)
    array = load_array(saved(tmp_path / "x.npy", values), None, "x")
    assert array.dtype == np.float32 and np.array_equal(array, values)
    assert np.array_equal(load_array(np.asfortranarray(values), None, "x"), values)


def test_large_conversions_lie_in_a_mapped_file(monkeypatch) -> None:
    monkeypatch.setattr("handful.io.numpy._SMALL_BYTES", 10)
    array = load_array(np.ones((3, 2)), None, "x")
    assert isinstance(array, np.memmap) and array.tolist() == np.ones((3, 2)).tolist()
    assert isinstance(room((100, 10), np.float16), np.memmap)


def test_archives_hold_one_array_or_a_sparse_matrix(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", x=np.eye(3))
    assert load_array(tmp_path / "one.npz", None, "x").tolist() == np.eye(3).tolist()
    scipy.sparse.save_npz(tmp_path / "sparse.npz", scipy.sparse.csc_matrix(np.eye(3)))
    sparse = load_array(str(tmp_path / "sparse.npz"), open_source(POOL), "x")
    assert sparse.format == "csr" and sparse.toarray().tolist() == np.eye(3).tolist()
    np.savez(tmp_path / "two.npz", x=np.eye(3), y=np.eye(3))
    with pytest.raises(UsageError, match=r"two.npz holds several arrays: x, y. Save the one"):
        load_array(tmp_path / "two.npz", None, "x")


def test_a_pool_may_be_a_bare_array_file(tmp_path: Path) -> None:
    source = open_source(saved(tmp_path / "x.npy", np.eye(3, dtype=np.float32)))
    assert (source.rows, list(source.arrays), dict(source.schema)) == (3, ["embedding"], {})
    assert source.where(2) == f"{tmp_path / 'x.npy'} row 2"
    np.savez(tmp_path / "x.npz", grad=np.eye(2), label=np.array(["u", "v"]))
    source = open_source(tmp_path / "x.npz")
    assert list(source.read({"label": "text"}, 0, 2)["label"]) == ["u", "v"]
    assert source.arrays["grad"].shape == (2, 2)
    with pytest.raises(UsageError, match=r"x.npy and .*x.npz were given. Join them"):
        open_source([tmp_path / "x.npy", tmp_path / "x.npz"])
    with pytest.raises(DataError, match=r"x.npy.* has shape \(3,\)"):
        open_source(saved(tmp_path / "x.npy", np.arange(3)))


def test_list_columns_are_arrays(monkeypatch) -> None:
    values = np.arange(1, 40_001, dtype=np.float32).reshape(20_000, 2)
    data = pa.table({"v": list(values), "t": [str(i) for i in range(20_000)]})
    assert np.array_equal(load_array("v", open_source(data), "v"), values)
    ragged = pa.table({"v": [[1.0, 2.0]] * 9_000 + [[1.0]]})
    with pytest.raises(DataError, match=r"data row 9000: v has 1 numbers and not the 2"):
        load_array("v", open_source(ragged), "v")


def test_blocks_of_unlike_width_are_refused() -> None:
    ragged = pa.table({"v": [[1.0, 2.0]] * 8192 + [[1.0]] * 10})
    with pytest.raises(DataError, match=r"data row 8192: v has 1 numbers and not the 2"):
        load_array("v", open_source(ragged), "v")


@pytest.mark.parametrize("wrap", [np.asarray, scipy.sparse.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize(
    ("row", "column", "value", "message"),
    [
        (2, 1, np.nan, r"--array e\[2, 1\] = nan \(data row 2\), and features must be finite"),
        (2, 1, -np.inf, r"--array e\[2, 1\] = -inf \(data row 2\)"),
        (2, slice(None), 0, r"--array e\[2\] is all zeros \(data row 2\), which has no direction"),
    ],
)
def test_a_bad_vector_is_named(wrap, row, column, value, message) -> None:
    array = np.ones((3, 2), np.float32)
    array[row, column] = value
    with pytest.raises(DataError, match=message):
        load_array(wrap(array), open_source(POOL), "--array e")


def test_a_bad_vector_in_a_later_block_is_named(monkeypatch) -> None:
    monkeypatch.setattr("handful.io.numpy._CHECK_BYTES", 64)
    array = np.ones((1000, 4), np.float16)
    array[998, 3] = np.inf
    with pytest.raises(DataError, match=r"e\[998, 3\] = inf \(row 998\)"):
        load_array(array, None, "e")


def test_numbers_too_large_for_float32_are_refused() -> None:
    with pytest.raises(DataError, match=r"e\[0, 0\] = inf .*\(as float32\)"):
        load_array(np.array([[1e300, 1.0]]), None, "e")


def test_bad_rows_need_no_vector(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n3\n")
    source = open_source(tmp_path / "x.csv", on_bad_row="skip")
    for array in (np.array([[1.0, 1], [np.nan, 0]]), scipy.sparse.csr_matrix([[1.0], [0]])):
        assert load_array(array, source, "e").shape[0] == 2
    with pytest.raises(DataError, match=r"e\[0, 0\] = nan"):
        load_array(np.array([[np.nan], [np.nan]]), source, "e")


def test_rows_unlike_the_pool_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'--array e' has 2 rows, but data has 3. Row i of"):
        load_array(np.ones((2, 2)), open_source(POOL), "--array e")
    (tmp_path / "x.csv").write_text("a\n1\n")
    with pytest.raises(DataError, match=r"has 2 rows, but .*x.csv has 1"):
        load_array(np.ones((2, 2)), open_source(tmp_path / "x.csv"), "e")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.ones(3), r"'e' has shape \(3,\), and it must be \(rows, dimensions\)"),
        (np.ones((3, 0)), r"'e' has shape \(3, 0\)"),
        (np.ones((3, 2), complex), "'e' holds complex128, and it must hold numbers"),
        (np.array([["a"]]), "'e' holds <U1"),
    ],
    ids=str,
)
def test_what_is_no_array_of_vectors_is_refused(data, message) -> None:
    with pytest.raises(DataError, match=message):
        load_array(data, None, "e")


def test_files_that_are_no_arrays_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no.npy: no such file"):
        load_array(str(tmp_path / "no.npy"), None, "e")
    whole = Path(saved(tmp_path / "x.npy", np.ones((100, 9)))).read_bytes()
    (tmp_path / "x.npy").write_bytes(whole[:500])
    with pytest.raises(DataError, match=r"x.npy: not a readable numpy file .*copy or write it"):
        load_array(tmp_path / "x.npy", None, "e")
    np.save(tmp_path / "o.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(DataError, match=r"o.npy: not a readable numpy file .*object"):
        load_array(tmp_path / "o.npy", None, "e")


def test_checking_a_mapped_file_holds_a_block_at_a_time(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.npy", np.ones((1 << 18, 128), np.float16))  # 64 MiB
    tracemalloc.start()
    load_array(path, None, "e")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 << 20


def test_bad_rows_may_be_zeros_and_stored_zeros_are_zeros(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n3\n")
    source = open_source(tmp_path / "x.csv", on_bad_row="skip")
    assert load_array(np.array([[1.0], [0.0]]), source, "e").shape == (2, 1)
    stored = scipy.sparse.csr_matrix((np.zeros(1), [0], [0, 1]), shape=(1, 2))
    with pytest.raises(DataError, match=r"e\[0\] is all zeros \(row 0\)"):
        load_array(stored, None, "e")
