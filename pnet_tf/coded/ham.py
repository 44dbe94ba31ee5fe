"""HAM and sHAM, the forms to compare with: weights by Huffman codes, as their paper defines them.

Marino, Ghirardi, Frasca and Malchiodi, "Compression strategies and space-conscious representations
for deep neural networks", ICPR 2020 (arXiv 2007.07967). HAM holds the codes of all weights in
column order, one after the other in words of b = 32 bits. sHAM holds the CSC form: codes of the
weights that are not zero, their rows and the column pointers, which stand raw.

What is counted here is less than there: of a dictionary the values (4 bytes each) and the lengths
of canonical codes (1 byte each), which tell the codes; of the matrix its shape, a word each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .huffman import canonical_codes, code_lengths, coded_bits
from .patterns import Weights, read_weights

WORD, WORD_BYTES = 32, 4
"""b, in bits and bytes."""


def packed_bytes(bits: int, symbols: int) -> int:
    """Words for so many bits of codes, and the dictionary of so many values."""
    return _words(bits) + 5 * symbols


def _words(bits: int) -> int:
    return -(-bits // WORD) * WORD_BYTES


def ham_bytes(weights: Weights) -> int:
    """`HAM.size_bytes` by the counts of weights that have a codebook."""
    return 2 * WORD_BYTES + packed_bytes(coded_bits(weights.counts), len(weights.counts))


def sham_bytes(weights: Weights) -> tuple[int, int]:
    """`SHAM.size_bytes` and `SHAM.least_bytes` by counts of weights that have a codebook."""
    zero = int(weights.values is not None and not weights.values[0])
    counts, nonzero = weights.counts[zero:], len(weights.nonzero)
    coded = 2 * WORD_BYTES + packed_bytes(coded_bits(counts), len(counts))
    words, least = _index_bytes(weights.patterns.shape, nonzero)
    return coded + words, coded + least


def _index_bytes(shape: tuple[int, ...], nonzero: int) -> tuple[int, int]:
    """Of rows and pointers: in words, and in ceil(log2 n) and ceil(log2 (nonzero + 1)) bits.

    Both kinds of the latter are packed into words, and have one bit at least.
    """
    rows, columns = shape
    row_bits, pointer_bits = max(1, (rows - 1).bit_length()), max(1, nonzero.bit_length())
    least = _words(row_bits * nonzero) + _words(pointer_bits * (columns + 1))
    return WORD_BYTES * (nonzero + columns + 1), least


@dataclass(frozen=True, eq=False)
class Coded:
    """`values` float32 [k] and canonical code `lengths` [k]; `count` codes as a string of 0 and 1.

    The string stands for the packed words, whose highest bit comes first.
    """

    values: np.ndarray
    lengths: np.ndarray
    count: int
    code: str

    @property
    def words(self) -> np.ndarray:
        """The codes packed: uint32, zeros behind the last."""
        whole = self.code.ljust(-(-len(self.code) // WORD) * WORD, "0")
        parts = [whole[at : at + WORD] for at in range(0, len(whole), WORD)]
        return np.array([int(part, 2) for part in parts], np.uint32)

    @property
    def size_bytes(self) -> int:
        """Words and dictionary."""
        return packed_bytes(len(self.code), len(self.values))

    def symbols(self) -> Any:
        """Yield the values of the codes in order, found by length and canonical code."""
        codes = zip(canonical_codes(self.lengths), self.lengths.tolist(), strict=True)
        known = {(length, code): at for at, (code, length) in enumerate(codes)}
        code = length = 0
        for bit in self.code:
            code, length = code << 1 | (bit == "1"), length + 1
            if (length, code) in known:
                yield self.values[known[length, code]]
                code = length = 0


def encode_values(values: np.ndarray) -> Coded:
    """Huffman codes of values, float32 [count]; count may be 0."""
    patterns, symbols = np.unique(values.view(np.uint32), return_inverse=True)
    lengths = code_lengths(np.bincount(symbols)) if len(patterns) else np.zeros(0, np.int64)
    codes = zip(canonical_codes(lengths), lengths.tolist(), strict=True)
    texts = [format(code, f"0{length}b") for code, length in codes]
    code = "".join([texts[symbol] for symbol in symbols.ravel().tolist()])
    return Coded(patterns.view(np.float32), lengths, len(values), code)


@dataclass(frozen=True, eq=False)
class HAM:
    """All weights of a matrix [n, m] in column order, by Huffman codes."""

    shape: tuple[int, int]
    coded: Coded

    @classmethod
    def encode(cls, weights: np.ndarray) -> HAM:
        """Of a float32 matrix; raises InputError as `encode_matrix` does."""
        patterns = read_weights(weights).patterns
        return cls(weights.shape, encode_values(patterns.T.ravel().view(np.float32)))

    def decode(self) -> np.ndarray:
        """The matrix, float32 [n, m], bit for bit."""
        rows, columns = self.shape
        return np.fromiter(self.coded.symbols(), np.float32).reshape(columns, rows).T

    def product(self, x: np.ndarray) -> np.ndarray:
        """The product x W, float64 [m], symbol by symbol (algorithm Dot_HAM of the paper)."""
        out = np.zeros(self.shape[1])
        for place, value in enumerate(self.coded.symbols()):
            column, row = divmod(place, self.shape[0])
            out[column] += float(x[row]) * float(value)
        return out

    @property
    def size_bytes(self) -> int:
        """Shape, dictionary and words."""
        return 2 * WORD_BYTES + self.coded.size_bytes


@dataclass(frozen=True, eq=False)
class SHAM:
    """The CSC form of a matrix [n, m], its nonzero weights by Huffman codes.

    `rows` [nonzero] and `pointers` [m + 1]: column j has the weights pointers[j] to pointers[j+1].
    """

    shape: tuple[int, int]
    coded: Coded
    rows: np.ndarray
    pointers: np.ndarray

    @classmethod
    def encode(cls, weights: np.ndarray) -> SHAM:
        """Of a float32 matrix; raises InputError as `encode_matrix` does."""
        patterns = read_weights(weights).patterns
        columns, rows = np.nonzero(patterns.T)
        counts = np.bincount(columns, minlength=weights.shape[1])
        coded = encode_values(patterns.T[columns, rows].view(np.float32))
        return cls(weights.shape, coded, rows, np.concatenate([[0], np.cumsum(counts)]))

    def decode(self) -> np.ndarray:
        """The matrix, float32 [n, m], bit for bit."""
        out = np.zeros(self.shape, np.float32)
        columns = np.repeat(np.arange(self.shape[1]), np.diff(self.pointers))
        out[self.rows, columns] = np.fromiter(self.coded.symbols(), np.float32)
        return out

    def product(self, x: np.ndarray) -> np.ndarray:
        """The product x W, float64 [m] (algorithm Dot_sHAM of the paper)."""
        out = np.zeros(self.shape[1])
        columns = np.repeat(np.arange(self.shape[1]), np.diff(self.pointers))
        for column, row, value in zip(columns, self.rows, self.coded.symbols(), strict=True):
            out[column] += float(x[row]) * float(value)
        return out

    @property
    def size_bytes(self) -> int:
        """Shape, dictionary, words of codes, a word for each row and pointer: b = 32."""
        rest = _index_bytes(self.shape, len(self.rows))[0]
        return 2 * WORD_BYTES + self.coded.size_bytes + rest

    @property
    def least_bytes(self) -> int:
        """The same with rows of ceil(log2 n) bits and pointers of ceil(log2 (nonzero + 1))."""
        rest = _index_bytes(self.shape, len(self.rows))[1]
        return 2 * WORD_BYTES + self.coded.size_bytes + rest
