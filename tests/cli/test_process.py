"""The real command in a process of its own: exit codes, streams, signals, broken pipes, kills."""

import contextlib
import importlib.util
import json
import os
import pty
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

SOURCE = str(Path(importlib.util.find_spec("handful").origin).parents[1])
RANDOM = ("--rows", "20", "--method", "random", "--draws", "0")
NAMES = ["out.jsonl", "out.jsonl.manifest.json", "out.jsonl.manifest.parquet"]


def start(*arguments, patch="", unbuffered=False, **streams):
    """The command, with some lines of Python run beforehand."""
    program = textwrap.dedent(patch) + "\nfrom handful.cli import main\nmain()\n"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([SOURCE, *filter(None, sys.path)])}
    environment["PYTHONUNBUFFERED"] = "1" * unbuffered  # empty is not set
    streams = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
    } | streams
    return subprocess.Popen([sys.executable, "-c", program, *arguments], env=environment, **streams)


def run(*arguments, **how):
    process = start(*arguments, **how)
    out, err = process.communicate(timeout=120)
    return process.returncode, (out or b"").decode(), (err or b"").decode()


def ended(process):
    """Exit code and stderr of a process whose stdout is not ours to read."""
    err = process.stderr.read().decode()
    process.stderr.close()
    if process.stdout is not None:
        process.stdout.close()
    return process.wait(60), err


def select(*flags):
    """A quick command: Parquet needs no kernel to be loaded."""
    return ("select", "pool.parquet", *RANDOM, "-o", "out.jsonl", *flags)


@pytest.fixture
def folder(folder):
    records = [json.loads(line) for line in (folder / "pool.jsonl").read_text().splitlines()]
    pq.write_table(pa.Table.from_pylist(records), folder / "pool.parquet")
    return folder


def outputs(folder):
    return sorted(path.name for path in folder.iterdir() if "out" in path.name)


def halt(where, mark="halted"):
    """Lines that make a function say it was reached, then wait for a signal."""
    module, _, name = where.rpartition(".")
    return f"""
        import sys, time, {module.split(":")[0]}
        place = {module.replace(":", ".")}
        inner = place.{name}
        def waits(*given, **named):
            print("{mark}", file=sys.stderr, flush=True)
            for _ in range(300):
                time.sleep(0.1)
            return inner(*given, **named)
        place.{name} = waits
    """


def handful_bytes(folder):
    """What the command writes, made in this process."""
    import handful

    chosen = handful.select("pool.parquet", rows=20, method="random")
    handful.save(chosen, "pool.parquet", "again.jsonl")
    return (folder / "again.jsonl").read_bytes()


def wait_for(process, mark="halted"):
    for line in process.stderr:
        if mark in line.decode():
            return
    pytest.fail("the process never came so far")


# Streams and codes ------------------------------------------------------------------------------


def test_results_go_to_stdout_and_progress_to_stderr(folder):
    code, out, err = run(*select())
    assert code == 0
    assert "Wrote out.jsonl" in out
    assert "random: as asked" in err
    assert "Wrote" not in err


def test_rows_from_stdin_are_the_rows_of_the_file(folder, handful):
    arguments = ("select", "-", *RANDOM, "-o", "out.jsonl")
    with (folder / "pool.jsonl").open("rb") as rows:
        code, _, err = run(*arguments, stdin=rows)
    assert code == 0, err
    assert handful("select", "pool.jsonl", *RANDOM, "-o", "same.jsonl").code == 0
    assert (folder / "out.jsonl").read_bytes() == (folder / "same.jsonl").read_bytes()
    again = handful("verify", "out.jsonl.manifest.json")
    assert again.code == 2
    assert "it was read from stdin" in again.err
    assert handful("verify", "out.jsonl.manifest.json", "pool.jsonl").code == 0


def test_python_m_handful_is_the_command(folder):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([SOURCE, *filter(None, sys.path)])}
    done = subprocess.run(
        [sys.executable, "-m", "handful", "--version"],
        env=environment,
        capture_output=True,
        check=True,
    )
    assert done.stdout.startswith(b"handful 0.")


def test_on_a_terminal_there_is_a_bar(folder):
    ours, theirs = pty.openpty()
    arguments = ("select", "pool.jsonl", "--rows", "5", "--method", "k_center", "--no-cache")
    process = start(*arguments, "-o", "out.jsonl", stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the terminal closes with its last user
        while chunk := os.read(ours, 4096):
            shown += chunk
    os.close(ours)
    assert process.wait(60) == 0
    assert b"Wrote out.jsonl" in shown
    assert b"\x1b[" in shown


def test_help_and_version_load_nothing_heavy(folder):
    patch = """
        import atexit, sys
        heavy = {"numpy", "numba", "pyarrow", "scipy", "sklearn"}
        atexit.register(lambda: print("loaded:", sorted(heavy & set(sys.modules)), file=sys.stderr))
    """
    for arguments in (("--help",), ("select", "--help"), ("--version",)):
        code, out, err = run(*arguments, patch=patch)
        assert (code, err.strip()) == (0, "loaded: []")
        assert out


def test_help_shows_every_flag_in_its_panel(folder):
    code, out, _ = run("select", "--help")
    assert code == 0
    from handful.cli.flags import FLAGS, PANELS

    for panel in PANELS:
        assert panel in out
    for flag in FLAGS.values():
        assert flag.names.split()[-1] in out


def test_an_unexpected_error_shows_where_it_came_from_and_ends_with_1(folder):
    patch = """
        import handful.methods.data.random as module
        module.Random.run = lambda *_: 1 / 0
    """
    code, out, err = run(*select(), patch=patch)
    assert (code, out) == (1, "")
    assert "Traceback" in err
    assert "ZeroDivisionError" in err
    assert outputs(folder) == []


def test_a_full_disk_is_said_and_leaves_nothing(folder):
    rows = (folder / "pool.jsonl").read_text()
    (folder / "pool.jsonl").write_text(rows * 50)
    patch = """
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    """
    arguments = ("select", "pool.jsonl", "--rows", "10k", "--method", "random", "-o", "out.jsonl")
    code, _, err = run(*arguments, patch=patch)
    assert code == 1, err
    assert "out.jsonl: the disk is full or a size limit is reached" in err
    assert outputs(folder) == []


@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize("command", [("select", "pool.jsonl", *RANDOM, "-o", "-"), ("methods",)])
def test_a_full_disk_behind_stdout_is_said(command, unbuffered, folder):
    patch = """
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    """
    with (folder / "stdout").open("wb") as stdout:
        code, _, err = run(*command, patch=patch, stdout=stdout, unbuffered=unbuffered)
    assert code == 1, err
    assert "Error: The disk is full or a size limit is reached" in err
    assert "Traceback" not in err


# Signals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "number"),
    [
        ("handful.io.open.format_of", signal.SIGINT),
        ("handful.methods.data.random:Random.run", signal.SIGTERM),
        ("handful.io.atomic:PartFile.write", signal.SIGINT),
        ("handful.io.atomic:PartFile.sync", signal.SIGTERM),
    ],
)
def test_a_signal_ends_the_work_with_4_and_leaves_nothing(where, number, folder):
    process = start(*select(), patch=halt(where))
    wait_for(process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 4, err
    assert out == b""
    assert err.decode().count("\n") == 1
    assert "the same command goes on from here" in err.decode()
    assert outputs(folder) == []


def test_a_signal_while_stdin_is_read_ends_the_work(folder):
    patch = """
        import sys, handful.flow.prepare as place
        inner = place.read_pool
        def says(*given):
            print("halted", file=sys.stderr, flush=True)
            return inner(*given)
        place.read_pool = says
    """
    arguments = ("select", "-", *RANDOM, "-o", "out.jsonl")
    process = start(*arguments, patch=patch, stdin=subprocess.PIPE)
    process.stdin.write((folder / "pool.jsonl").read_bytes())
    process.stdin.flush()
    wait_for(process)
    process.send_signal(signal.SIGINT)
    process.stdin.close()
    code, err = ended(process)
    assert code == 4, err
    assert outputs(folder) == []


def test_a_signal_while_files_are_moved_into_place_comes_too_late(folder):
    patch = """
        import sys, time, handful.io.atomic as atomic
        inner = atomic.PartFile.publish
        def slow(self):
            print("halted", file=sys.stderr, flush=True)
            time.sleep(0.5)
            inner(self)
        atomic.PartFile.publish = slow
    """
    process = start(*select(), patch=patch)
    wait_for(process)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"Wrote out.jsonl" in out
    assert outputs(folder) == NAMES


def test_a_signal_while_the_summary_is_printed_ends_at_once_with_success(folder):
    process = start(*select(), patch=halt("handful.cli.select._summarise"))
    wait_for(process)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out == b"", "it did not wait for the rest of the summary"
    assert outputs(folder) == NAMES


def test_a_signal_that_is_lost_in_a_callback_still_ends_the_work(folder):
    patch = """
        import os, signal
        from handful.methods.data.random import Random
        inner = Random.run
        class Swallows:
            def __del__(self):
                os.kill(os.getpid(), signal.SIGINT)
        def run(*given):
            Swallows()
            return inner(*given)
        Random.run = run
    """
    code, out, err = run(*select(), patch=patch)
    assert (code, out) == (4, "")
    assert "Exception ignored" in err
    assert outputs(folder) == []


# Pipes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unbuffered", [False, True])
def test_a_reader_of_the_rows_may_leave_early(unbuffered, folder):
    (folder / "pool.jsonl").write_text((folder / "pool.jsonl").read_text() * 100)
    arguments = ("select", "pool.jsonl", "--rows", "30k", "--method", "random", "-o", "-")
    process = start(*arguments, unbuffered=unbuffered)
    assert process.stdout.readline()
    process.stdout.close()
    code, err = ended(process)
    assert code == 0, err
    assert "Traceback" not in err
    assert "BrokenPipe" not in err


@pytest.mark.parametrize("arguments", [("methods",), ("select", "--help"), select()])
def test_a_reader_of_what_is_printed_may_be_gone(arguments, folder):
    reading, writing = os.pipe()
    os.close(reading)
    process = start(*arguments, stdout=writing)
    os.close(writing)
    code, err = ended(process)
    assert code == 0, err
    assert "Traceback" not in err
    assert "BrokenPipe" not in err
    if arguments[:2] == select()[:2]:
        assert outputs(folder) == NAMES


def test_a_reader_of_the_progress_may_be_gone(folder):
    reading, writing = os.pipe()
    os.close(reading)
    process = start(*select(), stderr=writing)
    os.close(writing)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"Wrote out.jsonl" in out
    assert outputs(folder) == NAMES


# Kills ------------------------------------------------------------------------------------------

KILLED_AT = """
    import os, signal, handful.io.atomic as atomic
    place, name, count = atomic.PartFile, {name!r}, {count}
    inner, seen = getattr(place, name), []
    def killed(*given):
        seen.append(1)
        if len(seen) == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return inner(*given)
    setattr(place, name, killed)
"""


@pytest.mark.parametrize(
    ("name", "count"),
    [("write", 1), ("sync", 1), ("publish", 1), ("publish", 2), ("publish", 3)],
)
def test_a_killed_run_leaves_no_output_and_the_next_finishes_with_the_same_bytes(
    name, count, folder
):
    patch = KILLED_AT.format(name=name, count=count)
    code, _, _ = run(*select(), patch=patch)
    assert code == -signal.SIGKILL
    assert not (folder / "out.jsonl").exists()
    assert run(*select())[0] == 0
    assert outputs(folder) == NAMES, "what the killed run left is gone"
    assert (folder / "out.jsonl").read_bytes() == handful_bytes(folder)


def test_a_run_killed_while_replacing_leaves_the_old_output_or_the_new_one(folder):
    (folder / "out.jsonl").write_text("old")
    code, _, _ = run(*select("--overwrite"), patch=KILLED_AT.format(name="publish", count=3))
    assert code == -signal.SIGKILL
    assert (folder / "out.jsonl").read_text() == "old"


def _whole(folder, expected):
    """Nothing, or all of it; a manifest without output is what the next run writes over."""
    out = folder / "out.jsonl"
    if not out.exists():
        return False
    assert out.read_bytes() == expected
    manifest = json.loads((folder / "out.jsonl.manifest.json").read_text())
    assert manifest["result"]["k"] == expected.count(b"\n")
    return True


@pytest.mark.torture
@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["interrupt", "term", "kill"]
)
def test_at_whatever_moment_a_run_is_ended_the_output_is_absent_or_whole(number, folder):
    text = (folder / "pool.jsonl").read_text()
    (folder / "pool.jsonl").write_text(text * 40)
    chosen = ("--rows", "2k", "--like", "target.jsonl", "--draws", "39")
    arguments = ("select", "pool.jsonl", *chosen, "-o", "out.jsonl")
    began = time.monotonic()
    assert run(*arguments, "--no-cache")[0] == 0
    lasts = time.monotonic() - began
    expected = (folder / "out.jsonl").read_bytes()
    draw = random.Random(0)
    seen = set()
    for trial in range(40):
        for path in folder.glob("*out*"):
            path.unlink()
        cache = folder / "cache"
        if trial % 2:
            shutil.rmtree(cache, ignore_errors=True)
        process = start(*arguments, "--cache-dir", str(cache))
        time.sleep(draw.uniform(0.05, 1.6) * lasts)
        process.send_signal(number)
        process.communicate(timeout=120)
        done = _whole(folder, expected)
        seen.add(done)
        if process.returncode == 4:
            assert not done
            assert [name for name in outputs(folder) if name.endswith("part")] == []
        elif process.returncode == 0:
            assert done
        elif number is not signal.SIGKILL:  # it was not yet as far as our handlers
            assert process.returncode == -number
            assert not done
        if not done:
            assert run(*arguments, "--cache-dir", str(cache))[0] == 0
        assert _whole(folder, expected), trial
    assert seen == {False, True}, "some runs were ended early, and some too late"
