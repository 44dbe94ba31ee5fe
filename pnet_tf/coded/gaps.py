"""Gaps between nonzero weights: a class that is coded, low bits that stand as they are.

With m = `mantissa` and e = floor(log2 g), a gap g >= 0 has

    low = max(e - m, 0) raw bits,  class = low 2^m + (g >> low):

all gaps below 2^(m+1) have a class of their own, and each doubling after that has 2^m classes, as
lengths and distances have in Deflate (RFC 1951, 3.2.5).
"""

from __future__ import annotations

import numpy as np

MOST_MANTISSA = 4
MOST_LOW = 26
"""Raw bits of a gap: no matrix has a larger one, and a gap fits into 27 bits."""


def low_bits(gaps: np.ndarray, mantissa: int) -> np.ndarray:
    """How many bits of each gap stand raw, int64 like `gaps`."""
    exponents = np.frexp(gaps.astype(np.float64))[1].astype(np.int64) - 1
    return np.maximum(exponents - mantissa, 0)


def classes(gaps: np.ndarray, mantissa: int) -> np.ndarray:
    """The class of each gap, int64 like `gaps`."""
    low = low_bits(gaps, mantissa)
    return (low << mantissa) + (gaps >> low)


def class_lows(count: int, mantissa: int) -> np.ndarray:
    """Raw bits of the classes 0 to count - 1, int64."""
    return np.maximum((np.arange(count) >> mantissa) - 1, 0)


def class_bases(count: int, mantissa: int) -> np.ndarray:
    """The smallest gap of the classes 0 to count - 1, int64."""
    lows = class_lows(count, mantissa)
    return (np.arange(count) - (lows << mantissa)) << lows


def most_classes(mantissa: int) -> int:
    """Classes of gaps with at most MOST_LOW raw bits."""
    return (MOST_LOW + 2) << mantissa


def column_begins(columns: int, blocks: int) -> np.ndarray:
    """First column of each block, b m // B, and `columns`: int64 [blocks + 1]."""
    return np.arange(blocks + 1, dtype=np.int64) * columns // blocks


def gaps_of(nonzero: np.ndarray, begins: np.ndarray) -> list[np.ndarray]:
    """For each block zeros before each nonzero place, and behind the last: int64 [nonzero + 1].

    `nonzero` rises; block b has the places from begins[b] up to begins[b + 1].
    """
    cuts = np.searchsorted(nonzero, begins)
    found = []
    for block in range(len(begins) - 1):
        inside = nonzero[cuts[block] : cuts[block + 1]]
        ends = np.concatenate([[begins[block] - 1], inside, [begins[block + 1]]])
        found.append(np.diff(ends.astype(np.int64)) - 1)
    return found
