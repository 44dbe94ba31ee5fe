"""Compiled loops: streams written, and what is done with the weights of a block as they come.

Needs Numba, which `compiled.kernels` loads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange

from .columns import Code, Int64, begin, columns, finished
from .streams import LANES

__all__ = ["Code", "axpy", "axpy_block", "dot", "dot_block", "encode", "encode_gaps", "scatter",
           "scatter_block"]  # fmt: skip
BUFFER = 1 << 15


@njit(nogil=True, cache=True)
def encode(symbols: Any, of: Any, starts: Any, precision: Int64, words: Any) -> Any:
    """State and number of words of a stream; `words` are filled from the end."""
    state, at = np.int64(0), len(words)
    for place in range(len(symbols) - 1, -1, -1):
        symbol = symbols[place]
        state, at = _push(state, at, of[symbol], starts[symbol], precision, words)
    return state, len(words) - at


@njit(nogil=True, cache=True)
def encode_gaps(gaps: Any, lows: Any, symbols: Any, of: Any, starts: Any, precision: Int64,
                words: Any) -> Any:  # fmt: skip
    """The same for gaps: each a class, then its `lows` raw bits, the low 16 before the others."""
    state, at = np.int64(0), len(words)
    for place in range(len(symbols) - 1, -1, -1):
        symbol, low = symbols[place], lows[place]
        extra = gaps[place] & ((np.int64(1) << low) - 1)
        if low > 16:
            state, at = _push(state, at, 1, extra >> 16, low - 16, words)
            low, extra = np.int64(16), extra & 0xFFFF
        state, at = _push(state, at, 1, extra, low, words)
        state, at = _push(state, at, of[symbol], starts[symbol], precision, words)
    return state, len(words) - at


@njit(nogil=True, cache=True)
def _push(state: Int64, at: Int64, frequency: Int64, start: Int64, precision: Int64,
          words: Any) -> Any:  # fmt: skip
    if state >= np.int64(frequency) << (32 - precision):
        at -= 1
        words[at] = state & 0xFFFF
        state >>= 16
    return ((state // frequency) << precision) + state % frequency + start, at


@njit(nogil=True, cache=True)
def _columns_at_once(code: Any) -> Int64:
    """So many that a buffer for their weights has BUFFER places, or those of one column."""
    return max(1, BUFFER // code.rows)


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})
def _dot(rows: Any, values: Any, first: Int64, last: Int64, x: Any) -> Any:
    total = np.float32(0)
    for place in range(first, last):
        total += x[rows[place]] * values[place]
    return total


@njit(nogil=True, cache=True)
def dot_block(block: Int64, code: Any, x: Any, y: Any) -> bool:
    """y[j] = sum over i of x[i] W[i, j] for the columns j of a block; False for damaged streams."""
    many, last = _columns_at_once(code), code.columns[block + 1]
    state, at = np.zeros(LANES, np.int64), np.zeros(LANES + 1, np.int64)
    rows, patterns = np.empty(many * code.rows, np.int32), np.empty(many * code.rows, np.uint32)
    values, ends = patterns.view(np.float32), np.empty(many, np.int64)
    row = begin(block, code, state, at)
    for first in range(code.columns[block], last, many):
        part = ends[: min(many, last - first)]
        row = columns(block, first, row, code, state, at, rows, patterns, part)
        if row < 0:
            return False
        start = 0
        for column in range(len(part)):
            y[first + column] = _dot(rows, values, start, part[column], x)
            start = part[column]
    return finished(block, code, state, at, row)


@njit(nogil=True, cache=True)
def axpy_block(block: Int64, code: Any, x: Any, y: Any) -> bool:
    """y[j, :] += x[i, :] W[i, j] for the columns j of a block; x [n, B], y [m, B]."""
    many, last = _columns_at_once(code), code.columns[block + 1]
    state, at = np.zeros(LANES, np.int64), np.zeros(LANES + 1, np.int64)
    rows, patterns = np.empty(many * code.rows, np.int32), np.empty(many * code.rows, np.uint32)
    values, ends = patterns.view(np.float32), np.empty(many, np.int64)
    row = begin(block, code, state, at)
    for first in range(code.columns[block], last, many):
        part = ends[: min(many, last - first)]
        row = columns(block, first, row, code, state, at, rows, patterns, part)
        if row < 0:
            return False
        start = 0
        for column in range(len(part)):
            _axpy(rows, values, start, part[column], x, y[first + column])
            start = part[column]
    return finished(block, code, state, at, row)


@njit(nogil=True, cache=True, fastmath={"contract"})
def _axpy(rows: Any, values: Any, first: Int64, last: Int64, x: Any, out: Any) -> None:
    for place in range(first, last):
        value, line = values[place], x[rows[place]]
        for b in range(len(out)):
            out[b] += value * line[b]


@njit(nogil=True, cache=True)
def scatter_block(block: Int64, code: Any, x: Any, y: Any) -> bool:
    """y[i, j] = pattern of W[i, j] for the columns j of a block; y uint32 [n, m], zeros before."""
    many, last = _columns_at_once(code), code.columns[block + 1]
    state, at = np.zeros(LANES, np.int64), np.zeros(LANES + 1, np.int64)
    rows, patterns = np.empty(many * code.rows, np.int32), np.empty(many * code.rows, np.uint32)
    ends = np.empty(many, np.int64)
    row = begin(block, code, state, at)
    for first in range(code.columns[block], last, many):
        part = ends[: min(many, last - first)]
        row = columns(block, first, row, code, state, at, rows, patterns, part)
        if row < 0:
            return False
        start = 0
        for column in range(len(part)):
            for place in range(start, part[column]):
                y[rows[place], first + column] = patterns[place]
            start = part[column]
    return finished(block, code, state, at, row)


@njit(parallel=True, nogil=True, cache=True)
def dot(code: Any, x: Any, y: Any, good: Any) -> None:
    """`dot_block` for every block, on all cores."""
    for block in prange(len(good)):
        good[block] = dot_block(block, code, x, y)


@njit(parallel=True, nogil=True, cache=True)
def axpy(code: Any, x: Any, y: Any, good: Any) -> None:
    """`axpy_block` for every block, on all cores."""
    for block in prange(len(good)):
        good[block] = axpy_block(block, code, x, y)


@njit(parallel=True, nogil=True, cache=True)
def scatter(code: Any, x: Any, y: Any, good: Any) -> None:
    """`scatter_block` for every block, on all cores."""
    for block in prange(len(good)):
        good[block] = scatter_block(block, code, x, y)
