"""What a law is: a function that raises `LawBroken`, with the numbers, where a member breaks it."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

Law = Callable[..., None]


class LawBroken(AssertionError):  # noqa: N818 - what happened, not an error of the program
    """A member does not keep a law that it must, or that its facts claim."""


def laws_of(module: types.ModuleType) -> tuple[Law, ...]:
    """The public functions a module of laws defines, in the order written."""
    own = [value for value in vars(module).values() if isinstance(value, types.FunctionType)]
    return tuple(f for f in own if f.__module__ == module.__name__ and f.__name__[0] != "_")


def require(kept: bool, *what: Any) -> None:
    """Raise `LawBroken` with what was seen, unless the law is kept."""
    if not kept:
        raise LawBroken(" ".join(map(str, what)))


def close(a: Any, b: Any, scale: float = 1.0) -> bool:
    """Equal up to float64 rounding of sums of the size of `scale`."""
    return bool(np.allclose(a, b, rtol=1e-9, atol=1e-9 * max(1.0, abs(scale))))
