"""The best few of what goes by, in a heap with the worst of them at its root.

Larger values are better; of equal values, the smaller name. So the few are the same in whatever order they come.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numpy.typing import NDArray

from handful.kernels.jit import part

_DOUBLE = types.void(types.float64[::1], types.int64[::1], types.float64, types.int64)
_SINGLE = types.void(types.float32[::1], types.int32[::1], types.float32, types.int32)


@part([_DOUBLE, _SINGLE])
def offer(values: NDArray[Any], names: NDArray[Any], value: float, name: int) -> None:
    """Put (value, name) in place of the worst, where it is better. O(log L), and mostly one comparison.

    Args:
        values: (L,) −inf in places that nothing has filled.
        names: (L,) whose values they are.
        value: float64 with int64 names, or float32 with int32.
        name: Its name.
    """
    if value < values[0] or (value == values[0] and name >= names[0]):
        return
    size, at = len(values), 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        other = child + 1
        if other < size and (
            values[other] < values[child]
            or (values[other] == values[child] and names[other] > names[child])
        ):
            child = other
        if values[child] > value or (values[child] == value and names[child] < name):
            break
        values[at], names[at] = values[child], names[child]
        at = child
    values[at], names[at] = value, name
