import io
import sys
import time

import pytest

from handful.cli.progress import Bar, Lines, progress
from handful.cli.show import bytes_of, glimpse, number_of, table, time_of
from handful.runtime.progress import Silent


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Gone(io.StringIO):
    def write(self, text):
        raise BrokenPipeError


def test_lines_are_said_now_and_then(capsys, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    lines = Lines()
    lines.stage("features", 2000)
    for _ in range(25):
        clock[0] += 1
        lines.advance(10)
    lines.stage("reading", None)
    clock[0] += 10
    lines.advance(5)
    lines.note("done")
    assert capsys.readouterr().err.splitlines() == [
        "features: 100 of 2,000 (5%)",
        "features: 200 of 2,000 (10%)",
        "reading: 5",
        "done",
    ]


def test_nobody_reading_the_lines_stops_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Gone())
    lines = Lines(seconds_between=0)
    lines.stage("features", 10)
    lines.advance(5)
    lines.note("done")


def test_a_terminal_gets_a_bar_that_is_gone_in_the_end_and_notes_that_stay(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress(quiet=False) as listener:
        assert isinstance(listener, Bar)
        listener.advance(1)
        listener.stage("features [bold]", 100)
        listener.advance(40)
        listener._bars.refresh()
        listener.note("random: [as] asked")
        listener.stage("choosing", None)
        listener.advance(3)
    shown = terminal.getvalue()
    assert "features [bold]" in shown
    assert "40/100" in shown
    assert "random: [as] asked" in shown
    assert shown.endswith(("\x1b[2K", "\x1b[?25h")), "the bar is wiped and the cursor shown again"


def test_quiet_is_silent_and_a_file_gets_lines(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress(quiet=True) as listener:
        assert isinstance(listener, Silent)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress(quiet=False) as listener:
        assert isinstance(listener, Lines)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (10**6, "1.0 MB"),
        (5e12, "5.0 TB"),
    ],
)
def test_bytes_are_said_as_one_reads_them(size, said):
    assert bytes_of(size) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(5, "5"), (12345.0, "12,345"), (0.1 + 0.2, "0.3"), (1e300, "1e+300"), (-2.5, "-2.5")],
)
def test_numbers_are_said_as_one_reads_them(value, said):
    assert number_of(value) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "under 1 s"), (61, "61 s"), (600, "10 min"), (90_000, "25.0 h")]
)
def test_time_is_said_roughly(seconds, said):
    assert time_of(seconds) == said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a" * 200, "a" * 80),
        ("  two\n\n lines\t", "two lines"),
        ("\x1b[31mred\x00\u202e", "[31mred"),
        ("é漢\U0001f600", "é漢\U0001f600"),
        ("x" + "\n" * 10**6 + "y", "x"),
        ("", ""),
    ],
)
def test_a_glimpse_is_one_safe_line(text, shown):
    assert glimpse(text) == shown


def test_a_table_wraps_its_last_column_at_the_terminals_edge(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    table(("a", "what"), [("one", "word " * 12), ("three", "short"), ("", "")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "a      what"
    assert lines[1] == "one    word word word word word word"
    assert lines[2] == "       word word word word word word"
    assert lines[3] == "three  short"
    assert all(len(line) <= 40 for line in lines)


def test_a_table_of_nothing_is_nothing(capsys):
    table(("a", "b"), [])
    assert capsys.readouterr().out == ""
