"""Make the demo's pool and target from the docstrings of this machine's Python packages.

    python scripts/make_pool.py demo

The pool is what the standard library and the installed packages say about themselves: one row a
docstring, found by parsing the source files, which are never imported. The target is 64 of the docstrings
about statistics and random numbers (the modules in `TOPIC`), taken at even distances. It is kept out of
the pool, and so is what repeats it: exact copies wherever they stand, and near copies, rows of which half
the runs of five words, or more, also occur in the target. The topic's other docstrings stay in the pool, to
be found.

Files are read in a fixed order (standard library first, then by path), so the same environment gives
the same bytes. Dropped besides: texts of fewer than eight words, exact duplicates of an earlier row, and
folders named `test` or `tests`.
"""

import ast
import inspect
import json
import re
import sys
import sysconfig
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypedDict

TOPIC = ("random", "statistics", "numpy.random", "scipy.stats")
TARGET_ROWS = 64
SHORTEST_WORDS = 8
RUN_WORDS = 5
COPIED_SHARE = 0.5
KINDS = {ast.ClassDef: "class", ast.FunctionDef: "function", ast.AsyncFunctionDef: "function"}


class Row(TypedDict):
    """One docstring. `id` is module:name; `n_tokens` counts words and punctuation marks."""

    id: str
    module: str
    kind: str
    text: str
    n_tokens: int


def source_files() -> list[tuple[Path, Path]]:
    """Pairs (folder that module names start from, file): the standard library, then the packages."""
    paths = sysconfig.get_paths()
    library = Path(paths["stdlib"])
    packages = [Path(folder) for folder in dict.fromkeys((paths["purelib"], paths["platlib"]))]
    skipped = {"site-packages", "dist-packages", "test", "tests"}
    return [
        (folder, file)
        for folder in (library, *packages)
        for file in sorted(folder.rglob("*.py"))
        if skipped.isdisjoint(file.relative_to(folder).parts[:-1])
    ]


def docstrings(place: tuple[Path, Path]) -> list[Row] | None:
    """Docstrings of one file in the order of its lines, or None where it is not valid Python."""
    folder, file = place
    parts = file.relative_to(folder).with_suffix("").parts
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # escapes such as "\d" in old code
            warnings.simplefilter("ignore", DeprecationWarning)
            tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return None
    return [
        Row(id=name, module=module, kind=kind, text=text, n_tokens=count_tokens(text))
        for name, kind, text in walk(tree, module, "")
        if len(text.split()) >= SHORTEST_WORDS and is_unicode(text)
    ]


def walk(node: ast.AST, module: str, inside: str) -> Iterator[tuple[str, str, str]]:
    """Yield (id, kind, text) of a module, class or function, then of what is defined in it."""
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        text = ast.get_docstring(node, clean=False)
        kind = KINDS.get(type(node), "module")
        if text:
            yield f"{module}:{inside}", kind, inspect.cleandoc(text)
    for child in ast.iter_child_nodes(node):
        name = getattr(child, "name", "") if type(child) in KINDS else ""
        yield from walk(child, module, f"{inside}.{name}".strip("."))


def count_tokens(text: str) -> int:
    """Words and punctuation marks: a plain stand-in for what a tokenizer would count."""
    return len(re.findall(r"\w+|[^\w\s]", text))


def is_unicode(text: str) -> bool:
    """Whether the text can be written to a file; half a surrogate pair cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def word_runs(text: str) -> set[tuple[str, ...]]:
    """Every run of `RUN_WORDS` words, lower-cased, punctuation aside."""
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + RUN_WORDS]) for i in range(len(words) - RUN_WORDS + 1)}


def on_topic(row: Row) -> bool:
    """Whether a row is of a module in `TOPIC`, or of one inside it."""
    return f"{row['module']}.".startswith(tuple(f"{name}." for name in TOPIC))


def split(rows: list[Row]) -> tuple[list[Row], list[Row], Counter[str]]:
    """Part the rows into pool and target, and count what was dropped, by reason."""
    first = {row["text"]: row for row in reversed(rows)}
    distinct = [row for row in rows if first[row["text"]] is row]
    topic = [row for row in distinct if on_topic(row)]
    target = topic[:: max(1, len(topic) // TARGET_ROWS)][:TARGET_ROWS]
    taken = {row["text"] for row in target}
    known = set().union(*(word_runs(row["text"]) for row in target))
    left = [row for row in distinct if row["text"] not in taken]
    pool = [row for row in left if not is_near_copy(row, known)]
    dropped = Counter(
        {
            "exact duplicates": len(rows) - len(distinct),
            "near copies of the target": len(left) - len(pool),
        }
    )
    return name_apart(pool), name_apart(target), dropped


def is_near_copy(row: Row, known: set[tuple[str, ...]]) -> bool:
    """Whether half of a row's runs of words, or more, are among those known."""
    runs = word_runs(row["text"])
    return bool(runs) and len(runs & known) >= COPIED_SHARE * len(runs)


def name_apart(rows: list[Row]) -> list[Row]:
    """Give the second row of one name the id name#2, and so on: a getter and its setter, say."""
    times: Counter[str] = Counter()
    for row in rows:
        times[row["id"]] += 1
        if times[row["id"]] > 1:
            row["id"] += f"#{times[row['id']]}"
    return rows


def write(path: Path, rows: list[Row]) -> None:
    """Write rows as JSONL."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(lines, encoding="utf-8", newline="\n")


def main(folder: Path) -> None:
    """Write pool.jsonl and target.jsonl into `folder`."""
    started = time.perf_counter()
    files = source_files()
    rows: list[Row] = []
    invalid = 0
    with ProcessPoolExecutor() as processes:
        for done, found in enumerate(processes.map(docstrings, files, chunksize=32), start=1):
            rows += found or []
            invalid += found is None
            if sys.stderr.isatty() and (done % 50 == 0 or done == len(files)):
                end = "\n" if done == len(files) else ""
                print(
                    f"\rreading source: {done:,} of {len(files):,} files", end=end, file=sys.stderr
                )
    pool, target, dropped = split(rows)
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "pool.jsonl", pool)
    write(folder / "target.jsonl", target)
    megabytes = (folder / "pool.jsonl").stat().st_size / 1e6
    print(
        f"pool:    {len(pool):,} docstrings, {megabytes:.1f} MB, of {len(files) - invalid:,} files"
    )
    print(f"target:  {len(target)} of the docstrings of {', '.join(TOPIC)}, kept out of the pool")
    print(
        f"         {sum(map(on_topic, pool)):,} more of these modules stay in the pool, to be found"
    )
    print("dropped: " + ", ".join(f"{count:,} {reason}" for reason, count in dropped.items()))
    print(f"in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python scripts/make_pool.py FOLDER")
    main(Path(sys.argv[1]))
