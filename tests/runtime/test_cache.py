import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.errors import DataError
from handful.runtime import cache as cache_module
from handful.runtime.cache import Cache, default_folder, key_of

ROWS, BLOCK = 10, 3


class Fill:
    """Row i holds i; remembers the blocks it was asked for, and fails before a given one."""

    def __init__(self, fails_at=None):
        self.asked, self.fails_at = [], fails_at

    def __call__(self, start, stop):
        if self.fails_at is not None and start >= self.fails_at:
            raise RuntimeError("killed")
        self.asked.append((start, stop))
        return np.arange(start, stop, dtype=np.float32)[:, None].repeat(2, axis=1)


def array(cache, fill, **changes):
    given = {"label": "demo", "identity": {"of": "test"}, "shape": (ROWS, 2), "dtype": np.float32}
    return cache.array(**{**given, **changes}, fill=fill, block_rows=BLOCK)


ALL = [(0, 3), (3, 6), (6, 9), (9, 10)]


def test_blocks_are_filled_once_in_order_and_found_again(tmp_path):
    first, second = Fill(), Fill()
    filled = array(Cache(tmp_path), first)
    assert first.asked == ALL
    assert filled[:, 1].tolist() == list(range(ROWS))
    assert array(Cache(tmp_path), second).tobytes() == filled.tobytes()
    assert second.asked == []


def test_a_run_that_failed_goes_on_where_it_stopped(tmp_path):
    with pytest.raises(RuntimeError, match="killed"):
        array(Cache(tmp_path), Fill(fails_at=6))
    again = Fill()
    assert array(Cache(tmp_path), again)[:, 0].tolist() == list(range(ROWS))
    assert again.asked == ALL[2:]


@pytest.mark.parametrize("block", range(4))
def test_a_block_whose_bytes_changed_is_computed_again(tmp_path, block):
    array(Cache(tmp_path), Fill())
    path = next(tmp_path.glob("*/array.npy"))
    with path.open("r+b") as file:
        file.seek(-(ROWS * 8) + ALL[block][0] * 8 + 2, os.SEEK_END)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    again = Fill()
    assert array(Cache(tmp_path), again)[:, 0].tolist() == list(range(ROWS))
    assert again.asked == [ALL[block]]


@pytest.mark.parametrize("name", ["array.npy", "done.npy", "entry.json"])
@pytest.mark.parametrize("damage", ["cut", "emptied", "removed"])
def test_damaged_files_are_made_again(tmp_path, name, damage):
    array(Cache(tmp_path), Fill())
    path = next(tmp_path.glob(f"*/{name}"))
    if damage == "removed":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: 0 if damage == "emptied" else -9])
    assert array(Cache(tmp_path), Fill())[:, 0].tolist() == list(range(ROWS))
    assert len(Cache(tmp_path).entries()) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"identity": {"of": "other"}},
        {"label": "other"},
        {"dtype": np.float16},
        {"shape": (ROWS, 2), "identity": {"of": "test", "version": 2}},
    ],
)
def test_what_differs_in_anything_is_kept_apart(tmp_path, changes):
    array(Cache(tmp_path), Fill())
    other = Fill()
    array(Cache(tmp_path), other, **changes)
    assert other.asked == ALL


@given(st.dictionaries(st.text(), st.integers() | st.text()))
def test_a_key_does_not_depend_on_the_order_of_names(identity):
    turned = dict(reversed(identity.items()))
    assert key_of(identity) == key_of(turned)
    assert key_of({**identity, "more": 1}) != key_of({**identity, "more": 2})


@pytest.mark.parametrize("shape", [(0, 2), (0,)])
def test_an_array_of_no_rows_needs_no_file(tmp_path, shape):
    assert array(Cache(tmp_path), Fill(), shape=shape).shape == shape


def test_a_row_may_be_a_single_number(tmp_path):
    kept = Cache(tmp_path).array("one", {}, (4,), np.int64, np.arange, block_rows=3)
    assert kept.tolist() == [0, 1, 2, 3]


def test_what_comes_back_cannot_be_changed(tmp_path):
    kept = array(Cache(tmp_path), Fill())
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 1


def test_progress_counts_blocks_found_as_well_as_made(tmp_path):
    with pytest.raises(RuntimeError):
        array(Cache(tmp_path), Fill(fails_at=6))
    told = []
    cache = Cache(tmp_path)
    cache.array(
        "demo", {"of": "test"}, (ROWS, 2), np.float32, Fill(), block_rows=BLOCK, done=told.append
    )
    assert told == [3, 3, 3, 1]


def _use(cache, label, used):
    array(cache, Fill(), label=label)
    entry = next(e for e in cache.entries() if e.label == label)
    os.utime(cache.folder / entry.key / "entry.json", (used, used))


def test_the_entries_used_longest_ago_go_first_and_the_one_in_use_stays(tmp_path):
    cache = Cache(tmp_path)
    for label, used in (("old", 1000), ("older", 500), ("new", 2000)):
        _use(cache, label, used)
    assert [entry.label for entry in cache.entries()] == ["new", "old", "older"]
    size = cache.entries()[0].size_bytes
    Cache(tmp_path, limit_bytes=2 * size + 50).trim()
    assert [entry.label for entry in cache.entries()] == ["new", "old"]
    oldest = cache.entries()[-1].key
    Cache(tmp_path, limit_bytes=0).trim(keep=oldest)
    assert [entry.key for entry in cache.entries()] == [oldest]


def test_clearing_says_what_it_freed_and_touches_nothing_else(tmp_path):
    (tmp_path / "mine.txt").write_text("not an entry")
    cache = Cache(tmp_path)
    array(cache, Fill())
    held = cache.entries()[0].size_bytes
    assert cache.clear() == held > 0
    assert cache.entries() == []
    assert (tmp_path / "mine.txt").exists()


def test_an_entry_that_cannot_be_read_is_not_listed(tmp_path):
    array(Cache(tmp_path), Fill())
    next(tmp_path.glob("*/entry.json")).write_text(json.dumps({"no": "label"}))
    assert Cache(tmp_path).entries() == []


def test_a_full_disk_is_said_with_what_to_do(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(cache_module.os, "posix_fallocate", full, raising=False)
    with pytest.raises(DataError, match=r"--no-cache"):
        array(Cache(tmp_path), Fill())


@pytest.mark.parametrize("variable", ["HANDFUL_CACHE", "XDG_CACHE_HOME"])
def test_the_folder_is_the_one_the_user_names(monkeypatch, tmp_path, variable):
    monkeypatch.delenv("HANDFUL_CACHE", raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert default_folder() == (tmp_path if variable == "HANDFUL_CACHE" else tmp_path / "handful")


WORK = """
    import sys, time
    from pathlib import Path
    import numpy as np
    from handful.runtime.cache import Cache

    def fill(start, stop):
        print(start, flush=True)
        time.sleep(0.02)
        return np.arange(start, stop, dtype=np.int64)

    kept = Cache(Path(sys.argv[1])).array("work", {}, (200,), np.int64, fill, block_rows=10)
    assert kept.tolist() == list(range(200)), kept
    print("done")
"""


def work(folder, kill_after=None):
    """Run the work in a process of its own, killed after so many seconds; the blocks it computed."""
    command = [sys.executable, "-c", textwrap.dedent(WORK), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if kill_after is not None:
        process.stdout.readline()
        time.sleep(kill_after)
        process.send_signal(signal.SIGKILL)
    printed, failed = process.communicate()
    assert kill_after is not None or process.returncode == 0, failed
    return printed.split()


def test_a_process_killed_between_blocks_leaves_nothing_wrong_and_is_finished_by_the_next(tmp_path):
    first = work(tmp_path, kill_after=0.1)
    assert "done" not in first
    second = work(tmp_path)
    assert second[-1] == "done"
    assert len(second) < 21, "nothing was kept of the first run"
    assert work(tmp_path) == ["done"]


@pytest.mark.torture
def test_a_process_killed_at_random_moments_is_finished_by_the_next(tmp_path):
    random = np.random.default_rng(0)
    for _ in range(100):
        work(tmp_path, kill_after=random.uniform(0, 0.1))
        if random.random() < 0.1:
            assert work(tmp_path)[-1] == "done"
            Cache(tmp_path).clear()
