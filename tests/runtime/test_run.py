import threading
import time

import pytest

from handful.errors import UsageError
from handful.runtime.meter import Meter
from handful.runtime.progress import Silent
from handful.runtime.run import Run, available_memory, available_threads


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_blocks(threads):
    def slow_at_first(block):
        time.sleep(0.02 if block == 0 else 0)
        return 10 * block

    assert list(Run(threads).map_blocks(slow_at_first, range(30))) == [10 * b for b in range(30)]


@pytest.mark.parametrize("threads", [1, 2])
def test_no_blocks_give_no_results(threads):
    assert list(Run(threads).map_blocks(str, [])) == []


@pytest.mark.parametrize("threads", [1, 3])
def test_the_first_error_in_order_is_raised_and_no_new_block_is_begun(threads):
    begun = []

    def fails(block):
        begun.append(block)
        if block in {4, 5}:
            raise ValueError(f"block {block}")
        return block

    done = []
    with pytest.raises(ValueError, match="block 4"):
        done.extend(Run(threads).map_blocks(fails, range(1000)))
    assert len(begun) <= 5 + 2 * threads


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_few_blocks_are_in_flight_whatever_their_number(threads):
    taken = []

    def blocks():
        for block in range(100):
            taken.append(block)
            yield block

    for done in Run(threads).map_blocks(lambda block: block, blocks()):
        assert len(taken) - done <= 2 * threads


def test_blocks_run_side_by_side():
    both = threading.Barrier(2, timeout=20)
    assert sorted(Run(2).map_blocks(lambda block: both.wait() * 0 + block, range(4))) == [
        0,
        1,
        2,
        3,
    ]


def test_work_that_is_left_early_ends_its_threads():
    before = threading.active_count()
    results = Run(3).map_blocks(lambda block: block, range(100))
    assert next(results) == 0
    results.close()
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("means", "said"),
    [
        ({"threads": 0}, "--threads 0: it must be at least 1"),
        ({"memory_bytes": 10**8}, "at least 1GB"),
    ],
)
def test_means_that_do_not_suffice_are_refused(means, said):
    with pytest.raises(UsageError, match=said):
        Run(**means)


def test_the_machines_own_means_are_the_default():
    run = Run()
    assert run.threads == available_threads() >= 1
    assert run.memory_bytes == available_memory() >= 10**9


def test_the_meter_sees_time_and_memory():
    meter = Meter()
    held = b"\1" * 10_000_000
    while meter.cpu_seconds == 0:
        sum(held[:100_000])
    assert meter.wall_seconds > 0
    assert meter.peak_bytes > len(held)


def test_silence_hears_everything_and_says_nothing(capsys):
    silent = Silent()
    silent.stage("reading", 5)
    silent.advance(2)
    silent.note("something")
    assert capsys.readouterr() == ("", "")
