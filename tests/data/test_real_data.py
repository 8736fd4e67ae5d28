"""The main promises, kept on real data: run where HANDFUL_DATA names the folder of data sets."""

import json
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import handful
from handful.cli.app import app

pytestmark = pytest.mark.data

INSTRUCTION = "{instruction}\n{input}\n{output}"


def path(*parts):
    """Of a data set's file; skipped aloud where it is not there."""
    if not (folder := os.environ.get("HANDFUL_DATA")):
        pytest.skip("HANDFUL_DATA names no folder of data sets")
    found = Path(folder).joinpath(*parts)
    if not found.exists():
        pytest.skip(f"{found} is not there")
    return found


def column(file, name):
    return pq.read_table(file, columns=[name])[name].to_pylist()


def run(*arguments):
    found = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert found.exit_code == 0, found.output
    return found


def test_instructions_like_a_target_are_chosen_judged_reported_and_verified(tmp_path):
    pool, target = path("alpaca", "alpaca.parquet"), tmp_path / "target.jsonl"
    lima = pq.read_table(path("lima", "lima.parquet")).slice(0, 300).to_pylist()
    lines = [
        json.dumps({"instruction": row["instruction"], "input": "", "output": row["output"]})
        for row in lima
    ]
    target.write_text("\n".join(lines))
    out, page = tmp_path / "subset.parquet", tmp_path / "report.html"
    run(
        "select",
        pool,
        "--text",
        INSTRUCTION,
        "--like",
        target,
        "--rows",
        500,
        "-o",
        out,
        "--report",
        page,
    )
    assert run("verify", f"{out}.manifest.json").output.startswith("The same 500 rows")
    chosen = pq.read_table(out)
    assert chosen.num_rows == 500 and len(set(chosen["id"].to_pylist())) == 500
    result = json.loads(Path(f"{out}.manifest.json").read_text())["result"]
    assert result["verdict"]["outcome"] == "better" and result["verdict"]["draws"] == 99
    assert 'src="http' not in page.read_text()


def test_exact_copies_are_as_many_as_the_source_of_the_data_says():
    kept = handful.select(path("licences_dup", "licence_files.parquet"), dedup="exact")
    assert len(kept) == 701 - 329
    texts = column(path("licences_dup", "licence_files.parquet"), "text")
    assert {texts[row] for row in kept.indices} == set(texts)


def test_near_copies_leave_no_exact_one_either():
    file = path("licences_dup", "licence_files.parquet")
    kept = handful.select(file, dedup="near")
    texts = column(file, "text")
    assert len({texts[row] for row in kept.indices}) == len(kept) < 701 - 329


def test_facility_location_of_the_alpaca_embeddings_is_certified_within_two_per_cent(tmp_path):
    found = handful.select(
        path("alpaca", "alpaca.parquet"),
        embeddings=path("alpaca", "embeddings.npy"),
        rows=200,
        method="facility_location",
        certify="tight",
    )
    assert 0.98 <= found.value / found.upper_bound <= 1.0


@pytest.mark.parametrize("method", ["random", "top", "k_center", "facility_location_graph"])
def test_quotas_on_uneven_topics_are_kept_to_the_row(method):
    file = path("reuters_r8", "reuters_r8.parquet")
    texts, labels = column(file, "text"), column(file, "label")
    found = handful.select(
        {"text": texts, "label": labels, "length": [len(text) for text in texts]},
        rows=400,
        quotas=["label:min=20", "label[earn]:max=25%"],
        method=method,
        score="length",
        features="tfidf_svd",
    )
    got = Counter(labels[row] for row in found.indices)
    assert sum(got.values()) == 400
    assert min(got.values()) >= 20
    assert len(got) == 8
    assert got["earn"] <= 100


def test_a_budget_in_characters_is_spent_and_never_exceeded():
    texts = column(path("ag_news_7k", "ag_news_test.parquet"), "text")
    costs = np.array([len(text) for text in texts])
    found = handful.select(
        {"text": texts, "cost": costs}, budget=50_000, cost="cost", method="random"
    )
    spent = int(costs[found.indices].sum())
    left = np.delete(costs, found.indices)
    assert 50_000 - left.min() < spent <= 50_000


def test_covering_images_teaches_a_classifier_more_than_random_images_do():
    digits = np.load(path("mnist_10k", "mnist_10k.npz"))
    labels = digits["y"][:3_000].astype(str).tolist()
    pixels = digits["X"][:3_000].reshape(3_000, -1).astype(np.float32)
    found = handful.compare(
        {"label": labels},
        embeddings=pixels,
        label="label",
        rows=150,
        methods=["facility_location", "first"],
    )
    gains = {line.method: line.gain for line in found.whole}
    assert gains["facility_location"].outcome == "better" and gains["first"].outcome != "better"


def test_a_domain_is_found_in_a_pool_of_nineteen():
    file = path("domains_dev", "domains.parquet")
    texts, domains = column(file, "text"), np.array(column(file, "domain"))
    own = np.flatnonzero(domains == "patient_leaflet")
    target = [texts[row] for row in own[:40]]
    pool = np.setdiff1d(np.arange(len(texts)), own[:40])
    for method in ("auto", "dsir"):
        found = handful.select(
            {"text": [texts[row] for row in pool]},
            like={"leaflets": {"text": target}},
            rows=200,
            method=method,
        )
        assert np.mean(domains[pool[found.indices]] == "patient_leaflet") > 0.8
