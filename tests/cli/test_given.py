"""Rows already owned, with vectors of their own beside them."""

import json

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
