"""Lists within sound JSON: where their elements lie."""

import numba
import numpy as np
from numpy.typing import NDArray

from handful.kernels.jit import kernel
from handful.kernels.json_bytes import BYTES, COMMA, PLACES, WORDS, after_space, as_words
from handful.kernels.json_values import value_at

_OUT = numba.int64[::1]


@kernel(
    numba.int64(BYTES, WORDS, PLACES, PLACES, _OUT, _OUT, numba.uint8[::1], _OUT), allocates=False
)
def _elements(buffer, words, firsts, lasts, starts, ends, kinds, offsets):
    count = 0
    offsets[0] = 0
    for row in range(len(firsts)):
        end = lasts[row] - 1
        place = after_space(buffer, firsts[row] + 1, end)
        while place < end:
            kind, starts[count], ends[count], place = value_at(buffer, words, place, end)
            kinds[count] = kind
            count += 1
            place = after_space(buffer, place, end)
            if place < end and buffer[place] == COMMA:
                place = after_space(buffer, place + 1, end)
        offsets[row + 1] = count
    return count


def elements(
    buffer: NDArray[np.uint8], firsts: NDArray[np.int64], lasts: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Find the elements of lists.

    Args:
        buffer: (b,) uint8, aligned to 8 bytes.
        firsts: (n,) Where each list's bracket opens.
        lasts: (n,) Past its closing bracket; equal to the first where there is no list.

    Returns:
        Kinds (m,) and spans (m,), (m,) of all elements, strings without their quotes, and offsets
        (n + 1,): the elements of list i are those from offsets[i] to offsets[i + 1].

    Example:
        >>> data = np.frombuffer(b'[1, "two"]', np.uint8)
        >>> kinds, firsts, lasts, offsets = elements(data, np.array([0]), np.array([10]))
        >>> kinds.tolist(), firsts.tolist(), lasts.tolist(), offsets.tolist()
        ([4, 2], [1, 5], [2, 8], [0, 2])
    """
    most = int((lasts - firsts).sum()) // 2 + 1  # address space: what is not written is not touched
    starts, ends, kinds = (
        np.empty(most, np.int64),
        np.empty(most, np.int64),
        np.empty(most, np.uint8),
    )
    offsets = np.empty(len(firsts) + 1, np.int64)
    count = _elements(buffer, as_words(buffer), firsts, lasts, starts, ends, kinds, offsets)
    return kinds[:count], starts[:count], ends[:count], offsets
