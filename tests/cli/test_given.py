"""Rows already owned, with vectors of their own beside them."""

import json
from pathlib import Path

import numpy as np


def test_picks_keep_away_from_what_is_owned_and_are_replayed(handful, tmp_path):
    x = np.eye(6, dtype=np.float32)[np.repeat(np.arange(6), 4)]
    rows = [json.dumps({"n": i}) for i in range(24)]
    (tmp_path / "pool.jsonl").write_text("\n".join(rows) + "\n")
    (tmp_path / "owned.jsonl").write_text("\n".join(rows[:3]) + "\n")
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "owned.npy", x[[0, 4, 8]])
    out = tmp_path / "out.jsonl"
    asked = ["select", tmp_path / "pool.jsonl", "--embeddings", tmp_path / "x.npy", "--rows", 3]
    owned = ["--given", tmp_path / "owned.jsonl", "--given-embeddings", tmp_path / "owned.npy"]
    how = ["--method", "flcg", "--draws", 0, "--no-cache", "-o", out]
    assert handful(*asked, *owned, *how).code == 0
    picked = [json.loads(line)["n"] // 4 for line in out.read_text().splitlines()]
    assert sorted(picked) == [3, 4, 5]
    assert handful("verify", f"{out}.manifest.json").code == 0
    np.save(tmp_path / "owned.npy", x[[12, 16, 20]])
    assert handful("verify", f"{out}.manifest.json").code == 5


# Vectors of several targets ---------------------------------------------------------------------


def test_each_of_several_targets_has_vectors_of_its_own(folder, handful):
    rng = np.random.default_rng(0)
    pool, targets = rng.standard_normal((300, 4)), rng.standard_normal((2, 3, 4)) + 2
    np.save("pool.npy", pool.astype(np.float32))
    for name, vectors in zip("ab", targets, strict=True):
        np.save(f"{name}.npy", vectors.astype(np.float32))
        lines = [{"text": f"{name} {i}", "x": row.tolist()} for i, row in enumerate(vectors)]
        Path(f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    asked = ("select", "pool.jsonl", "--rows", "10", "--array", "x=pool.npy", "--method", "rds")
    asked += ("--like", "a=a.jsonl", "--like", "b=b.jsonl", "--floor", "40%", "--draws", "0")
    own = handful(
        *asked, "--like-array", "a:x=a.npy", "--like-array", "b:x=b.npy", "-o", "own.jsonl"
    )
    assert own.code == 0, own.err
    assert "a 5, b 5" in own.out
    column = handful(*asked, "--like-array", "x=x", "--json").json
    manifest = json.loads(Path("own.jsonl.manifest.json").read_text())
    assert column["result"]["picks_sha256"] == manifest["result"]["picks_sha256"]
    assert handful("verify", "own.jsonl.manifest.json").code == 0
    unit = [x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (pool, targets)]
    first = [int((unit[0] @ unit[1][place, 0]).argmax()) for place in (0, 1)]
    assert column["picks"]["rows"][:2] == first
    unclear = handful(*asked, "--like-array", "x=a.npy", "--json")
    assert (unclear.code, "--like-array a:x=FILE" in unclear.err) == (2, True)
