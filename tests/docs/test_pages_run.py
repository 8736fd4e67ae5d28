"""What the README and the pages of docs/ show is run: Python blocks as doctests, console blocks as commands.

A console block holds lines `$ command`, continued by a backslash, each followed by what it prints (or by
nothing, and then its output is not looked at). `...` stands for anything, as in doctest. In front of a block,
the comment `<!-- not run: reason -->` leaves it out, and `<!-- exit 2 -->` says how its last command ends.
"""

import doctest
import json
import os
import random
import re
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

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


def run(command: str, folder: Path) -> tuple[int, str]:
    environment = {
        **os.environ,
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *sys.path]),
        "COLUMNS": "100",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


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
    program = tmp_path / "bin" / "handful"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -c "from handful.cli import main; main()" "$@"\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def check_console(fence: Fence, folder: Path) -> None:
    steps = commands(fence.body)
    for number, (command, expected) in enumerate(steps, start=1):
        code = int(fence.note.removeprefix("exit ")) if number == len(steps) and fence.note else 0
        returned, printed = run(command, folder)
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
def test_what_the_page_shows_is_what_happens(page, folder, monkeypatch):
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    for fence in fences(page):
        if fence.kind == "console":
            check_console(fence, folder)
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
def test_a_page_that_is_wrong_is_caught(wrong, complaint, tmp_path, folder, monkeypatch):
    page = tmp_path / "wrong.md"
    page.write_text(wrong)
    with pytest.raises(pytest.fail.Exception, match=complaint):
        test_what_the_page_shows_is_what_happens(page, folder, monkeypatch)


def test_every_link_between_pages_leads_somewhere():
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
            assert link.startswith("https://") or (page.parent / link).exists(), (
                f"{page.name}: {link}"
            )
