import dataclasses
from pathlib import Path

import numpy as np
import pytest

from handful.errors import UsageError
from handful.flow import auto
from handful.flow.request import Request, flag, parse_memory, plain
from handful.methods._contract import NEED_HELP
from handful.methods.data.top import Top
from handful.parameters import parameters


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ("4GB", 4 * 10**9),
        ("4g", 4 * 10**9),
        ("2GiB", 2 << 30),
        ("1500 MB", 15 * 10**8),
        ("1.5gb", 15 * 10**8),
        (2 * 10**9, 2 * 10**9),
        ("1000000000", 10**9),
    ],
)
def test_sizes_of_memory_are_read(given, size):
    assert parse_memory(given) == size


@pytest.mark.parametrize("given", ["lots", "", "-4GB", "4 XB", "999MB", 5, "4GBs", True])
def test_sizes_that_are_none_or_too_small_are_refused(given):
    with pytest.raises(UsageError, match="--memory"):
        parse_memory(given)


def test_the_record_holds_what_was_given_and_can_change_the_result():
    asked = Request(rows="10k", like={"a": Path("a.jsonl")}, memory="4GB", threads=2, cache=False)
    assert asked.record() == {
        "rows": "10k",
        "like": {"a": "a.jsonl"},
        "method": "auto",
        "on_bad_row": "fail",
        "seed": 0,
    }


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (np.int64(5), 5),
        (Path("a/b"), "a/b"),
        ({"a": [1, "x"]}, {"a": [1, "x"]}),
        (Top(), "Top()"),
        (np.zeros(3), "<numpy.ndarray>"),
    ],
)
def test_what_no_manifest_can_hold_is_named_by_its_type(value, kept):
    assert plain(value) == kept


@pytest.mark.parametrize("seed", ["1", 1.5, True, None])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(UsageError, match="--seed"):
        Request(rows=1, seed=seed)


def test_a_request_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Request(rows=1).rows = 2


def test_an_option_is_called_as_on_the_command_line():
    assert flag("on_bad_row") == "--on-bad-row"


@pytest.mark.parametrize(
    ("at_hand", "key"),
    [
        (set(), "random"),
        ({"group"}, "stratified"),
        ({"score", "text"}, "top"),
        ({"text", "features"}, "facility_location"),
        ({"features"}, "facility_location"),
        (
            {"text", "features", "score", "group", "target_text", "target_features"},
            "nearest_to_target",
        ),
        ({"features", "target_features"}, "flqmi"),
    ],
)
def test_auto_is_a_table_and_says_why(at_hand, key):
    choice = auto.choose(at_hand, 1000)
    assert choice.key == key
    assert choice.reason


def test_auto_compares_fewer_pairs_the_more_rows_there_are():
    assert auto.choose({"features"}, auto.ALL_PAIRS).params == {}
    assert auto.choose({"features"}, auto.ALL_PAIRS + 1).params == {"optimizer": "partitioned"}
    assert auto.choose({"features"}, auto.SOME_PAIRS + 1).key == "random"
    assert auto.choose({"features", "target_text"}, auto.SOME_PAIRS + 1).key == "nearest_to_target"


def test_every_method_of_the_table_needs_no_more_than_its_line_offers():
    from handful import methods

    offers = {"text": {"text", "features"}, "target_text": {"text", "features", "target_text"}}
    offers["target_features"] = {"features", "target_features"}
    for need, _, key, params, _ in auto.RULES:
        assert need in NEED_HELP
        assert set(params) <= set(parameters(methods.find(key)))
        assert set(methods.find(key).facts.needs) <= offers.get(need, {need})
