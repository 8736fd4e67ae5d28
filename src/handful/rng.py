"""Draws keyed by (seed, purpose, id): the same row draws the same number wherever it is read.

`numpy.random.Philox` is counter-based, but its generator hands out numbers in sequence. Here the
counter is the row's id, so a draw needs no state and no order; `tests` hold it to numpy's Philox.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]

_ROUNDS = 10
_M0, _M1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_W0, _W1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_BLOCK = 1 << 15


def key(seed: int, purpose: str) -> tuple[np.uint64, np.uint64]:
    """The 128-bit Philox key of one purpose under one seed."""
    digest = hashlib.blake2b(f"{seed}\0{purpose}".encode(), digest_size=16).digest()
    low, high = np.frombuffer(digest, "<u8")
    return low, high


def generator(seed: int, purpose: str) -> np.random.Generator:
    """A numpy generator of its own for draws that are not one a row."""
    return np.random.Generator(np.random.Philox(key=np.array(key(seed, purpose), np.uint64)))


def raw(seed: int, purpose: str, keys: Keys) -> Keys:
    """(n,) uint64: the first output of Philox-4x64-10 with each row's key as its counter.

    Cost: about 0.2 µs a row. Source: Salmon et al. 2011, Parallel random numbers, section 3.3.
    """
    keys = np.ascontiguousarray(keys, np.uint64)
    out = np.empty_like(keys)
    for start in range(0, len(keys), _BLOCK):
        out[start : start + _BLOCK] = _philox(key(seed, purpose), keys[start : start + _BLOCK])
    return out


def uniforms(seed: int, purpose: str, keys: Keys) -> NDArray[np.float64]:
    """(n,) float64 in (0, 1), never 0 or 1: one draw a row, keyed by the row's id.

    Example:
        >>> ids = np.arange(4, dtype=np.uint64)
        >>> bool((uniforms(0, "demo", ids)[2:] == uniforms(0, "demo", ids[2:])).all())
        True
    """
    bits = raw(seed, purpose, keys) >> np.uint64(12)
    return (bits.astype(np.float64) + 0.5) * 2.0**-52


def gumbels(seed: int, purpose: str, keys: Keys) -> NDArray[np.float64]:
    """(n,) float64 standard Gumbel draws, −ln(−ln U)."""
    draws = uniforms(seed, purpose, keys)
    np.log(draws, out=draws)
    np.negative(draws, out=draws)
    np.log(draws, out=draws)
    return np.negative(draws, out=draws)


def id_keys(ids: NDArray[np.uint64] | list[bytes]) -> Keys:
    """(n,) uint64 keys of ids: integers as they are, texts by a 64-bit BLAKE2b hash."""
    if isinstance(ids, np.ndarray):
        return ids.astype(np.uint64)
    hashed = b"".join(hashlib.blake2b(text, digest_size=8).digest() for text in ids)
    return np.frombuffer(hashed, "<u8").astype(np.uint64)


def _philox(key: tuple[np.uint64, np.uint64], counter: Keys) -> Keys:
    k0, k1 = key
    zero = np.zeros(1, np.uint64)
    c0, c1, c2, c3 = counter, zero, zero, zero
    with np.errstate(over="ignore"):
        for _ in range(_ROUNDS):
            high0, low0 = _multiply(_M0, c0)
            high1, low1 = _multiply(_M1, c2)
            c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
            k0, k1 = k0 + _W0, k1 + _W1
    return c0


def _multiply(a: np.uint64, b: Keys) -> tuple[Keys, Keys]:
    """High and low halves of a 64 × 64-bit product."""
    a_high, a_low = a >> _HALF, a & _LOW
    b_high, b_low = b >> _HALF, b & _LOW
    middle = a_high * b_low + ((a_low * b_low) >> _HALF)
    cross = a_low * b_high + (middle & _LOW)
    return a_high * b_high + (middle >> _HALF) + (cross >> _HALF), a * b


class Draws:
    """All the draws of one run: the seed, and a purpose for each use. Holds no state.

    Args:
        seed: Any whole number.

    Example:
        >>> ids = np.arange(3, dtype=np.uint64)
        >>> bool((Draws(1).uniforms("a", ids) == Draws(1).uniforms("b", ids)).any())
        False
    """

    def __init__(self, seed: int) -> None:
        self.seed = int(seed)

    def uniforms(self, purpose: str, keys: Keys) -> NDArray[np.float64]:
        """(n,) float64 in (0, 1), one a row; see `uniforms`."""
        return uniforms(self.seed, purpose, keys)

    def gumbels(self, purpose: str, keys: Keys) -> NDArray[np.float64]:
        """(n,) float64 standard Gumbel draws, one a row."""
        return gumbels(self.seed, purpose, keys)

    def generator(self, purpose: str) -> np.random.Generator:
        """A generator for draws that are not one a row."""
        return generator(self.seed, purpose)
