"""The one way a kernel is compiled: explicit signature, cached on disk, free of the interpreter lock."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])


def kernel(signature: Any) -> Callable[[F], F]:
    """Compile a function once, for one signature, without fast-math.

    Threads are started from Python over these functions: they release the interpreter lock, and one
    parallel loop would cost seconds of compile time. Sums stay in written order, so results do not
    depend on the machine's vector width.

    Args:
        signature: A numba signature string, or a list of them; arrays C-contiguous.
    """
    return numba.njit(signature, nogil=True, cache=True, fastmath=False, error_model="numpy")  # type: ignore[no-any-return]


def part(signature: Any) -> Callable[[F], F]:
    """Compile a piece of kernels, called from kernels alone: without a door to Python, a third quicker.

    Args:
        signature: As for `kernel`.
    """
    return numba.njit(  # type: ignore[no-any-return]
        signature,
        nogil=True,
        cache=True,
        fastmath=False,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
    )
