"""Whole numbers as bytes: varints, exponential Golomb codes, a reader that never goes past the end.

All raise InputError with one sentence for bytes that end too early or say what cannot be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ..errors import InputError

MOST_ORDER = 15
"""Of a Golomb code: so many low bits stand as they are."""


def damaged(why: str) -> InputError:
    """The error for bytes that no encoder wrote."""
    return InputError(f"the coded weights are damaged: {why}")


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; all bytes but the last have the highest bit set."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


class Reader:
    """Bytes from the first to the last."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        if not 0 <= size <= self.left:
            raise damaged("they end too early")
        self._at += size
        return self._data[self._at - size : self._at]

    def varint(self, most: int, least: int = 0) -> int:
        """The next varint, from `least` to `most`."""
        number = shift = 0
        while True:
            (byte,) = self.take(1)
            number |= (byte & 0x7F) << shift
            shift += 7
            if number > most or shift > 63:
                raise damaged(f"a number is larger than {most:,}")
            if byte < 0x80:
                break
        if number < least:
            raise damaged(f"a number is smaller than {least:,}")
        return number


def golomb_bits(numbers: np.ndarray, order: int) -> int:
    """Bits of `golomb` for numbers >= 0: sum of 2 floor(log2((v >> order) + 1)) + 1 + order."""
    high = (numbers >> order) + 1
    exponents = np.frexp(high.astype(np.float64))[1] - 1
    return int((2 * exponents + 1 + order).sum())


def best_order(numbers: np.ndarray) -> tuple[int, int]:
    """The order in which the numbers take the fewest bits, and these bits."""
    bits = [golomb_bits(numbers, order) for order in range(MOST_ORDER + 1)]
    order = min(range(len(bits)), key=bits.__getitem__)
    return order, bits[order]


def golomb(numbers: Iterable[int], order: int) -> bytes:
    """Exponential Golomb codes, the first in the lowest bits, zeros up to a whole byte.

    A code of v, with h = (v >> order) + 1 of e + 1 bits: e zeros, a one, the e low bits of h, the
    `order` low bits of v.
    """
    packed = size = 0
    for number in numbers:
        high = (number >> order) + 1
        exponent = high.bit_length() - 1
        code = 1 << exponent
        code |= (high - (1 << exponent)) << (exponent + 1)
        code |= (number & (1 << order) - 1) << (2 * exponent + 1)
        packed |= code << size
        size += 2 * exponent + 1 + order
    return packed.to_bytes((size + 7) // 8, "little")


def read_golomb(reader: Reader, count: int, order: int, most: int) -> list[int]:
    """The `count` numbers that `golomb` wrote, each at most `most`."""
    bits = _Bits(reader)
    found = []
    for _ in range(count):
        exponent = 0
        while not bits.take(1):
            exponent += 1
            if exponent > most.bit_length():
                raise damaged(f"a number is larger than {most:,}")
        high = (1 << exponent) + bits.take(exponent)
        found.append(((high - 1) << order) + bits.take(order))
        if found[-1] > most:
            raise damaged(f"a number is larger than {most:,}")
    return found


class _Bits:
    """Bits of a reader's bytes, the lowest of each byte first."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._held, self._count = reader, 0, 0

    def take(self, count: int) -> int:
        while self._count < count:
            self._held |= self._reader.take(1)[0] << self._count
            self._count += 8
        bits = self._held & (1 << count) - 1
        self._held >>= count
        self._count -= count
        return bits


def varints(numbers: Sequence[int]) -> bytes:
    """Varints one after the other."""
    return b"".join(varint(number) for number in numbers)
