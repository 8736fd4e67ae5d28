"""The command line, run in this process, and a small pool to run it on."""

import json
import random
import signal
from dataclasses import dataclass

import pytest

from handful.cli import code_of

TOPICS = {
    "maths": "sum product prove theorem integer prime number equation solve root",
    "cooking": "boil onion butter oven flour salt knife recipe simmer taste",
    "sailing": "wind mast keel anchor harbour rope tide compass deck sail",
}


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def handful(capsysbinary, monkeypatch):
    """Run a command line in this process; signal handlers are put back afterwards."""
    monkeypatch.setenv("COLUMNS", "100")
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def run(*arguments):
        capsysbinary.readouterr()
        code = code_of([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        return Ended(code, out.decode(), err.decode())

    yield run
    for number, handler in before.items():
        signal.signal(number, handler)


def rows(count, topics=tuple(TOPICS), first=0):
    """Rows of a pool: id, text, topic, quality, n_tokens."""
    draw = random.Random(first)
    for number in range(first, first + count):
        topic = draw.choice(topics)
        words = draw.choices(TOPICS[topic].split(), k=draw.randint(5, 15))
        yield {
            "id": f"row-{number}",
            "text": " ".join(words),
            "topic": topic,
            "quality": round(draw.random(), 3),
            "n_tokens": len(words),
        }


def write(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with pool.jsonl (300 rows) and target.jsonl (20 of one topic)."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "pool.jsonl", rows(300))
    write(tmp_path / "target.jsonl", rows(20, ("maths",), first=1000))
    return tmp_path
