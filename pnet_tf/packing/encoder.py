"""Parts of a file to the payload of a container."""

from __future__ import annotations

from collections.abc import Sequence

from .models import NUMBER_ODDS, TOKENS, Content, Odds, number
from .parse import parse
from .parts import Part


class Encoder:
    """Binary decisions to bytes; what `Decoder` reads."""

    def __init__(self) -> None:
        self._low, self._range, self._out = 0, 0xFFFFFFFF, bytearray()

    def bit(self, odds: Odds, at: int, bit: int) -> int:
        """Write a decision."""
        self._narrow((self._range >> 12) * (odds.p[at] >> 10 | 1), bit)
        odds.learn(at, bit)
        return bit

    def even(self, bit: int) -> int:
        """Write a decision of even chances."""
        self._narrow(self._range >> 1, bit)
        return bit

    def _narrow(self, bound: int, bit: int) -> None:
        if bit:
            self._range = bound
        else:
            self._low += bound
            self._range -= bound
        while self._range < 1 << 24:
            self._shift()
            self._range <<= 8

    def _shift(self) -> None:
        if self._low >> 32:
            self._carry()
        self._out.append(self._low >> 24 & 0xFF)
        self._low = (self._low & 0xFFFFFF) << 8

    def _carry(self) -> None:
        place = len(self._out) - 1
        while self._out[place] == 0xFF:
            self._out[place] = 0
            place -= 1
        self._out[place] += 1
        self._low &= 0xFFFFFFFF

    def finish(self) -> bytes:
        """All bytes; up to four at the end that are 0, as a decoder adds them, are left out."""
        for zeros in range(24, -1, -8):  # the number within the range that has most of them
            value = -(-self._low >> zeros) << zeros
            if value < self._low + self._range:
                self._low = value
                break
        for _ in range(4):
            self._shift()
        return bytes(self._out[:-4]) + bytes(self._out[-4:]).rstrip(b"\0")


def encode(data: bytes, parts: Sequence[Part], dictionary: bytes) -> bytes:
    """The payload of `data`, which is `parts` one after the other."""
    coder, content, lengths = Encoder(), Content(dictionary, len(data)), Odds(NUMBER_ODDS)
    kinds = Odds(NUMBER_ODDS)
    tokens = parse(data, parts, dictionary)
    at = 0
    for part, path in zip(parts, tokens, strict=True):
        number(coder, kinds, part.kind)
        number(coder, lengths, part.size)
        if part.kind == TOKENS:
            for length, distance, byte in path:
                content.token(coder, length, distance, byte)
        else:
            content.weights(coder, part.kind, part.size, data[at : at + part.size])
        at += part.size
    return coder.finish()
