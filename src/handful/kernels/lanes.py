"""Float64 sums over two rows, in 32 lanes that stay in the processor's registers.

Element e goes to sum e mod 32; in the end the upper half of the sums is added to the lower, until one is left.
As a loop over an array of lanes each step would be loaded and stored again, for a compiler may not assume
that the array lies apart from the rows. So the loop is given to it in vectors of eight: in this order and no
other, so the bits are those of the plain functions below on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

Rows = NDArray[np.float32] | NDArray[np.float64]
"""float32, whose products are exact in float64, or float64."""

LANES, _WIDTH = 32, 8
_EIGHT = ir.VectorType(ir.DoubleType(), _WIDTH)
_ZEROS = ir.Constant(_EIGHT, None)
_WORD = ir.IntType(64)


# What the sums mean, and what is done where nothing is compiled ----------------------------------


def product(x: Rows, y: Rows) -> float:
    """Σ_e x_e·y_e of two rows (d,)."""
    return _in_lanes(x.astype(np.float64) * y)


def squared_distance(x: Rows, y: Rows) -> float:
    """Σ_e (x_e − y_e)² of two rows (d,)."""
    return _in_lanes((x.astype(np.float64) - y) ** 2)


def _in_lanes(terms: NDArray[np.float64]) -> float:
    lanes = np.zeros(LANES)
    for start in range(0, len(terms), LANES):
        some = terms[start : start + LANES]
        lanes[: len(some)] += some
    while len(lanes) > 1:
        lanes = lanes[: len(lanes) // 2] + lanes[len(lanes) // 2 :]
    return float(lanes[0])


# The same in registers ---------------------------------------------------------------------------


def _compiled(term: Callable[[Any, Any, Any], Any]) -> Any:
    """The sum of a term over whole blocks of lanes, then over what is left, followed by zeros."""

    @intrinsic
    def in_registers(_context: Any, x: Any, y: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, rows: Any) -> Any:
            kinds = zip(signature.args, rows, strict=True)
            one, two = (context.make_array(kind)(context, builder, row) for kind, row in kinds)
            d = builder.extract_value(one.shape, 0)
            whole = builder.and_(d, _WORD(-LANES))
            sums = [cgutils.alloca_once(builder, _EIGHT) for _ in range(LANES // _WIDTH)]
            for total in sums:
                builder.store(_ZEROS, total)
            with cgutils.for_range_slice(builder, _WORD(0), whole, _WORD(LANES), _WORD) as (at, _):
                left, right = (builder.gep(row.data, [at]) for row in (one, two))
                _add_block(builder, term, left, right, sums)
            with builder.if_then(builder.icmp_signed("!=", whole, d)):
                left, right = (_padded(builder, row.data, whole, d) for row in (one, two))
                _add_block(builder, term, left, right, sums)
            return _fold(builder, [builder.load(total) for total in sums])

        return types.float64(x, y), generate

    return in_registers


def _add_block(builder: Any, term: Any, x: Any, y: Any, sums: list[Any]) -> None:
    for part, total in enumerate(sums):
        at = [_WORD(part * _WIDTH)]
        left, right = (_eight(builder, builder.gep(row, at)) for row in (x, y))
        builder.store(builder.fadd(builder.load(total), term(builder, left, right)), total)


def _eight(builder: Any, start: Any) -> Any:
    """Eight numbers as float64."""
    element = start.type.pointee
    kind = ir.VectorType(element, _WIDTH)
    found = builder.load(builder.bitcast(start, kind.as_pointer()), align=4)
    return found if kind == _EIGHT else builder.fpext(found, _EIGHT)


def _padded(builder: Any, row: Any, start: Any, stop: Any) -> Any:
    """A copy of the elements from `start` on, with zeros up to a whole block."""
    element = row.type.pointee
    size = 4 if element == ir.FloatType() else 8
    room = cgutils.alloca_once(builder, element, size=LANES)
    cgutils.memset(builder, room, _WORD(size * LANES), 0)
    cgutils.raw_memcpy(builder, room, builder.gep(row, [start]), builder.sub(stop, start), size)
    return room


def _fold(builder: Any, sums: list[Any]) -> Any:
    """The upper half of the lanes added to the lower, until one is left."""
    while len(sums) > 1:
        half = len(sums) // 2
        sums = [builder.fadd(a, b) for a, b in zip(sums[:half], sums[half:], strict=True)]
    lanes, width = sums[0], _WIDTH
    while width > 1:
        width //= 2
        lower, upper = (_places(at, width) for at in (0, width))
        halves = (builder.shuffle_vector(lanes, lanes, half) for half in (lower, upper))
        lanes = builder.fadd(*halves)
    return builder.extract_element(lanes, ir.IntType(32)(0))


def _places(first: int, count: int) -> Any:
    return ir.Constant(ir.VectorType(ir.IntType(32), count), list(range(first, first + count)))


def _squared_step(builder: Any, x: Any, y: Any) -> Any:
    step = builder.fsub(x, y)
    return builder.fmul(step, step)


_product = _compiled(lambda builder, x, y: builder.fmul(x, y))
_squared_distance = _compiled(_squared_step)


@overload(product)
def _product_compiled(x: Any, y: Any) -> Any:
    def compiled(x: Any, y: Any) -> Any:
        return _product(x, y)

    return compiled


@overload(squared_distance)
def _squared_distance_compiled(x: Any, y: Any) -> Any:
    def compiled(x: Any, y: Any) -> Any:
        return _squared_distance(x, y)

    return compiled
