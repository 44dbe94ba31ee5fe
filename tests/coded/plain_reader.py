"""A reader of coded weights written from docs/coded.md alone, with nothing of `pnet_tf`.

It reads what is right and does not look for damage; weights are uint32 patterns.
"""

import math
import struct
import zlib
from binascii import crc_hqx


def read_matrix(data):
    """Shape, and patterns in column order."""
    size = 2 if len(data) < 1024 else 4
    body, check = data[:-size], int.from_bytes(data[-size:], "little")
    assert check == (crc_hqx(body, 0xFFFF) if size == 2 else zlib.crc32(body))
    source = Source(body)
    head, shape = source.take(1)[0], (source.varint(), source.varint())
    return shape, read_body(source, head, shape, None)


def read_layers(data):
    """Name, shape, and patterns of [-1, o] in column order, for each layer."""
    assert data[:4] == b"PTC\x01" and struct.unpack("<I", data[4:8])[0] == zlib.crc32(data[8:])
    source = Source(data[8:])
    count = source.varint()
    shared = Tables(source, source.take(1)[0]) if source.take(1)[0] else None
    return [_layer(source, shared) for _ in range(count)]


def _layer(source, shared):
    name = source.take(source.varint()).decode()
    shape = tuple([source.varint() for _ in range(source.varint())])
    body = Source(source.take(source.varint()))
    matrix = math.prod(shape[:-1]), shape[-1] if shape else 1
    return name, shape, read_body(body, body.take(1)[0], matrix, shared)


class Source:
    """Bytes from the first to the last, and bits of them from the lowest on."""

    def __init__(self, data):
        self.data, self.at, self.held, self.count = data, 0, 0, 0

    def take(self, size):
        self.at += size
        assert self.at <= len(self.data)
        return self.data[self.at - size : self.at]

    def varint(self):
        byte = self.take(1)[0]
        return byte if byte < 128 else byte - 128 + (self.varint() << 7)

    def numbers(self, count, size):
        data = self.take(count * size)
        return [int.from_bytes(data[at : at + size], "little") for at in range(0, len(data), size)]

    def bits(self, count):
        while self.count < count:
            self.held, self.count = self.held | self.take(1)[0] << self.count, self.count + 8
        found = self.held % (1 << count)
        self.held, self.count = self.held >> count, self.count - count
        return found

    def golomb(self, order):
        exponent = 0
        while not self.bits(1):
            exponent += 1
        high = (1 << exponent) + self.bits(exponent)
        return (high - 1 << order) + self.bits(order)

    def end_byte(self):
        self.held = self.count = 0


class Tables:
    """Kind, values, frequencies of values and of classes of gaps."""

    def __init__(self, source, head):
        self.kind, self.form = head & 3, head >> 2 & 3
        self.raw = self.kind == 3 and bool(head & 64)
        if not self.raw:
            pair = self.kind in (1, 2) and head & 64
            count = 1 if self.kind == 0 else 2 if pair else source.varint() + 1
            zero = [0] if head & 32 else []
            self.values = zero + read_values(source, count - len(zero), self.form)
        if self.kind in (2, 3) and not self.raw:
            self.symbols = read_frequencies(source, count, 1)
        if self.kind == 3:
            number = source.varint()
            self.mantissa = number & 7
            self.classes = read_frequencies(source, (number >> 3) + 1, 0)


def read_values(source, count, form):
    found = source.numbers(count, 2 if form else 4)
    if form == 1:
        halves = struct.unpack(f"<{count}e", struct.pack(f"<{count}H", *found))
        return list(struct.unpack(f"<{count}I", struct.pack(f"<{count}f", *halves)))
    return [number << 16 for number in found] if form == 2 else found


def read_frequencies(source, count, least):
    head = source.take(1)[0]
    found = [source.golomb(head & 15) + least for _ in range(count - 1)]
    source.end_byte()
    return head >> 4, [*found, (1 << (head >> 4)) - sum(found)]


def read_body(source, head, shape, shared):
    blocks = source.varint() if head & 16 else 1
    tables = shared if head & ~16 == 12 else Tables(source, head & ~16)
    places = shape[0] * shape[1]
    if tables.kind == 0:
        return tables.values * places
    if tables.kind == 1:
        width = (len(tables.values) - 1).bit_length()
        return [tables.values[source.bits(width)] for _ in range(places)]
    return read_blocks(source, tables, blocks, shape)


def read_blocks(source, tables, blocks, shape):
    lanes = (1 if tables.raw else 2) if tables.kind == 3 else 4 if blocks > 1 else 1
    raw_counts = [source.varint() for _ in range(blocks)] if tables.raw else []
    streams = read_streams(source, lanes * blocks, sum(raw_counts) * (2 if tables.form else 4))
    raw = iter(read_values(source, sum(raw_counts), tables.form))
    found = []
    for block in range(blocks):
        own = streams[block * lanes : (block + 1) * lanes]
        columns = (block + 1) * shape[1] // blocks - block * shape[1] // blocks
        if tables.kind == 2:
            rows = [row for _ in range(columns) for row in range(shape[0])]
            found += [tables.values[own[row % lanes].symbol(*tables.symbols)] for row in rows]
        else:
            found += gap_block(own, tables, columns * shape[0], raw)
        assert all(stream.state == 0 and not stream.words for stream in own)
    return found


def gap_block(own, tables, places, raw):
    found = [0] * read_gap(own[0], tables)
    while len(found) < places:
        found.append(next(raw) if tables.raw else tables.values[own[1].symbol(*tables.symbols)])
        found += [0] * read_gap(own[0], tables)
    assert len(found) == places
    return found


def read_gap(stream, tables):
    found = stream.symbol(*tables.classes)
    low = max((found >> tables.mantissa) - 1, 0)
    extra = stream.bits(min(low, 16)) + (stream.bits(low - 16) << 16 if low > 16 else 0)
    return (found - (low << tables.mantissa) << low) + extra


def read_streams(source, count, behind):
    sizes = [source.varint() for _ in range(count - 1)]
    sizes.append(len(source.data) - source.at - behind - sum(sizes))
    widths = [size if size <= 4 else 3 if size % 2 else 4 for size in sizes]
    states = [int.from_bytes(source.take(width), "little") for width in widths]
    return [
        Stream(state, source.numbers((size - width) // 2, 2))
        for state, size, width in zip(states, sizes, widths, strict=True)
    ]


class Stream:
    """rANS: a state and the words that are left."""

    def __init__(self, state, words):
        self.state, self.words = state, words

    def symbol(self, precision, frequencies):
        slot, start, symbol = self.state % (1 << precision), 0, 0
        while start + frequencies[symbol] <= slot:
            start, symbol = start + frequencies[symbol], symbol + 1
        self._go_on(frequencies[symbol] * (self.state >> precision) + slot - start)
        return symbol

    def bits(self, count):
        found = self.state % (1 << count)
        self._go_on(self.state >> count)
        return found

    def _go_on(self, state):
        more = state < 1 << 16 and self.words
        self.state = state << 16 | self.words.pop(0) if more else state
