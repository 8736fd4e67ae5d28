"""Outputs are whole or absent, whatever happens."""

import contextlib
import errno
import os
import random
import resource
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from handful.errors import DataError, UsageError
from handful.io.atomic import Files, part_of
from handful.io.open import open_source
from handful.io.write import write_rows


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_appear_together_the_first_opened_last(tmp_path: Path, monkeypatch) -> None:
    order = []
    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda a, b: (order.append(b.name), replace(a, b)))
    with Files() as files:
        for name in ("out", "manifest", "sidecar"):
            files.open(tmp_path / name).write(name.encode())
        assert not any((tmp_path / name).exists() for name in ("out", "manifest", "sidecar"))
    assert order == ["sidecar", "manifest", "out"]
    assert names(tmp_path) == ["manifest", "out", "sidecar"]
    assert (tmp_path / "manifest").read_text() == "manifest"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_nothing_and_what_was_there_stays(tmp_path: Path, error) -> None:
    (tmp_path / "out").write_text("old")
    with pytest.raises(error), Files() as files:
        files.open(tmp_path / "out").write(b"new")
        files.open(tmp_path / "other").write(b"new")
        raise error
    assert names(tmp_path) == ["out"] and (tmp_path / "out").read_text() == "old"


def test_an_error_while_syncing_leaves_nothing(tmp_path: Path, monkeypatch) -> None:
    def fail(descriptor):
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="input/output"), Files() as files:
        files.open(tmp_path / "out").write(b"new")
    assert names(tmp_path) == []


def test_the_leftover_of_a_killed_run_is_taken_over(tmp_path: Path) -> None:
    part_of(tmp_path / "out").write_bytes(b"half of something long")
    with Files() as files:
        files.open(tmp_path / "out").write(b"whole")
    assert names(tmp_path) == ["out"] and (tmp_path / "out").read_bytes() == b"whole"


def test_two_runs_do_not_write_one_output(tmp_path: Path) -> None:
    with Files() as files:
        files.open(tmp_path / "out").write(b"first")
        with (
            pytest.raises(UsageError, match=r"out is being written by another run"),
            Files() as more,
        ):
            more.open(tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"first" and names(tmp_path) == ["out"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_text("old")
    (tmp_path / "out").symlink_to(tmp_path / "real" / "file")
    with Files() as files:
        files.open(tmp_path / "out").write(b"new")
    assert (tmp_path / "out").is_symlink()
    assert (tmp_path / "real" / "file").read_text() == "new"


def test_files_have_the_usual_permissions(tmp_path: Path) -> None:
    with Files() as files:
        files.open(tmp_path / "out").write(b"x")
    (tmp_path / "plain").touch()
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "plain").stat().st_mode


@contextlib.contextmanager
def small_files():
    """No file may grow past 64 KiB: what a full disk looks like, without one. The report's file included."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("name", ["o.jsonl", "o.csv.gz", "o.parquet", "o.arrow", "o.npy"])
def test_a_full_disk_leaves_nothing_and_says_what_to_do(tmp_path, name) -> None:
    noise = np.random.default_rng(0).normal(size=(30_000, 2)).astype(np.float32)
    source = open_source(noise if name == "o.npy" else {"x": noise[:, 0].copy()})
    with (
        small_files(),
        pytest.raises(
            DataError,
            match=rf"{name}: the disk is full .*bytes were written so far.*are free.*Make room and run the same",
        ),
    ):
        write_rows(source, np.arange(30_000), tmp_path / name)
    assert names(tmp_path) == []


WRITE = """
    import signal, sys, time
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, where a shell began us with &
    import numpy as np
    from pathlib import Path
    from handful.io.atomic import Files
    from handful.io.manifest import write_manifest
    from handful.io.open import open_source
    from handful.io.write import write_rows
    from handful.io.output import check_output
    from handful.selection import Selection

    out = Path(sys.argv[1])
    slow = float(sys.argv[2])
    rows = np.arange(0, 60_000, 2)
    source = open_source({"i": np.arange(60_000), "t": [f"row {i}" for i in range(60_000)]})
    selection = Selection(indices=rows, ids=rows, n=60_000, method="random")
    print("ready", flush=True)
    with Files() as files:
        write_rows(source, rows, check_output(out, overwrite=True), files=files)
        time.sleep(slow)
        write_manifest(files, out, {"request": {}, "inputs": {}, "result": {}}, selection)
"""
SCRIPT = textwrap.dedent(WRITE)


def start(out: Path, slow: float) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(out), str(slow)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_nothing(tmp_path: Path, number) -> None:
    process = start(tmp_path / "o.parquet", 60)
    deadline = time.monotonic() + 30
    while not part_of(tmp_path / "o.parquet").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(number)
    assert process.wait() == -number
    process.stdout.close()
    assert names(tmp_path) == []


def test_a_handler_of_the_program_is_left_alone(tmp_path: Path) -> None:
    seen = []
    before = signal.signal(signal.SIGTERM, lambda *_: seen.append(True))
    try:
        with Files() as files:
            files.open(tmp_path / "out").write(b"x")
            os.kill(os.getpid(), signal.SIGTERM)
        assert seen == [True] and names(tmp_path) == ["out"]
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.torture
def test_killed_at_any_moment_the_output_is_absent_or_whole(tmp_path: Path) -> None:
    draw = random.Random(0)
    out = tmp_path / "o.parquet"
    process = start(out, 0)
    began = time.monotonic()
    assert process.wait() == 0
    lasted = time.monotonic() - began
    process.stdout.close()
    whole = {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}
    assert len(whole) == 3
    killed = 0
    for _ in range(40):
        for path in tmp_path.iterdir():
            path.unlink()
        process = start(out, 0)
        time.sleep(draw.random() * lasted * 1.2)
        process.kill()
        killed += process.wait() != 0
        process.stdout.close()
        if out.exists():
            assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == whole
        again = start(out, 0)
        assert again.wait() == 0
        again.stdout.close()
        assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == whole
    assert killed >= 10
