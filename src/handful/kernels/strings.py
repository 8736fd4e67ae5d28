"""Texts put where they belong: the one loop under joining columns, templates and chat turns."""

import numba
import numpy as np
from numpy.typing import NDArray

from handful.kernels.jit import kernel
from handful.kernels.json_bytes import BYTES, PLACES

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]


@kernel(numba.void(BYTES, PLACES, PLACES, numba.uint8[::1], PLACES), allocates=False)
def place(data: Bytes, firsts: Places, lasts: Places, out: Bytes, at: Places) -> None:
    """Copy span i of `data` to `out` from `at[i]` on."""
    for row in range(len(firsts)):
        source = data[firsts[row] : lasts[row]]
        target = out[at[row] : at[row] + len(source)]
        for step in range(len(target)):
            target[step] = source[step]


def spans_end_to_end(
    data: NDArray[np.uint8], firsts: NDArray[np.int64], lasts: NDArray[np.int64], *, gap: int = 0
) -> NDArray[np.uint8]:
    r"""Spans one after the other, each followed by `gap` newlines.

    Example:
        >>> data, firsts, lasts = np.frombuffer(b"one two", np.uint8), np.array([4, 0]), np.array([7, 3])
        >>> spans_end_to_end(data, firsts, lasts, gap=1).tobytes()
        b'two\none\n'
    """
    ends = np.cumsum(lasts - firsts + gap)
    out = np.full(int(ends[-1]) if len(ends) else 0, 10, np.uint8)
    place(data, firsts, lasts, out, ends - (lasts - firsts + gap))
    return out
