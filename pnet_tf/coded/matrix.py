"""A weight matrix in coded form: made, read, written, decoded and multiplied without being decoded.

    first byte | rows | columns | [blocks] | tables | streams | checksum

Numbers are varints; the checksum is CRC-16 (CCITT) below SHORT bytes and CRC-32 from there on.
The idea of products on entropy-coded weights: Marino, Ghirardi, Frasca and Malchiodi, ICPR 2020
(arXiv 2007.07967), there with Huffman codes; here rANS, which spends fractions of bits.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from . import products
from .frequencies import entropy_bits
from .ham import ham_bytes
from .patterns import MOST_WEIGHTS, Weights, read_weights
from .streams import Streams, encode_streams, read_streams, write_streams
from .tables import (
    BLOCKS,
    CONSTANT,
    DENSE,
    FLAT,
    GAPS,
    SHARED,
    Tables,
    constant,
    head_of,
    of_weights,
    read_tables,
    write_tables,
)  # fmt: skip
from .wire import Reader, damaged, varint, varints

SHORT = 1024
MOST_BLOCKS = 16
_BLOCK_BYTES = 1 << 12
"""Of a stream that is worth a block."""
_QUICK = {FLAT: 0, GAPS: 1, DENSE: 2}
_SLOWER = 1.01
"""The quicker kind may be so much larger than the smallest."""


@dataclass(frozen=True, eq=False)
class CodedMatrix:
    """A float32 matrix of `shape` (n, m), in fewer bytes; `encode_matrix` makes it.

    `x @ coded` is the product with x float32 [n] or [B, n]. Raises InputError in every product and
    in `decode` where streams that `from_bytes` read turn out to be damaged.
    """

    shape: tuple[int, int]
    tables: Tables
    streams: Streams
    __array_ufunc__ = None

    def decode(self) -> np.ndarray:
        """The matrix, float32 [n, m], bit for bit."""
        return products.decode(self._prepared)

    def vector_product(self, x: np.ndarray) -> np.ndarray:
        """The product x W, float32 [m], for x float32 [n], finite; sums are in float32."""
        return products.vector_product(self._prepared, x)

    def batch_product(self, x: np.ndarray) -> np.ndarray:
        """The product X W, float32 [B, m], for X float32 [B, n], finite."""
        return products.batch_product(self._prepared, x)

    def __rmatmul__(self, x: np.ndarray) -> np.ndarray:
        return self.vector_product(x) if np.ndim(x) == 1 else self.batch_product(x)

    def to_bytes(self) -> bytes:
        """All of it, checksum included; what `from_bytes` reads."""
        body = write_body(self)
        return body + _check(body)

    @classmethod
    def from_bytes(cls, data: bytes) -> CodedMatrix:
        """The matrix that `to_bytes` wrote; raises InputError for anything else."""
        size = 2 if len(data) < SHORT else 4
        if len(data) < size or _check(data[:-size]) != data[-size:]:
            raise damaged("their checksum is another")
        return read_body(Reader(data[:-size]), None)

    @cached_property
    def size_bytes(self) -> int:
        """len(to_bytes())."""
        return len(self.to_bytes())

    @cached_property
    def _prepared(self) -> products.Prepared:
        return products.prepare(self.shape, self.tables, self.streams)


def encode_matrix(weights: np.ndarray) -> CodedMatrix:
    """Encode W, float32 [n, m], losslessly; `decode` gives the same bits.

    In size: about the entropy of the weights one by one, H = sum of p log2 1/p bits, and below
    that of their Huffman code (HAM, sHAM). Raises InputError for anything but a float32 matrix of
    1 to MOST_WEIGHTS finite weights, and where Numba is not installed.
    """
    return encode_patterns(read_weights(weights))


def encode_patterns(weights: Weights) -> CodedMatrix:
    """`encode_matrix` of a matrix that was checked."""
    if weights.values is not None and len(weights.values) == 1:
        return assemble(weights, constant(weights), 1)
    bound = float("inf") if weights.values is None else ham_bytes(weights)
    for blocks, exact in ((MOST_BLOCKS, False), (1, False), (1, True)):
        found = _quickest(candidates(weights, blocks, exact), bound)
        if found.size_bytes < bound:
            break
    return found


def candidates(weights: Weights, blocks: int, exact: bool) -> list[CodedMatrix]:
    """The matrix in every kind that can hold it."""
    kinds = [GAPS] if weights.values is None else [FLAT, GAPS, DENSE]
    blocks = min(blocks, blocks_of(weights))
    return [
        assemble(weights, of_weights(weights, kind, blocks, exact), 1 if kind == FLAT else blocks)
        for kind in kinds
    ]


def assemble(weights: Weights, tables: Tables, blocks: int) -> CodedMatrix:
    """The matrix in so many blocks by tables that have all its values and gaps."""
    rows, columns = weights.patterns.shape
    return CodedMatrix((rows, columns), tables, encode_streams(weights, tables, blocks))


def _quickest(found: list[CodedMatrix], bound: float) -> CodedMatrix:
    """The quickest that is not much larger than the smallest and smaller than `bound`."""
    smallest = min(found, key=lambda item: item.size_bytes)
    most = min(_SLOWER * smallest.size_bytes, bound - 1)
    near = [item for item in found if item.size_bytes <= most]
    return min(near or [smallest], key=lambda item: _QUICK[item.tables.kind])


def blocks_of(weights: Weights) -> int:
    """How many blocks a matrix is worth: one for each _BLOCK_BYTES of its entropy."""
    size = 4.0 * len(weights.nonzero)
    if weights.values is not None:
        size = entropy_bits(weights.counts) / 8
    return max(1, min(MOST_BLOCKS, int(size) // _BLOCK_BYTES, weights.patterns.shape[1]))


def write_body(coded: CodedMatrix, shared: bool = False, shape: bool = True) -> bytes:
    """All but the checksum; without tables where they are `shared`, and maybe without the shape."""
    many = coded.streams.blocks > 1
    head = (SHARED if shared else head_of(coded.tables)) | BLOCKS * many
    return b"".join([
        bytes([head]), varints(coded.shape) if shape else b"",
        varint(coded.streams.blocks) if many else b"",
        b"" if shared else write_tables(coded.tables), write_streams(coded.streams, coded.tables),
    ])  # fmt: skip


def read_body(
    reader: Reader, shared: Tables | None, shape: tuple[int, int] | None = None
) -> CodedMatrix:
    """What `write_body` wrote; raises InputError for what it does not write."""
    (head,) = reader.take(1)
    rows, columns = shape or (reader.varint(MOST_WEIGHTS, 1), reader.varint(MOST_WEIGHTS, 1))
    if rows * columns > MOST_WEIGHTS:
        raise damaged(f"they say {rows:,} x {columns:,} weights; {MOST_WEIGHTS:,} are allowed")
    blocks = reader.varint(min(MOST_BLOCKS, columns), 2) if head & BLOCKS else 1
    if head & SHARED != SHARED:
        tables = read_tables(reader, head & ~BLOCKS)
    elif shared is None or head & ~BLOCKS != SHARED:
        raise damaged("their tables are missing")
    else:
        tables = shared
    if blocks > 1 and tables.kind in (CONSTANT, FLAT):
        raise damaged("they say blocks where there are none")
    streams = read_streams(reader, tables, blocks, rows * columns)
    return CodedMatrix((rows, columns), tables, streams)


def _check(body: bytes) -> bytes:
    """CRC-16 of a body that is short with it, CRC-32 of a longer one; little-endian."""
    if len(body) + 2 < SHORT:
        return binascii.crc_hqx(body, 0xFFFF).to_bytes(2, "little")
    return binascii.crc32(body).to_bytes(4, "little")
