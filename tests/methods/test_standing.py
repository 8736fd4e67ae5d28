"""A method that says how rows stand puts the row it would pick next first."""

import numpy as np
import pytest

from handful import methods
from handful.flow.prepare import prepare
from handful.flow.select import choose, request
from handful.rng import Draws

CASES = ["random", "top", "dsir", "k_center", "facility_location", "log_det", "disparity_sum"]


@pytest.mark.parametrize("key", CASES)
def test_the_row_that_stands_highest_is_the_one_picked_next(key):
    rng = np.random.default_rng(4)
    words = np.array(["ash", "bee", "cat", "dog"])
    data = {
        "text": [" ".join(rng.choice(words, 6)) for _ in range(60)],
        "stars": rng.permutation(60),
        "embedding": rng.standard_normal((60, 3)).astype(np.float32),
    }
    like = {
        "text": ["ash bee ash bee"],
        "embedding": rng.standard_normal((1, 3)).astype(np.float32),
    }
    asked = {"rows": 6, "method": key, "score": "stars", "like": like, "cache": False, "params": {}}
    prepared = prepare(data, request(asked))
    six = choose(prepare(data, request({**asked, "rows": 7}))).indices
    assert choose(prepared).indices.tolist() == six[:6].tolist()
    found = prepared.method.standing(prepared.view, six[:6], Draws(0))
    left = np.setdiff1d(np.arange(60), six[:6])
    assert left[np.argmax(found[left])] == six[6]


def test_most_methods_say_how_rows_stand():
    have = [key for key in sorted(methods.names()) if hasattr(methods.find(key), "standing")]
    assert set(CASES) <= set(have)
