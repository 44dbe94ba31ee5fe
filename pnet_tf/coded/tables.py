"""What the streams of a matrix are read by: values, their frequencies, those of gaps.

Four kinds: CONSTANT, one value and no stream; FLAT, symbols in ceil(log2 k) bits each; DENSE, each
weight a symbol, the zero among them; GAPS, zeros counted and the other weights symbols, or, with
too many values for a codebook, raw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import frequencies, gaps
from .frequencies import Frequencies
from .patterns import MOST_SHARED, Weights, pack_values, unpack_values, value_format, value_width
from .wire import Reader, damaged, varint

CONSTANT, FLAT, DENSE, GAPS = range(4)
_KIND, _FORM, _ZERO, _RAW, _TWO = 3, 2, 1 << 5, 1 << 6, 1 << 6
SHARED, BLOCKS = 3 << _FORM, 1 << 4
"""Bits of the first byte: tables that stand elsewhere; more than one block."""


@dataclass(frozen=True, eq=False)
class Tables:
    """`values`: uint32 patterns by symbol, of GAPS without the zero; none where they are raw.

    `symbols` are frequencies of values (DENSE, GAPS), `gaps` of classes (GAPS) by `mantissa`.
    """

    kind: int
    values: np.ndarray
    form: int
    symbols: Frequencies | None = None
    gaps: Frequencies | None = None
    mantissa: int = 0

    @property
    def raw(self) -> bool:
        """Whether values stand as they are, without a codebook."""
        return self.kind == GAPS and self.symbols is None

    @property
    def width(self) -> int:
        """Bits of a FLAT symbol."""
        return (len(self.values) - 1).bit_length() if self.kind == FLAT else 0


def constant(weights: Weights) -> Tables:
    """Of a matrix with one value."""
    values = _codebook(weights)[0]
    return Tables(CONSTANT, values, value_format(values))


def flat(values: np.ndarray) -> Tables:
    """Of symbols without frequencies."""
    return Tables(FLAT, values, value_format(values))


def dense(values: np.ndarray, counts: np.ndarray, exact: bool) -> Tables:
    """Of values, each of which comes so many times."""
    return Tables(DENSE, values, value_format(values), frequencies.choose(counts, 1, exact)[0])


def zeros_apart(
    values: np.ndarray, counts: np.ndarray | None, found: np.ndarray, exact: bool
) -> Tables:
    """Of values without the zero, raw if they have no counts, and of the gaps that were found."""
    symbols = None if counts is None else frequencies.choose(counts, 1, exact)[0]
    sizes, times = np.unique(found, return_counts=True)
    tried = [_classes(sizes, times, mantissa, exact) for mantissa in range(gaps.MOST_MANTISSA + 1)]
    mantissa = min(range(len(tried)), key=lambda at: tried[at][1])
    kept = values if counts is not None else np.zeros(0, np.uint32)
    return Tables(GAPS, kept, value_format(values), symbols, tried[mantissa][0], mantissa)


def _classes(
    sizes: np.ndarray, times: np.ndarray, mantissa: int, exact: bool
) -> tuple[Frequencies, float]:
    """Frequencies of gap classes, and the bits of table, classes and raw bits."""
    counts = np.bincount(gaps.classes(sizes, mantissa), weights=times).astype(np.int64)
    found, bits = frequencies.choose(counts, 0, exact)
    return found, bits + float((gaps.low_bits(sizes, mantissa) * times).sum())


def of_weights(weights: Weights, kind: int, blocks: int, exact: bool) -> Tables:
    """The tables of one kind for one matrix of more than one value, in so many blocks."""
    if weights.values is None:
        values = weights.patterns.T.ravel()[weights.nonzero]
        return zeros_apart(values, None, matrix_gaps(weights, blocks), exact)
    values, counts = _codebook(weights)
    if kind == GAPS:
        first = int(not values[0])
        return zeros_apart(values[first:], counts[first:], matrix_gaps(weights, blocks), exact)
    return flat(values) if kind == FLAT else dense(values, counts, exact)


def matrix_gaps(weights: Weights, blocks: int) -> np.ndarray:
    """Gaps of all blocks of a matrix, int64."""
    rows, columns = weights.patterns.shape
    begins = gaps.column_begins(columns, blocks) * rows
    return np.concatenate(gaps.gaps_of(weights.nonzero, begins))


def _codebook(weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    if weights.values is None:
        raise ValueError("weights without a codebook")
    return weights.values, weights.counts


def head_of(tables: Tables) -> int:
    """The first byte: kind, format of values, whether the first of them is the zero.

    One bit more says of GAPS that values are raw, of FLAT and DENSE that there are two.
    """
    zero = len(tables.values) > 0 and not tables.values[0]
    last = _RAW * tables.raw | _TWO * _is_pair(tables)
    return tables.kind | tables.form << _FORM | _ZERO * bool(zero) | last


def _is_pair(tables: Tables) -> bool:
    return tables.kind in (FLAT, DENSE) and len(tables.values) == 2


def write_tables(tables: Tables) -> bytes:
    """Tables as bytes behind their head: values, then frequencies."""
    parts = []
    if not tables.raw:
        told = tables.kind == CONSTANT or _is_pair(tables)
        parts.append(b"" if told else varint(len(tables.values) - 1))
        zero = int(not tables.values[0])
        parts.append(pack_values(tables.values[zero:], tables.form))
    if tables.symbols is not None:
        parts.append(frequencies.write(tables.symbols, 1))
    if tables.gaps is not None:
        parts.append(varint((len(tables.gaps.of) - 1) << 3 | tables.mantissa))
        parts.append(frequencies.write(tables.gaps, 0))
    return b"".join(parts)


def read_tables(reader: Reader, head: int) -> Tables:
    """Tables that `write_tables` wrote; raises InputError for any that it does not write."""
    kind, form, raw = head & _KIND, head >> _FORM & 3, head & _KIND == GAPS and bool(head & _RAW)
    if head > 0x7F or head & BLOCKS or form == 3 or kind == GAPS and head & _ZERO:
        raise damaged("their first byte is none of a code")
    values, symbols = np.zeros(0, np.uint32), None
    if not raw:
        count = _read_count(reader, kind, bool(head & _TWO))
        values = _read_values(reader, count, form, bool(head & _ZERO))
        symbols = frequencies.read(reader, count, 1) if kind in (DENSE, GAPS) else None
    if kind != GAPS:
        return Tables(kind, values, form, symbols)
    number = reader.varint(8 * gaps.most_classes(gaps.MOST_MANTISSA))
    mantissa, classes = number & 7, (number >> 3) + 1
    if mantissa > gaps.MOST_MANTISSA or classes > gaps.most_classes(mantissa):
        raise damaged("gaps have classes that none can have")
    return Tables(kind, values, form, symbols, frequencies.read(reader, classes, 0), mantissa)


def _read_count(reader: Reader, kind: int, last: bool) -> int:
    """Number of values, by the last bit of the first byte and maybe a number."""
    if kind == CONSTANT:
        if last:
            raise damaged("their first byte is none of a code")
        return 1
    return 2 if last and kind != GAPS else 1 + reader.varint(MOST_SHARED - 1)


def _read_values(reader: Reader, count: int, form: int, zero: bool) -> np.ndarray:
    """The codebook: rising, so that no value comes twice, and finite."""
    first = np.zeros(int(zero), np.uint32)
    values = np.concatenate([first, unpack_values(reader, count - zero, form)])
    check_finite(values)
    if np.any(values[1:] <= values[:-1]) or not (zero or values[0]):
        raise damaged("their values do not rise")
    return values


def check_finite(values: np.ndarray) -> None:
    """Raise InputError for patterns of NaN or infinity."""
    if np.any(values & 0x7F800000 == 0x7F800000):
        raise damaged("a value is not finite")


def raw_width(tables: Tables) -> int:
    """Bytes of a raw value, 0 where there are none."""
    return value_width(tables.form) if tables.raw else 0
