import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.errors import UsageError
from handful.pool import BLOCK_ROWS, Pool, Strings

BOUND = st.none() | st.integers(-15, 15)
TEXTS = st.lists(st.text(max_size=8), max_size=12)


class Numbers:
    """A source of one column: each row's own number, as number and as text."""

    def __init__(self, rows):
        self.rows, self.schema, self.bad, self.arrays = rows, {"number": "number"}, [], {}
        self.read_spans = []

    def read(self, columns, start, stop):
        self.read_spans.append((start, stop))
        values = np.arange(start, stop)
        kinds = {"number": lambda: values, "text": lambda: Strings.of([str(v) for v in values])}
        return {name: kinds[kind]() for name, kind in columns.items()}

    def where(self, row):
        return f"numbers:{row}"

    def fingerprint(self):
        return {}


class AsText:
    spec = "number"

    def render(self, source, start, stop):
        return source.read({"number": "text"}, start, stop)["number"]


@given(TEXTS)
def test_texts_come_back_as_they_were_packed(texts):
    packed = Strings.of(texts)
    assert list(packed) == texts
    assert len(packed) == len(texts)
    assert packed.lengths.tolist() == [len(text.encode()) for text in texts]


@given(TEXTS, BOUND, BOUND)
def test_a_slice_is_what_a_list_gives(texts, start, stop):
    assert list(Strings.of(texts)[start:stop]) == texts[start:stop]


@given(TEXTS.filter(len), st.data())
def test_rows_are_taken_in_the_order_given_and_may_repeat(texts, data):
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1)))
    cut = Strings.of(["before", *texts])[1:]
    assert list(cut.take(np.array(rows, np.intp))) == [texts[row] for row in rows]


@given(st.lists(TEXTS))
def test_blocks_are_joined_in_order_wherever_their_offsets_begin(blocks):
    parts = [Strings.of(["cut away", *block])[1:] for block in blocks]
    assert list(Strings.concatenate(parts)) == [text for block in blocks for text in block]


def test_single_rows_are_counted_from_the_end_too():
    assert Strings.of(["a", "b"])[-1] == "b"


def test_a_slice_with_a_step_is_refused():
    with pytest.raises(IndexError, match="take"):
        Strings.of(["a", "b"])[::2]


def test_a_lone_surrogate_becomes_the_replacement_character():
    assert list(Strings.of(["a\ud800b", "\U0001f600"])) == ["a\ufffdb", "\U0001f600"]


@pytest.mark.parametrize("rows", [0, 1, BLOCK_ROWS, BLOCK_ROWS + 1, 2 * BLOCK_ROWS + 5])
def test_blocks_cover_all_rows_once_and_are_cut_at_fixed_places(rows):
    source = Numbers(rows)
    numbers = Pool(source).numbers("number")
    assert numbers.tolist() == list(range(rows))
    assert all(start % BLOCK_ROWS == 0 for start, _ in source.read_spans)
    assert all(0 < stop - start <= BLOCK_ROWS for start, stop in source.read_spans)


def test_blocks_from_the_middle_are_cut_at_the_same_places():
    pool = Pool(Numbers(3 * BLOCK_ROWS))
    blocks = list(pool.blocks({"number": "number"}, start=5, stop=2 * BLOCK_ROWS + 1))
    assert [(b.start, b.stop) for b in blocks] == [
        (5, BLOCK_ROWS),
        (BLOCK_ROWS, 2 * BLOCK_ROWS),
        (2 * BLOCK_ROWS, 2 * BLOCK_ROWS + 1),
    ]
    assert np.concatenate([b.columns["number"] for b in blocks])[0] == 5


def test_a_column_can_be_read_whole_as_text():
    assert list(Pool(Numbers(3)).strings("number")) == ["0", "1", "2"]
    assert len(Pool(Numbers(0)).strings("number")) == 0


def test_texts_are_rendered_by_the_spec():
    assert list(Pool(Numbers(9), AsText()).texts(3, 5)) == ["3", "4"]


def test_text_without_a_spec_is_refused_with_what_to_pass():
    with pytest.raises(UsageError, match=r"--text COLUMN.*number"):
        Pool(Numbers(1)).texts(0, 1)


def test_an_unknown_column_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"Unknown column 'numbr'. Nearest: 'number'"):
        Pool(Numbers(1)).numbers("numbr")
