"""A narrowed view is the same rows, and nothing of the others shows through."""

from dataclasses import fields

import numpy as np
import pytest

from handful.comparing.narrow import narrow_target, narrow_view, remembered
from handful.methods._contract import Target, View
from handful.pool import BLOCK_ROWS, Strings


def wide(n=40):
    texts = Strings.of([f"row {i}" for i in range(n)])
    features = np.arange(2.0 * n).reshape(n, 2)
    return View(
        n=n,
        keys=np.arange(n, dtype=np.uint64) + 1000,
        identity={"content": "x"},
        read_texts=lambda a, b: texts[a:b],
        arrays=lambda name: features,
        rank=np.arange(n)[::-1].copy(),
        scores=lambda name: np.arange(n) / 2,
        partial=lambda name: np.where(np.arange(n) % 2, np.nan, np.arange(n)),
        source=np.arange(n) * 3,
        group=(np.arange(n) % 3, ["a", "b", "c"]),
    )


def test_every_field_of_a_view_that_has_a_row_each_is_narrowed():
    known = {"n", "keys", "read_texts", "arrays", "rank", "scores", "group", "targets", "identity"}
    known |= {"partial", "source"}
    shared = {"run_with", "given", "floor"}  # the same for any rows
    assert {f.name for f in fields(View)} == known | shared


@pytest.mark.parametrize("rows", [[0, 3, 4, 39], [7], list(range(40)), []])
def test_the_rows_kept_are_what_they_were(rows):
    rows = np.array(rows, np.int64)
    few, all_ = narrow_view(wide(), rows, ()), wide()
    assert few.n == len(rows)
    assert (few.keys == all_.keys[rows]).all()
    assert list(few.read_texts(0, few.n)) == [f"row {i}" for i in rows]
    assert (few.array() == all_.array()[rows]).all()
    assert (few.score() == all_.score()[rows]).all()
    assert np.array_equal(few.known("u"), all_.known("u")[rows], equal_nan=True)
    assert (few.source_rows(np.arange(few.n)) == 3 * rows).all()
    assert (few.group[0] == all_.group[0][rows]).all() and few.group[1] == all_.group[1]
    assert few.rank.tolist() == list(range(len(rows)))[::-1]
    assert few.identity == {}  # the cache must not take it for the whole


def test_texts_are_read_across_blocks_in_any_stretch():
    n = 2 * BLOCK_ROWS + 10
    asked = []

    def read(start, stop):
        asked.append((start, stop))
        assert stop - start <= BLOCK_ROWS
        return Strings.of([str(i) for i in range(start, stop)])

    rows = np.array([1, 5, BLOCK_ROWS - 1, BLOCK_ROWS, 2 * BLOCK_ROWS + 9])
    few = narrow_target(Target("t", n, read, lambda name: np.zeros((n, 1))), rows)
    assert list(few.texts(1, 5)) == [str(r) for r in rows[1:]]
    assert few.arrays(None).shape == (5, 1)


def counting(n, length=3):
    asked = []

    def read(start, stop):
        asked.append((start, stop))
        return Strings.of([f"{i:0{length}d}" for i in range(start, stop)])

    return View(n=n, keys=np.arange(n, dtype=np.uint64), read_texts=read), asked


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (3, 9), (0, 20_000), (8_000, 8_400)])
def test_remembered_texts_are_the_same_in_any_stretch(start, stop):
    view, _ = counting(20_000)
    found = remembered(view).read_texts(start, stop)
    assert list(found) == list(view.read_texts(start, stop))


def test_remembered_texts_are_read_once_where_they_are_small_and_again_where_they_are_not(
    monkeypatch,
):
    for most, reads in ((10**9, 3), (BLOCK_ROWS * 4, 5)):  # room for all three blocks, or for one
        monkeypatch.setattr("handful.comparing.narrow.MOST_BYTES_HELD", most)
        view, asked = counting(20_000)
        view = remembered(view)
        for _ in range(2):
            for block in range(0, 20_000, BLOCK_ROWS):
                view.read_texts(block, min(20_000, block + BLOCK_ROWS))
        assert len(asked) == reads
    assert remembered(View(n=1, keys=np.zeros(1, np.uint64))).read_texts is None
