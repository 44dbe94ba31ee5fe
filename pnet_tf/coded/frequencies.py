"""How often symbols come: whole frequencies that sum to a power of two, as rANS wants them.

Duda 2013 (arXiv 1311.2540), section 3: a symbol of frequency f among 2^p costs p - log2 f bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .wire import Reader, best_order, damaged, golomb, read_golomb

MOST_PRECISION = 15
"""So that a frequency and the distance within it fit into 16 bits each."""
_WORTH = 1 / 1024
"""A larger table must save this share of the bits: it fits less well into the cache."""


@dataclass(frozen=True, eq=False)
class Frequencies:
    """`of`: int64 [symbols], each >= 0, summing to 2^precision."""

    precision: int
    of: np.ndarray

    @property
    def starts(self) -> np.ndarray:
        """Sum of the frequencies before each symbol, int64 [symbols]."""
        return np.cumsum(self.of) - self.of

    def bits(self, counts: np.ndarray) -> float:
        """Bits of symbols that come `counts` times: sum of counts (precision - log2 f)."""
        used = counts > 0
        return float((counts[used] * (self.precision - np.log2(self.of[used]))).sum())


def entropy_bits(counts: np.ndarray) -> float:
    """The least bits of symbols that come `counts` times each: sum of c log2(N / c)."""
    used = counts[counts > 0].astype(np.float64)
    return float((used * np.log2(used.sum() / used)).sum())


def quantise(counts: np.ndarray, precision: int) -> Frequencies:
    """Frequencies near counts 2^p / N, at least 1 for each symbol that comes.

    Rounded, then moved by one where it costs the fewest bits until they sum to 2^p; there must be
    no more such symbols than 2^p.
    """
    used = counts > 0
    exact = counts * (float(1 << precision) / counts.sum())
    of = np.where(used, np.maximum(np.rint(exact), 1), 0).astype(np.int64)
    while off := (1 << precision) - int(of.sum()):
        move = 1 if off > 0 else -1
        allowed = used & (of + move >= 1)
        safe = np.where(allowed, of, 2)
        cost = np.where(allowed, counts * np.log2(safe / (safe + move)), np.inf)
        of[np.argmin(cost)] += move
    return Frequencies(precision, of)


def choose(counts: np.ndarray, least: int, exact: bool = False) -> tuple[Frequencies, float]:
    """The frequencies with the fewest bits for table and symbols, and these bits.

    A larger precision must be worth it, unless `exact`; `least` is that of `write`.
    """
    lowest = int(np.count_nonzero(counts) - 1).bit_length()
    tried = []
    for precision in range(lowest, MOST_PRECISION + 1):
        found = quantise(counts, precision)
        tried.append((found, found.bits(counts) + 8 * len(write(found, least))))
    best = min(bits for _, bits in tried) * (1 if exact else 1 + _WORTH)
    return next((found, bits) for found, bits in tried if bits <= best)


def write(frequencies: Frequencies, least: int) -> bytes:
    """A byte of precision and Golomb order, then f - least of all symbols but the last."""
    numbers = frequencies.of[:-1] - least
    order = best_order(numbers)[0] if len(numbers) else 0
    return bytes([frequencies.precision << 4 | order]) + golomb(numbers.tolist(), order)


def read(reader: Reader, symbols: int, least: int) -> Frequencies:
    """The frequencies that `write` wrote; raises InputError where they do not sum to 2^p."""
    (head,) = reader.take(1)
    precision, order = head >> 4, head & 15
    if precision > MOST_PRECISION:
        raise damaged(f"a precision of {precision} bits, where {MOST_PRECISION} are the most")
    numbers = read_golomb(reader, symbols - 1, order, 1 << precision)
    of = np.array([*numbers, 0], np.int64) + least
    of[-1] = (1 << precision) - of[:-1].sum()
    if of[-1] < max(least, 1):
        raise damaged("frequencies do not sum up")
    return Frequencies(precision, of)


def slots(frequencies: Frequencies) -> tuple[np.ndarray, np.ndarray]:
    """What a decoder looks up by the low p bits of its state: steps and symbols, [2^p] each.

    A step, uint32, is (f - 1) 2^16 + distance within the symbol; symbols are uint16.
    """
    of = frequencies.of
    symbols = np.repeat(np.arange(len(of), dtype=np.uint16), of)
    within = np.arange(len(symbols)) - np.repeat(frequencies.starts, of)
    steps = (np.repeat(of, of) - 1) << 16 | within
    return steps.astype(np.uint32), symbols
