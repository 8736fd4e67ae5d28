"""The one way a kernel is compiled: explicit signature, cached on disk, free of the interpreter lock."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])


def kernel(signature: Any, *, allocates: bool = True) -> Callable[[F], F]:
    """Compile a function once, for one signature, without fast-math.

    Threads are started from Python over these functions: they release the interpreter lock, and one
    parallel loop would cost seconds of compile time. Sums stay in written order, so results do not
    depend on the machine's vector width.

    Args:
        signature: A numba signature string, or a list of them; arrays C-contiguous.
        allocates: Whether arrays are made within. Where none are, references need no counting, which in
            loops over slices is half the time.
    """
    return numba.njit(signature, _nrt=allocates, **_OPTIONS)  # type: ignore[no-any-return]


def part(signature: Any) -> Callable[[F], F]:
    """Compile a piece of kernels, called from kernels alone, in which no array is made.

    Without a door to Python it takes a third less to compile.

    Args:
        signature: As for `kernel`.
    """
    closed = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return numba.njit(signature, _nrt=False, **closed, **_OPTIONS)  # type: ignore[no-any-return]


_OPTIONS = {"nogil": True, "cache": True, "fastmath": False, "error_model": "numpy"}
