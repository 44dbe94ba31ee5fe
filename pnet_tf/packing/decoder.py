"""From a container to the bytes that it holds; `docs/packing.md` specifies it.

With `models`, which the encoder shares, all that a reader is.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from functools import cache
from importlib.resources import files

from ..errors import InputError
from .models import BYTES, MOST_SHARED, NUMBER_ODDS, TOKENS, Content, Odds, number

VERSION = 1
MOST_BYTES = 1 << 26
"""Of a content: what a reader may have to hold."""
MAGIC = b"PTZ"
HEADER = struct.Struct("<3sBII")
_HASH_BYTES = 16


def is_packed(content: bytes) -> bool:
    """Whether a file begins as a packed one does."""
    return content[:3] == MAGIC


def unpack(packed: bytes) -> bytes:
    """The very bytes that were packed; raises InputError for anything but a whole container."""
    if not is_packed(packed):
        raise InputError("this is no packed file: it does not begin with PTZ")
    if len(packed) < HEADER.size + _HASH_BYTES:
        raise InputError("the packed file is cut off within its first bytes")
    _, version, size, crc = HEADER.unpack_from(packed)
    body = packed[HEADER.size :]
    if version != VERSION:
        raise InputError(f"the packed file has version {version}; this reads version {VERSION}")
    if zlib.crc32(body) != crc:
        raise InputError("the packed file is damaged: its checksum is another")
    if not 0 < size <= MOST_BYTES:
        raise InputError(f"the packed file says {size:,} bytes; 1 to {MOST_BYTES:,} are allowed")
    content = decode(body[_HASH_BYTES:], dictionary(), size)
    if hash_of(content) != body[:_HASH_BYTES]:
        raise InputError("the packed file is damaged: what it holds has another hash")
    return content


def hash_of(content: bytes) -> bytes:
    """The bytes of SHA-256 that a header has."""
    return hashlib.sha256(content).digest()[:_HASH_BYTES]


@cache
def dictionary() -> bytes:
    """What comes before the first byte of a content; `scripts/packing_dictionary.py` makes it."""
    return files(__package__).joinpath("dictionary.bin").read_bytes()


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
