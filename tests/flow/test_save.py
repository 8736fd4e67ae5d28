import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import handful
from handful.errors import UsageError
from handful.flow.record import picks_hash

POOL = {"text": [f"text {i}" for i in range(20)], "stars": [float(i * 7 % 20) for i in range(20)]}


@pytest.fixture
def best():
    return handful.select(POOL, rows=6, method="top", score="stars")


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet", "arrow", "jsonl.gz"])
def test_a_selection_of_data_in_memory_is_saved_in_any_form(suffix, best, tmp_path):
    saved = handful.save(best, pd.DataFrame(POOL), tmp_path / f"out.{suffix}")
    assert saved.rows == 6
    assert saved.size_bytes == saved.output.stat().st_size
    again = handful.select(saved.output, rows=99, method="random", score="stars", id="text")
    assert sorted(again.ids.tolist()) == sorted(POOL["text"][row] for row in best)


def test_the_manifest_beside_it_is_the_selections_own_and_says_where_the_rows_are(best, tmp_path):
    saved = handful.save(best, POOL, tmp_path / "out.jsonl", order="picked")
    manifest = json.loads(saved.manifest.read_text())
    output = manifest["run"].pop("output")
    assert manifest == best.manifest
    assert output["name"] == "out.jsonl"
    assert (output["order"], output["rows"]) == ("picked", 6)
    assert output["bytes"] == saved.size_bytes
    assert pq.read_table(saved.sidecar)["row"].to_pylist() == list(best)


def test_data_of_another_length_is_refused(best, tmp_path):
    with pytest.raises(UsageError, match="19 rows, but the selection was made from 20"):
        handful.save(best, {k: v[1:] for k, v in POOL.items()}, tmp_path / "out.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_exists_is_kept_unless_asked(best, tmp_path):
    out = tmp_path / "out.jsonl"
    out.write_text("mine")
    with pytest.raises(UsageError, match="exists"):
        handful.save(best, POOL, out)
    assert out.read_text() == "mine"
    handful.save(best, POOL, out, overwrite=True)
    assert len(out.read_text().splitlines()) == 6


def test_what_lies_beside_an_output_is_no_input(best, tmp_path):
    """The manifest of one output could fall on a file that is read."""
    pool = tmp_path / "out.jsonl.manifest.parquet"
    pd.DataFrame(POOL).to_parquet(pool)
    chosen = handful.select(pool, rows=2, method="random")
    with pytest.raises(UsageError, match="is one of the inputs"):
        handful.save(chosen, pool, tmp_path / "out.jsonl")


def test_a_prefix_is_saved_as_what_it_is_and_verified(best, tmp_path):
    pool = tmp_path / "pool.jsonl"
    pd.DataFrame(POOL).to_json(pool, orient="records", lines=True)
    whole = handful.select(pool, rows=6, method="top", score="stars")
    saved = handful.save(whole[:4], pool, tmp_path / "out.jsonl")
    result = json.loads(saved.manifest.read_text())["result"]
    assert (result["k"], result["prefix_of"]) == (4, 6)
    assert result["picks_sha256"] == picks_hash(whole.indices[:4])
    assert result["value"] == pytest.approx(float(np.sum(whole.gains[:4])))
    assert handful.verify(saved.manifest).k == 4


def test_of_a_selection_made_by_hand_the_rows_alone_are_saved(tmp_path):
    made = handful.Selection(np.array([3, 1]), np.array([3, 1]), 20, "by hand")
    saved = handful.save(made, POOL, tmp_path / "out.jsonl")
    rows = [json.loads(line) for line in saved.output.read_text().splitlines()]
    assert [row["text"] for row in rows] == ["text 1", "text 3"]
    assert (saved.manifest, saved.sidecar) == (None, None)
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
