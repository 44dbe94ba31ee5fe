"""Matrix and products in plain Python and NumPy: what the compiled loops must agree with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from . import gaps as gap
from .frequencies import Frequencies
from .matrix import CodedMatrix
from .rans import Decoder, raw_chunks
from .streams import Streams, lanes_of
from .tables import CONSTANT, DENSE, FLAT, Tables
from .wire import damaged


def decode(coded: CodedMatrix) -> np.ndarray:
    """W, float32 [n, m]; raises InputError for streams that are damaged."""
    rows = coded.shape[0]
    out = np.zeros(coded.shape, np.uint32)
    for place, pattern in weights(coded):
        out[place % rows, place // rows] = pattern
    return out.view(np.float32)


def product(coded: CodedMatrix, x: np.ndarray) -> np.ndarray:
    """The product x W for x [n] or [B, n], in float64, weight by weight: y[j] += x[i] W[i, j]."""
    rows, columns = coded.shape
    out = np.zeros((*x.shape[:-1], columns))
    for place, pattern in weights(coded):
        value = float(np.uint32(pattern).view(np.float32))
        out[..., place // rows] += x[..., place % rows].astype(np.float64) * value
    return out


def weights(coded: CodedMatrix) -> Iterator[tuple[int, int]]:
    """Place in column order and pattern of each weight; of GAPS without the zeros."""
    tables, streams, places = coded.tables, coded.streams, coded.shape[0] * coded.shape[1]
    if tables.kind == CONSTANT:
        yield from ((place, int(tables.values[0])) for place in range(places))
    elif tables.kind == FLAT:
        yield from _flat(tables, streams, places)
    else:
        yield from _blocks(coded)


def _flat(tables: Tables, streams: Streams, places: int) -> Iterator[tuple[int, int]]:
    held = int.from_bytes(streams.flat.tobytes(), "little")
    for place in range(places):
        symbol = held >> place * tables.width & (1 << tables.width) - 1
        if symbol >= len(tables.values):
            raise damaged("a symbol has no value")
        yield place, int(tables.values[symbol])


def _blocks(coded: CodedMatrix) -> Iterator[tuple[int, int]]:
    tables, streams, (rows, columns) = coded.tables, coded.streams, coded.shape
    lanes = lanes_of(tables, streams.blocks)
    begins = gap.column_begins(columns, streams.blocks) * rows
    decoders = _decoders(streams)
    raw = np.split(streams.raw, np.cumsum(streams.raw_counts)[:-1])
    for block in range(streams.blocks):
        own = decoders[block * lanes : (block + 1) * lanes]
        first, last = int(begins[block]), int(begins[block + 1])
        if tables.kind == DENSE:
            yield from _dense(own, tables, range(first, last), rows)
        else:
            yield from _gaps(own, tables, range(first, last), raw[block].tolist())
        for decoder in own:
            decoder.finish()


def _decoders(streams: Streams) -> list[Decoder]:
    parts = np.split(streams.words[:-1], np.cumsum(streams.sizes)[:-1])
    pairs = zip(streams.states.tolist(), parts, strict=True)
    return [Decoder(state, words.tolist()) for state, words in pairs]


def _dense(
    own: list[Decoder], tables: Tables, places: range, rows: int
) -> Iterator[tuple[int, int]]:
    for place in places:
        lane = place % rows % len(own)
        yield place, int(tables.values[own[lane].symbol(_known(tables.symbols))])


def _gaps(
    own: list[Decoder], tables: Tables, places: range, raw: list[int]
) -> Iterator[tuple[int, int]]:
    place, used = places.start + _gap(own[0], tables), 0
    while place < places.stop:
        if tables.raw and used == len(raw):
            raise damaged("there are fewer values than gaps say")
        symbol = 0 if tables.raw else own[1].symbol(_known(tables.symbols))
        yield place, int(raw[used] if tables.raw else tables.values[symbol])
        place, used = place + 1 + _gap(own[0], tables), used + 1
    if place != places.stop or tables.raw and used < len(raw):
        raise damaged("a block does not end where it should")


def _gap(decoder: Decoder, tables: Tables) -> int:
    found = decoder.symbol(_known(tables.gaps))
    size = int(gap.class_bases(found + 1, tables.mantissa)[-1])
    shift = 0
    for bits in raw_chunks(int(gap.class_lows(found + 1, tables.mantissa)[-1])):
        size += decoder.raw(bits) << shift
        shift += bits
    return size


def _known(table: Frequencies | None) -> Frequencies:
    if table is None:
        raise damaged("a table is missing")
    return table
