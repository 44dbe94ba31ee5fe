"""rANS in plain Python, the definition that the compiled kernels are compared with.

Duda 2013 (arXiv 1311.2540), section 3, as a range variant; a state of 32 bits and words of 16. To
push a symbol with frequency f and start c among 2^p:

    if x >= f 2^(32-p): write x mod 2^16, x = x >> 16
    x = (x // f) 2^p + x mod f + c

The state begins at 0 and not at 2^16, so that a short stream has no bits to lose: a decoder takes a
word when x < 2^16 and one is left, which is exactly when one was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .frequencies import Frequencies
from .wire import damaged

WORD = 16
LEAST = 1 << WORD
"""A state below takes a word."""

Item = tuple[int, int, int]
"""Frequency, start, precision; raw bits b of a number of k bits are (1, b, k)."""


def push(state: int, item: Item, words: list[int]) -> int:
    """The state after an item; `words` grows by at most one."""
    frequency, start, precision = item
    if state >= frequency << (32 - precision):
        words.append(state & LEAST - 1)
        state >>= WORD
    return (state // frequency << precision) + state % frequency + start


def encode(items: Sequence[Item]) -> tuple[int, list[int]]:
    """State and words from which `Decoder` gives the items, the first first."""
    state = 0
    words: list[int] = []
    for item in reversed(items):
        state = push(state, item, words)
    return state, words[::-1]


def items_of(symbols: Sequence[int], frequencies: Frequencies) -> list[Item]:
    """What `encode` takes for symbols."""
    of, starts = frequencies.of.tolist(), frequencies.starts.tolist()
    return [(of[symbol], starts[symbol], frequencies.precision) for symbol in symbols]


class Decoder:
    """Symbols and raw bits of one stream."""

    def __init__(self, state: int, words: Sequence[int]) -> None:
        self._state, self._words = state, iter(words)
        self._left = len(words)

    def symbol(self, frequencies: Frequencies) -> int:
        """The next symbol."""
        slot = self._state & (1 << frequencies.precision) - 1
        starts, of = frequencies.starts, frequencies.of
        symbol = int((starts <= slot).nonzero()[0][-1])
        while not of[symbol]:  # one that never comes has the start of the next
            symbol -= 1
        high = self._state >> frequencies.precision
        self._refill(int(of[symbol]) * high + slot - int(starts[symbol]))
        return symbol

    def raw(self, bits: int) -> int:
        """The next number of so many bits, at most 16."""
        number = self._state & (1 << bits) - 1
        self._refill(self._state >> bits)
        return number

    def finish(self) -> None:
        """Raises InputError unless the stream is used up."""
        if self._state or self._left:
            raise damaged("a stream does not end where it should")

    def _refill(self, state: int) -> None:
        if state < LEAST and self._left:
            state = state << WORD | next(self._words)
            self._left -= 1
        self._state = state


def state_bytes(size: int) -> int:
    """Bytes of the state in a stream of `size`, the rest are words of two bytes.

    A stream with words has a state of at least 2^16, three or four bytes, so the size tells.
    """
    if size <= 4:
        return size
    return 3 if size % 2 else 4


def stream_size(state: int, words: int) -> int:
    """Bytes of a stream: its state in as few as it needs, and two a word."""
    return (state.bit_length() + 7) // 8 + 2 * words


def raw_chunks(bits: int) -> Iterator[int]:
    """Raw bits of a number, the low ones first, in parts of at most 16."""
    while bits > 0:
        yield min(bits, WORD)
        bits -= WORD
