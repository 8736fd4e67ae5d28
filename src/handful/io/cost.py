"""What a row costs: a numeric column, or the bytes, words or tokens of its text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.pool import BLOCK_ROWS, Pool, Strings
from handful.runtime.run import Run

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

NAMES = ("@bytes", "@words", "@tokens:FILE")


def costs_of(cost: str, pool: Pool, run: Run) -> NDArray[Any]:
    """(n,) the cost of every row: int64 where all are whole numbers, else float64.

    Args:
        cost: A numeric column; "@bytes", the text's length in UTF-8; "@words", its pieces between white
            space, as `str.split` has them; "@tokens:FILE", its tokens by a tokenizer.json, special
            tokens not counted (extra `tokens`).
        pool: Rows.
        run: Threads and progress.
    """
    if not cost.startswith("@"):
        return pool.numbers(cost)
    out = np.empty(pool.n, np.int64)
    count = _counter(cost)
    run.progress.stage(f"cost {cost}", pool.n)
    cuts = [(a, min(pool.n, a + BLOCK_ROWS)) for a in range(0, pool.n, BLOCK_ROWS)]

    def work(block: tuple[int, int]) -> tuple[int, int, Whole]:
        return (*block, count(pool.texts(*block)))

    for start, stop, costs in run.map_blocks(work, cuts):
        out[start:stop] = costs
        run.progress.advance(stop - start)
    return out


def _counter(cost: str) -> Callable[[Strings], Whole]:
    name, _, file = cost.partition(":")
    if name == "@tokens":
        return _tokens(file)
    if cost not in {"@bytes", "@words"}:
        raise errors.unknown_choice("--cost", cost, NAMES)
    return words if cost == "@words" else lambda texts: texts.lengths


def _tokens(file: str) -> Callable[[Strings], Whole]:
    if not file:
        raise errors.unknown_choice("--cost", "@tokens", NAMES)
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise errors.missing_extra("--cost @tokens", "tokens") from None
    if not Path(file).is_file():
        raise errors.missing_file(file)
    try:
        tokenizer = Tokenizer.from_file(file)
    except Exception as error:  # the library raises no narrower class
        raise errors.unreadable(file, "tokenizer.json", error) from None
    # A tokenizer of a model may come with both set to the model's window: every row would cost the same.
    tokenizer.no_padding()
    tokenizer.no_truncation()
    encode = getattr(tokenizer, "encode_batch_fast", tokenizer.encode_batch)

    def count(texts: Strings) -> Whole:
        encoded = encode(list(texts), add_special_tokens=False)
        return np.array([len(tokens.ids) for tokens in encoded], np.int64)

    return count


_SPACES = np.zeros(256, bool)
_SPACES[[9, 10, 11, 12, 13, 28, 29, 30, 31, 32]] = True
_WIDE_SPACES = (
    "\x85",
    "\xa0",
    "\u1680",
    *map(chr, range(0x2000, 0x200B)),
    *"\u2028\u2029\u202f\u205f\u3000",
)
"""White space past ASCII, as `str.isspace` and so `str.split` have it."""


def words(texts: Strings) -> Whole:
    r"""(m,) pieces between white space of each text; no Python object a word.

    Example:
        >>> words(Strings.of(["one two", " ", "a\u3000b c"])).tolist()
        [2, 0, 3]
    """
    first, last = texts.offsets[0], texts.offsets[-1]
    data = texts.data[first:last]
    space = _SPACES[data]
    if len(data) and data.max() >= 0x80:
        _mark_wide(data, space)
    starts = ~space
    starts[1:] &= space[:-1]
    heads = texts.offsets[:-1][texts.lengths > 0] - first
    starts[heads] = ~space[heads]
    counted = np.zeros(len(data) + 1, np.int64)
    np.cumsum(starts, out=counted[1:])
    counts: Whole = np.diff(counted[texts.offsets - first])
    return counts


def _mark_wide(data: NDArray[np.uint8], space: NDArray[np.bool_]) -> None:
    for character in _WIDE_SPACES:
        code = character.encode()
        size = len(code)
        if len(data) < size:
            continue
        found = np.flatnonzero(data[: len(data) - size + 1] == code[0])
        for step in range(1, size):
            found = found[data[found + step] == code[step]]
        for step in range(size):
            space[found + step] = True
