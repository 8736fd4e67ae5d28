import importlib.util
import json
import sysconfig
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
TARGET = '''
def mean(data):
    """Add all the values up and divide the sum by how many there are.

    An empty list has no mean, and is refused with an error."""

def tiny():
    """Too short."""
'''
NEAR_COPY = '''
def mean(data):
    """Add all the values up and divide the sum by how many there are."""
'''
OTHER = '''"""What this module does is described by exactly these ten words."""

class Reader:
    """Read lines of a file one by one, and count them."""

    @property
    def name(self):
        """The name of the file, as it was given by the user."""

    @name.setter
    def name(self, value):
        """Give the file another name, which has to be a new one."""

    def broken(self):
        """Half a surrogate pair \\ud800 cannot be written to a file at all."""

def tiny():
    """Too short."""
'''


@pytest.fixture
def make_pool(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("make_pool", SCRIPTS / "make_pool.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    library, packages = tmp_path / "lib", tmp_path / "lib" / "site-packages"
    paths = {"stdlib": str(library), "purelib": str(packages), "platlib": str(packages)}
    monkeypatch.setattr(sysconfig, "get_paths", lambda: paths)
    files = {
        library / "statistics.py": TARGET,
        library / "other.py": OTHER,
        library / "broken.py": "def not python(",
        packages / "copied" / "__init__.py": OTHER,
        packages / "copied" / "near.py": NEAR_COPY,
        packages
        / "copied"
        / "tests"
        / "test_near.py": '"""A test says nothing that a reader would want."""',
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return module


def rows_of(make_pool):
    found = [make_pool.docstrings(place) or [] for place in make_pool.source_files()]
    return make_pool.split([row for rows in found for row in rows])


def test_a_row_for_each_docstring_long_enough_in_the_order_of_the_source(make_pool):
    pool, _, _ = rows_of(make_pool)
    assert [(row["id"], row["kind"]) for row in pool] == [
        ("other:", "module"),
        ("other:Reader", "class"),
        ("other:Reader.name", "function"),
        ("other:Reader.name#2", "function"),
    ]
    assert pool[0]["text"] == "What this module does is described by exactly these ten words."
    assert pool[0]["n_tokens"] == 12  # eleven words and a full stop


def test_neither_the_target_nor_a_near_copy_of_it_stays_in_the_pool(make_pool):
    pool, target, dropped = rows_of(make_pool)
    assert [row["id"] for row in target] == ["statistics:mean"]
    assert not any("divide the sum" in row["text"] for row in pool)
    assert dropped == {"exact duplicates": 4, "near copies of the target": 1}


def test_the_target_is_spread_over_the_topic_and_the_rest_of_it_stays(make_pool, monkeypatch):
    monkeypatch.setattr(make_pool, "TARGET_ROWS", 2)
    modules = ["other", "random", "random", "statistics", "numpy.random.sub", "scipy.statsish"]
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
    rows = [
        {"id": f"{module}:{i}", "module": module, "text": " ".join(word + str(i) for word in words)}
        for i, module in enumerate(modules)
    ]
    pool, target, _ = make_pool.split(rows)
    assert [row["id"] for row in target] == ["random:1", "statistics:3"]
    assert [row["id"] for row in pool if make_pool.on_topic(row)] == [
        "random:2",
        "numpy.random.sub:4",
    ]
    assert len(pool) == 4


def test_a_file_that_is_not_python_is_passed_over(make_pool, tmp_path):
    assert make_pool.docstrings((tmp_path / "lib", tmp_path / "lib" / "broken.py")) is None


def test_the_files_are_written_as_json_lines_and_twice_the_same(make_pool, tmp_path):
    for folder in ("first", "second"):
        pool, _, _ = rows_of(make_pool)
        (tmp_path / folder).mkdir()
        make_pool.write(tmp_path / folder / "pool.jsonl", pool)
    first = (tmp_path / "first" / "pool.jsonl").read_bytes()
    assert first == (tmp_path / "second" / "pool.jsonl").read_bytes()
    assert [json.loads(line) for line in first.splitlines()] == pool
