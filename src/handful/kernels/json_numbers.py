"""Numbers read from the bytes of sound JSON: exactly, or handed on to be asked of Python.

A number is mantissa · 10^scale. Where the mantissa is at most 2^53 and the scale within ±22, both are
exact in float64, so that one multiplication or division rounds as the best reader would (Clinger 1990,
How to read floating point numbers accurately, §3). What is further out is asked of Python's float.
For float32 any mantissa will do: the float64 at hand is off by less than 8 units in the last place, and
only where those could change the rounding to float32 is Python asked.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from handful.kernels.jit import kernel, part
from handful.kernels.json_bytes import BYTES, COMMA, PLACES, after_space
from handful.kernels.json_check import after_number
from handful.kernels.jsonl_reference import Kind

ABSENT, WHOLE, REAL, ASK = range(4)
"""What became of a value: nothing there; an int64; a float64; Python must say."""

_NULL, _PLAIN, _NUMBER = int(Kind.NULL), int(Kind.PLAIN), int(Kind.NUMBER)
_BOOLEAN, _MISSING = int(Kind.BOOLEAN), int(Kind.MISSING)
_MINUS, _POINT, _ZERO, _LETTER_E, _LETTER_N, _LETTER_T = 0x2D, 0x2E, 0x30, 0x65, 0x6E, 0x74
_FULL, _EXACT, _POWERS = 10**17, 2**53, 10.0 ** np.arange(300)  # 18 digits fit in int64
_EXACT_SCALE, _UNITS = 22, 8
_LOW, _HALF = (1 << 29) - 1, 1 << 28  # the bits of a float64 that a float32 rounds away

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]

_Read = numba.types.Tuple((numba.int64, numba.int64, numba.int64, numba.int64))


@part(_Read(BYTES, numba.int64, numba.int64))
def _decimal(buffer, place, end):
    """Mantissa, scale, digits left out, and whether it is written as a whole number."""
    mantissa, scale, left_out, whole = 0, 0, 0, 1
    negative = buffer[place] == _MINUS
    place += np.int64(negative)
    while place < end:
        digit = np.int64(buffer[place]) - _ZERO
        if buffer[place] == _POINT:
            whole = 0
        elif digit < 0 or digit > 9:
            break
        elif mantissa >= _FULL:
            left_out += 1
            scale += whole
        else:
            mantissa = mantissa * 10 + digit
            scale -= 1 - whole
        place += 1
    if place < end and buffer[place] | 0x20 == _LETTER_E:
        whole, power, place = 0, 0, place + 1
        minus = buffer[place] == _MINUS
        while place < end:
            digit = np.int64(buffer[place]) - _ZERO
            if 0 <= digit <= 9 and power < 10000:
                power = power * 10 + digit
            place += 1
        scale += -power if minus else power
    return (-mantissa if negative else mantissa), scale, left_out, whole


@kernel(
    numba.void(
        BYTES, PLACES, PLACES, BYTES, numba.int64[::1], numba.float64[::1], numba.uint8[::1]
    ),
    allocates=False,
)
def numbers(
    buffer: Bytes,
    firsts: Places,
    lasts: Places,
    kinds: Bytes,
    wholes: Places,
    reals: NDArray[np.float64],
    states: Bytes,
) -> None:
    """Read values as numbers: booleans are 0 and 1, strings count if they hold one, -0 is 0."""
    for row in range(len(kinds)):
        kind, first, last = kinds[row], firsts[row], lasts[row]
        wholes[row], reals[row], states[row] = 0, np.nan, ASK
        if kind == _MISSING or kind == _NULL or (kind == _PLAIN and first == last):
            states[row] = ABSENT
        elif kind == _BOOLEAN:
            wholes[row], states[row] = np.int64(buffer[first] == _LETTER_T), WHOLE
        elif (kind == _NUMBER or kind == _PLAIN) and after_number(buffer, first, last) == last:
            mantissa, scale, left_out, whole = _decimal(buffer, first, last)
            if left_out:
                continue
            if whole:
                wholes[row], states[row] = mantissa, WHOLE
            elif abs(mantissa) <= _EXACT and abs(scale) <= _EXACT_SCALE:
                power = _POWERS[abs(scale)]
                reals[row] = mantissa / power if scale < 0 else mantissa * power
                states[row] = REAL


@kernel(numba.void(BYTES, PLACES, PLACES, numba.float32[:, ::1], numba.uint8[::1]))
def vectors(
    buffer: Bytes, firsts: Places, lasts: Places, out: NDArray[np.float32], states: Bytes
) -> None:
    """Read lists of as many numbers as `out` has columns; null is NaN. State REAL or ASK."""
    width = out.shape[1]
    real = np.zeros(1)
    bits = real.view(np.int64)
    for row in range(len(firsts)):
        place, end, column, states[row] = firsts[row] + 1, lasts[row] - 1, 0, ASK
        place = after_space(buffer, place, end)
        while place < end and column < width:
            past = after_number(buffer, place, end)
            if past >= 0:
                mantissa, scale, _, _ = _decimal(buffer, place, past)
                if abs(scale) >= len(_POWERS):
                    break
                power = _POWERS[abs(scale)]
                real[0] = mantissa / power if scale < 0 else mantissa * power
                near = abs((bits[0] & _LOW) - _HALF) <= _UNITS
                normal = 1e-37 < abs(real[0]) < 1e38
                if near or not (normal or (mantissa == 0 and buffer[place] != _MINUS)):
                    break
                out[row, column] = real[0]
            elif buffer[place] == _LETTER_N:
                out[row, column], past = np.nan, place + 4
            else:
                break
            column += 1
            place = after_space(buffer, past, end)
            if place < end and buffer[place] == COMMA:
                place = after_space(buffer, place + 1, end)
        if place >= end and column == width:
            states[row] = REAL
