"""Huffman codes, canonical: of all codes with these lengths the one that lengths alone tell.

Huffman 1952; canonical order as in Deflate (RFC 1951, 3.2.2).
"""

from __future__ import annotations

import heapq

import numpy as np


def code_lengths(counts: np.ndarray) -> np.ndarray:
    """Bits of the code of each symbol, int64; counts are above 0. One symbol alone has one bit."""
    if len(counts) == 1:
        return np.ones(1, np.int64)
    heap = [(int(count), at, [at]) for at, count in enumerate(counts)]
    lengths = np.zeros(len(counts), np.int64)
    heapq.heapify(heap)
    for made in range(len(counts), 2 * len(counts) - 1):
        (first, _, left), (second, _, right) = heapq.heappop(heap), heapq.heappop(heap)
        lengths[left + right] += 1
        heapq.heappush(heap, (first + second, made, left + right))
    return lengths


def canonical_codes(lengths: np.ndarray) -> list[int]:
    """The code of each symbol: rising by length, then by symbol."""
    codes, code, before = [0] * len(lengths), 0, 0
    for symbol in np.argsort(lengths, kind="stable").tolist():
        code <<= int(lengths[symbol]) - before
        before = int(lengths[symbol])
        codes[symbol] = code
        code += 1
    return codes


def coded_bits(counts: np.ndarray) -> int:
    """Bits of all symbols together."""
    return int((counts * code_lengths(counts)).sum()) if len(counts) else 0
