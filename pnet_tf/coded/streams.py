"""The streams of a matrix: blocks of columns, each readable by itself.

Block b of B holds the columns b m // B to (b + 1) m // B - 1. In it GAPS has two streams, gaps and
values (one if values are raw); DENSE has LANES, row i in stream i mod LANES, or one where there is
one block. The gaps of a block end with the zeros behind its last weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import gaps as gap
from .compiled import encoders
from .frequencies import Frequencies
from .patterns import Weights, pack_values, unpack_values
from .rans import state_bytes, stream_size
from .tables import DENSE, FLAT, GAPS, Tables, check_finite, raw_width
from .wire import Reader, damaged, varints

LANES = 4


@dataclass(frozen=True, eq=False)
class Streams:
    """`states` and sizes in words of all streams, int64; `words` uint16, one 0 behind the last.

    `raw`: uint32 values of all blocks, `raw_counts` how many each has; `flat`: uint8 and three 0.
    """

    blocks: int
    states: np.ndarray
    sizes: np.ndarray
    words: np.ndarray
    raw: np.ndarray
    raw_counts: np.ndarray
    flat: np.ndarray


def lanes_of(tables: Tables, blocks: int) -> int:
    """Streams of a block."""
    if tables.kind == GAPS:
        return 1 if tables.raw else 2
    return (1 if blocks == 1 else LANES) if tables.kind == DENSE else 0


def encode_streams(weights: Weights, tables: Tables, blocks: int) -> Streams:
    """The streams of a matrix, all of whose values and gap classes the tables have."""
    rows, columns = weights.patterns.shape
    begins = gap.column_begins(columns, blocks) * rows
    if tables.kind == FLAT:
        return _streams(blocks, [], flat=_pack(_symbols(weights, tables), tables.width))
    if tables.kind == DENSE:
        symbols, lanes = _symbols(weights, tables), lanes_of(tables, blocks)
        parts = [symbols[a:b].reshape(-1, rows) for a, b in zip(begins, begins[1:], strict=False)]
        return _streams(blocks, [
            _encoded(part[:, lane::lanes].ravel(), tables.symbols)
            for part in parts for lane in range(lanes)
        ])  # fmt: skip
    return _gap_streams(weights, tables, begins) if tables.kind == GAPS else _streams(blocks, [])


def _gap_streams(weights: Weights, tables: Tables, begins: np.ndarray) -> Streams:
    places, cuts = weights.nonzero, np.searchsorted(weights.nonzero, begins)
    raw = np.zeros(0, np.uint32)
    if tables.raw:
        raw = weights.patterns.T.ravel()[places]
    else:
        symbols = _symbols(weights, tables)[places]
    found = []
    for block, gaps in enumerate(gap.gaps_of(places, begins)):
        found.append(_encoded_gaps(gaps, tables))
        if not tables.raw:
            found.append(_encoded(symbols[cuts[block] : cuts[block + 1]], tables.symbols))
    return _streams(len(begins) - 1, found, raw=raw, raw_counts=np.diff(cuts) * tables.raw)


def _symbols(weights: Weights, tables: Tables) -> np.ndarray:
    """Symbols by the values of the tables, uint16 in column order; of zeros in GAPS no matter."""
    if weights.values is None or weights.symbols is None:
        raise ValueError("weights without a codebook")
    return np.searchsorted(tables.values, weights.values).astype(np.uint16)[weights.symbols]


def _encoded(symbols: np.ndarray, table: Frequencies | None) -> tuple[int, np.ndarray]:
    if table is None:
        raise ValueError("tables without frequencies of values")
    words = np.empty(len(symbols) + 1, np.uint16)  # a symbol writes one at most
    symbols = np.ascontiguousarray(symbols)
    state, size = encoders().encode(symbols, table.of, table.starts, table.precision, words)
    return int(state), words[len(words) - size :].copy()


def _encoded_gaps(gaps: np.ndarray, tables: Tables) -> tuple[int, np.ndarray]:
    if tables.gaps is None:
        raise ValueError("tables without frequencies of gaps")
    table = tables.gaps
    words = np.empty(3 * len(gaps) + 1, np.uint16)
    state, size = encoders().encode_gaps(
        gaps, gap.low_bits(gaps, tables.mantissa), gap.classes(gaps, tables.mantissa),
        table.of, table.starts, table.precision, words,
    )  # fmt: skip
    return int(state), words[len(words) - size :].copy()


def _pack(symbols: np.ndarray, width: int) -> np.ndarray:
    """Symbols in `width` bits each, the lowest bit first: uint8."""
    parts = []
    for at in range(0, len(symbols), 1 << 20):  # bits take a byte each; 2^20 width are whole bytes
        part = symbols[at : at + (1 << 20), None] >> np.arange(width, dtype=np.uint16) & 1
        parts.append(np.packbits(part.astype(np.uint8).ravel(), bitorder="little"))
    return np.concatenate(parts)


def _streams(
    blocks: int,
    found: list[tuple[int, np.ndarray]],
    raw: np.ndarray | None = None,
    raw_counts: np.ndarray | None = None,
    flat: np.ndarray | None = None,
) -> Streams:
    words = [part for _, part in found]
    return Streams(
        blocks,
        np.array([state for state, _ in found], np.int64),
        np.array([len(part) for part in words], np.int64),
        np.concatenate([*words, np.zeros(1, np.uint16)]),
        np.zeros(0, np.uint32) if raw is None else raw,
        np.zeros(blocks, np.int64) if raw_counts is None else raw_counts,
        np.concatenate([np.zeros(0, np.uint8) if flat is None else flat, np.zeros(3, np.uint8)]),
    )


def write_streams(streams: Streams, tables: Tables) -> bytes:
    """Numbers of raw values, sizes of all streams but the last, states, words, values."""
    if tables.kind == FLAT:
        return streams.flat[:-3].tobytes()
    states, sizes = streams.states.tolist(), streams.sizes.tolist()
    lengths = [stream_size(state, size) for state, size in zip(states, sizes, strict=True)]
    shortest = [state.to_bytes((state.bit_length() + 7) // 8, "little") for state in states]
    return b"".join([
        varints(streams.raw_counts.tolist()) if tables.raw else b"",
        varints(lengths[:-1]), *shortest, streams.words[:-1].astype("<u2").tobytes(),
        pack_values(streams.raw, tables.form) if tables.raw else b"",
    ])  # fmt: skip


def read_streams(reader: Reader, tables: Tables, blocks: int, places: int) -> Streams:
    """The streams of a matrix of so many places, which are all that is left to read."""
    if tables.kind == FLAT:
        flat = reader.take((places * tables.width + 7) // 8)
        _end(reader)
        return _streams(blocks, [], flat=np.frombuffer(flat, np.uint8))
    counts = [reader.varint(places) for _ in range(blocks)] if tables.raw else [0] * blocks
    lengths = _read_lengths(reader, lanes_of(tables, blocks) * blocks, sum(counts), tables)
    sizes = [state_bytes(length) for length in lengths]
    states = [int.from_bytes(reader.take(size), "little") for size in sizes]
    counted = [(length - size) // 2 for length, size in zip(lengths, sizes, strict=True)]
    words = np.frombuffer(reader.take(2 * sum(counted)), "<u2").astype(np.uint16)
    raw = unpack_values(reader, sum(counts), tables.form)
    check_finite(raw)
    _end(reader)
    parts = np.split(words, np.cumsum(counted)[:-1]) if counted else []
    found = list(zip(states, parts, strict=True))
    return _streams(blocks, found, raw, np.array(counts, np.int64))


def _read_lengths(reader: Reader, streams: int, raw: int, tables: Tables) -> list[int]:
    """Sizes of streams: the last has what is left."""
    if not streams:
        return []
    lengths = [reader.varint(reader.left) for _ in range(streams - 1)]
    last = reader.left - sum(lengths) - raw * raw_width(tables)
    if last < 0:
        raise damaged("they end too early")
    return [*lengths, last]


def _end(reader: Reader) -> None:
    if reader.left:
        raise damaged("there are more bytes than the matrix has")
