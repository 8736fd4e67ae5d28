"""The CSV kernels against Python's own reader."""

import csv
import io

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handful.kernels.csv import records, texts

pieces = st.sampled_from(['"', '""', ",", "\t", "\n", "\r\n", "\r", "a", "é", " ", '"b"', "\x00"])
documents = st.lists(pieces, max_size=40).map("".join)


def read(document: str, delimiter: str, limit: int) -> list[list[str]] | None:
    """Records by the kernels; None where a quote is never closed."""
    buffer = np.frombuffer(document.encode(), np.uint8)
    place, rows = 0, []
    while place < len(buffer):
        found = records(buffer, place, len(buffer), delimiter, limit)
        if found.unclosed >= 0:
            return None
        width = int(found.fields.max(initial=0))
        columns = texts(buffer, found.starts, len(buffer), delimiter, np.arange(width))
        for i, fields in enumerate(found.fields.tolist()):
            cells = [data[offsets[i] : offsets[i + 1]] for data, offsets in columns[:fields]]
            assert all(offsets[i] == offsets[i + 1] for _, offsets in columns[fields:])
            rows.append([cell.tobytes().decode() for cell in cells])
        place = found.next
    return rows


@pytest.mark.parametrize("delimiter", [",", "\t"])
@given(document=documents, limit=st.integers(1, 5))
@example(document='"a"b"c,d', limit=1)
@example(document='"a""b"c\n"",', limit=2)
def test_records_are_those_of_the_standard_library(
    delimiter: str, document: str, limit: int
) -> None:
    found = read(document, delimiter, limit)
    if found is None:
        with pytest.raises(csv.Error):  # strict, so that an open quote is an error there too
            list(csv.reader(io.StringIO(document, newline=""), delimiter=delimiter, strict=True))
        return
    expected = csv.reader(io.StringIO(document, newline=""), delimiter=delimiter)
    assert found == [row for row in expected if row]


def test_a_quote_that_is_never_closed_is_found() -> None:
    buffer = np.frombuffer(b'a,b\n1,"x\n2,y\n', np.uint8)
    found = records(buffer, 0, len(buffer), ",", 10)
    assert (found.unclosed, found.starts.tolist()) == (6, [0])


def test_only_the_columns_asked_for_are_read() -> None:
    buffer = np.frombuffer(b'1,"a,b",3\n4,,"6"', np.uint8)
    found = records(buffer, 0, len(buffer), ",", 10)
    columns = texts(buffer, found.starts, len(buffer), ",", np.array([1, 2]))
    assert [(data.tobytes(), offsets.tolist()) for data, offsets in columns] == [
        (b"a,b", [0, 3, 3]),
        (b"36", [0, 1, 2]),
    ]
