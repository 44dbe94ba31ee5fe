"""Compiled loops: columns decoded a few at a time, and what is done with their weights.

Needs Numba, which `compiled.kernels` loads. All states are int64, where unsigned ones would turn
into floats; every index is within its array whatever the bytes were: a slot by its mask, a word by
the end of its stream (one word stands behind the last), a row by n, a value by the number of
places. Each array that is taken out of the tuple costs the counting of a reference, so that it is
done once a call. It is one file, though a long one: Numba compiles anew what a file holds when this
file has changed, and would keep loops whose inner functions have changed elsewhere.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit, prange

from .streams import LANES
from .tables import FLAT, GAPS

BUFFER = 1 << 15

Int64 = Any
"""A whole number that Numba takes for int64."""


class Code(NamedTuple):
    """All that a column is decoded from; arrays that a kind does not need have one element.

    Stream s is `words[begins[s] : begins[s + 1]]` and `states[s]`. Tables by slot, uint32: `steps`
    as `frequencies.slots` has them, `values` patterns, `gaps` smallest gap 2^5 + raw bits. `raw`:
    uint32, those of block b from `raw_begins[b]` on; `flat`: uint8, its symbols those of `values`.
    """

    kind: int
    rows: int
    columns: np.ndarray
    lanes: int
    states: np.ndarray
    begins: np.ndarray
    words: np.ndarray
    gap_steps: np.ndarray
    gaps: np.ndarray
    gap_precision: int
    steps: np.ndarray
    values: np.ndarray
    precision: int
    is_raw: bool
    raw: np.ndarray
    raw_begins: np.ndarray
    flat: np.ndarray
    width: int


@njit(inline="always")
def _refilled(state: Int64, at: Int64, end: Int64, words: Any) -> Any:
    more = (state < 65536) & (at < end)
    filled = (state << 16) | np.int64(words[at])
    return (filled if more else state), at + np.int64(more)


@njit(inline="always")
def _pulled(state: Int64, at: Int64, end: Int64, words: Any, step: Int64, precision: Int64) -> Any:
    """The state behind a symbol whose step was looked up."""
    state = ((step >> 16) + 1) * (state >> precision) + (step & 0xFFFF)
    return _refilled(state, at, end, words)


@njit(inline="always")
def _pull_gap(state: Int64, at: Int64, end: Int64, words: Any, steps: Any, gaps: Any,
              precision: Int64) -> Any:  # fmt: skip
    slot = state & ((np.int64(1) << precision) - 1)
    found = np.int64(gaps[slot])
    state, at = _pulled(state, at, end, words, np.int64(steps[slot]), precision)
    gap, low = found >> 5, found & 31
    if low > 0:
        first = np.int64(16) if low > 16 else low
        gap += state & ((np.int64(1) << first) - 1)
        state, at = _refilled(state >> first, at, end, words)
        if low > 16:
            gap += (state & ((np.int64(1) << (low - 16)) - 1)) << 16
            state, at = _refilled(state >> (low - 16), at, end, words)
    return state, at, gap


@njit(nogil=True, cache=True)
def begin(block: Int64, code: Any, state: Any, at: Any) -> Int64:
    """Set the streams of a block to their begin; the row of its first weight in GAPS."""
    for lane in range(code.lanes):
        state[lane] = code.states[block * code.lanes + lane]
        at[lane] = code.begins[block * code.lanes + lane]
    at[LANES] = code.raw_begins[block]
    row = np.int64(0)
    if code.kind == GAPS:
        state[0], at[0], row = _pull_gap(
            state[0], at[0], code.begins[block * code.lanes + 1], code.words, code.gap_steps,
            code.gaps, code.gap_precision,
        )  # fmt: skip
    return row


@njit(nogil=True, cache=True)
def finished(block: Int64, code: Any, state: Any, at: Any, row: Int64) -> bool:
    """Whether all streams of a block are used up and the last gap ended with it."""
    good = row == 0
    for lane in range(code.lanes):
        good &= state[lane] == 0 and at[lane] == code.begins[block * code.lanes + lane + 1]
    if code.is_raw:
        good &= at[LANES] == code.raw_begins[block + 1]
    return good


@njit(nogil=True, cache=True)
def _gaps_columns(block: Int64, row: Int64, code: Any, state: Any, at: Any, rows: Any, out: Any,
                  ends: Any) -> Int64:  # fmt: skip
    """Rows and values of len(ends) columns, those of column c up to ends[c].

    Returns the row of the next weight, counted from the next column, or -1 for damaged streams.
    """
    n, words, gap_steps, gaps = code.rows, code.words, code.gap_steps, code.gaps
    steps, values, gap_precision, precision = (
        code.steps, code.values, code.gap_precision, code.precision,
    )  # fmt: skip
    gap_end, end = code.begins[2 * block + 1], code.begins[2 * block + 2]
    mask, count = (np.int64(1) << precision) - 1, 0
    gap_state, gap_at, here, place = state[0], at[0], state[1], at[1]
    for column in range(len(ends)):
        while row < n:
            slot = here & mask
            rows[count], out[count] = row, values[slot]
            here, place = _pulled(here, place, end, words, np.int64(steps[slot]), precision)
            count += 1
            gap_state, gap_at, gap = _pull_gap(
                gap_state, gap_at, gap_end, words, gap_steps, gaps, gap_precision
            )
            row += gap + 1
        row -= n
        ends[column] = count
    state[0], at[0], state[1], at[1] = gap_state, gap_at, here, place
    return row


@njit(nogil=True, cache=True)
def _raw_columns(block: Int64, row: Int64, code: Any, state: Any, at: Any, rows: Any, out: Any,
                 ends: Any) -> Int64:  # fmt: skip
    """The same where values stand raw; there may be fewer of them than gaps say."""
    n, words, gap_steps, gaps = code.rows, code.words, code.gap_steps, code.gaps
    gap_end, precision, raw = code.begins[block + 1], code.gap_precision, code.raw
    end, count = code.raw_begins[block + 1], 0
    gap_state, gap_at, place = state[0], at[0], at[LANES]
    for column in range(len(ends)):
        while row < n:
            if place >= end:
                return -1
            rows[count], out[count] = row, raw[place]
            place += 1
            count += 1
            gap_state, gap_at, gap = _pull_gap(
                gap_state, gap_at, gap_end, words, gap_steps, gaps, precision
            )
            row += gap + 1
        row -= n
        ends[column] = count
    state[0], at[0], at[LANES] = gap_state, gap_at, place
    return row


@njit(nogil=True, cache=True)
def _dense_columns(block: Int64, code: Any, state: Any, at: Any, rows: Any, out: Any,
                   ends: Any) -> Int64:  # fmt: skip
    """The same for a block of one stream of symbols, the zeros among them left out."""
    words, steps, values, precision = code.words, code.steps, code.values, code.precision
    mask, end, count = (np.int64(1) << precision) - 1, code.begins[block + 1], 0
    here, place = state[0], at[0]
    for column in range(len(ends)):
        for row in range(code.rows):
            slot = here & mask
            count = _put(row, values[slot], count, rows, out)
            here, place = _pulled(here, place, end, words, np.int64(steps[slot]), precision)
        ends[column] = count
    state[0], at[0] = here, place
    return 0


@njit(nogil=True, cache=True)
def _lanes_columns(block: Int64, code: Any, state: Any, at: Any, rows: Any, out: Any,
                   ends: Any) -> Int64:  # fmt: skip
    """The same for LANES streams, whose chains of operations the processor runs side by side."""
    words, steps, values, precision = code.words, code.steps, code.values, code.precision
    mask, count, first, n = (np.int64(1) << precision) - 1, 0, block * LANES, code.rows
    a, b, c, d = state[0], state[1], state[2], state[3]
    at_a, at_b, at_c, at_d = at[0], at[1], at[2], at[3]
    end_a, end_b = code.begins[first + 1], code.begins[first + 2]
    end_c, end_d = code.begins[first + 3], code.begins[first + 4]
    for column in range(len(ends)):
        for row in range(0, n, LANES):
            slot = a & mask
            count = _put(row, values[slot], count, rows, out)
            a, at_a = _pulled(a, at_a, end_a, words, np.int64(steps[slot]), precision)
            if row + 1 < n:
                slot = b & mask
                count = _put(row + 1, values[slot], count, rows, out)
                b, at_b = _pulled(b, at_b, end_b, words, np.int64(steps[slot]), precision)
            if row + 2 < n:
                slot = c & mask
                count = _put(row + 2, values[slot], count, rows, out)
                c, at_c = _pulled(c, at_c, end_c, words, np.int64(steps[slot]), precision)
            if row + 3 < n:
                slot = d & mask
                count = _put(row + 3, values[slot], count, rows, out)
                d, at_d = _pulled(d, at_d, end_d, words, np.int64(steps[slot]), precision)
        ends[column] = count
    state[0], state[1], state[2], state[3] = a, b, c, d
    at[0], at[1], at[2], at[3] = at_a, at_b, at_c, at_d
    return 0


@njit(inline="always")
def _put(row: Int64, value: Int64, count: Int64, rows: Any, out: Any) -> Int64:
    rows[count], out[count] = row, value
    return count + np.int64(value != 0)


@njit(nogil=True, cache=True)
def _flat_columns(first: Int64, code: Any, rows: Any, out: Any, ends: Any) -> Int64:
    """The same for symbols in `width` bits, from column `first` on; -1 for one that is none."""
    flat, values, width = code.flat, code.values, code.width
    count, place, largest = 0, first * code.rows * width, np.int64(0)
    mask, last = (np.int64(1) << width) - 1, np.int64(len(values) - 1)
    for column in range(len(ends)):
        for row in range(code.rows):
            byte = place >> 3
            held = np.int64(flat[byte]) | np.int64(flat[byte + 1]) << 8
            held |= np.int64(flat[byte + 2]) << 16
            symbol = (held >> (place & 7)) & mask
            largest = max(largest, symbol)
            count = _put(row, values[min(symbol, last)], count, rows, out)
            place += width
        ends[column] = count
    return 0 if largest <= last else -1


@njit(nogil=True, cache=True)
def columns(block: Int64, first: Int64, row: Int64, code: Any, state: Any, at: Any, rows: Any,
            out: Any, ends: Any) -> Int64:  # fmt: skip
    """The next len(ends) columns, of which `first` is the first, by the kind of the code."""
    if code.kind == GAPS and code.is_raw:
        return _raw_columns(block, row, code, state, at, rows, out, ends)
    if code.kind == GAPS:
        return _gaps_columns(block, row, code, state, at, rows, out, ends)
    if code.kind == FLAT:
        return _flat_columns(first, code, rows, out, ends)
    if code.lanes == LANES:
        return _lanes_columns(block, code, state, at, rows, out, ends)
    return _dense_columns(block, code, state, at, rows, out, ends)


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
