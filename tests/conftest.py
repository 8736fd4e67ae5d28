"""What holds for every test: how many examples hypothesis draws, and a cache of the run's own."""

import os
import shutil
import tempfile

import pytest
from hypothesis import settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=50, deadline=None, derandomize=True)
settings.register_profile("full", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

CACHE = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Point `HANDFUL_CACHE` at an empty folder, so that no test reads what an earlier run kept."""
    if not hasattr(config, "workerinput"):  # the workers of pytest-xdist inherit the variable
        config.stash[CACHE] = os.environ["HANDFUL_CACHE"] = tempfile.mkdtemp(prefix="handful-test-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove that folder."""
    if folder := config.stash.get(CACHE, None):
        shutil.rmtree(folder, ignore_errors=True)
