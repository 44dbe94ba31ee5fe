"""Compiled loops that write streams; they need Numba, which `compiled.encoders` loads.

States are int64, where unsigned ones would turn into floats.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Int64 = Any
"""A whole number that Numba takes for int64."""


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
