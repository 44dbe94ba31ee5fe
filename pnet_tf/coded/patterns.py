"""A weight matrix as bit patterns: distinct ones, and the symbol of each weight in column order.

Nothing here compares floats, so that -0.0 is a value of its own; +0.0, the pattern 0, is the zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import InputError
from .wire import Reader

MOST_SHARED = 4096
"""Distinct values that have a codebook; more stand as they are."""
MOST_WEIGHTS = 1 << 25
"""Of a matrix, or of all layers of a container: 128 MiB, which a reader may have to hold."""
FLOAT32, FLOAT16, BFLOAT16 = 0, 1, 2
"""How values are stored: in the fewest bytes that hold all of them exactly."""


@dataclass(frozen=True, eq=False)
class Weights:
    """`values`: uint32 [k] rising, `symbols`: uint16 [n m] in column order, W[i, j] at j n + i.

    With more than MOST_SHARED distinct values both are None. `patterns` is uint32 [n, m].
    """

    patterns: np.ndarray
    values: np.ndarray | None
    symbols: np.ndarray | None

    @cached_property
    def counts(self) -> np.ndarray:
        """How often each value comes, int64 [k]; of weights with a codebook."""
        if self.symbols is None:
            raise InputError("there are too many distinct values to count")
        return np.bincount(self.symbols)

    @cached_property
    def nonzero(self) -> np.ndarray:
        """Places of weights that are not +0.0, rising, int64, in column order."""
        if self.symbols is None or self.values is None:
            return np.flatnonzero(self.patterns.T)
        if self.values[0]:
            return np.arange(len(self.symbols))
        return np.flatnonzero(self.symbols)


def read_weights(weights: Any) -> Weights:
    """The patterns of a matrix.

    Raises InputError for anything but a float32 array [n, m] of 1 to MOST_WEIGHTS finite weights.
    """
    check_weights(weights)
    if weights.ndim != 2:
        raise InputError(f"the weights have {weights.ndim} dimensions; a matrix has 2")
    patterns = np.ascontiguousarray(weights).view(np.uint32)
    values = np.unique(patterns)
    if len(values) > MOST_SHARED:
        return Weights(patterns, None, None)
    columns = patterns.T
    symbols = np.empty(columns.shape, np.uint16)
    for at in range(0, len(columns), 64):  # searchsorted gives eight bytes a weight
        symbols[at : at + 64] = np.searchsorted(values, columns[at : at + 64])
    return Weights(patterns, values, symbols.ravel())


def check_weights(weights: Any) -> None:
    """Raise InputError unless an array of any shape is float32, not empty and finite."""
    if not isinstance(weights, np.ndarray) or weights.dtype != np.float32:
        is_array = isinstance(weights, np.ndarray)
        what = f"an array of {weights.dtype}" if is_array else f"a {type(weights).__name__}"
        raise InputError(f"the weights are {what}; a NumPy array of float32 is wanted")
    if not 0 < weights.size <= MOST_WEIGHTS:
        raise InputError(f"there are {weights.size:,} weights; 1 to {MOST_WEIGHTS:,} are allowed")
    if not np.isfinite(weights).all():
        raise InputError("the weights have NaN or infinity among them; they must be finite")


def value_format(patterns: np.ndarray) -> int:
    """FLOAT16 or BFLOAT16 if either holds every pattern exactly, else FLOAT32."""
    if not np.any(patterns & 0xFFFF):
        return BFLOAT16
    with np.errstate(over="ignore"):  # what is too large for float16 comes back as another
        half = patterns.view(np.float32).astype(np.float16)
    return FLOAT16 if np.array_equal(half.astype(np.float32).view(np.uint32), patterns) else FLOAT32


def value_width(form: int) -> int:
    """Bytes of a value in a format."""
    return 4 if form == FLOAT32 else 2


def pack_values(patterns: np.ndarray, form: int) -> bytes:
    """Patterns as little-endian bytes of a format that holds them."""
    if form == FLOAT16:
        return patterns.view(np.float32).astype("<f2").tobytes()
    return (patterns >> 16).astype("<u2").tobytes() if form == BFLOAT16 else (
        patterns.astype("<u4").tobytes()
    )  # fmt: skip


def unpack_values(reader: Reader, count: int, form: int) -> np.ndarray:
    """The patterns, uint32 [count]; they are finite or damaged data, which the caller checks."""
    data = reader.take(count * value_width(form))
    if form == FLOAT16:
        return np.frombuffer(data, "<f2").astype(np.float32).view(np.uint32)
    if form == BFLOAT16:
        return np.frombuffer(data, "<u2").astype(np.uint32) << 16
    return np.frombuffer(data, "<u4").astype(np.uint32)
