"""Layers of a network in one container.

    "PTC" | version, 1 byte | CRC-32 of what follows | layers | 0, or first byte and shared tables
    for each layer: name | dimensions | sizes | bytes of its body | body

Little-endian; numbers are varints, a name is its bytes in UTF-8 behind their number. A body is that
of `matrix.write_body` without the shape. Layers that have much the same values and gaps may read
their streams by one table, which the container has once.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

import numpy as np

from ..errors import InputError
from .matrix import assemble, blocks_of, encode_patterns, read_body, write_body
from .patterns import MOST_SHARED, MOST_WEIGHTS, Weights, check_weights, read_weights
from .tables import (
    DENSE,
    FLAT,
    GAPS,
    Tables,
    dense,
    flat,
    head_of,
    matrix_gaps,
    read_tables,
    write_tables,
    zeros_apart,
)  # fmt: skip
from .wire import Reader, damaged, varint, varints

VERSION = 1
_MAGIC = b"PTC"
_HEADER = struct.Struct("<3sBI")
_MOST_DIMENSIONS, _MOST_NAME = 32, 1 << 12


def encode_layers(layers: Mapping[str, np.ndarray]) -> bytes:
    """One container of float32 tensors of any shape, lossless.

    A tensor [.., o] is coded as a matrix [-1, o], a number as [1, 1]. Raises InputError, naming the
    layer, for what `encode_matrix` refuses; also for no layers and for more than MOST_WEIGHTS
    weights in all.
    """
    if not layers:
        raise InputError("there are no layers to encode")
    weights = {_name(name): _weights(name, tensor) for name, tensor in layers.items()}
    total = sum(item.patterns.size for item in weights.values())
    if total > MOST_WEIGHTS:
        raise InputError(f"the layers have {total:,} weights; {MOST_WEIGHTS:,} are allowed")
    tables, bodies = _smallest(list(weights.values()))
    parts = [varint(len(weights)), b"\0" if tables is None else _shared_head(tables)]
    for name, body in zip(weights, bodies, strict=True):
        shape, title = layers[name].shape, name.encode()
        parts += [varint(len(title)), title, varint(len(shape)), varints(shape)]
        parts += [varint(len(body)), body]
    rest = b"".join(parts)
    return _HEADER.pack(_MAGIC, VERSION, zlib.crc32(rest)) + rest


def decode_layers(data: bytes) -> dict[str, np.ndarray]:
    """The tensors of a container, bit for bit and in their order.

    Raises InputError for anything that `encode_layers` does not write; no more than MOST_WEIGHTS
    weights are made whatever the bytes say.
    """
    if data[:3] != _MAGIC or len(data) < _HEADER.size:
        raise InputError("these are no coded layers: they do not begin with PTC and a header")
    _, version, crc = _HEADER.unpack_from(data)
    if version != VERSION:
        raise InputError(f"the coded layers have version {version}; this reads version {VERSION}")
    if zlib.crc32(data[_HEADER.size :]) != crc:
        raise damaged("their checksum is another")
    reader = Reader(data[_HEADER.size :])
    count = reader.varint(reader.left, 1)
    shared, layers, left = _read_shared(reader), {}, MOST_WEIGHTS
    for _ in range(count):
        name, tensor = _read_layer(reader, shared, left)
        if name in layers:
            raise damaged("two layers have one name")
        layers[name], left = tensor, left - tensor.size
    if reader.left:
        raise damaged("there are more bytes than the layers have")
    return layers


def _name(name: str) -> str:
    if not isinstance(name, str) or not 0 <= _utf8_size(name) <= _MOST_NAME:
        raise InputError(
            f"a layer is named {name!r:.80}; a name is text of at most {_MOST_NAME:,} bytes"
        )
    return name


def _utf8_size(name: str) -> int:
    """Bytes of a text, -1 for one that has halves of characters."""
    try:
        return len(name.encode())
    except UnicodeEncodeError:
        return -1


def _weights(name: str, tensor: np.ndarray) -> Weights:
    try:
        check_weights(tensor)
        if tensor.ndim > _MOST_DIMENSIONS:
            raise InputError(f"there are {tensor.ndim} dimensions; {_MOST_DIMENSIONS} are allowed")
        return read_weights(tensor.reshape(_matrix_shape(tensor.shape)))
    except InputError as error:
        raise InputError(f"layer {name!r}: {error}") from None


def _matrix_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """[.., o] as [-1, o], its number of rows computed."""
    rows = 1
    for size in shape[:-1]:
        rows *= size
    return rows, shape[-1] if shape else 1


def _smallest(weights: list[Weights]) -> tuple[Tables | None, list[bytes]]:
    """Bodies of the layers, and the tables that some of them share where that is smaller."""
    own = [write_body(encode_patterns(item), shape=False) for item in weights]
    best: tuple[Tables | None, list[bytes]] = (None, own)
    size = sum(map(len, own))
    fitting = [item.values is not None and len(item.values) > 1 for item in weights]
    for tables in _common([item for item, fits in zip(weights, fitting, strict=True) if fits]):
        bodies = [
            min(body, _body(item, tables), key=len) if fits else body
            for item, fits, body in zip(weights, fitting, own, strict=True)
        ]
        total = sum(map(len, bodies)) + len(_shared_head(tables)) - 1
        if total < size:
            best, size = (tables, bodies), total
    return best


def _common(weights: list[Weights]) -> list[Tables]:
    """Tables of each kind for all of the matrices together; none for fewer than two."""
    if len(weights) < 2:
        return []
    known = [item.values for item in weights if item.values is not None]
    values = np.unique(np.concatenate(known))
    if len(values) > MOST_SHARED:
        return []
    counts = np.zeros(len(values), np.int64)
    for own, item in zip(known, weights, strict=True):
        counts[np.searchsorted(values, own)] += item.counts
    gaps = np.concatenate([matrix_gaps(item, blocks_of(item)) for item in weights])
    first = int(not values[0])
    found = [flat(values), dense(values, counts, False)]
    return [*found, zeros_apart(values[first:], counts[first:], gaps, False)]


def _body(weights: Weights, tables: Tables) -> bytes:
    """By shared tables, in the blocks whose gaps they know."""
    blocks = 1 if tables.kind == FLAT else blocks_of(weights)
    return write_body(assemble(weights, tables, blocks), shared=True, shape=False)


def _shared_head(tables: Tables) -> bytes:
    """A byte that is not 0, the first byte of the tables, and they."""
    return bytes([1, head_of(tables)]) + write_tables(tables)


def _read_shared(reader: Reader) -> Tables | None:
    (shared,) = reader.take(1)
    if not shared:
        return None
    (head,) = reader.take(1)
    tables = read_tables(reader, head)
    if shared != 1 or tables.kind not in (FLAT, DENSE, GAPS) or tables.raw:
        raise damaged("the shared tables are none")
    return tables


def _read_layer(reader: Reader, shared: Tables | None, left: int) -> tuple[str, np.ndarray]:
    title = reader.take(reader.varint(_MOST_NAME))
    dimensions = reader.varint(_MOST_DIMENSIONS)
    shape = tuple(reader.varint(left, 1) for _ in range(dimensions))
    rows, columns = _matrix_shape(shape)
    if rows * columns > left:
        raise damaged(f"there are more than {MOST_WEIGHTS:,} weights")
    body = Reader(reader.take(reader.varint(reader.left)))
    tensor = read_body(body, shared, (rows, columns)).decode().reshape(shape)
    try:
        return title.decode(), tensor
    except UnicodeDecodeError:
        raise damaged("a name is no text") from None
