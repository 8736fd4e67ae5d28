from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import handful
from handful import methods
from handful.errors import DataError, UsageError
from handful.flow import plan as module
from handful.methods.data.random import Random
from handful.runtime.meter import anonymous_bytes
from handful.runtime.work import Rates, Size, Work, measure

TEXTS = [f"some words of row {i}" for i in range(100)]
POOL = {"text": TEXTS, "cost": [1 + i % 4 for i in range(100)]}
VECTORS = np.random.default_rng(0).standard_normal((100, 8)).astype(np.float32)


@dataclass(frozen=True)
class Heavy(Random):
    """Says that it needs more than any machine has."""

    seen: ClassVar[list[Size]] = []

    def work(self, size):
        self.seen.append(size)
        return Work(multiply_adds=1e6, memory_bytes=10**15)


def test_a_plan_is_the_selections_own_request():
    planned = handful.plan(POOL, rows=10, exclude=[1, 2])
    assert (planned.n, planned.candidates, planned.k) == (100, 98, 10)
    assert planned.method == "facility_location"
    assert planned.reason
    assert planned.memory_allowed > 0


def test_features_made_from_text_are_said_with_their_size():
    features = handful.plan(POOL, rows=10, method="k_center", cache=False).features
    assert (features.name, features.n, features.d) == ("tfidf_svd", 100, 128)
    assert features.size_bytes == features.held_bytes == 4 * 100 * 128
    assert features.made
    narrow = handful.plan(POOL, rows=10, method="k_center", cache=False, features="tfidf_svd:d=32")
    assert narrow.features.size_bytes == 4 * 100 * 32


def test_features_of_ones_own_are_said_with_their_size():
    features = handful.plan(VECTORS, rows=10, method="k_center").features
    assert (features.name, features.d, features.size_bytes) == ("embedding", 8, 3200)
    assert not features.made
    assert features.held_bytes == 0, "they are in memory already"
    some = handful.plan(VECTORS, rows=10, method="k_center", exclude=range(50)).features
    assert (some.n, some.held_bytes) == (50, 1600)


def test_a_method_that_sees_no_features_needs_none():
    assert handful.plan(POOL, rows=10, method="random").features is None


def test_under_a_cost_the_picks_are_reckoned_from_the_mean():
    assert handful.plan(POOL, budget=25, cost="cost", method="random").k == 10
    assert handful.plan(POOL, rows=4, budget=25, cost="cost", method="random").k == 4


def test_the_method_is_told_the_size_of_the_job():
    Heavy.seen.clear()
    handful.plan(POOL, rows=10, method=Heavy(), like=TEXTS[:7])
    size = Heavy.seen[0]
    assert (size.n, size.k, size.targets, size.target_rows) == (100, 10, 1, 7)
    assert size.text_bytes == sum(len(text) for text in TEXTS)


def test_a_plan_that_does_not_fit_names_what_would():
    planned = handful.plan(POOL, rows=10, method=Heavy(), memory="2GB")
    assert not planned.fits
    assert planned.memory_bytes > 10**15
    assert "--method random" in planned.would_fit
    assert not any(way.startswith("--memory") for way in planned.would_fit)
    assert handful.plan(POOL, rows=10, method="random", memory="2GB").would_fit == ()


def test_a_method_that_does_not_say_its_work_has_no_time():
    @dataclass(frozen=True)
    class Mute:
        facts = Random.facts

        def run(self, view, ledger, rng):
            raise AssertionError("a plan runs nothing")

    planned = handful.plan(POOL, rows=10, method=Mute())
    assert (planned.work, planned.seconds) == (None, None)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, UsageError),
        ({"rows": 5, "embeddings": VECTORS[:3]}, DataError),
        ({"row": 5}, UsageError),
    ],
)
def test_a_plan_finds_the_faults_a_selection_would(options, error):
    with pytest.raises(error):
        handful.plan(POOL, **options)


def test_time_is_work_over_rates():
    rates = Rates(multiply_adds=10, steps=5, array_bytes=2, text_bytes=1)
    work = Work(multiply_adds=20, steps=5, array_bytes=4, text_bytes=3, memory_bytes=99)
    assert rates.seconds(work) == 2 + 1 + 2 + 3
    assert rates.seconds(work + work) == 16


def test_rates_are_measured_and_texts_only_where_there_are_any():
    calls = []
    rates = measure(1, lambda: calls.append(1) or 1000)
    assert rates.multiply_adds > rates.steps > 0
    assert calls
    assert rates.text_bytes > 0
    assert measure(1, None).text_bytes == 1.0


def test_memory_held_without_a_file_is_counted():
    before = anonymous_bytes()
    held = np.ones(80_000_000, np.uint8)  # beyond what malloc takes from its heap
    assert anonymous_bytes() - before > 75_000_000
    assert held[-1] == 1


@pytest.mark.parametrize("n", [1, 100, module.BLOCK_ROWS + 1])
def test_bytes_of_texts_are_exact_where_all_are_sampled(n):
    pool = {"text": ["same size"] * n}
    Heavy.seen.clear()
    handful.plan(pool, rows=1, method=Heavy())
    assert Heavy.seen[0].text_bytes == 9 * n


def test_every_method_that_maximises_says_what_it_takes_and_sparse_rows_count_their_numbers():
    sizes = [Size(n=1000, k=10, d=2**18, target_rows=5, sparse=s) for s in (60_000, 120_000)]
    for key in methods.names():
        method = methods.find(key)()
        if hasattr(method, "certify"):
            less, more = (method.work(size) for size in sizes)
            assert 0 < less.memory_bytes < more.memory_bytes < 10**9, key
            assert less.multiply_adds + less.steps > 0
