"""One request, one answer: whatever the threads, the memory, the cache, the files and their format."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

REQUESTS = {
    "random": ("--rows", "40", "--method", "random", "--seed", "3"),
    "stratified": ("--rows", "40", "--method", "stratified", "--group", "topic"),
    "top under a cost": (
        *("--budget", "333", "--cost", "n_tokens", "--method", "top", "--score", "quality"),
        *("--id", "id"),
    ),
    "dsir": ("--rows", "40", "--method", "dsir", "--like", "target.jsonl", "--id", "id"),
    "k_center": ("--rows", "15", "--method", "k_center"),
    "near duplicates": ("--dedup", "near:threshold=0.2,shingle=1", "--draws", "0"),
    "semantic duplicates": (
        *("--rows", "40", "--method", "random", "--dedup", "semantic:threshold=0.8"),
        *("--draws", "0"),
        *("--max-similarity", "0.7", "--id", "id", "--given", "target.jsonl"),
    ),
    "a trade-off": ("--rows", "12", "--score", "quality", "--trade-off", "0.4", "--draws", "0"),
}


@pytest.fixture
def run(folder, handful):
    """Run a request on a pool; its result section, and the bytes written."""

    def of(request, *pool, more=(), out="out.jsonl"):
        flags = (*REQUESTS[request], *more, "--overwrite", "-o", out)
        ended = handful("select", *pool, *flags)
        assert ended.code == 0, ended.err
        manifest = json.loads((folder / f"{out}.manifest.json").read_text())
        written = (folder / out).read_bytes()
        return manifest["result"], written if out.endswith("jsonl") else None

    return of


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize(
    "more",
    [
        ("--threads", "1"),
        ("--threads", "2"),
        ("--memory", "1GB"),
        ("--memory", "64GB"),
        ("--no-cache",),
        ("--cache-dir", "elsewhere"),
    ],
    ids=" ".join,
)
def test_means_change_nothing(request_, more, run):
    assert run(request_, "pool.jsonl", more=more) == run(request_, "pool.jsonl")


@pytest.mark.parametrize("request_", REQUESTS)
def test_one_file_or_five_is_the_same_pool(request_, run, folder):
    lines = (folder / "pool.jsonl").read_bytes().splitlines(keepends=True)
    parts = folder / "parts"
    parts.mkdir()
    for part, (start, stop) in enumerate([(0, 1), (1, 100), (100, 130), (130, 299), (299, 300)]):
        (parts / f"part-{part}.jsonl").write_bytes(b"".join(lines[start:stop]))
    whole = run(request_, "pool.jsonl")
    assert run(request_, *sorted(map(str, parts.iterdir()))) == whole
    assert run(request_, "parts") == whole
    assert run(request_, "parts/*.jsonl") == whole


@pytest.mark.parametrize("request_", REQUESTS)
def test_parquet_of_the_same_rows_is_the_same_pool(request_, run, folder):
    records = [json.loads(line) for line in (folder / "pool.jsonl").read_text().splitlines()]
    pq.write_table(pa.Table.from_pylist(records), "pool.parquet", row_group_size=77)
    whole, _ = run(request_, "pool.jsonl")
    assert run(request_, "pool.parquet", out="out.parquet")[0] == whole


def test_another_seed_is_another_draw(run):
    result, _ = run("random", "pool.jsonl")
    other, _ = run("random", "pool.jsonl", more=("--seed", "4"))
    assert other["picks_sha256"] != result["picks_sha256"]


def test_manifests_of_one_request_are_equal_outside_run(run, folder):
    manifests = []
    for out in ("a.jsonl", "b.jsonl"):
        run("dsir", "pool.jsonl", out=out)
        manifests.append(json.loads((folder / f"{out}.manifest.json").read_text()))
        manifests[-1].pop("run")
    assert manifests[0] == manifests[1]


def test_what_the_cache_kept_of_other_data_is_not_used(run, folder):
    first = run("k_center", "pool.jsonl")
    text = (folder / "pool.jsonl").read_text()
    (folder / "pool.jsonl").write_text(text.replace("prime", "onion"))
    second = run("k_center", "pool.jsonl")
    assert second == run("k_center", "pool.jsonl", more=("--no-cache",))
    assert second != first
