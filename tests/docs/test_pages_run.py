"""What the README and the pages of docs/ show is run: Python blocks as doctests, console blocks as commands.

A console block holds lines `$ command`, continued by a backslash, each followed by what it prints (or by
nothing, and then its output is not looked at). `...` stands for anything, as in doctest. In front of a block,
the comment `<!-- not run: reason -->` leaves it out, and `<!-- exit 2 -->` says how its last command ends.
"""

import doctest
import json
import random
import re
import shlex
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from handful.cli import code_of

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(
    r"(?:<!-- (?P<note>[^\n]*?) -->\n)?^```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.M | re.S
)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

TOPICS = {
    "maths": "sum product prove theorem integer prime number equation solve root",
    "cooking": "boil onion butter oven flour salt knife recipe simmer taste",
    "sailing": "wind mast keel anchor harbour rope tide compass deck sail",
}


@dataclass(frozen=True)
class Fence:
    kind: str
    body: str
    note: str
    line: int


def fences(page: Path) -> list[Fence]:
    text = page.read_text()
    return [
        Fence(m["kind"], m["body"], m["note"] or "", text.count("\n", 0, m.start("kind")) + 1)
        for m in FENCE.finditer(text)
        if not (m["note"] or "").startswith("not run: ")
    ]


def commands(body: str) -> list[tuple[str, str]]:
    """Split a console block into (command, what it prints)."""
    found: list[tuple[str, str]] = []
    for line in body.replace("\\\n", "").splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((line[2:].strip(), ""))
        else:
            assert found, f"a console block begins with a command, not with {line!r}"
            found[-1] = (found[-1][0], found[-1][1] + line)
    return found


def shell(command: str) -> tuple[int, str]:
    """Run a command in bash: its exit code and what it printed."""
    arguments = ["bash", "-euo", "pipefail", "-c", command]
    done = subprocess.run(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture
def run(capsysbinary, monkeypatch):
    """Run a command: `handful` in this process, which is quicker, all others in a shell."""
    monkeypatch.setenv("COLUMNS", "100")
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def run(command: str) -> tuple[int, str]:
        program, *arguments = shlex.split(command)
        if program != "handful" or set(command) & set("|<>;&"):
            return shell(command)
        capsysbinary.readouterr()
        code = code_of(arguments)
        out, err = capsysbinary.readouterr()
        return code, (err + out).decode()  # progress comes before the summary

    yield run
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def folder(tmp_path):
    """The files that the pages speak of, small: 300 rows of three topics, and a target of one."""
    draw = random.Random(0)

    def row(number, topic):
        words = draw.choices(TOPICS[topic].split(), k=draw.randint(5, 15))
        return {
            "id": f"row-{number}",
            "text": " ".join(words),
            "topic": topic,
            "quality": round(draw.random(), 3),
            "n_tokens": len(words),
            "instruction": words[0],
            "output": " ".join(words[1:]),
        }

    def write(name, rows):
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))

    write("pool.jsonl", [row(i, draw.choice(list(TOPICS))) for i in range(300)])
    write("target.jsonl", [row(i, "maths") for i in range(1000, 1020)])
    noise = np.random.default_rng(0).standard_normal
    np.save(tmp_path / "embeddings.npy", noise((300, 8), np.float32))
    np.save(tmp_path / "target-embeddings.npy", noise((20, 8), np.float32))
    return tmp_path


def check_console(fence: Fence, run: Callable[[str], tuple[int, str]]) -> None:
    steps = commands(fence.body)
    for number, (command, expected) in enumerate(steps, start=1):
        code = int(fence.note.removeprefix("exit ")) if number == len(steps) and fence.note else 0
        returned, printed = run(command)
        if returned != code:
            pytest.fail(
                f"$ {command}\nended with {returned}, not {code}:\n{printed}", pytrace=False
            )
        matches = doctest.OutputChecker().check_output(expected, printed, FLAGS)
        if expected.strip() and not matches:
            pytest.fail(f"$ {command}\nprinted\n{printed}\nnot\n{expected}", pytrace=False)


def check_python(fence: Fence, names: dict[str, object], place: str) -> None:
    if ">>>" not in fence.body:
        exec(compile(fence.body, place, "exec"), names)
        return
    example = doctest.DocTestParser().get_doctest(fence.body, names, place, place, 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    if runner.run(example, out=report.append, clear_globs=False).failed:
        pytest.fail("".join(report), pytrace=False)
    names.update(example.globs)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_page_shows_is_what_happens(page, folder, run, monkeypatch):
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    for fence in fences(page):
        if fence.kind == "console":
            check_console(fence, run)
        elif fence.kind == "python":
            check_python(fence, names, f"{page.name}:{fence.line}")


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("```console\n$ echo one\ntwo\n```\n", "printed\none"),
        ("<!-- exit 2 -->\n```console\n$ exit 3\n```\n", "ended with 3, not 2"),
        ("```console\n$ exit 3\n```\n", "ended with 3, not 0"),
        ("```python\n>>> 1 + 1\n3\n```\n", "Expected"),
    ],
)
def test_a_page_that_is_wrong_is_caught(wrong, complaint, tmp_path, folder, run, monkeypatch):
    page = tmp_path / "wrong.md"
    page.write_text(wrong)
    with pytest.raises(pytest.fail.Exception, match=complaint):
        test_what_the_page_shows_is_what_happens(page, folder, run, monkeypatch)


def test_every_link_between_pages_leads_somewhere():
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
            assert link.startswith("https://") or (page.parent / link).exists(), (
                f"{page.name}: {link}"
            )
