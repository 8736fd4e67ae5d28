"""`--memory` is kept to, seen from outside; and what by its plan does not fit is refused before any work."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from handful import methods
from handful.runtime.meter import STILL_TO_LOAD
from handful.runtime.work import Size


def anonymous_bytes(process):
    """RssAnon of a process, or 0 once it has ended."""
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except OSError:
        return 0
    found = [line.split()[1] for line in lines if line.startswith("RssAnon:")]
    return int(found[0]) * 1024 if found else 0


def peak_of(folder, *arguments):
    """Run a command in a process of its own; the peak of its anonymous memory, and its manifest's result."""
    command = [sys.executable, "-m", "handful", "select", *map(str, arguments)]
    out = folder / "out.npy"
    process = subprocess.Popen([*command, "--overwrite", "-q", "-o", out])
    peak = 0
    while process.poll() is None:
        peak = max(peak, anonymous_bytes(process))
        time.sleep(0.01)
    assert process.returncode == 0
    return peak, json.loads(Path(f"{out}.manifest.json").read_text())["result"]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc, to see memory")
def test_facility_location_keeps_to_any_memory_and_picks_the_same_rows(tmp_path):
    pool = tmp_path / "pool.npy"
    rows = np.random.default_rng(0).standard_normal((60_000, 32), dtype=np.float32)
    np.save(pool, rows)  # without clusters, most pairs matter for long: lists want 1.3 GB
    asked = (pool, "--rows", 20, "--method", "facility_location")
    small, result = peak_of(tmp_path, *asked, "--memory", "1GB", "--threads", 2)
    large, same = peak_of(tmp_path, *asked, "--memory", "4GB", "--threads", 1)
    assert small <= 10**9
    assert large <= 4 * 10**9
    assert large > 10**9, "the smaller limit was never felt: take more rows"
    assert result == same


def test_a_selection_that_does_not_fit_is_refused_before_any_work(handful, folder):
    asked = ("--rows", 10, "-o", "out.jsonl", "--memory", "1GB")
    likes = [f"--like=target{number}=target.jsonl" for number in range(4)]
    large = (*likes, "--method", "dsir", "--param", f"buckets={2**24}")  # a table a target
    ended = handful("select", "pool.jsonl", *asked, *large)
    assert ended.code == 3
    assert "are needed, and --memory allows 1.0 GB" in ended.err
    assert "--method random" in ended.err
    assert not (folder / "out.jsonl").exists()
    assert handful("select", "pool.jsonl", *asked, "--method", "random").code == 0


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc, to see memory")
@pytest.mark.parametrize("key", ["log_det", "feature_based"])
def test_what_a_method_says_it_will_hold_is_about_what_it_holds(tmp_path, key):
    n, d, k = 100_000, 96, 100
    pool = tmp_path / "pool.npy"
    np.save(pool, np.random.default_rng(0).random((n, d), dtype=np.float32))
    asked = (pool, "--rows", k, "--memory", "2GB", "--threads", 2)
    bare, _ = peak_of(tmp_path, *asked, "--method", "random")
    peak, _ = peak_of(tmp_path, *asked, "--method", key)
    said = methods.find(key)().work(Size(n=n, k=k, d=d)).memory_bytes
    # Kernels and libraries come to it, which every plan counts; and no more is asked for than is of use.
    assert said / 3 <= peak - bare <= said + STILL_TO_LOAD
