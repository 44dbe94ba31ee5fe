"""From the payload of a container to the bytes that it holds; `docs/packing.md` specifies it."""

from __future__ import annotations

from ..errors import InputError
from .models import BYTES, MOST_SHARED, NUMBER_ODDS, TOKENS, Content, Odds, number


class Decoder:
    """Binary decisions from bytes (range coder of LZMA, after Martin 1979).

    Four bytes after the end count as 0; one more raises InputError.
    """

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data + bytes(4), 4
        self._range, self._code = 0xFFFFFFFF, int.from_bytes(self._data[:4], "big")

    def bit(self, odds: Odds, at: int, bit: int = 0) -> int:
        """The next decision, and what is learned of it."""
        bit = self._narrow((self._range >> 12) * (odds.p[at] >> 10 | 1))
        odds.learn(at, bit)
        return bit

    def even(self, bit: int = 0) -> int:
        """The next decision of even chances."""
        return self._narrow(self._range >> 1)

    def _narrow(self, bound: int) -> int:
        bit = int(self._code < bound)
        if bit:
            self._range = bound
        else:
            self._code -= bound
            self._range -= bound
        while self._range < 1 << 24:
            if self._at >= len(self._data):
                raise InputError("the packed file ends before its content does")
            self._range <<= 8
            self._code = self._code << 8 | self._data[self._at]
            self._at += 1
        return bit


def decode(payload: bytes, dictionary: bytes, size: int) -> bytes:
    """The `size` bytes in `payload`; raises InputError for what cannot be in a container."""
    coder, content, lengths = Decoder(payload), Content(dictionary, size), Odds(NUMBER_ODDS)
    kinds = Odds(NUMBER_ODDS)
    while len(content.out) < content.end:
        kind, length = number(coder, kinds), number(coder, lengths)
        until = len(content.out) + length
        if not length or until > content.end or kind > BYTES + MOST_SHARED:
            raise InputError("the packed file has a part that does not fit")
        if kind == TOKENS:
            while len(content.out) < until:
                content.token(coder)
        else:
            content.weights(coder, kind, length)
        if len(content.out) != until:
            raise InputError("the packed file has a part that does not fit")
    return bytes(content.out[content.start :])
