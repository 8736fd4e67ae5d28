"""The same rows are the same values, whatever they are read from and written to."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handful.io.open import open_source
from handful.io.values import json_text
from handful.io.write import write_rows
from handful.pool import Strings

text = st.text(st.characters(codec="utf-8"), max_size=8)
turns = st.lists(st.builds(lambda a, b: {"role": a, "content": b}, text, text), max_size=2)
rows_of = st.lists(
    st.fixed_dictionaries(
        {
            "t": st.none() | text,
            "i": st.none() | st.integers(-(2**63), 2**63 - 1),
            "w": st.integers(-(2**53), 2**53),
            "f": st.none() | st.floats(),
            "b": st.booleans(),
            "v": st.lists(st.floats(-100, 100, width=32), min_size=2, max_size=2),
            "m": turns,
        }
    ),
    min_size=1,
    max_size=12,
)
TYPES = pa.schema(
    {
        "t": pa.string(),
        "i": pa.int64(),
        "w": pa.int64(),
        "f": pa.float64(),
        "b": pa.bool_(),
        "v": pa.list_(pa.float64()),
        "m": pa.list_(pa.struct({"role": pa.string(), "content": pa.string()})),
    }
)
FEW = settings(max_examples=settings.default.max_examples // 3)
FLAT = ["t", "i", "w", "f", "b"]


def jsonl(rows, folder):
    path = folder / "x.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def compact(row) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def compact_jsonl(rows, folder):
    path = folder / "compact.jsonl"
    path.write_bytes("\r\n\r\n".join(map(compact, rows)).encode())
    return path


def split_jsonl(rows, folder):
    half = len(rows) // 2
    for part, some in enumerate((rows[:half], rows[half:])):
        if some:
            (folder / f"part{part}.jsonl").write_bytes("\n".join(map(compact, some)).encode())
    return str(folder / "part*.jsonl")


def table(rows, folder=None):
    return pa.Table.from_pylist(rows, TYPES)


def parquet(rows, folder):
    pq.write_table(table(rows), folder / "x.parquet", row_group_size=5)
    return folder / "x.parquet"


def feather(rows, folder):
    pa.feather.write_feather(table(rows), folder / "x.feather", chunksize=3)
    return folder / "x.feather"


def flat_csv(rows, folder):
    with (folder / "x.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FLAT)
        writer.writerows([[json_text(row[name]) for name in FLAT] for row in rows])
    return folder / "x.csv"


def polars(rows, folder):
    return pl.from_arrow(table(rows))


def dicts(rows, folder):
    return rows


def columns(rows, folder):
    return {name: [row[name] for row in rows] for name in rows[0]}


FORMS = [
    jsonl,
    compact_jsonl,
    split_jsonl,
    parquet,
    feather,
    flat_csv,
    table,
    polars,
    dicts,
    columns,
]


def plain(column) -> object:
    """A column in a form that can be compared: NaN with NaN, and −0.0 with 0.0."""
    if isinstance(column, Strings):
        return list(column)
    return str((column + 0).tolist() if isinstance(column, np.ndarray) else column)


@given(rows=rows_of)
def test_every_form_reads_as_the_same_values(tmp_path_factory, rows) -> None:
    folder = tmp_path_factory.mktemp("same")
    sources = {form.__name__: open_source(form(rows, folder)) for form in FORMS}
    asked = [
        *(("text", name) for name in ("t", "i", "w", "f", "b", "v", "m")),
        *(("number", name) for name in ("i", "w", "f", "b")),
        ("vector", "v"),
        *(("object", name) for name in ("t", "m", "w")),
    ]
    for kind, name in asked:
        found = {}
        for form, source in sources.items():
            if form == "flat_csv" and (name not in FLAT or kind == "object"):
                continue
            found[form] = plain(source.read({name: kind}, 0, len(rows))[name])
        assert all(value == found["jsonl"] for value in found.values()), (kind, name, found)
        if kind == "text":
            expected = [json_text(row[name]).encode("utf-8", "replace").decode() for row in rows]
            assert found["jsonl"] == expected


def test_whole_numbers_are_whole_in_every_form(tmp_path: Path) -> None:
    rows = [
        {"t": "x", "i": 2**62, "w": 1, "f": 0.5, "b": True, "v": [1.0, 2.0], "m": []}
        for _ in range(3)
    ]
    for form in FORMS:
        found = open_source(form(rows, tmp_path)).read({"i": "number"}, 0, 3)["i"]
        assert (found.dtype, found.tolist()) == (np.int64, [2**62] * 3), form


@FEW
@given(rows=rows_of, order=st.randoms(use_true_random=False))
@pytest.mark.parametrize("form", [jsonl, split_jsonl, parquet, dicts])
@pytest.mark.parametrize("suffix", [".jsonl", ".parquet", ".arrow", ".jsonl.gz"])
def test_rows_survive_any_way_out(tmp_path_factory, form, suffix, rows, order) -> None:
    folder = tmp_path_factory.mktemp("out")
    picked = np.array(order.sample(range(len(rows)), order.randint(1, len(rows))))
    source = open_source(form(rows, folder))
    write_rows(source, picked, folder / f"out{suffix}")
    back = open_source(folder / f"out{suffix}")
    assert back.rows == len(picked)
    for name in ("t", "w", "b", "v", "m"):
        if name in back.schema:
            found = list(back.read({name: "text"}, 0, len(picked))[name])
            assert found == [json_text(rows[i][name]) for i in picked], name


def test_a_frame_of_pandas_is_the_same_rows(tmp_path: Path) -> None:
    rows = [{"t": "x", "i": 1, "f": 0.5, "b": True}, {"t": None, "i": 2, "f": None, "b": False}]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines, frame = open_source(tmp_path / "x.jsonl"), open_source(pd.DataFrame(rows))
    for name in ("t", "i", "f", "b"):
        assert plain(frame.read({name: "text"}, 0, 2)[name]) == plain(
            lines.read({name: "text"}, 0, 2)[name]
        )
